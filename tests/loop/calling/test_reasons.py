"""Why a judge did not give an output the best grade is kept with the evaluation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.loop.calling.test_failures import ask
from tests.loop.calling.test_in_flight import caller
from tests.loop.place import Place
from tinyarms.evolution.protocol import Evaluated
from tinyarms.loop.searching.optimizer_answers import answer_of
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.skills.scorers import Grade
from tinyarms.store.db.records import EvaluationRecord


class Good:
    """A model that answers `good`."""

    name, slots = "small", 1

    def complete(self, request: ModelRequest) -> ModelReply:
        return ModelReply("good", 20, 1, 5.0)

    def close(self) -> None:
        pass


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("It names\n no colour.", "It names no colour."),
        ("half \ud83d and \0", "half � and �"),
        ("my password is hunter2secret99", "my password is [password]"),
        ("long " * 100, f"{('long ' * 60)[:299]}…"),
        ("  ", None),
    ],
)
def test_it_is_kept_in_one_line_that_is_clean_masked_and_short(
    place: Place, reason: str, kept: str | None
) -> None:
    def scorer(example: Example, output: str) -> Grade:
        return Grade(0.25, reason)

    context = place.open()
    made = replace(caller(context, Good(), "s"), scorer=scorer)  # type: ignore[arg-type]
    answers = ask(made)
    stored = [answer for answer in answers if isinstance(answer, EvaluationRecord)]
    assert stored and {answer.reason for answer in stored} == {kept}
    with context.store.read() as work:
        assert work.calls.evaluation("s", stored[0].ordinal) == stored[0]
    told = answer_of(stored[0])
    assert isinstance(told, Evaluated)
    assert told.reason == (kept or "")
