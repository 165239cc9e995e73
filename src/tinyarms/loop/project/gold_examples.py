"""A skill's examples file in memory, to look up the right output of a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tinyarms.loop.project.example_sets import read_examples
from tinyarms.loop.project.pictures import Pictures
from tinyarms.skills.example import Example
from tinyarms.skills.example_set import inputs_key, inputs_keys
from tinyarms.skills.picture import identities
from tinyarms.skills.skill import Skill


@dataclass(frozen=True)
class GoldExamples:
    """The examples of one examples file."""

    stamp: object
    """The stamp of the file when it was read."""
    by_inputs: Mapping[frozenset[tuple[str, str]], tuple[Example, ...]] = field(
        default_factory=dict
    )
    """The gold examples."""
    rows: tuple[Example, ...] = ()
    """All rows of the file."""
    is_broken: bool = False
    """Whether the file cannot be read."""

    def of(self, inputs: Mapping[str, str]) -> tuple[Example, ...]:
        """The gold examples with exactly these inputs: several if several outputs are right."""
        return self.by_inputs.get(frozenset(identities(inputs).items()), ())

    def has(self, inputs: Mapping[str, str]) -> bool:
        """Whether a gold example has these inputs, ignoring outer white space."""
        return inputs_key(inputs) in self._keys

    @cached_property
    def _keys(self) -> frozenset[frozenset[tuple[str, str]]]:
        return frozenset(inputs_keys([e.inputs for e in self.rows if e.origin == "gold"]))


def file_stamp(path: Path) -> object:
    """A value that changes whenever the file is written; `None` if there is no file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def gold_examples(
    known: dict[str, GoldExamples], root: Path, skill: Skill, pictures: Pictures
) -> GoldExamples:
    """The gold examples of the skill's file, read again whenever the file has changed.

    `known`: the cache, by skill; it is updated. Raises `ExampleError` and `ConfigError` only once
    for each state of the file.
    """
    path = root / (skill.examples or "")
    stamp = (str(path), file_stamp(path), skill.contract)
    if skill.name not in known or known[skill.name].stamp != stamp:
        # An error in the file is logged once, not for each task.
        known[skill.name] = GoldExamples(stamp, is_broken=True)
        known[skill.name] = _read(stamp, root, skill, pictures)
    return known[skill.name]


def _read(stamp: object, root: Path, skill: Skill, pictures: Pictures) -> GoldExamples:
    rows = tuple(read_examples(root, skill, pictures))
    found: dict[frozenset[tuple[str, str]], tuple[Example, ...]] = {}
    for example in rows:
        if example.origin == "gold":
            key = frozenset(identities(example.inputs).items())
            found[key] = (*found.get(key, ()), example)
    return GoldExamples(stamp, found, rows)
