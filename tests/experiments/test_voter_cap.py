from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.experiments.voter_cap import RECENT, is_counted, too_many_uncounted

count_maps = st.dictionaries(st.sampled_from(["", *"abcdef"]), st.integers(0, 30))
aheads = st.integers(1, 5)


def counted_flags(users: Iterable[str], ahead: int = 2) -> list[bool]:
    """Whether each outcome counts, if they arrive one by one."""
    newest, flags = deque[str](maxlen=RECENT), list[bool]()
    for user in users:
        flags.append(is_counted(user, Counter(newest), ahead))
        if flags[-1] and user:
            newest.append(user)
    return flags


@pytest.mark.slow
@given(count_maps, aheads)
def test_the_cap_applies_to_at_most_one_user_at_a_time(counts: dict[str, int], ahead: int) -> None:
    capped = [user for user in counts if not is_counted(user, counts, ahead)]
    assert len(capped) <= 1
    assert "" not in capped
    if capped:
        assert counts[capped[0]] == max(n for user, n in counts.items() if user)


@pytest.mark.slow
@given(count_maps, aheads)
def test_others_without_votes_cap_at_most_the_user_with_the_most(
    counts: dict[str, int], ahead: int
) -> None:
    capped = [u for u in counts if not is_counted(u, counts, ahead, is_alone=False)]
    assert len(capped) <= 1 and "" not in capped
    named = [n for user, n in counts.items() if user]
    if len(named) == 1:
        assert len(capped) == (named[0] >= ahead)
    else:
        assert capped == [u for u in counts if not is_counted(u, counts, ahead)]


@pytest.mark.slow
@given(st.lists(st.sampled_from(["away", "", "c"]), max_size=60), st.integers(1, 3))
def test_two_equally_active_users_count_whoever_was_active_before(
    earlier: list[str], ahead: int
) -> None:
    """All outcomes of two users who report in turn count."""
    flags = counted_flags([*earlier, *["ann", "ben"] * 60], ahead)[len(earlier) :]
    assert all(any(pair) for pair in zip(flags[::2], flags[1::2], strict=True))
    assert all(flags)


@pytest.mark.slow
@given(st.lists(st.sampled_from(["", *"abcdef"]), max_size=150), aheads)
def test_votes_without_a_name_always_count_and_cap_nobody(users: list[str], ahead: int) -> None:
    flags = dict(enumerate(counted_flags(users, ahead)))
    named = [number for number, user in enumerate(users) if user]
    assert all(flags[number] for number in range(len(users)) if number not in named)
    assert [flags[n] for n in named] == counted_flags([users[n] for n in named], ahead)


@pytest.mark.slow
@given(st.lists(st.sampled_from("abcdef"), min_size=30, max_size=150), aheads)
def test_nobody_is_further_ahead_in_the_newest_outcomes_than_allowed(
    users: list[str], ahead: int
) -> None:
    newest = deque[str](maxlen=RECENT)
    for user in users:
        others = Counter(newest) - Counter({user: RECENT})
        if is_counted(user, Counter(newest), ahead):
            newest.append(user)
            assert not others or newest.count(user) <= max(others.values()) + ahead


def test_many_outcomes_of_one_user_wait_for_the_others() -> None:
    people = [str(number % 9) for number in range(45)]
    flags = counted_flags([*people, *["flood"] * 40])
    assert all(flags[:45])
    assert flags[45:].count(True) <= 5 + 2


def test_everything_counts_of_a_single_user_or_without_names() -> None:
    assert all(counted_flags(["ann"] * 100))
    assert all(counted_flags(["ann", ""] * 60))
    assert all(counted_flags([""] * 60 + ["ann"] * 60))


@pytest.mark.parametrize(
    ("newest", "blind"),
    [([], False), ([True] * 40, False), ([True, True, False], False), ([True, False], True)],
)
def test_more_than_a_third_uncounted_is_too_many(newest: list[bool], blind: bool) -> None:
    assert too_many_uncounted(newest) is blind
