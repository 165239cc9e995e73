from __future__ import annotations

from datetime import timedelta

import pytest

from tinyarms.demo.captions import CAPTIONED
from tinyarms.demo.world import (
    BEGIN,
    DAYS,
    PHASES,
    USERS,
    Arrival,
    Look,
    World,
    known_kinds,
    phase_at,
)
from tinyarms.skills.example import Example
from tinyarms.store.project.starter import starter_examples


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return starter_examples("file-naming", ("file_name", "content"))


@pytest.fixture(scope="module")
def world(examples: list[Example]) -> World:
    return World(1, examples)


@pytest.mark.slow
def test_a_year_follows_from_its_seed(world: World, examples: list[Example]) -> None:
    assert World(1, examples).arrivals == world.arrivals
    assert World(2, examples).arrivals != world.arrivals
    moments = [arrival.at for arrival in world.arrivals]
    assert len(set(moments)) == len(moments), "the order of two arrivals would be open"
    assert moments == sorted(moments)
    assert moments[0] >= BEGIN
    assert moments[-1] < BEGIN + timedelta(days=DAYS)
    assert len({arrival.task_id for arrival in world.arrivals}) == len(moments)
    assert {arrival.user for arrival in world.arrivals} == set(USERS)


@pytest.mark.slow
def test_users_bring_what_the_phase_has_and_no_test_examples(world: World) -> None:
    for arrival in world.arrivals:
        kinds = PHASES[phase_at(arrival.at)].kinds
        if kinds:
            assert arrival.example.kind in kinds
            assert arrival.example.split != "test"
        else:
            assert arrival.example in CAPTIONED


def test_every_change_brings_the_examples_of_its_kinds(examples: list[Example]) -> None:
    known = [known_kinds(phase) for phase in range(len(PHASES))]
    assert known[0] == known[1] < known[2] == known[3] < known[4]
    assert known[4] == {example.kind for example in examples}
    held_out = [e for e in examples if e.kind in known[0] and e.split == "test"]
    assert len(held_out) >= 100, "without so many there is no offline gate"


@pytest.mark.parametrize("done", [1, 700, -1])
def test_what_is_left_of_the_year(world: World, done: int) -> None:
    done = done % len(world.arrivals)
    whole = list(world.moments(0, BEGIN))
    left = list(world.moments(done, world.arrivals[done - 1].at))
    assert left == whole[whole.index(world.arrivals[done - 1]) + 1 :]
    assert [moment for moment in left if isinstance(moment, Arrival)] == world.arrivals[done:]


def test_looks_that_are_over_are_not_taken_again(world: World) -> None:
    whole = list(world.moments(0, BEGIN))
    looks = [each for each in whole if isinstance(each, Look)]
    assert len(looks) == DAYS
    left = list(world.moments(0, looks[3].at))
    assert [each for each in left if isinstance(each, Look)] == looks[3:]
    assert list(world.moments(len(world.arrivals), world.arrivals[-1].at)) == looks[-1:]
