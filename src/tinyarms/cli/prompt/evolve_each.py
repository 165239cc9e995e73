"""Evolve several skills, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tinyarms.core.errors import ExperimentError, NotEvolvable, TinyArmsError
from tinyarms.loop.searching.answer import EvolveView


@dataclass(frozen=True)
class SkillLeftOut:
    """Why a skill was not evolved."""

    skill: str
    failed: bool
    """Whether its search failed. `false`: it has a live test, or cannot be evolved."""
    kind: str
    """The kind of error, one of [these](#errors)."""
    message: str
    """What happened, and where."""
    hint: str
    """What to do; empty if the message says it."""


@dataclass(frozen=True)
class EvolvedSkills:
    """The answer of `prompt evolve --all`."""

    evolved: tuple[EvolveView, ...]
    """The answer of each skill's search."""
    left_out: tuple[SkillLeftOut, ...]
    """The skills without a search, or whose search ended with an error."""


def evolve_each(
    skills: Iterable[str], search: Callable[[str], EvolveView], note: Callable[[str], None]
) -> EvolvedSkills:
    """Search for each skill; an error ends the search of its skill only."""
    evolved, left_out = list[EvolveView](), list[SkillLeftOut]()
    for skill in skills:
        note(f"Evolving {skill}")
        try:
            evolved.append(search(skill))
        except TinyArmsError as error:
            failed = not isinstance(error, NotEvolvable | ExperimentError)
            left_out.append(SkillLeftOut(skill, failed, error.kind, error.message, error.hint))
            note(f"{skill} is left out: {error}")
    return EvolvedSkills(tuple(evolved), tuple(left_out))
