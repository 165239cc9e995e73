"""Offline gates of equally accurate prompts, with calls that fail in bursts.

The product decides the order of the calls (`in_turns`), the end of a run (`Failures`), how often a
call is repeated (`MAX_TRIES`) and how many pairs a gate needs. An interrupted gate is resumed. The
result of the votes is then exact.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from gate_scenarios import ALPHA, passing_table
from tinyarms.core.errors import BadReply, ModelUnavailable
from tinyarms.experiments.offline_gate import pairs_needed
from tinyarms.loop.calling.failures import MAX_TRIES, Failures
from tinyarms.loop.testing.gate_answers import in_turns
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import VariantRecord

Array = np.ndarray[Any, np.dtype[Any]]
BURST = 20
"""Calls that fail in a row."""
EXAMPLES, ACCURACY = 300, 0.70
ARMS = 3
"""The incumbent and two challengers."""


def passed_gates(differ: float, failing: float, sessions: int, seed: int) -> Array:
    """(3,): in how many sessions no, one and both challengers pass the offline gate.

    `differ`: the share of examples on which a challenger and the incumbent give different answers,
    one of them right; at most 0.6. `failing`: the share of calls that fail.
    """
    rng = np.random.default_rng(seed)
    asked = _answered(failing, sessions, seed)
    counts = np.zeros(ARMS, dtype=int)
    for _ in range(sessions):
        right = _right(rng, differ)
        answered = next(asked)
        counts[sum(_passes(right, answered, arm) for arm in range(1, ARMS))] += 1
    return counts


def _right(rng: np.random.Generator, differ: float) -> Array:
    """(arms, examples): which arm is right on which example; all are equally accurate."""
    right = np.empty((ARMS, EXAMPLES), dtype=bool)
    right[0] = rng.random(EXAMPLES) < ACCURACY
    flips = np.where(right[0], differ / 2 / ACCURACY, differ / 2 / (1 - ACCURACY))
    right[1:] = right[0] ^ (rng.random((ARMS - 1, EXAMPLES)) < flips)
    return right


def _passes(right: Array, answered: Array, arm: int) -> bool:
    both = answered[0] & answered[arm]
    wins = int((both & right[arm] & ~right[0]).sum())
    losses = int((both & right[0] & ~right[arm]).sum())
    return bool(passing_table(int(both.sum()), ALPHA / (ARMS - 1))[wins, losses])


# Which calls are answered


def _answered(failing: float, sessions: int, seed: int) -> Iterator[Array]:
    """(arms, examples) for each session: the calls that are answered in the end."""
    if failing == 0:
        yield from [np.ones((ARMS, EXAMPLES), dtype=bool)] * sessions
        return
    variants = [
        VariantRecord(id=str(arm), session_id="", variant_letter="", prompt=Prompt("p"))
        for arm in range(ARMS)
    ]
    examples = [Example(str(n), {"text": str(n)}, "", "test") for n in range(EXAMPLES)]
    for session in range(sessions):
        pairs = in_turns(variants, examples, session)
        calls = [(int(variant.id), int(example.id)) for variant, example in pairs]
        fails = bursts(failing, random.Random(f"{seed} {session}"))
        answered = np.zeros((ARMS, EXAMPLES), dtype=bool)
        for call in ask_all(calls, fails):
            answered[call] = True
        yield answered


def bursts(failing: float, rng: random.Random) -> Callable[[], bool]:
    """Whether the next call fails: a share of all calls, in bursts that begin at random."""
    begins = failing / (BURST * (1 - failing))
    left = 0

    def fails() -> bool:
        nonlocal left
        if left == 0 and rng.random() < begins:
            left = BURST
        if left == 0:
            return False
        left -= 1
        return True

    return fails


def ask_all(calls: Sequence[tuple[int, int]], fails: Callable[[], bool]) -> set[tuple[int, int]]:
    """The calls that are answered when a gate has the pairs that it needs."""
    answered = set[tuple[int, int]]()
    while True:
        try:
            _ask(calls, fails, answered)
        except ModelUnavailable:
            continue  # The gate is interrupted, and resumes later.
        if _is_enough(answered):
            return answered


def _ask(
    calls: Sequence[tuple[int, int]],
    fails: Callable[[], bool],
    answered: set[tuple[int, int]],
) -> None:
    """One run of a gate. Raises `ModelUnavailable` if too many calls in a row fail."""
    failures, error = Failures(), BadReply("The server is away.")
    for _ in range(MAX_TRIES):
        for call in [call for call in calls if call not in answered]:
            if fails():
                failures.failed(str(call), error)
            else:
                failures.answered()
                answered.add(call)


def _is_enough(answered: set[tuple[int, int]]) -> bool:
    of_arm = [{example for arm, example in answered if arm == wanted} for wanted in range(ARMS)]
    return all(len(of_arm[0] & of_arm[arm]) >= pairs_needed(EXAMPLES) for arm in range(1, ARMS))
