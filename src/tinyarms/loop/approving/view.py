"""The answers about prompts that wait for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

ProposalKind = Literal["variant", "refresh", "file", "version"]
"""`variant`: of an evolution session. `refresh`: the prompt in production with a new memory.
`file`: a person has written it to a prompt file. `version`: an earlier one."""


@dataclass(frozen=True, kw_only=True)
class ReviewView:
    """A prompt that is proposed for production, and what is known about it."""

    skill: str
    id: str
    """The first digits of the prompt's hash; names exactly this prompt."""
    kind: ProposalKind
    """`variant`: of an evolution session. `refresh`: the prompt in production with a new memory.
    `file`: a person has written it to a prompt file. `version`: an earlier one."""
    what: str
    """What it is, in words: `variant A`."""
    replaces: int | None
    """Number of the version in production; `None`: the skill was never used."""
    session_id: str | None = None
    """The evolution session that it comes from; `None`: it comes from none."""
    variant: str | None = None
    """The variant's letter."""
    version: int | None = None
    """Number of the earlier version; `None`: it is none."""
    accuracy: float | None = None
    """Its accuracy, in [0, 1]; `None`: not known."""
    accuracy_n: int = 0
    """Number of examples that the accuracy is over."""
    reason: str
    """Why it is proposed, with the evidence."""
    since: datetime | None = None
    """Since when it waits; `None`: it does not, or that was not noted yet."""
    problem: str | None = None
    """Why it cannot go into production, in words; `None`: it can."""
    prompt: str
    """Its text; empty if its file cannot be read."""
    diff: tuple[str, ...] = ()
    """The lines of a unified diff from the version in production."""


@dataclass(frozen=True, kw_only=True)
class RefusedView:
    """A proposal that a person has refused; the prompt in production stays."""

    skill: str
    id: str
    """The first digits of the prompt's hash."""
    what: str
    """What it was, in words."""
    session_id: str | None
    """The session that has ended by it; `None`: none has."""
    user: str
    """Who refused it."""
    remedy: str
    """What is left to do; empty: nothing."""
    action: Literal["keep"] = "keep"
    """What was done: the prompt in production is kept."""


@dataclass(frozen=True, kw_only=True)
class PatchView:
    """A proposal as a patch to the file of the prompt in production."""

    skill: str
    id: str
    """The first digits of the prompt's hash."""
    what: str
    """What it is, in words."""
    path: str
    """The file that the patch changes, relative to the top of the git repository, or without one
    to the project's folder."""
    patch: str
    """Its evidence, as lines that git skips, and the difference. `git apply` takes it."""
