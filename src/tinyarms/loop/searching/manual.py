"""Prompts that people wrote, for the first population of a search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinyarms.core.errors import UsageError
from tinyarms.evolution.guards.manual import manual_verdicts
from tinyarms.evolution.guards.rules import ACCEPTED
from tinyarms.evolution.problem import ManualPrompt, Problem
from tinyarms.loop.project.pictures import Pictures
from tinyarms.loop.releasing.prompt_texts import PromptText, prompt_in
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.skills.skill import Skill

MAX_EARLIER_VERSIONS = 3
"""Most earlier versions in a first population. Higher: fewer calls for new candidates."""


def read_manual(
    given: Sequence[Path | PromptText], skill: Skill, pictures: Pictures
) -> tuple[ManualPrompt, ...]:
    """The prompts of a skill's prompt files, or of the texts of such files.

    Raises the errors of `prompt_in`, and `UsageError` for equal prompts.
    """
    manual: dict[str, ManualPrompt] = {}
    for each in given:
        prompt = prompt_in(each, skill, pictures)
        name = str(each) if isinstance(each, Path) else each.name
        if prompt.hash in manual:
            raise UsageError(
                f"{name} is the same as {manual[prompt.hash].name}.", "Give another prompt."
            )
        manual[prompt.hash] = ManualPrompt(name, prompt)
    return tuple(manual.values())


def first_population(
    given: Sequence[ManualPrompt], versions: Sequence[PromptVersion], incumbent: PromptVersion
) -> tuple[ManualPrompt, ...]:
    """The given prompts, then the latest versions that people wrote, newest first.

    A version is included if its source is `manual` or `initial` and the population has no equal
    prompt. Raises `UsageError` if a given prompt is the one in production.
    """
    for manual in given:
        if manual.prompt.hash == incumbent.prompt.hash:
            raise UsageError(
                f"{manual.name} is the same as the prompt in production "
                f"(version {incumbent.number}).",
                "Give another prompt.",
            )
    taken = {incumbent.prompt.hash, *(manual.prompt.hash for manual in given)}
    earlier: dict[str, ManualPrompt] = {}
    for version in sorted(versions, key=lambda version: version.number, reverse=True):
        by_people = version.source in ("manual", "initial")
        if by_people and version.prompt.hash not in taken:
            name = f"version {version.number}"
            earlier.setdefault(version.prompt.hash, ManualPrompt(name, version.prompt))
    return (*given, *list(earlier.values())[:MAX_EARLIER_VERSIONS])


def accepted_prompts(manual: Sequence[ManualPrompt], problem: Problem) -> tuple[Prompt, ...]:
    """The prompts that no guard rejects."""
    verdicts = manual_verdicts(manual, problem)
    return tuple(candidate.prompt for candidate, verdict in verdicts if verdict == ACCEPTED)


def left_out(manual: Sequence[ManualPrompt], problem: Problem) -> list[str]:
    """A sentence for each prompt that a guard rejects."""
    return [
        f"The search leaves out {candidate.name}: the guard `{verdict}` rejects it."
        for candidate, verdict in manual_verdicts(manual, problem)
        if verdict != ACCEPTED
    ]
