"""Ids and names that no database can hold, or that are no text, are refused by every call."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.loop.place import SKILL, Place, text
from tinyarms import TinyArms, UsageError

ODD: tuple[Any, ...] = ("\ud800", "a\0b", "x" * 256, 7, b"ann", ["ann"])
CALLS: dict[str, Callable[[TinyArms, Any], object]] = {
    "run, task": lambda arms, odd: arms.run(SKILL, text=text(0), task_id=odd),
    "run, user": lambda arms, odd: arms.run(SKILL, text=text(0), user=odd),
    "task": lambda arms, odd: arms.task(SKILL, user=odd).__enter__(),
    "feedback": lambda arms, odd: arms.feedback(odd, success=True),
    "feedback, user": lambda arms, odd: arms.feedback("t", success=True, user=odd),
    "feedback, id": lambda arms, odd: arms.feedback("t", success=True, feedback_id=odd),
    "vote": lambda arms, odd: arms.vote(odd, "A"),
    "vote, user": lambda arms, odd: arms.vote("b", "A", user=odd),
    "vote, id": lambda arms, odd: arms.vote("b", "A", vote_id=odd),
    "ballot": lambda arms, odd: arms.ballot(SKILL, odd),
    "next_of_all": lambda arms, odd: arms.next_of_all(odd),
    "why_not_asked": lambda arms, odd: arms.why_not_asked(SKILL, odd),
    "snooze": lambda arms, odd: arms.snooze(odd),
    "end_snooze": lambda arms, odd: arms.end_snooze(odd),
    "note_annoyance": lambda arms, odd: arms.note_annoyance(True, user=odd),
    "may_ask_annoyance": lambda arms, odd: arms.may_ask_annoyance(odd),
    "recall": lambda arms, odd: arms.recall(SKILL, {"text": text(0)}, user=odd),
    "forget": lambda arms, odd: arms.forget(odd),
}
SKILL_CALLS: dict[str, Callable[[TinyArms, Any], object]] = {
    "run": lambda arms, odd: arms.run(odd, text=text(0)),
    "stats": lambda arms, odd: arms.stats(odd),
    "ballot": lambda arms, odd: arms.ballot(odd),
    "history": lambda arms, odd: arms.history(odd),
    "monitor": lambda arms, odd: arms.monitor([odd]),
}


@pytest.mark.parametrize("call", CALLS)
def test_an_odd_id_is_refused_in_one_line(place: Place, call: str) -> None:
    with TinyArms.open(place.root, {}, place.moment) as arms:
        for odd in ODD:
            with pytest.raises(UsageError, match="Give a text of up to 255 characters") as refused:
                CALLS[call](arms, odd)
            assert len(str(refused.value)) < 150
            assert str(refused.value).isprintable()


@pytest.mark.parametrize("call", SKILL_CALLS)
def test_a_skill_that_is_no_name_is_refused(place: Place, call: str) -> None:
    with TinyArms.open(place.root, {}, place.moment) as arms:
        for odd in (7, ["feeling"], "\ud800", b"feeling"):
            with pytest.raises(UsageError, match=r"There is no skill|is not the name of a skill"):
                SKILL_CALLS[call](arms, odd)


def test_a_correction_that_cannot_be_stored_is_stored_as_it_can_be(place: Place) -> None:
    with TinyArms.open(place.root, {}, place.moment) as arms:
        assert not arms.feedback("later", correction="good\ud800").success


def test_an_input_that_is_no_text_is_refused(place: Place) -> None:
    with TinyArms.open(place.root, {}, place.moment) as arms:
        for odd in (7, None, b"x", ["a"], {}):
            with pytest.raises(UsageError):
                arms.run(SKILL, {"text": odd})
