"""The benchmark `adversary`: its floods, corrections, outages and simulated users."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import bench_adversary as adversary
from tinyarms.experiments.rules.taste_only import TasteOnly
from voting_weeks import ALL_ON, MIN_TASKS, Voter, promoted_weeks

RULE = TasteOnly(adversary.LIMIT)


@pytest.mark.slow
def test_a_flood_among_others_promotes_nothing_and_would_without_the_cap() -> None:
    promoted, _ = adversary.flooded(RULE, 10, 1, (1.0, 7.0))
    assert promoted == 0
    voters = [*(Voter(f"user {n}", 0.2) for n in range(8)), Voter("flood", 1.0, pace=33)]
    no_cap = replace(ALL_ON, ahead=None)
    promoted, counted = promoted_weeks(RULE, 10, 1, voters, 372, defences=no_cap)
    assert promoted == 10
    assert counted == 372


@pytest.mark.slow
@pytest.mark.parametrize("when", adversary.FLOODS)
def test_a_flood_promotes_nothing_whenever_it_comes(when: str) -> None:
    seed = list(adversary.FLOODS).index(when)
    promoted, _ = adversary.flooded(RULE, adversary.SESSIONS, seed, adversary.FLOODS[when])
    assert promoted == 0


@pytest.mark.slow
@pytest.mark.parametrize("days", [(3.0, 7.0), (6.0, 6.1)])
def test_a_flood_after_the_others_have_gone_promotes_nothing(days: tuple[float, float]) -> None:
    others = [Voter(f"user {number}", 0.2, days=(0, 1)) for number in range(8)]
    flood = Voter("flood", 1.0, pace=33, days=days)
    promoted, counted = promoted_weeks(RULE, 100, 1, [*others, flood], 320)
    assert promoted == 0
    assert counted < 100


def test_who_votes_alone_has_no_cap() -> None:
    assert promoted_weeks(RULE, 3, 1, [Voter("owner", 0.9)], 40) == (3, 40)


def test_the_first_ballots_of_a_new_name_do_not_count() -> None:
    new = [Voter("user 1", 0.5, tasks=0)]
    assert promoted_weeks(RULE, 3, 1, new, 10)[1] == 10 - (MIN_TASKS - 1)
    assert promoted_weeks(RULE, 3, 1, [replace(new[0], counts=False)], 10)[1] == 0


@pytest.mark.slow
def test_ballots_with_equal_outputs_are_noise_unless_they_are_merged() -> None:
    world = adversary.World("half are the same", (1,) * 12, same=0.5)
    without, with_them = adversary.power(RULE, world, 0.8, 30, 1)
    assert without < with_them <= 30


def test_users_of_whom_a_share_is_made_up() -> None:
    voters = adversary.sybils(0.3, liked=0.5)
    assert [voter.liked for voter in voters].count(1.0) == 6
    assert len(voters) == adversary.USERS


@pytest.mark.slow
@pytest.mark.parametrize("crowd", adversary.CROWDS, ids=lambda crowd: crowd.name)
def test_corrections_stay_out_of_the_gate(crowd: adversary.Crowd, tmp_path: Path) -> None:
    found = adversary.corrected(tmp_path / "project", crowd, 160, 20)
    assert found.counted == 160 - crowd.users * (MIN_TASKS - 1)
    assert found.counted >= found.offered > 0
    assert (found.in_test, found.let_in, found.promoted) == (0, 0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("tenth", [0, 9])
def test_an_outage_interrupts_a_gate_and_helps_no_prompt(tenth: int, tmp_path: Path) -> None:
    let_in, interruptions = adversary.outage(tmp_path, tenth, 1)
    assert let_in == 0
    assert interruptions >= 1


@pytest.mark.slow
def test_the_project_says_from_how_many_tasks_on_a_name_counts() -> None:
    voters = adversary.sybils(0.1, liked=0.5)
    few = adversary.counted_by_project(voters, MIN_TASKS - 1)
    assert [voter.counts for voter in few] == [False] * 2 + [True] * 18
    assert all(voter.counts for voter in adversary.counted_by_project(voters, MIN_TASKS))
