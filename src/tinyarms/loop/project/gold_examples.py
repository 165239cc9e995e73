"""A skill's examples file, kept in memory: to look up which output a task should have had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tinyarms.loop.project.example_sets import read_examples
from tinyarms.skills.example import Example
from tinyarms.skills.example_set import inputs_key
from tinyarms.skills.skill import Skill


@dataclass(frozen=True)
class GoldExamples:
    """The examples of one examples file."""

    stamp: object
    """What tells this state of the file from a later one."""
    by_inputs: Mapping[frozenset[tuple[str, str]], tuple[Example, ...]] = field(
        default_factory=dict
    )
    """The gold ones."""
    rows: tuple[Example, ...] = ()
    """All rows of the file."""
    is_broken: bool = False
    """Whether the file cannot be read."""

    def of(self, inputs: Mapping[str, str]) -> tuple[Example, ...]:
        """The gold examples with exactly these inputs: several if several outputs are right."""
        return self.by_inputs.get(frozenset(inputs.items()), ())

    def has(self, inputs: Mapping[str, str]) -> bool:
        """Whether a gold example has these inputs, but for white space around them."""
        return inputs_key(inputs) in self._keys

    @cached_property
    def _keys(self) -> frozenset[frozenset[tuple[str, str]]]:
        return frozenset(inputs_key(e.inputs) for e in self.rows if e.origin == "gold")


def file_stamp(path: Path) -> object:
    """A value that changes whenever the file is written; `None` if it is not there."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def gold_examples(known: dict[str, GoldExamples], root: Path, skill: Skill) -> GoldExamples:
    """Those of the skill's examples file, read again whenever the file has changed.

    `known`: what was read before, by the skills' names; the answer is kept there. Raises
    `ExampleError` and `ConfigError` the first time that a state of the file is read.
    """
    path = root / (skill.examples or "")
    stamp = (str(path), file_stamp(path), skill.contract)
    if skill.name not in known or known[skill.name].stamp != stamp:
        # Whatever is wrong with the file is logged once, not for each task.
        known[skill.name] = GoldExamples(stamp, is_broken=True)
        known[skill.name] = _read(stamp, root, skill)
    return known[skill.name]


def _read(stamp: object, root: Path, skill: Skill) -> GoldExamples:
    rows = tuple(read_examples(root, skill))
    found: dict[frozenset[tuple[str, str]], tuple[Example, ...]] = {}
    for example in rows:
        if example.origin == "gold":
            key = frozenset(example.inputs.items())
            found[key] = (*found.get(key, ()), example)
    return GoldExamples(stamp, found, rows)
