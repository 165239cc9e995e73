"""A prompt gets a memory, and remembers new examples, after the gate of a refresh."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from tools.reference.answers import check

from tests.end_to_end.test_memory import LABELS, SKILL, Parrot, row, texts_of, write_project
from tests.loop.place import Moment
from tinyarms import ExperimentError, GateInterrupted, LeaseHeld, TinyArms, UsageError
from tinyarms.cli.main import cli
from tinyarms.daemon.daemon import Daemon
from tinyarms.loop.project.leases import lease
from tinyarms.loop.project.listener import Progress, Silent
from tinyarms.loop.watching.events import Event
from tinyarms.loop.watching.journal import PASS_EVERY
from tinyarms.memory.memory import Memory
from tinyarms.skills.execution import ModelReply, ModelRequest

OLD, NEW = range(150), range(1000, 1040)
"""Numbers of the rows that the first memory has, and of those that come later."""


def right(number: int) -> str:
    return row(number)[1]


def wrong(number: int) -> str:
    return next(label for label in LABELS if label != right(number))


def write_rows(
    root: Path, numbers: range, answer: Callable[[int], str] = right, *, more: bool = False
) -> None:
    """Rows of `search`, beside 20 of `test`. `more`: add to those of the file."""
    path = root / "examples.jsonl"
    rows = [
        {"id": f"e{n}", "inputs": {"text": row(n)[0]}, "expected": answer(n), "split": "search"}
        for n in numbers
    ]
    held_out = [
        {"id": f"t{n}", "inputs": {"text": row(n)[0]}, "expected": right(n), "split": "test"}
        for n in range(5000, 5020)
    ]
    before = path.read_text() if more else "".join(json.dumps(each) + "\n" for each in held_out)
    path.write_text(before + "".join(json.dumps(each) + "\n" for each in rows))


def settings(root: Path, **changes: object) -> None:
    block = {"prompt_evolution": {"holdback": 0, **changes}}
    (root / "config" / "constants.yaml").write_text(json.dumps(block))


@pytest.fixture
def parrot(monkeypatch: pytest.MonkeyPatch) -> Iterator[Parrot]:
    made = Parrot()
    monkeypatch.setattr("tinyarms.loop.project.context.make_model", lambda *_, **__: made)
    yield made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_project(tmp_path)
    settings(tmp_path)
    write_rows(tmp_path, OLD)
    return tmp_path


def project(root: Path, clock: Moment | None = None) -> TinyArms:
    return TinyArms.open(root, environ={}, clock=clock or Moment())


def memory_of(arms: TinyArms) -> Memory:
    """What the prompt in production remembers."""
    retrieve = arms.show(SKILL).prompt.retrieve
    assert retrieve is not None
    return arms._context.memories.of(arms._context.skill(SKILL).skill, retrieve.snapshot)


def ids_of(memory: Memory) -> set[str]:
    return {each.id for each in memory.examples}


@pytest.mark.slow
def test_a_prompt_gets_a_memory_and_later_new_examples(root: Path, parrot: Parrot) -> None:
    with project(root) as arms:
        nothing = arms.refresh(SKILL)
        assert (nothing.result, nothing.version, parrot.sent) == ("no_memory", 1, [])
        assert "--demonstrations 4" in nothing.sentence
        first = arms.refresh(SKILL, demonstrations=4)
        assert (first.result, first.version) == ("refreshed", 2), first
        assert first.gate is not None
        assert first.gate.n == len(OLD)
        assert first.gate.passed
        assert first.gate.after > first.gate.before  # type: ignore[operator]
        assert (first.remembered, first.added) == (len(OLD), len(OLD))
        old = arms.show(SKILL)
        # The text stays. What the gate's replies tell of the labels is fitted.
        assert replace(old.prompt.without_memory, calibration={}) == arms.show(SKILL, 1).prompt
        assert old.prompt.calibration
        assert f"a memory of {len(OLD)} examples (150 new) and calibrated labels." in first.sentence
        # Nothing has changed since, so nothing is asked.
        asked = len(parrot.sent)
        assert arms.refresh(SKILL).result == "nothing_new"
        assert len(parrot.sent) == asked
        with pytest.raises(UsageError, match="has a memory"):
            arms.refresh(SKILL, demonstrations=2)
    write_rows(root, NEW, more=True)
    parrot.sent.clear()
    with project(root) as arms:
        again = arms.refresh(SKILL)
        assert (again.result, again.version) == ("refreshed", 3), again.sentence
        assert (again.added, again.removed, again.changed) == (len(NEW), 0, 0)
        # Only rows that both memories have are compared, and a reply serves both where the
        # requests are equal.
        assert again.gate is not None
        assert again.gate.n == len(OLD)
        assert again.calls == len(parrot.sent) == len({repr(each) for each in parrot.sent})
        assert ids_of(memory_of(arms)) == {f"e{n}" for n in (*OLD, *NEW)}
        [*_, last] = arms.history(SKILL)
        assert (last.source, last.by, last.reason) == (
            "refresh",
            "evidence",
            "New examples to remember",
        )
        assert last.evidence == again.gate.reason
        assert last.spent is not None
        assert last.spent.calls == again.calls
        arms.rollback(SKILL)
        assert arms.show(SKILL).prompt == old.prompt


@pytest.mark.slow
def test_no_row_is_asked_about_with_itself_or_a_copy_in_view(root: Path, parrot: Parrot) -> None:
    copies = [
        {"id": f"c{n}", "inputs": {"text": f"{row(n)[0]} !"}, "expected": right(n)}
        for n in range(30)
    ]
    with (root / "examples.jsonl").open("a") as file:
        file.write("".join(json.dumps({**each, "split": "search"}) + "\n" for each in copies))
    with project(root) as arms:
        arms.refresh(SKILL, demonstrations=4)
    held_out = {row(n)[0] for n in range(5000, 5020)}
    shown_rows = 0
    for request in parrot.sent:
        *shown, task = texts_of(request)
        asked = task.partition("Input: ")[2].removesuffix("\nOutput:").removesuffix(" !")
        assert asked not in "\n".join(shown)
        assert not any(text in "\n".join(shown) or text in task for text in held_out)
        shown_rows += len(shown) > 0
    assert shown_rows > 100


@pytest.mark.slow
def test_a_worse_memory_does_not_pass_and_is_not_tried_again(root: Path, parrot: Parrot) -> None:
    settings(root, evolution={"refresh_after": 40})
    with project(root) as arms:
        arms.refresh(SKILL, demonstrations=4)
    # Wrong answers to texts that are like those that are known, more often than right ones.
    write_rows(root, range(2000, 2600), wrong, more=True)
    told: list[Event] = []
    moment = Moment()
    moment.pass_(hours=1)
    with project(root, moment) as arms:
        daemon = Daemon(arms._context, listener=Silent(), on_event=told.append)
        before = arms.show(SKILL)
        daemon.tick()
        assert [event.kind for event in told] == ["not_refreshed"]
        assert "not passed (at most 0.05)" in told[0].summary
        assert arms.show(SKILL) == before
        asked = len(parrot.sent)
        for _ in range(3):
            moment.pass_(seconds=PASS_EVERY.total_seconds())
            daemon.tick()
        assert (len(told), len(parrot.sent)) == (1, asked)
        # By hand it may be tried again; the replies are known.
        assert arms.refresh(SKILL).result == "not_refreshed"
        assert len(parrot.sent) == asked
        # A few more rows are not enough for the daemon, as many as before are.
        daemon.tick()
        told.clear()  # that of the refresh by hand
        write_rows(root, range(3000, 3039), more=True)
        daemon.tick()
        assert told == []
        write_rows(root, range(3039, 3041), more=True)
        daemon.tick()
        assert [event.kind for event in told] == ["not_refreshed"]


@pytest.mark.slow
def test_the_daemon_refreshes_when_enough_rows_have_come(root: Path, parrot: Parrot) -> None:
    told: list[Event] = []
    moment = Moment()
    with project(root, moment) as arms:
        arms.refresh(SKILL, demonstrations=4)
        daemon = Daemon(arms._context, listener=Silent(), on_event=told.append)
        daemon.tick()
        told.clear()  # the first refresh
        write_rows(root, NEW[:29], more=True)  # 0.2 of 150 are 30
        daemon.tick()
        assert told == []
        [check] = arms.monitor([SKILL])
        assert check.would == ""
        write_rows(root, NEW[29:], more=True)
        [check] = arms.monitor([SKILL])
        assert check.would == f"40 new examples to remember. tinyarms prompt refresh {SKILL}"
        moment.pass_(minutes=5)
        daemon.tick()
        assert [event.kind for event in told] == ["refreshed"]
        assert told[0].data["version"] == arms.show(SKILL).number == 3
        daemon.tick()
        assert len(told) == 1
    settings(root, evolution={"refresh_after": None})
    write_rows(root, range(4000, 4100), more=True)
    with project(root, moment) as arms:
        Daemon(arms._context, listener=Silent(), on_event=told.append).tick()
        assert arms.show(SKILL).number == 3


@pytest.mark.slow
def test_a_person_confirms_where_rows_are_few(root: Path, parrot: Parrot) -> None:
    write_rows(root, range(60))
    told: list[Event] = []
    with project(root) as arms:
        asked = arms.refresh(SKILL, demonstrations=4)
        assert (asked.result, asked.version) == ("confirmation_wanted", 1)
        assert "needs 100" in asked.sentence
        assert "--yes" in asked.sentence
        calls = len(parrot.sent)
        done = arms.refresh(SKILL, demonstrations=4, yes=True)
        assert (done.result, done.version, done.calls) == ("refreshed", 2, 0)
        assert len(parrot.sent) == calls
        assert arms.history(SKILL)[-1].by == "hand"
        write_rows(root, NEW, more=True)
        daemon = Daemon(arms._context, listener=Silent(), on_event=told.append)
        daemon.tick()
        daemon.tick()
        [*_, wanted] = told
        assert [event.kind for event in told] == ["refreshed", "refresh_wanted"]
        assert f"tinyarms prompt refresh {SKILL}" in wanted.summary
        assert arms.show(SKILL).number == 2


@pytest.mark.slow
def test_the_command_says_in_one_line_what_it_did(
    root: Path, parrot: Parrot, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_rows(root, range(60))

    def command(*words: str, input: str | None = None) -> str:
        environ = {"TINYARMS_HOME": str(root), "COLUMNS": "80"}
        given = ("prompt", "refresh", SKILL, *words)
        result = CliRunner().invoke(cli, given, env=environ, input=input)
        assert result.exit_code == 0, result.output
        return result.stdout

    assert command() == (
        f"{SKILL}: version 1 has no memory. To give it one that shows the four nearest examples: "
        f"tinyarms prompt refresh {SKILL} --demonstrations 4\n"
    )
    show_four = ("--demonstrations", "4")
    to_confirm = f"tinyarms prompt refresh {SKILL} --demonstrations 4 --yes\n"
    assert command(*show_four).endswith(to_confirm)
    answer = json.loads(command(*show_four, "--json"))
    assert check(answer) == []
    assert (answer["result"], answer["version"]) == ("confirmation_wanted", 1)
    monkeypatch.setattr("tinyarms.cli.prompt.refresh.on_a_terminal", lambda: True)
    assert "production? [y/N]: n\n" in command(*show_four, input="n\n")
    with project(root) as arms:
        assert arms.show(SKILL).number == 1
    assert "version 2 is in production" in command(*show_four, input="y\n")
    assert command() == f"{SKILL}: version 2 remembers the present examples already.\n"
    write_rows(root, NEW, more=True)
    wanted = json.loads(command("--json"))["sentence"]
    assert wanted.endswith(f"tinyarms prompt refresh {SKILL} --yes")


class Impatient(Silent):
    """A person who presses Ctrl-C after some calls."""

    def progress(self, progress: Progress) -> None:
        if progress.done == 20:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_an_interrupted_refresh_changes_nothing_and_keeps_its_replies(
    root: Path, parrot: Parrot
) -> None:
    with project(root) as arms:
        before = arms.show(SKILL)
        with pytest.raises(KeyboardInterrupt):
            arms.refresh(SKILL, demonstrations=4, listener=Impatient())
        assert arms.show(SKILL) == before
        with arms._context.store.read() as work:
            [session] = work.sessions.refreshes(SKILL)
            assert (session.state.value, work.sessions.open(SKILL)) == ("cancelled", None)
        with closing(sqlite3.connect(root / "tinyarms.db")) as database:
            assert database.execute("SELECT count(*) FROM memories").fetchone() == (0,)
        asked = len(parrot.sent)
        assert arms.refresh(SKILL, demonstrations=4).result == "refreshed"
        assert len(parrot.sent) == len({repr(each) for each in parrot.sent}) > asked


@pytest.mark.slow
def test_a_release_that_was_interrupted_is_finished(
    root: Path, parrot: Parrot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with project(root) as arms, monkeypatch.context() as patched:
        patched.setattr("tinyarms.loop.releasing.release_intent._apply", killed)
        with pytest.raises(KeyboardInterrupt):
            arms.refresh(SKILL, demonstrations=4)
    with project(root) as arms:
        assert arms.notices
        assert arms.show(SKILL).number == 2
        assert ids_of(memory_of(arms)) == {f"e{n}" for n in OLD}
        with arms._context.store.read() as work:
            [session] = work.sessions.refreshes(SKILL)
        assert session.state.value == "promoted"


@pytest.mark.slow
def test_it_waits_for_searches_tests_and_holdbacks(root: Path, parrot: Parrot) -> None:
    settings(root, holdback=0.2)
    with project(root) as arms:
        arms.refresh(SKILL, demonstrations=4)
        write_rows(root, NEW, more=True)
        with pytest.raises(ExperimentError, match=r"version 2 is still compared .* holdback"):
            arms.refresh(SKILL)
        arms.rollback(SKILL)
        (root / "other.md").write_text("Kitchen or garden?\n")
        arms.create(SKILL, [root / "other.md"])
        with pytest.raises(ExperimentError, match=r"session that is open: .* \(testing\)"):
            arms.refresh(SKILL)
        arms.cancel(SKILL)
        with lease(arms._context, SKILL), pytest.raises(LeaseHeld):
            arms.refresh(SKILL)


@pytest.mark.slow
def test_a_failing_model_ends_it_without_a_trace(root: Path, parrot: Parrot) -> None:
    class Broken(Parrot):
        def complete(self, request: ModelRequest) -> ModelReply:
            from tinyarms import ModelUnavailable

            raise ModelUnavailable("The server is gone.")

    with project(root) as arms:
        arms._context._models["parrot"] = Broken()
        with pytest.raises(GateInterrupted, match="refresh gate was interrupted") as error:
            arms.refresh(SKILL, demonstrations=4)
        # The daemon resumes searches; it would not give the prompt its first memory.
        assert error.value.hint.endswith("The replies are kept: run the same command again.")
        assert arms.show(SKILL).number == 1
