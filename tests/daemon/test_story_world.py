from __future__ import annotations

from datetime import timedelta

import pytest

from tinyarms.daemon.story_world import (
    BEGIN,
    DAYS,
    SEASONS,
    USERS,
    Look,
    Visit,
    World,
    known_kinds,
    season_at,
)
from tinyarms.loop.demo_captions import CAPTIONED
from tinyarms.skills.example import Example
from tinyarms.store.starter import starter_examples


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return starter_examples("file-naming", ("file_name", "content"))


@pytest.fixture(scope="module")
def world(examples: list[Example]) -> World:
    return World(1, examples)


def test_a_year_follows_from_its_seed(world: World, examples: list[Example]) -> None:
    assert World(1, examples).visits == world.visits
    assert World(2, examples).visits != world.visits
    moments = [visit.at for visit in world.visits]
    assert len(set(moments)) == len(moments), "the order of two visits would be open"
    assert moments == sorted(moments)
    assert moments[0] >= BEGIN
    assert moments[-1] < BEGIN + timedelta(days=DAYS)
    assert len({visit.task_id for visit in world.visits}) == len(moments)
    assert {visit.user for visit in world.visits} == set(USERS)


def test_users_bring_what_the_season_has_and_no_test_examples(world: World) -> None:
    for visit in world.visits:
        kinds = SEASONS[season_at(visit.at)].kinds
        if kinds:
            assert visit.example.kind in kinds
            assert visit.example.split != "test"
        else:
            assert visit.example in CAPTIONED


def test_every_change_brings_the_examples_of_its_kinds(examples: list[Example]) -> None:
    known = [known_kinds(season) for season in range(len(SEASONS))]
    assert known[0] == known[1] < known[2] < known[3] == {example.kind for example in examples}
    held_out = [e for e in examples if e.kind in known[0] and e.split == "test"]
    assert len(held_out) >= 100, "without so many there is no offline gate"


@pytest.mark.parametrize("done", [0, 1, 700, -1])
def test_what_is_left_of_the_year(world: World, done: int) -> None:
    done = done % len(world.visits)
    whole = list(world.moments(0, is_begun=False))
    left = list(world.moments(done, is_begun=False))
    assert left == whole[len(whole) - len(left) :]
    assert [moment for moment in left if isinstance(moment, Visit)] == world.visits[done:]
    begun = list(world.moments(done, is_begun=True))
    assert begun[0] == world.visits[done]
    assert begun == left[left.index(begun[0]) :]


def test_the_daemon_looks_every_day(world: World) -> None:
    looks = [each for each in world.moments(0, is_begun=False) if isinstance(each, Look)]
    assert len(looks) == DAYS
    assert list(world.moments(len(world.visits), is_begun=False)) == looks[-1:]
