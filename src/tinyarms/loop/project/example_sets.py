"""The examples of a skill: from its file, collected from corrections, and reviewed by people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from tinyarms.core.errors import ExampleError, PictureError
from tinyarms.core.ids import user_hash
from tinyarms.core.text import counted, one_line, shorten
from tinyarms.loop.project.pictures import Pictures
from tinyarms.skills.example import (
    Example,
    NumberedRow,
    ReadInputs,
    id_of_inputs,
    numbered_rows,
    parse_examples,
    wrong_inputs,
)
from tinyarms.skills.example_set import Collector, ExampleSet, Reason, example_set
from tinyarms.skills.picture import in_words, picture_of
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import ExampleRecord
from tinyarms.store.project.files import MAX_EXAMPLES_BYTES, read_text

_NAMED = 10
"""Most examples that are named for each reason."""
_NAMED_IN_TEXT = 3
"""Most of them that a sentence names."""
_NAME_CHARACTERS = 40
_WHY: Mapping[Reason, str] = {
    "outside_contract": "with an answer that the skill could not give",
    "no_picture": "whose picture is not where it was",
    "guard": "that a guard rejects",
    "two_answers": "whose inputs have two answers",
    "twice": "that occur{s} twice",
    "two_splits": "with a near copy in a held-out split",
    "beyond_share": "beyond one user's share (max_share_per_user)",
}


@dataclass(frozen=True)
class LeftOutView:
    """The examples left out for one reason."""

    reason: Reason
    """`outside_contract`: the skill could not give its answer. `no_picture`: its picture was
    collected from a task, and is not where it was. `guard`: a guard rejects the text of
    a collected example. `two_answers`: the same inputs also have another answer. `twice`: the file
    has it twice. `two_splits`: nearly the same inputs are in a split that is held out more
    strictly. `beyond_share`: a new search does not read it, because its user has too many collected
    examples."""
    n: int
    """Number of these examples."""
    examples: tuple[str, ...]
    """The first ten: their ids, or the beginning of their inputs if they declare no id."""

    @property
    def text(self) -> str:
        """The same in words, to follow `Left out: `."""
        names = ", ".join(self.examples[:_NAMED_IN_TEXT])
        more = "" if self.n <= _NAMED_IN_TEXT else ", …"
        why = _WHY[self.reason].format(s="s" if self.n == 1 else "")
        return f"{counted(self.n, 'example')} {why}: {names}{more}"


@dataclass(frozen=True)
class ExamplesView:
    """The used and left out examples of a skill."""

    search: int
    """Number of `search` examples that a new search may read, including collected ones."""
    selection: int
    """Number of `selection` examples, which choose the finalists."""
    test: int
    """Number of `test` examples, held out for the offline gate; it may read fewer."""
    collected: int
    """Number of the `search` examples that are collected from corrections."""
    waiting: int
    """Number of collected examples not reviewed yet, used or not."""
    left_out: tuple[LeftOutView, ...]
    """The examples left out, by reason."""


def read_examples(root: Path, skill: Skill, pictures: Pictures) -> list[Example]:
    """The rows of the skill's examples file. Raises `ExampleError` and `ConfigError`."""
    if skill.examples is None:
        return []
    path = root / skill.examples
    lines = read_text(path, most=MAX_EXAMPLES_BYTES).split("\n")
    return parse_examples(
        lines,
        skill.inputs,
        str(path),
        skill.contract,
        may_be_empty=not skill.reads_expected,
        read_inputs=_reader_of_inputs(skill, path.parent, pictures),
    )


def rows_of_file(root: Path, skill: Skill, pictures: Pictures) -> list[NumberedRow]:
    """Each row of the skill's examples file: the example, or why it cannot be used.

    Raises `ConfigError`.
    """
    if skill.examples is None:
        return []
    path = root / skill.examples
    rows = numbered_rows(
        read_text(path, most=MAX_EXAMPLES_BYTES).split("\n"),
        skill.inputs,
        str(path),
        skill.contract,
        may_be_empty=not skill.reads_expected,
        read_inputs=_reader_of_inputs(skill, path.parent, pictures),
    )
    return list(rows)


def _reader_of_inputs(skill: Skill, folder: Path, pictures: Pictures) -> ReadInputs | None:
    """How the inputs of a row are read; `None`: they are texts, and every row has them all."""
    if not skill.pictures and not skill.optional:
        return None
    return partial(_row_inputs, skill, folder, pictures)


def _row_inputs(
    skill: Skill, folder: Path, pictures: Pictures, inputs: Mapping[str, str], where: str
) -> Mapping[str, str]:
    """The inputs of a row, with what is kept of a picture in place of its path.

    A row holds a picture by its path relative to the examples file, or in the form in which
    exports have it. Raises `ExampleError` and `ConfigError`.
    """
    kept = skill.without_empty(inputs)
    if skill.wrong_inputs(kept) is not None:
        raise wrong_inputs(inputs, where, skill.inputs_in_words)
    for name in skill.pictures:
        if name not in kept or picture_of(kept[name]) is not None:
            continue
        try:
            kept[name] = pictures.of_example(folder / kept[name]).stored
        except PictureError as error:
            raise ExampleError(f"{where}: {error.message}", error.hint) from error
    return kept


def known_example_set(
    read: Sequence[Example],
    stored: Sequence[ExampleRecord],
    skill: Skill,
    share: float,
    has_pictures: Callable[[Mapping[str, str]], bool],
) -> ExampleSet:
    """The examples of the file and of the database, combined.

    An example of the file keeps its first stored split. An example that is only in the database is
    used if it was collected; a gold one only if a person has reviewed it, because all other gold is
    in the file. `share`: `learning.max_share_per_user`. `has_pictures`: whether the pictures among
    the inputs of a stored example can be had; those of the file have just been opened.
    """
    in_file = {example.id for example in read}
    return example_set(
        _merged(read, stored),
        skill.contract,
        {r.example.id: Collector(r.user or "", r.created_at) for r in stored},
        share,
        _is_accepted,
        lambda example: example.id in in_file or has_pictures(example.inputs),
    )


def _is_accepted(example: Example) -> bool:
    """Whether the guards let a prompt show it. Their words are only read for collected examples:
    that takes 0.2 s once in each process."""
    from tinyarms.evolution.guards.collected import example_verdict
    from tinyarms.evolution.guards.rules import ACCEPTED

    return example_verdict(example) == ACCEPTED


def _merged(read: Sequence[Example], stored: Sequence[ExampleRecord]) -> list[Example]:
    known = {
        r.example.id: replace(r.example, user=user_hash(r.user)) if r.user else r.example
        for r in stored
    }
    rows = {
        e.id: replace(e, split=known[e.id].split, user=known[e.id].user) if e.id in known else e
        for e in read
    }
    for record in stored:
        if record.example.origin == "collected" or record.reviewed_at is not None:
            rows.setdefault(record.example.id, known[record.example.id])
    return sorted(rows.values(), key=lambda example: example.id)


def examples_view(found: ExampleSet) -> ExamplesView:
    """The summary of an example set for people."""
    offered = found.offered
    collected = {
        example.id
        for group in (found.usable, *found.left_out.values())
        for example in group
        if example.origin == "collected"
    }
    splits = [example.split for example in offered]
    return ExamplesView(
        search=splits.count("search"),
        selection=splits.count("selection"),
        test=splits.count("test"),
        collected=sum(example.origin == "collected" for example in offered),
        waiting=len(collected),
        left_out=tuple(
            LeftOutView(reason, len(examples), tuple(map(_name, examples[:_NAMED])))
            for reason, examples in found.left_out.items()
        ),
    )


def _name(example: Example) -> str:
    """Its id, or the beginning of its inputs if the id was made from them."""
    if not example.id.startswith(id_of_inputs(example.inputs)):
        return example.id
    words = " ".join(map(in_words, example.inputs.values()))
    return repr(shorten(one_line(words), _NAME_CHARACTERS))
