from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.store.rows import REPLY, SKILL, at, evaluation, session, writer_call
from tinyarms.core.errors import ConflictError
from tinyarms.store.db.database import Store


@pytest.fixture
def with_session(store: Store) -> Store:
    with store.unit_of_work() as uow:
        uow.sessions.add(session())
    return store


@pytest.mark.slow
def test_replies_come_back_from_their_places(with_session: Store) -> None:
    refused = evaluation(2, output=None, violation="'x' is none of: ja, nö.", score=0.0)
    with with_session.unit_of_work() as uow:
        uow.calls.add_writer(writer_call(1))
        uow.calls.add_writer(writer_call(0))
        uow.calls.add_evaluation(evaluation(1))
        uow.calls.add_evaluation(refused)
    with with_session.read() as uow:
        assert uow.calls.writer("s1", 1) == writer_call(1)
        assert uow.calls.writer("s1", 2) is None
        assert uow.calls.writer("s1", 0) == writer_call(0)
        assert uow.calls.evaluation("s1", 1) == evaluation(1)
        assert uow.calls.evaluation("s1", 2) == refused
        assert uow.calls.evaluation("s1", 3) is None


@pytest.mark.slow
def test_the_first_reply_at_a_place_stays(with_session: Store) -> None:
    with with_session.unit_of_work() as uow:
        for text in ("first", "second"):
            reply = replace(REPLY, text=text)
            uow.calls.add_writer(writer_call(0, reply=reply))
            uow.calls.add_evaluation(evaluation(0, reply=reply))
    with with_session.read() as uow:
        written, evaluated = uow.calls.writer("s1", 0), uow.calls.evaluation("s1", 0)
        assert written is not None and written.reply.text == "first"
        assert evaluated is not None and evaluated.reply.text == "first"


@pytest.mark.slow
def test_the_newest_reply_to_a_request_of_an_operator(with_session: Store) -> None:
    made = [("k1", "probe"), ("k1 without seed", "probe"), ("k10", "probe"), ("k1", "other")]
    with with_session.unit_of_work() as uow:
        for ordinal, (key, operator) in enumerate(made):
            reply = replace(REPLY, text=f"{ordinal}")
            call = writer_call(ordinal, key=key, operator=operator, reply=reply)
            uow.calls.add_writer(call)
    with with_session.read() as uow:
        newest = uow.calls.newest_reply("probe", "k1", at(0))
        assert newest is not None and newest.text == "1"
        assert uow.calls.newest_reply("probe", "k1", at(2)) is None
        assert uow.calls.newest_reply("probe", "k", at(0)) is None


@pytest.mark.slow
def test_verdict(with_session: Store) -> None:
    with with_session.unit_of_work() as uow:
        uow.calls.add_writer(writer_call(0))
        uow.calls.set_verdict("s1", 0, "too like the incumbent")
    with with_session.read() as uow:
        assert uow.calls.writer("s1", 0) == writer_call(0, verdict="too like the incumbent")
    with pytest.raises(ConflictError, match="writer reply 5"), with_session.unit_of_work() as uow:
        uow.calls.set_verdict("s1", 5, "accepted")


@pytest.mark.slow
def test_an_impossible_label_does_not_stop_the_reply_from_being_stored(
    with_session: Store,
) -> None:
    reply = replace(REPLY, label_logprobs={"ja": -0.5, "nö": -math.inf})
    with with_session.unit_of_work() as uow:
        uow.calls.add_evaluation(evaluation(0, reply=reply))
    with with_session.read() as uow:
        stored = uow.calls.evaluation("s1", 0)
        assert stored is not None and stored.reply.label_logprobs == {"ja": -0.5}


@pytest.mark.slow
def test_cached_is_the_newest_of_the_same_skill(with_session: Store) -> None:
    with with_session.unit_of_work() as uow:
        uow.sessions.add(session("s2"))
        uow.sessions.add(session("other", skill="audio-actions"))
        uow.calls.add_evaluation(evaluation(0, key="k"))
        uow.calls.add_evaluation(evaluation(1, "s2", key="k"))
        uow.calls.add_evaluation(evaluation(2, "other", key="k"))
    with with_session.read() as uow:
        assert uow.calls.cached("k", SKILL) == evaluation(1, "s2", key="k")
        assert uow.calls.cached("unknown", SKILL) is None


@pytest.mark.slow
def test_counts_leave_out_what_cost_nothing(with_session: Store) -> None:
    with with_session.unit_of_work() as uow:
        uow.sessions.add(session("s2"))
        for ordinal, (purpose, cached) in enumerate(
            [("search", False), ("selection", False), ("search", True), ("test", False)]
        ):
            uow.calls.add_evaluation(evaluation(ordinal, purpose=purpose, cached=cached))
        uow.calls.add_writer(writer_call(0))
        uow.calls.add_evaluation(evaluation(0, "s2"))
    with with_session.read() as uow:
        assert uow.calls.counts("s1") == {
            "task_calls": 2,
            "test_calls": 1,
            "writer_calls": 1,
            "judge_calls": 0,
            "cache_hits": 1,
            "prompt_tokens": 4 * REPLY.prompt_tokens,
            "completion_tokens": 4 * REPLY.completion_tokens,
        }
        assert set(uow.calls.counts("nothing").values()) == {0}
