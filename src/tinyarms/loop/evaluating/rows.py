"""The examples that an evaluation asks about, and the record that it has read `test`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

from tinyarms.core.errors import ExampleError, UsageError
from tinyarms.core.ids import content_hash, derived_id
from tinyarms.core.text import counted
from tinyarms.experiments.held_out_reuse import reuse
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener
from tinyarms.loop.searching.read_pictures import read_pictures
from tinyarms.skills.example import Example, Split
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.skill import Skill

EvalSplit = Literal["search", "selection", "test", "all"]
_SPLITS: dict[EvalSplit | None, tuple[Split, ...]] = {
    None: ("search", "selection"),
    "search": ("search",),
    "selection": ("selection",),
    "test": ("test",),
    "all": ("search", "selection", "test"),
}
_NAMES: tuple[EvalSplit, ...] = ("search", "selection", "test", "all")


@dataclass(frozen=True)
class Rows:
    """The examples that are asked."""

    examples: tuple[Example, ...]
    splits: tuple[Split, ...]
    available: int
    """Gold examples of these splits."""

    @property
    def held_out(self) -> int:
        """How many of them are of the split `test`."""
        return sum(example.split == "test" for example in self.examples)


def check_choice(split: EvalSplit | None, n: int | None) -> None:
    """Raise `UsageError` for a split that does not exist, or a number of rows that is none."""
    if split not in list(_SPLITS):
        raise UsageError(f"There is no split {split!r}.", f"Name one of {', '.join(_NAMES)}.")
    if n is not None and (isinstance(n, bool) or not isinstance(n, int) or n < 1):
        raise UsageError(f"n is {n!r}, not a number of rows.", "Give a whole number of at least 1.")


def choose_rows(
    context: Context, skill: Skill, split: EvalSplit | None, n: int | None, listener: Listener
) -> Rows:
    """The gold examples of a split, or `n` of them.

    By default those of `search` and `selection`: `test` is read only where it is asked for. The
    same rows are always chosen, and more rows include fewer. Raises the errors of `check_choice`,
    and `ExampleError` without any.
    """
    check_choice(split, n)
    splits = _SPLITS[split]
    usable = (context.counted_in or context).example_set(skill).usable
    gold = [e for e in usable if e.origin == "gold" and e.split in splits]
    if not gold:
        raise _none(skill, splits, Counter(e.split for e in usable if e.origin == "gold"))
    chosen = sorted(gold, key=lambda example: content_hash(example.id))[:n]
    return Rows(read_pictures(context, skill, chosen, listener), splits, len(gold))


def log_test_reads(context: Context, skill: Skill, rows: Rows, prompts: list[Prompt]) -> list[str]:
    """Store, before the first call, that the prompts read held-out rows; returns what to say.

    The same prompt on as many rows is one read, however often it is evaluated.
    """
    n = rows.held_out
    if not n:
        return []
    store = (context.counted_in or context).store
    with store.unit_of_work() as work:
        is_new = work.history.active(skill.name) is None
        for prompt in prompts:
            read_id = derived_id("test read", skill.name, prompt.hash, n)
            work.examples.log_test_read(read_id, skill.name, None, prompt.hash, n, context.clock())
        gates, tested = work.examples.test_gates(skill.name)
        examples = work.examples.held_out(skill.name)
    so_far = reuse(gates, tested, examples, context.project.settings.alpha)
    elsewhere = f" in {store.where}, which no other copy of the project knows"
    return [
        f"This evaluation read {counted(n, 'row')} of the split test, which are held out for the "
        f"gate, and this is counted{elsewhere if is_new and context.counted_in else ''}. "
        f"{so_far.sentence} Do not choose a prompt by these rows."
    ]


def _none(skill: Skill, splits: tuple[Split, ...], others: Counter[Split]) -> ExampleError:
    listed = ", ".join(f"{n} in {split}" for split, n in sorted(others.items()))
    names = " or ".join(splits)
    if listed:
        return ExampleError(
            f"{skill.name} has no gold example in {names}; it has {listed}.",
            f"Choose others: tinyarms eval {skill.name} --split {min(others)}",
        )
    if skill.examples is None:
        return ExampleError(
            f"{skill.name} has no examples.",
            f"Name a file of them in config.yaml: skills.{skill.name}.examples",
        )
    return ExampleError(
        f"{skill.name} has no example that can be used.", "See why: tinyarms doctor"
    )
