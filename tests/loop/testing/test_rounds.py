"""More prompts by people than a ballot shows."""

from __future__ import annotations

import json

import pytest

from tests.loop.place import (
    ALIKE,
    BETTER,
    ENOUGH,
    PROMPTS,
    RIGHT_OF_10,
    SKILL,
    TEST,
    V1,
    WORSE,
    Place,
    expected,
    record,
    text,
    write_examples,
)
from tests.loop.steps import create, pick
from tinyarms.core.errors import ExperimentError
from tinyarms.daemon.daemon import Daemon
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Silent
from tinyarms.loop.reporting.results import results
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.ballots import next_ballot
from tinyarms.loop.testing.cancel import cancel
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.testing.next_round import begin_next_round
from tinyarms.loop.testing.rounds import MIN_CUT_EXAMPLES, cut_examples
from tinyarms.loop.testing.variant_counts import CutVariant
from tinyarms.loop.testing.votes import vote
from tinyarms.loop.watching.check import evolve_on_drop, monitor_once
from tinyarms.loop.watching.next_step import next_step
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import SessionRecord, SessionState

LATER = Prompt("Say good or bad.")


def sessions(context: Context) -> list[SessionRecord]:
    with context.store.read() as work:
        return work.sessions.all(SKILL)


def letters(context: Context, session: SessionRecord) -> dict[str, str]:
    """Letter → status of the session's variants."""
    with context.store.read() as work:
        variants = work.experiments.variants(session.id)
    return {variant.variant_letter: variant.status for variant in variants}


def gate_calls(context: Context, session: SessionRecord) -> int:
    """Replies that the session's offline gate has read, new or stored."""
    with context.store.read() as work:
        counts = work.calls.counts(session.id)
    return counts["test_calls"] + counts["cache_hits"]


def win(context: Context, variant: str, first: int, votes: int = 17) -> None:
    """A round that the variant wins with the lead that one of two rounds requires."""
    for number in range(first, first + votes):
        if pick(context, number, variant).decision is not None:
            return
    raise AssertionError("the round has not ended")


@pytest.mark.slow
def test_the_remaining_prompts_get_a_round_against_the_winner(place: Place) -> None:
    record(place.root, (*PROMPTS, LATER), range(350))
    context = place.open()
    create(place, context, BETTER, WORSE, ALIKE)
    win(context, "A", 0)
    first, second = sessions(context)
    assert (first.state, second.state) == (SessionState.PROMOTED, SessionState.TESTING)
    assert letters(context, first) == {"": "archived", "A": "won", "B": "archived", "C": "archived"}
    assert letters(context, second) == {"": "open", "C": "open"}
    assert second.base_version == 2
    with context.store.read() as work:
        incumbent, challenger = work.experiments.variants(second.id)
    assert (incumbent.prompt.text, challenger.prompt.text) == (BETTER.text, ALIKE.text)
    assert first.live_test_plan.rounds == second.live_test_plan.rounds == 2


@pytest.mark.slow
def test_rounds_share_the_bound_on_false_promotions(place: Place) -> None:
    """A lead of 14 promotes in a single round, 16 in each of two rounds, 17 in each of three."""
    context = place.open()
    create(place, context, BETTER, WORSE, ALIKE)
    decisions = [pick(context, number, "A").decision for number in range(16)]
    assert decisions == [*[None] * 15, "promote"]


@pytest.mark.slow
@pytest.mark.parametrize("killed", [True, False])
def test_a_round_that_a_killed_process_has_not_begun(
    place: Place, monkeypatch: pytest.MonkeyPatch, killed: bool
) -> None:
    context = place.open()
    create(place, context, BETTER, WORSE, ALIKE)
    if killed:
        # The process ends after the vote is stored and before the round is.
        monkeypatch.setattr("tinyarms.loop.testing.vote_writer.begin_next_round", lambda *_: None)
    win(context, "A", 0)
    assert len(sessions(context)) == (1 if killed else 2)
    after = place.open()
    conclude_due(after, SKILL)
    begin_next_round(after, SKILL)
    assert [s.state for s in sessions(after)] == [SessionState.PROMOTED, SessionState.TESTING]


@pytest.mark.slow
@pytest.mark.parametrize("who", ["daemon", "monitor --once --evolve"])
def test_a_round_that_needs_a_model_is_begun_by_the_monitor(
    place: Place, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """With a scorer and enough test examples each round has its own offline gate."""
    best = Prompt("Good or bad? Read it twice.")
    monkeypatch.setitem(RIGHT_OF_10, best.text, 10)  # type: ignore[arg-type]
    record(place.root, (*PROMPTS, best), [*range(350), *range(TEST, TEST + ENOUGH)])
    write_examples(place.root, ENOUGH)
    context = place.open()
    create(place, context, BETTER, WORSE, best)
    assert sessions(context)[0].live_test_plan.rounds == 2
    win(context, "A", 0)
    first, second = sessions(context)
    assert (first.state, second.state) == (SessionState.PROMOTED, SessionState.READY)
    assert gate_calls(context, second) == 0
    after = place.open()
    [waits] = monitor_once(after, [SKILL])
    assert sessions(after)[1].state is SessionState.READY
    assert waits.state == "searching" and "offline gate" in next_step(after, SKILL, 2).status
    if who == "daemon":
        Daemon(after, listener=Silent(), on_event=lambda event: None).tick()
    else:
        monitor_once(after, [SKILL], evolve_on_drop(after, Silent()))
    assert sessions(after)[1].state is SessionState.TESTING
    assert gate_calls(after, second) == 2 * ENOUGH
    with after.store.read() as work:
        incumbent, challenger = work.experiments.variants(second.id)
    assert (incumbent.prompt.text, challenger.prompt.text) == (BETTER.text, best.text)


@pytest.mark.slow
def test_cancelling_ends_the_waiting_rounds(place: Place) -> None:
    context = place.open()
    create(place, context, BETTER, WORSE, ALIKE)
    cancel(context, SKILL)
    conclude_due(context, SKILL)
    assert [s.state for s in sessions(context)] == [SessionState.CANCELLED]
    assert next_ballot(context, SKILL) is None


@pytest.mark.slow
def test_no_other_test_begins_before_the_last_round(place: Place) -> None:
    context = place.open()
    create(place, context, BETTER, WORSE, ALIKE)
    win(context, "A", 0)
    with pytest.raises(ExperimentError, match="is open"):
        create(place, context, V1)


def write_many(place: Place, split: str, numbers: range) -> None:
    rows = [
        {"id": f"e{n}", "inputs": {"text": text(n)}, "expected": expected(n), "split": split}
        for n in numbers
    ]
    (place.root / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.mark.slow
def test_with_enough_examples_the_worst_prompts_are_cut(place: Place) -> None:
    write_many(place, "selection", range(200, 200 + MIN_CUT_EXAMPLES))
    context = place.open()
    creation = create(place, context, WORSE, ALIKE, BETTER)
    assert creation.counts is not None
    assert creation.counts.cut == (CutVariant("A", 0.3, MIN_CUT_EXAMPLES),)
    assert (creation.counts.shown, creation.counts.waiting) == (2, ())
    assert creation.counts.reason == (
        "others did at least as well as A (30.0% of 100) on the examples of search and selection."
    )
    assert results(context, SKILL).counts == creation.counts
    [session] = sessions(context)
    assert letters(context, session) == {"": "open", "A": "cut", "B": "open", "C": "open"}
    assert session.live_test_plan.rounds == 1
    cancel(context, SKILL)
    assert results(context, SKILL).counts == creation.counts


@pytest.mark.slow
def test_corrections_of_users_cut_nothing(place: Place) -> None:
    """Many wrong corrections could otherwise remove a good prompt."""
    write_many(place, "selection", range(200, 200 + MIN_CUT_EXAMPLES - 1))
    context = place.open()
    task_id = run(context, SKILL, {"text": text(7)}, user="mal").task_id
    assert feedback(context, task_id, correction=expected(8), user="mal").success is not None
    skill = context.skill(SKILL).skill
    assert len(context.examples(skill)) == MIN_CUT_EXAMPLES
    assert cut_examples(context, skill, "default") == []


@pytest.mark.slow
def test_held_out_examples_are_not_used_for_a_cut(place: Place) -> None:
    write_many(place, "test", range(200, 299))
    creation = create(place, place.open(), WORSE, ALIKE, BETTER)
    assert creation.counts is not None
    assert (creation.counts.cut, creation.counts.waiting) == ((), ("C",))


@pytest.mark.slow
def test_a_late_vote_of_the_previous_round_changes_nothing(place: Place) -> None:
    context = place.open()
    create(place, context, BETTER, WORSE, ALIKE)
    win(context, "A", 0)
    with context.store.read() as work:
        ballots = work.experiments.ballots(sessions(context)[0].id)
    assert not vote(context, ballots[0].id, "B", vote_id="late").accepted
    assert sessions(context)[1].state is SessionState.TESTING
