"""An evaluation measures a prompt on the examples, and says what it does not know."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.loop.place import (
    BETTER,
    ENOUGH,
    LABELS,
    SKILL,
    TASKS,
    V1,
    WORSE,
    Place,
    record,
    text,
    write_examples,
)
from tests.models.conftest import Answer, Server, chat, refusal, server
from tinyarms.core.errors import ConfigError, ExampleError, ModelError, UsageError
from tinyarms.core.interrupt import ReportedInterrupt
from tinyarms.loop.evaluating.check import check
from tinyarms.loop.evaluating.evaluate import compare, evaluate
from tinyarms.loop.evaluating.recorded import with_recording
from tinyarms.loop.project.listener import Progress, Silent
from tinyarms.loop.testing.held_out import outlook
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import SessionState

__all__ = ["server"]


@pytest.mark.slow
def test_the_accuracy_has_an_interval_and_a_table_of_labels(place: Place) -> None:
    view = evaluate(place.open(), SKILL)
    assert (view.splits, view.rows, view.n, view.successes) == (("search", "selection"), 10, 10, 6)
    assert view.interval is not None
    assert view.interval[0] < 0.6 < view.interval[1]
    assert view.confusion is not None
    assert view.confusion.labels == LABELS
    assert [sum(row) for row in view.confusion.counts] == [5, 5]
    assert sum(view.confusion.counts[i][i] for i in range(2)) == 6
    assert len(view.wrong) == 4
    assert {wrong.raw for wrong in view.wrong} <= set(LABELS)
    assert all(wrong.raw != wrong.expected for wrong in view.wrong)
    assert view.scores is None


@pytest.mark.slow
def test_placeholders_of_other_tools_are_told(place: Place) -> None:
    marked = Prompt("Good or bad, {text}?")
    record(place.root, [V1, marked], TASKS)
    path = place.prompt_file("marked.md", marked)
    [note] = evaluate(place.open(), SKILL, path).notes
    assert "The prompt has {text}, which the model gets as it is written" in note
    view = compare(place.open(), SKILL, 1, path)
    assert (view.before.notes, view.after.notes) == ((), (note,))


@pytest.mark.slow
def test_a_second_run_makes_no_call(place: Place) -> None:
    context = place.open()
    first, second = evaluate(context, SKILL, n=4), evaluate(context, SKILL)
    assert (first.calls, first.stored_replies) == (4, 0)
    assert (second.calls, second.stored_replies) == (6, 4)
    third = evaluate(place.open(), SKILL)
    assert (third.calls, third.stored_replies) == (0, 10)
    assert (third.accuracy, third.wrong) == (second.accuracy, second.wrong)


@pytest.mark.slow
def test_held_out_rows_are_read_only_where_asked_for_and_each_read_is_counted(
    place: Place,
) -> None:
    context = place.open()
    assert evaluate(context, SKILL).notes == ()
    with context.store.read() as work:
        assert work.examples.test_reads(SKILL) == 0
    for _ in range(2):
        view = evaluate(context, SKILL, split="test")
        assert view.notes[0].startswith("This evaluation read 10 rows of the split test")
    evaluate(context, SKILL, place.prompt_file("better.md", BETTER), split="all")
    with context.store.read() as work:
        assert work.examples.test_gates(SKILL) == (0, 2)


@pytest.mark.slow
def test_a_recording_has_the_stored_splits_and_its_reads_are_counted_in_the_project(
    place: Place,
) -> None:
    context, file = place.open(), place.root / "recording.jsonl"
    with with_recording(context, file, replay=False) as recording:
        view = evaluate(recording, SKILL, split="test", n=5)
    assert "is counted in " in view.notes[0] and "tinyarms.db, which no other" in view.notes[0]
    with context.store.read() as work:
        assert work.examples.test_gates(SKILL) == (0, 1)
        assert work.calls.cached("", SKILL) is None and work.sessions.evaluations(SKILL) == []
    evaluate(context, SKILL, n=1)
    examples = place.root / "examples.jsonl"
    examples.write_text(examples.read_text().replace('"test"', '"search"'))
    context = place.open()
    with with_recording(context, file, replay=False) as recording:
        assert evaluate(recording, SKILL).rows == 10
        view = evaluate(recording, SKILL, split="test", n=6)
    assert view.notes[0].startswith("This evaluation read 6 rows of the split test")
    assert "this is counted. " in view.notes[0]
    with context.store.read() as work:
        assert work.examples.test_reads(SKILL) == 2


def test_splits_and_numbers_that_are_none_are_refused(place: Place) -> None:
    context = place.open()
    wrong: list[tuple[Any, Any]] = [("tests", None), ([], None), (None, 0), (None, -1), (None, 1.5)]
    for split, n in (*wrong, (None, True)):
        with pytest.raises(UsageError, match=r"no split|not a number of rows"):
            evaluate(context, SKILL, split=split, n=n)
        with pytest.raises(UsageError, match=r"no split|not a number of rows"):
            check(context, [], "main", split=split, n=n)


@pytest.mark.slow
def test_what_the_gate_needs_on_top_is_what_the_gate_says(place: Place) -> None:
    rows = [
        {"id": f"s{n}", "inputs": {"text": f"comment {n}"}, "expected": LABELS[n % 2]}
        | {"split": "selection"}
        for n in range(100, 110)
    ]
    with (place.root / "examples.jsonl").open("a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    context = place.open()
    [sentence] = evaluate(context, SKILL).needs
    missing = outlook(context, context.skill(SKILL).skill, "default", 2).missing
    assert missing == 90
    assert sentence.startswith("The gate needs 90 more held-out examples.")


@pytest.mark.slow
def test_why_a_search_cannot_begin_is_said(place: Place) -> None:
    assert "no `selection` examples" in evaluate(place.open(), SKILL).needs[0]


@pytest.mark.slow
def test_a_broken_prompt_in_production_does_not_end_the_evaluation_of_a_file(place: Place) -> None:
    better = place.prompt_file("better.md", BETTER)
    (place.root / "skills/feeling.md").write_text("---\nno: [end\n")
    view = evaluate(place.open(), SKILL, better)
    assert view.successes == 9
    assert "prompt evolve cannot begin: " in view.needs[0] and "feeling.md" in view.needs[0]


@pytest.mark.slow
def test_a_model_that_does_not_answer_leaves_nothing_behind(place: Place) -> None:
    (place.root / "replies.jsonl").write_text("")
    noted = Noted()
    with pytest.raises(ModelError):
        evaluate(place.open(), SKILL, listener=noted)
    assert noted.notes == ["Ended before the first of 10 answers."]


@pytest.mark.slow
def test_a_call_that_fails_is_no_score(place: Place) -> None:
    lines = (place.root / "replies.jsonl").read_text().splitlines()
    gone = json.loads(lines[255])["key"]
    kept = [line for line in lines if json.loads(line)["key"] != gone]
    (place.root / "replies.jsonl").write_text("\n".join(kept) + "\n")
    noted = Noted()
    with pytest.raises(ModelError):  # A recording without the reply concerns the whole server.
        evaluate(place.open(), SKILL, listener=noted)
    assert noted.notes[0].startswith("Ended after ")
    assert "the same command goes on" in noted.notes[0]


@pytest.mark.slow
@pytest.mark.parametrize("failure", [refusal(400), Answer(b"no JSON")])
def test_a_call_that_fails_for_one_row_leaves_it_out(
    place: Place, server: Server, failure: Answer
) -> None:
    model = {"kind": "openai", "model": "big", "base_url": server.url}
    place.edit_config(lambda data: data["models"].update(small=model))
    server.rule = lambda path, body: failure if text(255) in json.dumps(body) else chat("good")
    view = evaluate(place.open(), SKILL)
    assert (view.n, view.left_out) == (view.rows - 1, 1)
    assert [row.id for row in view.left_out_rows] == ["e255"]
    assert view.successes == 5  # The even numbers are good.
    assert view.calls == view.n


@pytest.mark.slow
def test_a_scorer_that_cannot_score_leaves_the_row_out(place: Place) -> None:
    (place.root / "odd_scorer_of_eval.py").write_text(
        "def score(example, output):\n"
        "    if example.id == 'e253':\n        raise ValueError('odd')\n"
        "    return 0.5 + 0.5 * (output == example.expected)\n"
    )
    place.edit_config(lambda data: data["skills"][SKILL].update(scorer="odd_scorer_of_eval:score"))
    view = evaluate(place.open(), SKILL)
    assert (view.rows, view.n, view.left_out, view.calls) == (10, 9, 1, 10)
    assert (view.left_out_rows[0].id, view.left_out_rows[0].why) == ("e253", "not_scored")
    assert view.scores is not None
    assert view.scores.quartiles[0] == 0.5
    assert view.scores.mean == pytest.approx((5 * 1.0 + 4 * 0.5) / 9)


@pytest.mark.slow
def test_an_answer_that_breaks_the_contract_is_wrong_and_counted_apart(place: Place) -> None:
    text = (place.root / "replies.jsonl").read_text()
    odd = json.loads(text.splitlines()[250])
    odd["reply"]["text"] = "neither \x1b[2J"
    (place.root / "replies.jsonl").write_text(text + json.dumps(odd) + "\n")
    view = evaluate(place.open(), SKILL)
    assert (view.n, view.successes, view.violations) == (10, 5, 1)
    [broken] = [wrong for wrong in view.wrong if wrong.violation is not None]
    assert (broken.id, broken.output) == ("e250", None)
    assert view.confusion is not None
    assert sum(row[-1] for row in view.confusion.counts) == 1


@pytest.mark.slow
def test_two_prompts_are_compared_on_the_same_rows(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    worse = place.prompt_file("worse.md", WORSE)
    prices = {"input": 1.0, "output": 5.0}
    place.edit_config(lambda data: data["models"]["small"].update(prices=prices))
    view = compare(place.open(), SKILL, 1, worse, split="test")
    assert (view.check.n, view.check.wins, view.check.losses) == (ENOUGH, 0, 30)
    assert view.check.verdict == "worse"
    assert not any(row.gained for row in view.changed)
    assert view.before.calls == view.after.calls == ENOUGH
    # Each has the money of its own calls: 20 tokens for $1 and 1 for $5 a million.
    dollars = ENOUGH * 25 / 1e6
    assert [part.money.total for part in (view.before, view.after)] == [pytest.approx(dollars)] * 2
    same = compare(place.open(), SKILL, "1", "1")
    assert (same.before.calls, same.after.calls, same.after.money.total) == (10, 0, 0)
    assert same.before.money.total == pytest.approx(10 * 25 / 1e6)
    assert (same.check.verdict, same.changed) == ("cannot_tell", ())


@pytest.mark.slow
def test_ctrl_c_keeps_the_replies_and_says_so(place: Place) -> None:
    stopping = Stopping(after=3)
    with pytest.raises(ReportedInterrupt):
        evaluate(place.open(), SKILL, listener=stopping)
    assert stopping.notes == [
        "Stopped after 3 of 10 answers. The replies are stored: the same command goes on."
    ]
    context = place.open()
    assert evaluate(context, SKILL).stored_replies >= 3
    with context.store.read() as work:
        states = {session.state.value for session in work.sessions.evaluations(SKILL)}
        assert states == {"cancelled", "kept"}
        assert (work.sessions.all(SKILL), work.sessions.refreshes(SKILL)) == ([], [])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"scorer": None}, UsageError, "feeling has no scorer"),
        ({"examples": None}, ExampleError, "feeling has no examples"),
    ],
)
def test_what_is_missing_is_said(
    place: Place, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    def without(data: Any) -> None:
        for key in change:
            del data["skills"][SKILL][key]

    place.edit_config(without)
    with pytest.raises(error, match=message):
        evaluate(place.open(), SKILL)


@pytest.mark.slow
def test_a_prompt_that_is_not_there_is_named(place: Place) -> None:
    context = place.open()
    with pytest.raises(UsageError, match=r"has no version 9\. It has: 1"):
        evaluate(context, SKILL, 9)
    with pytest.raises(ConfigError, match=r"no prompt file nothing\.md"):
        evaluate(context, SKILL, Path("nothing.md"))
    with pytest.raises(ExampleError, match="no gold example in selection; it has 10 in search"):
        evaluate(context, SKILL, split="selection")


@pytest.mark.slow
def test_an_evaluation_whose_process_was_killed_is_closed_a_day_later(place: Place) -> None:
    context = place.open()
    evaluate(context, SKILL, n=1)
    with context.store.unit_of_work() as work:
        [session] = work.sessions.evaluations(SKILL)
        work.sessions.add(replace(session, id="killed", state=SessionState.READY))
    place.moment.pass_(days=2)
    evaluate(context, SKILL, n=1)
    with context.store.read() as work:
        assert all(each.state.is_terminal for each in work.sessions.evaluations(SKILL))


class Noted(Silent):
    def __init__(self) -> None:
        self.notes: list[str] = []

    def note(self, text: str) -> None:
        self.notes.append(text)


class Stopping(Noted):
    """Ctrl-C while the model answers."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    def progress(self, progress: Progress) -> None:
        if progress.done == self.after:
            raise KeyboardInterrupt
