from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.models.embedded.gguf import write_head
from tinyarms.models.embedded.context_growth import (
    Room,
    available_memory,
    find_room,
    wider_window,
)

_TOKEN = 23_040
"""Bytes of a token in the KV cache of SmolLM2 135M."""
_TOKENS = st.integers(0, 10**6)


@pytest.mark.slow
@given(
    needed=st.integers(1, 10**6), trained=st.integers(1, 10**6), affordable=st.integers(0, 10**6)
)
def test_the_window_holds_what_is_needed_within_both_limits(
    needed: int, trained: int, affordable: int
) -> None:
    window = wider_window(needed, Room(trained, affordable))
    if window is None:
        assert needed > min(trained, affordable)
    else:
        assert needed <= window <= min(trained, affordable)
        assert window < 2 * needed
        assert window in (trained, affordable) or window.bit_count() == 1


@pytest.mark.parametrize("room", [Room(None, 9000), Room(8192, None), Room(None, None)])
def test_a_context_whose_limits_are_not_known_does_not_grow(room: Room) -> None:
    assert wider_window(3000, room) is None


def test_half_of_the_memory_at_hand_goes_to_the_cache_of_all_slots(tmp_path: Path) -> None:
    weights = write_head(tmp_path / "m.gguf")

    def affordable(free_tokens: int, slots: int) -> int | None:
        return find_room(weights, slots, 2048, memory=lambda: free_tokens * _TOKEN).affordable

    # What the server has now comes back when it ends.
    assert affordable(10_000, 1) == (10_000 + 2048) // 2
    assert affordable(10_000, 4) == (10_000 + 4 * 2048) // 8
    assert find_room(weights, 1, 2048, memory=lambda: None).affordable is None


def test_the_catalog_knows_better_than_the_file_what_was_trained(tmp_path: Path) -> None:
    weights = write_head(tmp_path / "m.gguf")
    assert find_room(weights, 1, 2048, trained=4096).trained == 4096
    assert find_room(weights, 1, 2048).trained == 8192
    assert find_room(tmp_path / "none.gguf", 1, 2048, trained=4096) == Room(4096, None)


def test_this_machine_says_how_much_memory_is_free() -> None:
    free = available_memory()
    assert free is not None
    assert free > 2**20
