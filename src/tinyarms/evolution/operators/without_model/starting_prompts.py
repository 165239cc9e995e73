"""The prompts that every search tries at its start, because they often win."""

from __future__ import annotations

from dataclasses import replace

from tinyarms.evolution.operators.without_model.retrieval import with_memory
from tinyarms.evolution.problem import Problem
from tinyarms.skills.prompt import Prompt


def starting_prompts(problem: Problem) -> dict[str, Prompt]:
    """Name → prompt: the incumbent with the memory at hand, and the same held to words of the
    inputs. Those that the problem does not allow are left out."""
    prompts = dict[str, Prompt]()
    if problem.memory is not None:
        prompts["memory"] = with_memory(problem)
    if problem.copied_inputs and not problem.incumbent.words_from:
        before = prompts.get("memory", problem.incumbent)
        prompts["input_words"] = replace(before, words_from=problem.copied_inputs)
    return prompts
