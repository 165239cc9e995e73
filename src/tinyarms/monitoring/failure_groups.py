"""Group failures by what they share: how they break the contract, which label is taken for which,
or a word of their inputs.

Each failure is in one group. A broken contract comes first, then a confusion, then a word that is
in more failures than chance would put there, then the rest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from tinyarms.skills.scorers import words_of

FEWEST = 2
"""Failures of a group by contract or confusion. Higher: rare kinds are among the rest."""
FEWEST_WITH_WORD = 3
"""Failures that a word must be in. Higher: fewer words are tested, so each has a better chance."""
MOST_WORDS = 5
"""Most groups by a word. Each is a test of its own, at a fifth of the error rate."""
ERROR_RATE = 0.05
"""Probability, in (0, 1), of any group by a word if no word has to do with failing."""
_SHORTEST = 3
"""Characters of a word that is tested. Lower: more words that say nothing."""
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")

Kind = Literal["contract", "confusion", "word", "other"]


@dataclass(frozen=True)
class Failure:
    """A task that failed."""

    task_id: str
    inputs: Mapping[str, str]
    output: str | None
    """`None`: it broke the contract."""
    violation: str | None = None
    right: str | None = None
    """The right output, if a user has named it."""


@dataclass(frozen=True)
class FailureGroup:
    """Failures that share something."""

    kind: Kind
    shared: str
    """What they share, in words."""
    task_ids: tuple[str, ...]
    """In the order of the failures."""


def group_failures(
    failures: Sequence[Failure], successes: Sequence[Mapping[str, str]]
) -> list[FailureGroup]:
    """The groups, the largest of each kind first.

    Parameters
    ----------
    failures
        Newest first.
    successes
        The inputs of tasks that went well, with which words are compared.

    Examples
    --------
    >>> from tinyarms.monitoring.failure_groups import Failure, group_failures
    >>> failures = [Failure(f"t{n}", {"text": f"a refund {n}"}, "other") for n in range(6)]
    >>> failures += [Failure(f"c{n}", {"text": "late"}, "other", right="post") for n in range(2)]
    >>> for group in group_failures(failures, [{"text": "a parcel"}] * 40):
    ...     print(group.kind, len(group.task_ids), group.shared)
    confusion 2 The output is other where post is right
    word 6 The inputs have the word "refund": 6 of 6 such tasks failed, 0 of 40 others
    """
    groups = list[FailureGroup]()
    left = list(failures)
    kinds: tuple[Kind, ...] = ("contract", "confusion")
    for kind in kinds:
        named = {failure.task_id: _name(kind, failure) for failure in left}
        counts = Counter(name for name in named.values() if name is not None)
        for name, n in counts.most_common():
            if n >= FEWEST:
                groups.append(_group(kind, name, [f for f in left if named[f.task_id] == name]))
        taken = {task_id for group in groups for task_id in group.task_ids}
        left = [failure for failure in left if failure.task_id not in taken]
    for group in _by_words(left, successes):
        groups.append(group)
        left = [failure for failure in left if failure.task_id not in group.task_ids]
    if left:
        shared = "They share nothing that these rules see" if groups else "They share nothing"
        groups.append(_group("other", shared, left))
    return groups


def _group(kind: Kind, shared: str, failures: Sequence[Failure]) -> FailureGroup:
    return FailureGroup(kind, shared, tuple(failure.task_id for failure in failures))


def _name(kind: Kind, failure: Failure) -> str | None:
    """What the failure is by this kind; `None`: nothing."""
    if kind == "contract":
        if failure.output is not None:
            return None
        return f"The output breaks the contract: {_QUOTED.sub('…', failure.violation or '?')}"
    if failure.output is None or failure.right is None or failure.right == failure.output:
        return None
    return f"The output is {failure.output} where {failure.right} is right"


def _by_words(
    failures: Sequence[Failure], successes: Sequence[Mapping[str, str]]
) -> list[FailureGroup]:
    """Groups by the word that separates failures from successes best, one after the other.

    Each is Fisher's exact test, one-sided, corrected for the number of words (Bonferroni).
    """
    from tinyarms.stats.hypergeometric import at_least

    left = {failure.task_id: _words(failure.inputs) for failure in failures}
    good = Counter(word for inputs in successes for word in _words(inputs))
    groups = list[FailureGroup]()
    while len(groups) < MOST_WORDS:
        bad = Counter(word for words in left.values() for word in words)
        tested = sorted(word for word, n in bad.items() if n >= FEWEST_WITH_WORD)
        if not tested or not successes:
            break
        total = len(left) + len(successes)
        chances = [at_least(bad[word], total, bad[word] + good[word], len(left)) for word in tested]
        sizes = [(-bad[word], -len(word)) for word in tested]
        chance, _, word = min(zip(chances, sizes, tested, strict=True))
        if chance * len(tested) > ERROR_RATE / MOST_WORDS:
            break
        mine = [failure for failure in failures if word in left.get(failure.task_id, ())]
        others = len(successes) - good[word]
        shared = (
            f'The inputs have the word "{word}": {len(mine)} of {len(mine) + good[word]} such '
            f"tasks failed, {len(left) - len(mine)} of {others + len(left) - len(mine)} others"
        )
        groups.append(_group("word", shared, mine))
        for failure in mine:
            del left[failure.task_id]
    return groups


def _words(inputs: Mapping[str, str]) -> frozenset[str]:
    return frozenset(
        word
        for text in inputs.values()
        for word in words_of(text)
        if len(word) >= _SHORTEST and not word.isdigit()
    )
