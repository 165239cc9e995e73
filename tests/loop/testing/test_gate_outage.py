"""Failed calls during an offline gate favour no prompt: the gate waits and resumes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.loop.place import (
    ALIKE,
    BETTER,
    ENOUGH,
    SKILL,
    TEST,
    V1,
    Place,
    answer,
    write_examples,
)
from tests.loop.steps import create
from tinyarms.core.errors import (
    BadReply,
    GateInterrupted,
    ModelError,
    ModelRejected,
    ModelTimeout,
    NotScored,
)
from tinyarms.daemon.daemon import Daemon
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Silent
from tinyarms.loop.reporting.results import results
from tinyarms.loop.testing.create import create_variants
from tinyarms.loop.testing.gate_answers import TURN_EXAMPLES
from tinyarms.loop.watching.check import evolve_on_drop, monitor_once
from tinyarms.loop.watching.next_step import next_step
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import SessionState

PROMPTS = (BETTER, ALIKE, V1)


def prompt_of(request: ModelRequest) -> Prompt:
    return next(p for p in PROMPTS if request.messages[0].content.startswith(p.text))


def number_of(request: ModelRequest) -> int:
    return int(request.messages[-1].content.split("comment ")[1].split()[0])


@dataclass
class Server:
    """Answers like the recording, and fails where `fails` says so."""

    fails: Callable[[Prompt, int, int], ModelError | None] = lambda prompt, number, call: None
    name: str = "small"
    slots: int = 1
    asked: list[Prompt] = field(default_factory=list)

    def complete(self, request: ModelRequest) -> ModelReply:
        prompt, number = prompt_of(request), number_of(request)
        self.asked.append(prompt)
        error = self.fails(prompt, number, len(self.asked))
        if error is not None:
            raise error
        return ModelReply(answer(prompt, number), 20, 1, 5.0)

    def close(self) -> None:
        pass


def on(place: Place, server: Server) -> Context:
    context = place.open()
    context._models["small"] = server
    return context


@pytest.fixture
def enough(place: Place) -> Place:
    write_examples(place.root, ENOUGH)
    return place


def outage(length: int, error: ModelError) -> Callable[[Prompt, int, int], ModelError | None]:
    return lambda prompt, number, call: error if call <= length else None


@pytest.mark.slow
@pytest.mark.parametrize(
    "error",
    [
        BadReply("no completion"),
        ModelTimeout("no answer within 2 s"),
        ModelRejected("said 400"),
        ModelRejected("said 401: bad key", concerns="server"),
    ],
)
@pytest.mark.parametrize("first", [0, 30, 190])
def test_equal_prompts_do_not_pass_whatever_calls_fail(
    enough: Place, error: ModelError, first: int
) -> None:
    server = Server(lambda prompt, number, call: error if first < call <= first + 20 else None)
    context, interruptions = on(enough, server), 0
    while True:
        try:
            gate = create(enough, context, ALIKE).gate
            break
        except GateInterrupted as interrupted:
            assert "the offline gate was interrupted after" in interrupted.message
            assert error.message in interrupted.message
            interruptions += 1
    assert interruptions > 0
    assert not gate.started
    assert (gate.incumbent_accuracy, gate.challengers[0].accuracy) == (0.6, 0.6)
    assert "0 wins, 0 losses on 100 examples" in gate.challengers[0].reason


@pytest.mark.slow
@pytest.mark.parametrize("victim", [V1, BETTER, ALIKE])
def test_failures_of_one_prompt_do_not_change_the_result(enough: Place, victim: Prompt) -> None:
    """A tenth of its calls fail permanently; the others distinguish the prompts as before."""
    lost = range(TEST, TEST + ENOUGH, 10)
    fails = outage_of(victim, set(lost))
    gate = create(enough, on(enough, Server(fails)), ALIKE, BETTER).gate
    alike, better = gate.challengers
    assert (alike.shown, better.shown) == (False, True)
    assert "0 wins, 0 losses" in alike.reason
    assert "0 losses on" in better.reason


def outage_of(victim: Prompt, numbers: set[int]) -> Callable[[Prompt, int, int], ModelError | None]:
    return lambda prompt, number, call: (
        ModelTimeout("too slow") if prompt == victim and number in numbers else None
    )


@pytest.mark.slow
def test_with_too_few_pairs_the_gate_waits_and_repeats_only_the_missing_calls(
    enough: Place,
) -> None:
    fails = outage_of(BETTER, set(range(TEST, TEST + ENOUGH, 5)))
    context = on(enough, Server(fails))
    details = (
        "80 of 100 held-out examples answered by both the incumbent and variant A; it needs 90"
    )
    with pytest.raises(GateInterrupted, match=details):
        create(enough, context, BETTER)
    with context.store.read() as work:
        [session] = work.sessions.all(SKILL)
    assert session.state is SessionState.READY
    assert results(context, SKILL).evidence == "The offline gate has not ended."
    healthy = Server()
    creation = create(enough, on(enough, healthy), BETTER)
    assert creation.session_id == session.id
    assert creation.gate.started
    assert healthy.asked == [BETTER] * 20


@pytest.mark.slow
def test_rows_that_are_too_long_count_for_no_prompt_and_are_named(enough: Place) -> None:
    too_long = ModelRejected("the context is too small.", concerns="input")
    long = {TEST + 9, TEST + 19}
    server = Server(lambda p, n, call: too_long if p == V1 and n in long else None)
    notes: list[str] = []

    class Hears(Silent):
        def note(self, text: str) -> None:
            notes.append(text)

    file = enough.prompt_file("a.md", BETTER)
    gate = create_variants(on(enough, server), SKILL, [file], Hears()).gate
    assert (gate.incumbent_n, gate.challengers[0].n) == (98, 98)
    assert "30 wins, 0 losses on 98 examples" in gate.challengers[0].reason
    assert [n for n in notes if f"example e{TEST + 9} (examples.jsonl, line 10)" in n]
    assert sum("continues without" in note for note in notes) == 2


@pytest.mark.slow
def test_a_prompt_too_long_for_a_sixth_of_the_rows_does_not_pass(enough: Place) -> None:
    too_long = ModelRejected("the context is too small.", concerns="input")
    server = Server(lambda p, n, call: too_long if p == BETTER and n % 6 == 0 else None)
    gate = create(enough, on(enough, server), BETTER).gate
    assert not gate.started
    assert "are too few for the offline gate; it needs 90" in gate.challengers[0].reason


@pytest.mark.slow
def test_the_prompts_take_turns(enough: Place) -> None:
    server = Server()
    create(enough, on(enough, server), ALIKE, BETTER)
    turns = [server.asked[n : n + TURN_EXAMPLES] for n in range(0, 300, TURN_EXAMPLES)]
    assert all(turn.count(turn[0]) == TURN_EXAMPLES for turn in turns)
    rounds = [tuple(turn[0].hash for turn in turns[n : n + 3]) for n in range(0, len(turns), 3)]
    assert all(set(each) == {prompt.hash for prompt in PROMPTS} for each in rounds)
    assert len(set(rounds)) > 1


@pytest.mark.slow
@pytest.mark.parametrize("who", ["daemon", "monitor --once --evolve"])
def test_an_interrupted_gate_resumes_by_itself(enough: Place, who: str) -> None:
    with pytest.raises(GateInterrupted):
        create(enough, on(enough, Server(outage(50, BadReply("x")))), BETTER)
    context = on(enough, Server())
    step = next_step(context, SKILL, 1)
    assert (step.action, step.status) == (
        "resume",
        "Evolution started by hand, offline gate interrupted",
    )
    assert step.next == f"tinyarms monitor --once --evolve {SKILL}"
    if who == "daemon":
        Daemon(context, listener=Silent(), on_event=lambda event: None).tick()
    else:
        [check] = monitor_once(context, [SKILL], evolve_on_drop(context, Silent()))
        assert "users choose now" in check.would
    with context.store.read() as work:
        [session] = work.sessions.all(SKILL)
    assert session.state is SessionState.TESTING


@pytest.mark.slow
def test_a_broken_scorer_ends_the_gate_which_resumes_once_it_is_repaired(enough: Place) -> None:
    scorer = enough.root / "my_gate_scorer.py"
    scorer.write_text("def score(example, output):\n    return 2\n")
    enough.edit_config(lambda c: c["skills"][SKILL].update(scorer="my_gate_scorer:score"))
    server = Server()
    with pytest.raises(NotScored, match=r"3 of 3 outputs could not be scored, .* returned 2"):
        create(enough, on(enough, server), BETTER)
    scorer.write_text("def score(example, output):\n    return output == example.expected\n")
    calls_before = len(server.asked)
    gate = create(enough, on(enough, server), BETTER).gate
    assert gate.started
    assert "30 wins, 0 losses on 100 examples" in gate.challengers[0].reason
    assert len(server.asked) == 200 and calls_before == 3
