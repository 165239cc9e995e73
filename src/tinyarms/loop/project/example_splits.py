"""The splits of a skill's examples: show them, and change them before anything has read them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tinyarms.core.clock import iso
from tinyarms.core.errors import ExperimentError, UsageError
from tinyarms.core.text import counted
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_sets import read_examples
from tinyarms.loop.project.leases import lease
from tinyarms.skills.example import Example, Split, assign_split
from tinyarms.skills.skill import Skill
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.files import read_text, write_atomically


@dataclass(frozen=True)
class SplitsView:
    """The splits of a skill's gold examples, used or left out."""

    skill: str
    """The skill."""
    search: int
    """Number of gold examples that searches read."""
    selection: int
    """Number of gold examples that choose the finalists of a search."""
    test: int
    """Number of gold examples that are held out for the offline gate."""
    collected: int
    """Number of examples collected from corrections; they are for searches only."""
    frozen_by: str | None
    """What has read the examples, so that no split may change any more; `None`: nothing."""
    other_in_file: int
    """Number of rows of the file whose split is not the stored one, which counts."""


def example_splits(context: Context, name: str) -> SplitsView:
    """How many examples are in each split.

    Raises `UsageError`, and `ExampleError` and `ConfigError` if the file cannot be read.
    """
    skill = context.skill(name).skill
    rows = read_examples(context.project.root, skill, context.pictures)
    with context.store.read() as work:
        records = {record.example.id: record for record in work.examples.records(name)}
        frozen_by = _frozen_by(work, name)
    gold: Counter[Split] = Counter()
    other_in_file = collected = 0
    for row in rows:
        record = records.pop(row.id, None)
        split = row.split if record is None else record.example.split
        other_in_file += split != row.split
        gold[split] += row.origin == "gold"
        collected += row.origin == "collected"
    for record in records.values():
        # Other gold that is only in the database was once in the file.
        is_collected = record.example.origin == "collected"
        collected += is_collected
        if not is_collected and record.reviewed_at is not None:
            gold[record.example.split] += 1
    return SplitsView(
        name, gold["search"], gold["selection"], gold["test"], collected, frozen_by, other_in_file
    )


def set_example_splits(
    context: Context, name: str, shares: tuple[float, float, float] | None = None
) -> SplitsView:
    """Change the splits of the examples file, before anything has read them.

    `shares`: of search, selection and test, as any three numbers; each example gets its split by
    the hash of its inputs, and the file says it. `None`: the splits that the file has now count.

    Raises the errors of `example_splits`, `UsageError` for wrong shares, `ExperimentError` if the
    splits are frozen, and `LeaseHeld` while another process works on the skill.
    """
    skill = context.skill(name).skill
    if skill.examples is None:
        raise UsageError(f"{name} has no examples file.", "Name one: `examples:` in config.yaml.")
    choose = None if shares is None else _by_shares(shares)
    with lease(context, name, "change of the splits"):
        with context.store.read() as work:
            frozen_by = _frozen_by(work, name)
        if frozen_by is not None:
            raise ExperimentError(
                f"The splits of {name} are frozen: {frozen_by}.",
                "Otherwise a search could have seen what is held out. New rows get a split of "
                "their own.",
            )
        if choose is not None:
            _write_splits(context, skill, choose)
        rows = read_examples(context.project.root, skill, context.pictures)
        with context.store.unit_of_work(durable=True) as work:
            work.examples.sync(name, rows, context.clock())
            work.examples.set_splits(name, {row.id: row.split for row in rows})
    return example_splits(context, name)


def _frozen_by(work: UnitOfWork, name: str) -> str | None:
    """What has frozen the splits, to follow `because`; `None`: nothing.

    An evaluation of the rows of search and selection does not.
    """
    sessions = [*work.sessions.all(name), *work.sessions.refreshes(name)]
    if sessions:
        first = min(sessions, key=lambda session: session.triggered_at)
        kind = {"writer": "search", "people": "live test", "refresh": "refresh"}[first.author]
        return f"the {kind} of {iso(first.triggered_at)[:10]} has read them"
    reads = work.examples.test_reads(name)
    return f"the test examples were read {counted(reads, 'time')}" if reads else None


def _by_shares(shares: tuple[float, float, float]) -> Callable[[Example], Split]:
    total = sum(shares)
    if len(shares) != 3 or not all(0 <= share < float("inf") for share in shares) or total <= 0:
        raise UsageError(
            "The shares are three numbers of at least 0, for search, selection and test.",
            "Write, for example: --shares 30,20,50",
        )
    return lambda example: assign_split(
        example.inputs, search=shares[0] / total, selection=shares[1] / total
    )


def _write_splits(context: Context, skill: Skill, choose: Callable[[Example], Split]) -> None:
    """Write the split into each row of the file; other parts of the rows stay."""
    path = context.project.root / (skill.examples or "")
    text = read_text(path, keep_mark=True)
    rows = iter(read_examples(context.project.root, skill, context.pictures))
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    lines = [
        _with_split(line, next(rows), choose) if line.strip() else line
        for line in text.removeprefix(mark).split("\n")
    ]
    write_atomically(path, mark + "\n".join(lines))


def _with_split(line: str, example: Example, choose: Callable[[Example], Split]) -> str:
    if example.origin == "collected":
        return line
    row: Mapping[str, object] = json.loads(line)
    end = "\r" if line.endswith("\r") else ""
    # Its id, where it has none, is made of its inputs, which stay.
    return json.dumps({**row, "split": choose(example)}, ensure_ascii=False) + end
