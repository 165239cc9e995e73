from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.store.rows import NOW, SKILL, at
from tinyarms.skills.example import Example, Split
from tinyarms.store.db.database import Store

ONE = Example(
    "e1",
    {"content": "grüße"},
    "ja",
    "search",
    "gold",
    "letter",
    {"ja|yes": 2.0, "oui": 1.0},
    ("nö",),
)
TWO = Example("E2", {"content": "x"}, "nö", "test", "collected")


def test_examples_come_back_as_they_went_in(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.examples.sync(SKILL, [ONE, TWO], NOW)
        uow.examples.sync("other", [replace(ONE, expected="other")], NOW)
    with store.read() as uow:
        assert uow.examples.all(SKILL) == [TWO, ONE]
        assert uow.examples.all(SKILL, "test") == [TWO]
        assert uow.examples.held_out(SKILL) == 0


def test_content_follows_the_file_but_the_split_stays(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.examples.sync(SKILL, [ONE, TWO], NOW)
        changed = replace(ONE, expected="yes", split="test", required={}, origin="collected")
        uow.examples.sync(SKILL, [changed], at(1))
    with store.read() as uow:
        assert uow.examples.all(SKILL) == [TWO, replace(changed, split="search")]


@pytest.mark.slow
@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.dictionaries(
            st.sampled_from(["a", "b", "c"]), st.sampled_from(["search", "selection", "test"])
        ),
        max_size=4,
    )
)
def test_no_order_of_syncs_moves_an_example(
    sqlite_store: Store, files: list[dict[str, Split]]
) -> None:
    first: dict[str, Split] = {}
    with sqlite_store.unit_of_work() as uow:
        skill = f"skill-{uow.examples.test_reads('runs')}"
        uow.examples.log_test_read(skill, "runs", None, "", 0, NOW)
        for file in files:
            examples = [Example(id, {"content": id}, "", split) for id, split in file.items()]
            uow.examples.sync(skill, examples, NOW)
            first = file | first
        assert {each.id: each.split for each in uow.examples.all(skill)} == first


def test_reads_of_the_test_split_are_logged_once_each(store: Store) -> None:
    with store.unit_of_work() as uow:
        uow.examples.log_test_read("r1", SKILL, "s1", "hash", 100, NOW)
        uow.examples.log_test_read("r1", SKILL, "s1", "hash", 100, NOW)
        uow.examples.log_test_read("r2", SKILL, None, "hash", 100, NOW)
    with store.read() as uow:
        assert uow.examples.test_reads(SKILL) == 2
        assert uow.examples.test_reads("other") == 0
