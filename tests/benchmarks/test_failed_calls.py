"""The benchmark's gates with calls that fail in bursts."""

from __future__ import annotations

import random
from itertools import groupby

import pytest

from failed_calls import ARMS, BURST, EXAMPLES, ask_all, bursts, passed_gates
from tinyarms.experiments.offline_gate import pairs_needed


def test_a_tenth_of_the_calls_fails_in_bursts() -> None:
    fails = bursts(0.1, random.Random(2))
    calls = [fails() for _ in range(100_000)]
    assert 0.08 < sum(calls) / len(calls) < 0.12
    lengths = [len(list(group)) for failed, group in groupby(calls) if failed]
    assert all(length % BURST == 0 for length in lengths[:-1])


def test_a_gate_goes_on_until_it_has_its_pairs() -> None:
    calls = [(arm, example) for example in range(EXAMPLES) for arm in range(ARMS)]
    answered = ask_all(calls, bursts(0.4, random.Random(1)))
    for arm in range(1, ARMS):
        pairs = sum((0, n) in answered and (arm, n) in answered for n in range(EXAMPLES))
        assert pairs >= pairs_needed(EXAMPLES)


@pytest.mark.slow
def test_equally_accurate_prompts_seldom_pass_whether_calls_fail_or_not() -> None:
    for differ, failing in ((0.1, 0.0), (0.6, 0.0), (0.6, 0.1)):
        none, one, both = passed_gates(differ, failing, 40, 1)
        assert none + one + both == 40
        assert one + both < 10
