from __future__ import annotations

import re

import pytest

from tinyarms.core.ids import content_hash, derived_id, derived_random, new_id


def test_a_new_id_is_new() -> None:
    ids = {new_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(re.fullmatch("[0-9a-f]{32}", id) for id in ids)


def test_the_hash_is_of_the_content_not_of_its_order() -> None:
    assert content_hash({"a": 1, "b": "é"}) == content_hash({"b": "é", "a": 1})
    assert content_hash([1, 2]) == content_hash((1, 2))
    different = [{"a": 1}, {"a": "1"}, {"a": None}, {}, [], "", None, 0, [1, 2], [2, 1]]
    assert len({content_hash(value) for value in different}) == len(different)
    # It stands in databases, so it may never change.
    assert content_hash({"a": [1, "é"]}) == (
        "5db14a2cddc92d31365806bb5d82ed2bc436bf6960d10cd4654140f7bdadce1c"
    )


def test_what_is_no_data_has_no_hash() -> None:
    with pytest.raises(TypeError):
        content_hash({"a": object()})


def test_a_derived_id_is_of_its_parts() -> None:
    assert derived_id("s", 1, "x") == derived_id("s", "1", "x")
    assert len({derived_id("ab"), derived_id("a", "b"), derived_id("b", "a"), derived_id()}) == 4
    assert re.fullmatch("[0-9a-f]{32}", derived_id("s"))


def test_a_derived_generator_repeats_itself() -> None:
    draws = [derived_random(7, 2, 3).random() for _ in range(2)]
    assert draws[0] == draws[1] == 0.9445932348876981
    assert derived_random(7, 3, 2).random() != draws[0]
