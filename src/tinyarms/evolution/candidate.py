"""Candidates, the drafts that operators make, and proposals, accepted or rejected."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from tinyarms.skills.prompt import Demonstration, Prompt
from tinyarms.skills.template import split_frame


@dataclass(frozen=True)
class Candidate:
    """A member of the population."""

    id: str
    prompt: Prompt
    operator: str
    """Name of the operator that made it; `incumbent`, `manual`, `calibration`, `memory` or
    `input_words` if none did."""
    parents: tuple[str, ...] = ()
    """Ids of the candidates that it was made from."""
    mutation_prompt: str = ""
    """How the writer is asked to change it; evolves with the candidate."""
    generation: int = 0

    @cached_property
    def instruction(self) -> str:
        """The text of its prompt, without the frame for the inputs."""
        return split_frame(self.prompt.text)[0]


def uncalibrated(
    prompt: Prompt,
    *,
    text: str | None = None,
    demonstrations: tuple[Demonstration, ...] | None = None,
) -> Prompt:
    """The prompt with another text or other demonstrations, which need their own calibration."""
    retrieve = prompt.retrieve
    return Prompt(
        prompt.text if text is None else text,
        prompt.demonstrations if demonstrations is None else demonstrations,
        retrieve=retrieve and replace(retrieve, prior_weight=0.0),
        words_from=prompt.words_from,
    )


def same_but_calibration(one: Prompt, other: Prompt) -> bool:
    """Whether two prompts are the same before they are calibrated."""
    return uncalibrated(one) == uncalibrated(other)


@dataclass(frozen=True)
class Quote:
    """Words that a writer quotes from a row, as the reason for its proposal."""

    words: str
    row: str
    """The inputs of the row that it names, as it was shown them; empty if it was shown no such
    row."""


@dataclass(frozen=True)
class Draft:
    """What an operator proposes, before the guards see it."""

    prompt: Prompt
    mutation_prompt: str = ""
    crossed: bool = False
    """Whether it was made from the second parent too."""
    sources: tuple[str, ...] = ()
    """Ids of further candidates that it was made from."""
    quotes: tuple[Quote, ...] | None = None
    """The rows that it is grounded in, at least one; `None` from an operator that asks for none."""


@dataclass
class Proposal:
    """One attempt to make a candidate, for the ledger."""

    operator: str
    parents: tuple[str, ...]
    verdict: str
    """`accepted`, or the name of the guard that rejected it."""
    candidate: Candidate | None = None
    beat_parent: bool | None = None
    """Whether it scored above its first parent on the examples both have run on; `None`:
    unknown."""
    call: int | None = None
    """Index of its last writer call among the session's calls, which several proposals may share;
    `None`: no writer call."""
