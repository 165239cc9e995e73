"""Candidates: members of a population, and the proposals that did or did not become one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from tinyarms.skills.prompt import Prompt
from tinyarms.skills.template import split_frame


@dataclass(frozen=True)
class Candidate:
    """A member of the population."""

    id: str
    prompt: Prompt
    operator: str
    """What made it; `incumbent` and `manual` for those that were given."""
    parents: tuple[str, ...] = ()
    """Ids of the candidates it was made from."""
    mutation_prompt: str = ""
    """How a writer is told to change it; evolves with the candidate."""
    generation: int = 0

    @cached_property
    def instruction(self) -> str:
        """Its prompt's text without the frame that holds the inputs."""
        return split_frame(self.prompt.text)[0]


@dataclass(frozen=True)
class Draft:
    """What an operator proposes, before the guards."""

    prompt: Prompt
    mutation_prompt: str = ""
    crossed: bool = False
    """Made from the second_parent too, not from the parent alone."""
    sources: tuple[str, ...] = ()
    """Ids of candidates besides parent and second_parent that it was made from."""


@dataclass
class Proposal:
    """One attempt to make a candidate, for the ledger."""

    operator: str
    parents: tuple[str, ...]
    verdict: str
    """`accepted`, or the name of the guard that rejected it."""
    candidate: Candidate | None = None
    beat_parent: bool | None = None
    """Whether it scored above its first parent on the examples both have met; `None`: unknown."""
    call: int | None = None
    """Index of the last writer call that it was made with; `None` where no writer was asked."""
