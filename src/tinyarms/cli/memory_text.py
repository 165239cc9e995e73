"""Memories and explanations in words."""

from __future__ import annotations

from collections.abc import Iterator

from tinyarms.cli.output import day
from tinyarms.core.text import counted, one_line, shorten
from tinyarms.loop.reporting.memories import MemoryView
from tinyarms.skills.explanation import Explanation

_HASH_CHARACTERS = 8
"""Characters of a hash for people."""
_OUTPUT_CHARACTERS = 40
"""Most characters of an example's output in a line."""
_LABELS = 10
"""Most labels whose probabilities are printed, the likeliest first."""


def memory_text(memory: MemoryView | None) -> str:
    """`Memory 1a2b3c4d: 300 examples of 2026-11-27`, or that there is none."""
    if memory is None:
        return "No memory"
    name = f"Memory {memory.snapshot[:_HASH_CHARACTERS]}"
    if memory.examples is None:
        return f"{name}: not in the database, so the present examples take its place"
    return f"{name}: {counted(memory.examples, 'example')} of {day(memory.made_at)}"


def explanation_lines(found: Explanation, version: int | None) -> Iterator[str]:
    """What the prompt took from its memory, and what model and memory said of the labels.

    `version`: that of the prompt, which need not be the newest; `None`: not known."""
    if found.snapshot is None:
        prompt = "the prompt" if version is None else f"version {version}"
        yield f"Examples: none, because {prompt} has no memory."
    else:
        yield (
            f"Memory: {found.snapshot[:_HASH_CHARACTERS]}, whose labels weigh {found.weight:.2g}."
            if found.labels
            else f"Memory: {found.snapshot[:_HASH_CHARACTERS]}."
        )
        yield "Examples, in the order shown:" if found.examples else "Examples: it shows none."
    for example in found.examples:
        output = shorten(one_line(example.output), _OUTPUT_CHARACTERS)
        yield f"  {example.id} (similarity {example.similarity:.1f}): {example.text} -> {output}"
    if not found.labels:
        return
    yield "Labels, by the model, by the memory, and by both:"
    for label in found.labels[:_LABELS]:
        chances = (label.model, label.memory, label.both)
        yield f"  {label.label}: {', '.join(map(_chance, chances))}"
    if len(found.labels) > _LABELS:
        yield f"  and {counted(len(found.labels) - _LABELS, 'less likely label')}"


def _chance(chance: float | None) -> str:
    return "-" if chance is None else f"{chance:.3f}"
