"""Which examples of a skill are used, and why others are left out."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property
from typing import Literal

from tinyarms.core.errors import ContractViolation
from tinyarms.skills.comparison import all_composed, composed
from tinyarms.skills.contract import Contract
from tinyarms.skills.duplicates import all_folded, folded, near_copies
from tinyarms.skills.example import Example, Split, assign_split
from tinyarms.skills.picture import all_identities

LEAST_OF_A_USER = 5
"""Collected examples of one user that a search may always read, so that a skill without examples
can begin. Higher: one user can teach, and mislead, a new skill more."""

Reason = Literal[
    "outside_contract",
    "no_picture",
    "guard",
    "two_answers",
    "twice",
    "two_splits",
    "beyond_share",
]
"""Why an example is left out.

`outside_contract`: the skill could not give its answer. `no_picture`: its picture was collected
from a task, and is not where it was. `guard`: a guard rejects the text of a
collected example. `two_answers`: the same inputs also have another answer. `twice`: the file has it
twice. `two_splits`: nearly the same inputs are in a split that is held out more strictly.
`beyond_share`: a new search does not read it, because its user has too many collected examples.
"""


@dataclass(frozen=True)
class Collector:
    """The user from whom an example was collected, and when."""

    user: str
    """The user's name; empty if none was given."""
    at: datetime


@dataclass(frozen=True)
class ExampleSet:
    """The examples of a skill, sorted by what may be done with them."""

    usable: tuple[Example, ...]
    """The examples that a search or a gate may read."""
    left_out: Mapping[Reason, tuple[Example, ...]]
    """The other examples by the reason, and those of `usable` beyond a user's share."""

    @cached_property
    def offered(self) -> tuple[Example, ...]:
        """The examples that a search that begins now may read."""
        beyond = {example.id for example in self.left_out.get("beyond_share", ())}
        return tuple(example for example in self.usable if example.id not in beyond)


def example_set(
    examples: Iterable[Example],
    contract: Contract,
    collectors: Mapping[str, Collector],
    share: float,
    is_safe: Callable[[Example], bool],
    has_pictures: Callable[[Example], bool] = lambda example: True,
) -> ExampleSet:
    """Sort the examples of a skill.

    Parameters
    ----------
    collectors
        By the id of the collected example; an absent id means no name was given.
    share
        Largest share of the `search` examples that may be collected from one user, in (0, 1].
    is_safe
        Whether the guards accept a collected example.
    has_pictures
        Whether the pictures of an example can be had.
    """
    all_rows = [e for e in examples if e.origin == "gold" or e.split == "search"]
    parse = cache(contract.parse)  # Most examples of a skill with labels have the same few answers.
    canonical = [(e, _canonical(e, parse)) for e in all_rows]
    kept = [e for _, e in canonical if e is not None]
    left_out: dict[Reason, tuple[Example, ...]] = {}
    if outside := tuple(stored for stored, e in canonical if e is None):
        left_out["outside_contract"] = outside
    keys = dict(zip((e.id for e in kept), inputs_keys([e.inputs for e in kept]), strict=True))
    rules: tuple[tuple[Reason, Callable[[Sequence[Example]], Collection[str]]], ...] = (
        ("no_picture", lambda rows: [e.id for e in rows if not has_pictures(e)]),
        ("guard", lambda rows: [e.id for e in rows if _is_collected(e) and not is_safe(e)]),
        ("two_answers", lambda rows: _contradicted(_alike(rows, keys), bool(contract.labels))),
        ("twice", lambda rows: _repeated(_alike(rows, keys))),
        ("two_splits", _leaking),
    )
    for reason, rule in rules:
        out = set(rule(kept))
        if out:
            left_out[reason] = tuple(e for e in kept if e.id in out)
            kept = [e for e in kept if e.id not in out]
    beyond = _beyond_share(kept, collectors, share)
    if beyond:
        left_out["beyond_share"] = tuple(e for e in kept if e.id in beyond)
    return ExampleSet(tuple(kept), left_out)


def split_of_reviewed(example: Example, others: Iterable[Example], was_read: bool) -> Split:
    """The split for a collected example that a person has made gold.

    `others`: the skill's other examples. `was_read`: whether any search has read it. If a search
    has read it or a near copy, it stays in `search`.
    """
    if was_read:
        return "search"
    copies = near_copies([folded(e.inputs) for e in others], [folded(example.inputs)])
    splits = {e.split for e in others if folded(e.inputs) in copies}
    in_order: tuple[Split, ...] = ("search", "selection", "test")
    found = (split for split in in_order if split in splits)
    return next(found, assign_split(example.inputs))


def _is_collected(example: Example) -> bool:
    return example.origin == "collected"


def _canonical(example: Example, parse: Callable[[str], str]) -> Example | None:
    """The example with its answer in canonical form; `None` if the skill could not give this
    answer.

    An empty answer stays: it is allowed where the scorer does not read it.
    """
    if not example.expected:
        return example
    try:
        return replace(example, expected=parse(example.expected))
    except ContractViolation:
        return None


def inputs_key(inputs: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """A key that is equal for the same inputs; it ignores outer white space, the Unicode form, and
    where a picture is."""
    return inputs_keys([inputs])[0]


def inputs_keys(inputs_of_each: Sequence[Mapping[str, str]]) -> list[frozenset[tuple[str, str]]]:
    """`inputs_key` of the inputs of each example or task."""
    values = [value for inputs in inputs_of_each for value in inputs.values()]
    texts = iter(all_composed(all_identities(values)))
    return [frozenset((name, next(texts)) for name in inputs) for inputs in inputs_of_each]


def _alike(
    examples: Sequence[Example], keys: Mapping[str, frozenset[tuple[str, str]]]
) -> list[list[Example]]:
    """Groups of two or more examples with the same inputs. `keys`: their `inputs_key` by id."""
    groups = defaultdict(list)
    for example in examples:
        groups[keys[example.id]].append(example)
    return [group for group in groups.values() if len(group) > 1]


def _contradicted(alike: Iterable[Sequence[Example]], one_answer: bool) -> set[str]:
    """Examples that another answer contradicts: a collected one by gold, or all if all are gold.

    `alike`: groups of examples with the same inputs. `one_answer`: whether only one answer can be
    right; otherwise gold may have several.
    """
    out = set()
    for group in alike:
        gold = {composed(e.expected) for e in group if not _is_collected(e)}
        if len(gold) > 1 and one_answer:
            out |= {e.id for e in group}
        elif gold:
            out |= {e.id for e in group if composed(e.expected) not in gold}
    return out


def _repeated(alike: Iterable[Sequence[Example]]) -> set[str]:
    """Repeats: all but the first example with the same inputs, answer and split; gold comes
    first."""
    out = set()
    for group in alike:
        seen = set[tuple[str, str]]()
        for example in sorted(group, key=_is_collected):
            place = example.split, composed(example.expected)
            if place in seen:
                out.add(example.id)
            seen.add(place)
    return out


def _leaking(examples: Sequence[Example]) -> set[str]:
    """Examples with a near copy in a split that is held out more strictly."""
    texts: dict[Split, dict[str, str]] = {"search": {}, "selection": {}, "test": {}}
    for example, text in zip(examples, all_folded([e.inputs for e in examples]), strict=True):
        texts[example.split][example.id] = text
    search, selection, test = (list(texts[split].values()) for split in texts)
    in_search = near_copies(search, [*test, *selection])
    in_selection = near_copies(selection, test)
    return {id for id, text in texts["search"].items() if text in in_search} | {
        id for id, text in texts["selection"].items() if text in in_selection
    }


def _beyond_share(
    examples: Sequence[Example], collectors: Mapping[str, Collector], share: float
) -> set[str]:
    """The oldest collected examples of each user who has more than the allowed share."""
    nobody = Collector("", datetime.min)
    by_user = defaultdict(list)
    for example in filter(_is_collected, examples):
        by_user[collectors.get(example.id, nobody).user].append(example.id)
    gold = Counter(example.split for example in examples if not _is_collected(example))["search"]
    limit = max(LEAST_OF_A_USER, share_limit(gold, [len(ids) for ids in by_user.values()], share))
    out = set[str]()
    for ids in by_user.values():
        newest = sorted(ids, key=lambda id: (_age(collectors, id), id), reverse=True)
        out |= set(newest[limit:])
    return out


def _age(collectors: Mapping[str, Collector], id: str) -> float:
    return collectors[id].at.timestamp() if id in collectors else 0.0


def share_limit(others: int, of_users: Sequence[int], share: float) -> int:
    """The most examples that each user may have so that none has more than `share` of all.

    `others`: number of examples that come from no user. `of_users`: number of each user's examples.

    Examples
    --------
    >>> from tinyarms.skills.example_set import share_limit
    >>> share_limit(80, [500], share=0.2)
    20
    >>> share_limit(0, [10, 10, 10, 10, 10], share=0.2)
    10
    """
    most = max(of_users, default=0)

    def excess(limit: int) -> float:
        """Concave in `limit` and at most 0 at 0, so the limits without excess run from 0 to a last
        one."""
        return limit - share * (others + sum(min(n, limit) for n in of_users))

    return bisect_right(range(1, most + 1), 1e-9, key=excess)
