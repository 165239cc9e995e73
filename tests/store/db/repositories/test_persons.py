"""One user's rows are deleted on both databases, and related rows stay consistent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.store.rows import (
    NOW,
    PROMPT,
    SKILL,
    ballot,
    candidate,
    evaluation,
    feedback,
    session,
    task,
    variant,
    vote,
    writer_call,
)
from tinyarms.skills.example import Example
from tinyarms.skills.forgetting import FORGOTTEN, PersonTexts
from tinyarms.skills.prompt import Demonstration
from tinyarms.store.db.database import Store
from tinyarms.store.db.tables import metadata

ANNA = "anna"
HERS = {"content": "grüße"}
"""Of the demonstration in PROMPT."""


def filled(store: Store) -> None:
    with store.unit_of_work() as work:
        work.sessions.add(session(search=None))
        work.experiments.add_variants([variant("A"), variant("B")])
        work.candidates.add(candidate("c1"))
        work.calls.add_writer(writer_call(1))
        work.calls.add_evaluation(evaluation(2, example_id="hers", reason="It is hers."))
        work.calls.add_evaluation(evaluation(3, example_id="other"))
        for id, user in (("t1", ANNA), ("t2", "ben")):
            work.tasks.add(task(id, user=user, inputs=HERS if user == ANNA else {"content": "b"}))
            work.feedback.add(feedback(f"f-{id}", id, success=True, user="ben"))
            work.experiments.add_ballot(ballot(f"b-{id}", task_id=id))
            work.experiments.add_vote(vote(f"v-{id}", f"b-{id}", user="ben"))
        hers = Example("hers", HERS, "ja", "search", "collected")
        work.examples.collect(SKILL, hers, ANNA, NOW)


def scrubbed(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "text": FORGOTTEN}


@pytest.mark.slow
def test_what_hangs_on_a_persons_tasks_goes_with_them(store: Store) -> None:
    filled(store)
    with store.unit_of_work() as work:
        assert work.persons.inputs(ANNA) == [(SKILL, HERS), (SKILL, HERS)]
        ids = work.persons.example_ids(SKILL, ANNA, set())
        deleted = work.persons.delete(ANNA, {SKILL: ids}, scrubbed)
    counts = {name: n for name, n in deleted.items() if n}
    assert counts == {
        "evaluations": 1,
        "votes": 1,
        "ballots": 1,
        "feedback": 1,
        "examples": 1,
        "task_history": 1,
    }
    with store.read() as work:
        assert work.tasks.get("t1") is None and work.tasks.get("t2") is not None
        assert [found.id for found, _ in work.experiments.votes("s1")] == ["v-t2"]
        kept = work.calls.evaluation("s1", 2)
        assert kept is not None
        assert (kept.reply.text, kept.key, kept.output) == (FORGOTTEN, "forgotten", None)
        assert kept.reason is None
        # Its id was a hash of what she sent.
        assert kept.example_id not in ("hers", "other", "")
        assert kept.score == evaluation(2).score
        assert work.calls.evaluation("s1", 3) == evaluation(3, example_id="other")


@pytest.mark.slow
def test_no_plan_of_a_search_keeps_the_id_of_a_persons_example(store: Store) -> None:
    """It is a hash of what the person sent; another example keeps its own."""
    planned = session()
    assert planned.search is not None
    ids = {"example_ids": ("other", "hers"), "failures": ("hers",)}
    with store.unit_of_work() as work:
        work.sessions.add(replace(planned, search=replace(planned.search, **ids)))
        work.sessions.add(session("s2"))
        work.persons.delete(ANNA, {SKILL: {"hers"}}, scrubbed)
    with store.read() as work:
        found, unchanged = work.sessions.get("s1").search, work.sessions.get("s2")
    assert found is not None and found.example_ids is not None
    assert found.example_ids[0] == "other"
    assert found.example_ids[1:] == found.failures != ("hers",)
    assert unchanged == session("s2")


def test_every_table_that_names_users_is_reached(store: Store) -> None:
    naming = {table.name for table in metadata.sorted_tables if "user" in table.columns}
    with store.unit_of_work() as work:
        assert naming <= work.persons.delete(ANNA, {}, scrubbed).keys()


@pytest.mark.slow
def test_texts_in_prompts_are_replaced_and_the_rest_of_them_stays(store: Store) -> None:
    filled(store)
    hers = PersonTexts([HERS], ("ja", "nö"))
    with store.unit_of_work() as work:
        assert work.persons.replace_texts("another", hers.data) == 0
        assert work.persons.replace_texts(SKILL, hers.data) == 3
        assert work.persons.replace_texts(SKILL, hers.data) == 0
    expected = replace(PROMPT, demonstrations=(Demonstration({"content": FORGOTTEN}, "ja"),))
    with store.read() as work:
        assert [each.prompt for each in work.experiments.variants("s1")] == [expected] * 2
        assert [each.prompt for each in work.candidates.all("s1")] == [expected]
