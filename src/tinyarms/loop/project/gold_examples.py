"""A skill's gold examples, kept in memory, to look up which output a task should have had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tinyarms.skills.example import Example, parse_examples
from tinyarms.store.project.files import read_text


@dataclass(frozen=True)
class GoldExamples:
    """The gold examples of one examples file."""

    stamp: object
    """What tells this state of the file from a later one."""
    by_inputs: Mapping[frozenset[tuple[str, str]], tuple[Example, ...]] = field(
        default_factory=dict
    )

    def of(self, inputs: Mapping[str, str]) -> tuple[Example, ...]:
        """The examples with exactly these inputs: several if several outputs are right."""
        return self.by_inputs.get(frozenset(inputs.items()), ())


def file_stamp(path: Path) -> object:
    """A value that changes whenever the file is written; `None` if it is not there."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def read_gold_examples(path: Path, inputs: tuple[str, ...]) -> GoldExamples:
    """Read the file. Raises `ExampleError` and `ConfigError`, as reading examples does.

    `inputs`: the names of the skill's inputs.
    """
    stamp = file_stamp(path)
    found: dict[frozenset[tuple[str, str]], tuple[Example, ...]] = {}
    for example in parse_examples(read_text(path).split("\n"), inputs, str(path)):
        if example.origin == "gold":
            key = frozenset(example.inputs.items())
            found[key] = (*found.get(key, ()), example)
    return GoldExamples(stamp, found)
