from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.experiments.voter_cap import RECENT, is_counted, too_many_uncounted

counts = st.dictionaries(st.sampled_from(["", *"abcdef"]), st.integers(0, 30))
aheads = st.integers(1, 5)


def settled(users: Iterable[str], ahead: int = 2) -> list[bool]:
    """Whether each outcome of a sequence counts, as feedback is settled one by one."""
    newest, found = deque[str](maxlen=RECENT), []
    for user in users:
        found.append(is_counted(user, Counter(newest), ahead))
        if found[-1] and user:
            newest.append(user)
    return found


@pytest.mark.slow
@given(counts, aheads)
def test_at_most_one_user_is_held_back_at_a_time(counted: dict[str, int], ahead: int) -> None:
    held_back = [user for user in counted if not is_counted(user, counted, ahead)]
    assert len(held_back) <= 1
    assert "" not in held_back
    if held_back:
        assert counted[held_back[0]] == max(n for user, n in counted.items() if user)


@pytest.mark.slow
@given(counts, aheads)
def test_others_without_votes_hold_back_at_most_whoever_has_most(
    counted: dict[str, int], ahead: int
) -> None:
    held_back = [u for u in counted if not is_counted(u, counted, ahead, is_alone=False)]
    assert len(held_back) <= 1 and "" not in held_back
    named = [n for user, n in counted.items() if user]
    if len(named) == 1:
        assert len(held_back) == (named[0] >= ahead)
    else:
        assert held_back == [u for u in counted if not is_counted(u, counted, ahead)]


@pytest.mark.slow
@given(st.lists(st.sampled_from(["away", "", "c"]), max_size=60), st.integers(1, 3))
def test_two_equally_active_users_count_whoever_was_there_before(
    before: list[str], ahead: int
) -> None:
    """Of two who report in turn nearly all counts, and never are both held back."""
    found = settled([*before, *["ann", "ben"] * 60], ahead)[len(before) :]
    assert all(any(pair) for pair in zip(found[::2], found[1::2], strict=True))
    assert all(found)


@pytest.mark.slow
@given(st.lists(st.sampled_from(["", *"abcdef"]), max_size=150), aheads)
def test_who_gives_no_name_always_counts_and_holds_nobody_back(
    users: list[str], ahead: int
) -> None:
    found = dict(enumerate(settled(users, ahead)))
    named = [number for number, user in enumerate(users) if user]
    assert all(found[number] for number in range(len(users)) if number not in named)
    assert [found[n] for n in named] == settled([users[n] for n in named], ahead)


@pytest.mark.slow
@given(st.lists(st.sampled_from("abcdef"), min_size=30, max_size=150), aheads)
def test_nobody_has_more_of_the_newest_outcomes_than_another_and_a_little(
    users: list[str], ahead: int
) -> None:
    newest = deque[str](maxlen=RECENT)
    for user in users:
        others = Counter(newest) - Counter({user: RECENT})
        if is_counted(user, Counter(newest), ahead):
            newest.append(user)
            assert not others or newest.count(user) <= max(others.values()) + ahead


def test_a_flood_waits_for_the_others() -> None:
    people = [str(number % 9) for number in range(45)]
    found = settled([*people, *["flood"] * 40])
    assert all(found[:45])
    assert found[45:].count(True) <= 5 + 2


def test_alone_or_without_a_name_everything_counts() -> None:
    assert all(settled(["ann"] * 100))
    assert all(settled(["ann", ""] * 60))
    assert all(settled([""] * 60 + ["ann"] * 60))


@pytest.mark.parametrize(
    ("newest", "blind"),
    [([], False), ([True] * 40, False), ([True, True, False], False), ([True, False], True)],
)
def test_more_than_a_third_of_the_newest_is_too_many(newest: list[bool], blind: bool) -> None:
    assert too_many_uncounted(newest) is blind
