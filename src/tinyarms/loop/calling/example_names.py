"""Name an example for people: its id and its line in the file."""

from __future__ import annotations

from tinyarms.core.errors import TinyArmsError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_sets import read_examples
from tinyarms.skills.example import Example, line_of
from tinyarms.skills.skill import Skill
from tinyarms.store.project.files import MAX_EXAMPLES_BYTES, read_text


def example_name(context: Context, skill: Skill, example: Example) -> str:
    """For instance `example e7 (examples.jsonl, line 12)`; without a line if no file has it."""
    line = None
    if skill.examples is not None:
        path = context.project.root / skill.examples
        try:
            rows = read_examples(context.project.root, skill, context.pictures)
            line = line_of(read_text(path, most=MAX_EXAMPLES_BYTES).split("\n"), rows, example.id)
        except TinyArmsError:  # The file has changed since it was read.
            line = None
    where = "" if line is None else f" ({skill.examples}, line {line})"
    return f"example {example.id}{where}"
