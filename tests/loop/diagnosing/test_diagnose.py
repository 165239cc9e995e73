"""`diagnose` finds what is wrong, on real servers, files and databases, and changes nothing."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from tests.loop.place import BEGIN, ENOUGH, OTHER, SKILL, Place, write_examples
from tests.models.conftest import Answer, Rule, Server, chat, refusal
from tinyarms import TinyArms
from tinyarms.core.clock import utc_now
from tinyarms.loop.diagnosing.diagnose import diagnose
from tinyarms.loop.diagnosing.finding import DoctorFinding, DoctorView, Subject
from tinyarms.loop.serving.tasks import run
from tinyarms.store.db.migrate import HEAD

Fault = tuple[Subject, str, str | None]
"""Subject, level and place."""


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


def examined(place: Place, **options: Any) -> DoctorView:
    """The findings about the project, of which not a byte has changed."""
    before = contents(place.root)
    environ = options.pop("environ", {})
    options = {"clock": utc_now, "timeout_s": 20.0, **options}
    view = diagnose(place.root, environ, **options)
    assert contents(place.root) == before
    for finding in view.findings:
        assert finding.what and bool(finding.remedy) == (finding.level != "ok"), finding
    return view


def contents(root: Path) -> Mapping[str, tuple[bytes, int]]:
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in root.rglob("*")
        if path.is_file()
    }


def faults(view: DoctorView) -> list[DoctorFinding]:
    return [finding for finding in view.findings if finding.level != "ok"]


def about(view: DoctorView, check: Subject) -> list[DoctorFinding]:
    return [finding for finding in view.findings if finding.check == check]


def ask(place: Place, server: Server, **more: object) -> None:
    """Let the model of both skills be the server."""

    def use(config: Any) -> None:
        model = {"kind": "openai", "model": "tiny", "base_url": server.url, **more}
        config["models"]["small"] = model

    place.edit_config(use)


def labelled(wrong: int = 0, says: str = "no label") -> Rule:
    """The right form of an answer, but for the first `wrong` calls about a contract."""
    answered = 0

    def rule(path: str, body: dict[str, Any]) -> Answer:
        nonlocal answered
        if "response_format" not in body:
            return chat("yes")
        answered += 1
        return chat(says if answered <= wrong else '{"answer": "good"}')

    return rule


@pytest.mark.slow
def test_a_sound_project_has_no_fault(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    rows = (place.root / "examples.jsonl").read_text()
    (place.root / "examples.jsonl").write_text(rows.replace('"search"', '"selection"', 5))
    view = examined(place)
    assert view.ok and faults(view) == []
    assert {finding.check for finding in view.findings} == {
        *("versions", "config", "prompts", "database", "models", "prices"),
        *("examples", "votes", "service", "clock"),
    }


@pytest.mark.slow
def test_a_model_is_asked_and_the_contract_tried(place: Place, server: Server) -> None:
    ask(place, server)
    server.rule = labelled()
    view = examined(place)
    [model] = about(view, "models")
    assert model.level == "ok" and model.where == "small" and model.what.startswith("It answered")
    kept = {finding.where: finding.what for finding in about(view, "contracts")}
    assert kept == dict.fromkeys((SKILL, OTHER), "10 of 10 replies keep the contract.")
    tried = [
        body["messages"][-1]["content"] for _, body in server.seen if "response_format" in body
    ]
    assert len(tried) == 20
    # Held-out examples are not for this.
    assert not any(f"comment {number}" in text for text in tried for number in range(1000, 1010))


@pytest.mark.slow
def test_nothing_is_recorded_or_stored(place: Place, server: Server) -> None:
    ask(place, server, recording="replies.jsonl")
    server.rule = labelled()
    assert examined(place).ok
    with place.open().store.read() as work:
        assert work.tasks.count(SKILL) == 0


@pytest.mark.slow
@pytest.mark.parametrize(("wrong", "level"), [(3, "warning"), (10, "error")])
def test_broken_contracts_are_counted(place: Place, server: Server, wrong: int, level: str) -> None:
    ask(place, server)
    server.rule = labelled(wrong)
    view = examined(place)
    [fault] = [finding for finding in about(view, "contracts") if finding.where == SKILL]
    assert (fault.level, fault.where) == (level, SKILL)
    assert fault.what.startswith(f"{wrong} of 10 replies break the contract: 'no label'")
    assert view.ok == (level == "warning")


@pytest.mark.slow
@pytest.mark.parametrize(("tokens", "is_cut_off"), [(16, True), (15, False)])
def test_replies_that_were_cut_off_need_more_tokens(
    place: Place, server: Server, tokens: int, is_cut_off: bool
) -> None:
    ask(place, server)
    server.rule = lambda _path, _body: chat(
        "goo", usage={"prompt_tokens": 48, "completion_tokens": tokens}
    )
    [fault, *_] = about(examined(place), "contracts")
    assert ("cut off at `output.max_tokens` (16)" in fault.remedy) == is_cut_off
    assert ("does not enforce the format" in fault.remedy) != is_cut_off


@pytest.mark.slow
def test_what_the_server_does_not_take_is_told(place: Place, server: Server) -> None:
    def rule(path: str, body: dict[str, Any]) -> Answer:
        for field in ("seed", "response_format"):
            if field in body:
                return refusal(400, f"unknown field: {field}")
        return chat("good")

    ask(place, server)
    server.rule = rule
    view = examined(place)
    assert view.ok
    [model] = about(view, "models")
    for feature in ("seed", "json_schema", "json_object"):
        assert feature in model.what


@pytest.mark.slow
@pytest.mark.parametrize(
    ("answer", "parts"),
    [
        (refusal(401, "who are you?"), ["401", "who are you?"]),
        (refusal(404, "no such model"), ["404", "no such model"]),
        (refusal(429, "slow down", Retry_After="86400"), ["429"]),
        (refusal(503, "loading"), ["503", "loading"]),
        (Answer(b"<html></html>"), ["no usable JSON"]),
        (Answer(b"[" * 100_000), ["nested too deeply"]),
        (Answer({"error": {"message": "overloaded"}}), ["overloaded"]),
        (chat(None), ["without a text"]),
    ],
)
def test_a_model_that_does_not_answer(
    place: Place, server: Server, answer: Answer, parts: list[str]
) -> None:
    ask(place, server)
    server.answers = [answer]
    view = examined(place)
    [fault] = about(view, "models")
    assert (fault.level, fault.where, view.ok) == ("error", "small", False)
    for part in parts:
        assert part in fault.what
    [skipped] = about(view, "contracts")
    assert skipped.what.startswith("Could not check") and SKILL in skipped.what
    assert about(view, "examples") != []


@pytest.mark.slow
def test_what_calls_cost_is_told_with_its_source(place: Place, server: Server) -> None:
    hosted = {"kind": "openai", "base_url": "https://api.openai.com/v1"}
    others = {
        "listed": {**hosted, "model": "gpt-4o-mini"},
        "new": {**hosted, "model": "no-such-model"},
        "mine": {**hosted, "model": "x", "prices": {"input": 2, "output": 0.125, "request": 0.001}},
    }
    server.rule = labelled()
    ask(place, server)
    place.edit_config(lambda config: config["models"].update(others))
    view = examined(place, calls=0, timeout_s=0.5)
    told = {finding.where: finding.what for finding in about(view, "prices")}
    release = version("genai-prices")
    assert told == {
        "small": "Its calls cost nothing: they are answered on this machine.",
        "listed": "A million tokens cost $0.15 in prompts and $0.6 in replies, by the list "
        f"genai-prices {release}.",
        "new": f"What its calls cost is unknown: the price list (genai-prices {release}) does not "
        "have it, and it has no `prices:` in config.yaml.",
        "mine": "A million tokens cost $2 in prompts and $0.125 in replies, and each call $0.001, "
        "by `prices:` in config.yaml.",
    }


@pytest.mark.slow
def test_a_limit_of_money_needs_prices(place: Place) -> None:
    write_examples(place.root, ENOUGH)
    hosted = {"kind": "openai", "base_url": "http://10.255.255.1:9/v1", "model": "tiny"}
    place.edit_config(lambda config: config["models"].update(far=hosted))
    place.setting("{evolution: {writer_model: far, budget: {money: 2}}}")
    view = examined(place, calls=0, timeout_s=0.2)
    faults_of = {f.where: f for f in about(view, "prices") if f.level == "error"}
    assert set(faults_of) == {SKILL, OTHER}
    assert "$2 cannot be kept: the price of models.far" in faults_of[SKILL].what
    assert "prices:" in faults_of[SKILL].remedy
    assert not any("cannot be kept" in f.what for f in faults(view) if f.check != "prices")
    place.edit_config(
        lambda config: config["models"]["far"].update(prices={"input": 1, "output": 2})
    )
    view = examined(place, calls=0, timeout_s=0.2)
    assert [finding for finding in about(view, "prices") if finding.level != "ok"] == []


@pytest.mark.slow
def test_a_server_that_hangs_is_left_after_the_time(place: Place, server: Server) -> None:
    ask(place, server)
    server.answers = [Answer(hang=True)]
    view = examined(place, timeout_s=0.3)
    [fault] = about(view, "models")
    assert fault.what == "It did not answer within 0.3 s."
    assert "--timeout" in fault.remedy


@pytest.mark.slow
def test_a_server_that_hangs_later_is_left_too(place: Place, server: Server) -> None:
    ask(place, server)
    server.answers = [chat("yes"), chat("yes"), chat('{"answer": "good"}'), Answer(hang=True)]
    view = examined(place, timeout_s=3.0)
    [failed, *others] = about(view, "contracts")
    assert (failed.level, failed.where) == ("warning", SKILL)
    assert "the 3 s for all calls to small are over" in failed.what
    assert [(other.level, other.where) for other in others] == [
        ("ok", SKILL),
        ("warning", OTHER),
    ]
    # It was never asked about the other skill, so nothing is known to be wrong.
    assert others[-1].what.startswith(f"Could not check the contract of {OTHER}, because the 3 s")
    assert "--timeout 6" in others[-1].remedy


@pytest.mark.slow
def test_a_missing_key_and_an_unused_model(place: Place) -> None:
    def add(config: Any) -> None:
        config["models"]["spare"] = {
            "kind": "openai",
            "model": "x",
            "base_url": "http://127.0.0.1:9/v1",
            "api_key_env": "NO_SUCH_KEY",
        }

    place.edit_config(add)
    view = examined(place, quick=True)
    [fault] = faults(view)
    assert (fault.check, fault.level, fault.where) == ("models", "warning", "spare")
    assert "NO_SUCH_KEY" in fault.what and "models.spare" in fault.remedy


@pytest.mark.slow
def test_broken_parts_of_the_config_do_not_hide_the_rest(place: Place) -> None:
    def spoil(config: Any) -> None:
        good = config["skills"][SKILL]
        config["skills"]["scored"] = {**good, "scorer": "best"}
        config["skills"]["nowhere"] = {**good, "model": "nowhere"}
        config["skills"]["torn"] = {**good, "model": "torn"}
        config["models"]["torn"] = {"kind": "replay"}

    place.edit_config(spoil)
    place.setting("{alpha: 7}")
    view = examined(place, quick=True)
    told = [finding.what for finding in about(view, "config") if finding.level == "error"]
    for part in (
        "skills.scored.scorer",
        "there is no models.nowhere",
        "models.torn.model: is missing",
        "skills.torn.model: models.torn cannot be used",
        "prompt_evolution.alpha",
    ):
        assert sum(part in what for what in told) == 1, part
    assert len(told) == 5
    assert {f.where for f in about(view, "prompts")} == {SKILL, OTHER}


@pytest.mark.slow
@pytest.mark.parametrize(
    "config", ["", "models: [\n", "[" * 150, "models: {}\nskills: []\n", "- a\n", "a: b\n"]
)
def test_a_config_that_is_no_config(place: Place, config: str) -> None:
    (place.root / "config.yaml").write_text(config)
    view = examined(place, quick=True)
    assert not view.ok
    assert {finding.check for finding in view.findings if finding.level == "error"} == {"config"}


def test_no_project(tmp_path: Path) -> None:
    view = diagnose(tmp_path, {})
    assert (view.folder, view.ok) == (None, False)
    [fault] = faults(view)
    assert "tinyarms init" in fault.remedy


@pytest.mark.slow
def test_unusable_rows_are_named_and_counted(place: Place) -> None:
    rows = [{"inputs": {"text": f"c {n}"}, "expected": "goood"} for n in range(4)]
    lines = ["{", *map(json.dumps, rows), '{"inputs": {"x": "1"}, "expected": "good"}']
    (place.root / "examples.jsonl").write_text("\n".join(lines))
    told = [f for f in about(examined(place), "examples") if f.where == SKILL]
    assert [f.level for f in told] == ["error"] * 4
    for number, finding in enumerate(told[:3], start=1):
        assert f"line {number}:" in finding.what
    assert told[1].remedy == "Did you mean 'good'?"
    assert told[3].what.startswith("3 more rows")


@pytest.mark.slow
def test_examples_that_are_left_out(place: Place) -> None:
    path = place.root / "examples.jsonl"
    first, second, *_ = map(json.loads, path.read_text().splitlines())
    other = "bad" if first["expected"] == "good" else "good"
    again = {"inputs": second["inputs"], "expected": second["expected"], "split": "test"}
    more = [{**first, "id": "contradiction", "expected": other}, again]
    path.write_text(path.read_text() + "".join(json.dumps(row) + "\n" for row in more))
    told = [f.what for f in about(examined(place), "examples") if f.where == SKILL]
    assert any("whose inputs have two answers" in what for what in told)
    assert any("that occurs twice" in what for what in told)


@pytest.mark.slow
def test_what_the_gate_still_needs(place: Place) -> None:
    rows = (place.root / "examples.jsonl").read_text()
    (place.root / "examples.jsonl").write_text(rows.replace('"search"', '"selection"', 5))
    fault = next(f for f in about(examined(place), "examples") if f.where == SKILL)
    assert fault.level == "warning"
    assert "10 held out" in fault.what and "needs 100" in fault.what
    assert fault.remedy == "Add about 180 rows to examples.jsonl."


@pytest.mark.slow
def test_a_pace_at_which_no_test_is_decided(place: Place) -> None:
    rows = (place.root / "examples.jsonl").read_text()
    (place.root / "examples.jsonl").write_text(rows.replace('"search"', '"selection"', 5))
    run(place.open(), SKILL, {"text": "comment 1"})
    place.close()
    fault, quiet = about(examined(place, clock=place.moment), "votes")
    assert (fault.level, fault.where, quiet.level) == ("warning", SKILL, "ok")
    assert "votes a week" in fault.what and "prompt simulate" in fault.remedy


@pytest.mark.slow
def test_a_prompt_that_cannot_be_used(place: Place) -> None:
    (place.root / "skills" / "weather.md").write_text("Rate {{nothing}}.\n")
    broken, sound = sorted(about(examined(place), "prompts"), key=lambda f: f.level != "error")[:2]
    assert (broken.level, broken.where, sound.where) == ("error", OTHER, SKILL)


@pytest.mark.slow
def test_placeholders_of_other_tools_are_a_warning(place: Place) -> None:
    (place.root / "skills" / "weather.md").write_text("Rate {text}.\n")
    [warning] = [f for f in about(examined(place), "prompts") if f.level == "warning"]
    assert warning.where == OTHER and "The prompt has {text}, which the model gets" in warning.what


@pytest.mark.slow
def test_words_of_the_inputs_for_an_answer_without_words_are_a_warning(place: Place) -> None:
    (place.root / "skills" / "weather.md").write_text("---\nwords_from: [text]\n---\nRate it.\n")
    [warning] = [f for f in about(examined(place), "prompts") if f.level == "warning"]
    assert warning.where == OTHER and "`words_from` has no effect" in warning.what


@pytest.mark.slow
@pytest.mark.parametrize("edit", ["removed", "edited"])
def test_a_prompt_file_that_the_next_use_mends(place: Place, edit: str) -> None:
    run(place.open(), SKILL, {"text": "comment 1"})
    place.close()
    path = place.root / "skills" / "feeling.md"
    if edit == "removed":
        path.unlink()
    else:
        path.write_text("Another prompt.\n")
    view = examined(place)
    [fault] = [f for f in about(view, "prompts") if f.level != "ok"]
    assert (fault.level, fault.where, view.ok) == ("warning", SKILL, True)


def newer(path: Path) -> None:
    execute(path, "UPDATE alembic_version SET version_num = '9999'")


def older(path: Path) -> None:
    execute(path, f"UPDATE alembic_version SET version_num = '{int(HEAD) - 1:04}'")


def damaged(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[8192:20480] = bytes(12288)
    path.write_bytes(data)


def no_database(path: Path) -> None:
    path.write_bytes(b"hello" * 1000)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def execute(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "part", "level"),
    [
        pytest.param(newer, "newer than this tinyArms", "error", marks=pytest.mark.slow),
        pytest.param(older, "older than this tinyArms", "warning", marks=pytest.mark.slow),
        pytest.param(damaged, "", "error", marks=pytest.mark.slow),
        pytest.param(no_database, "not a database", "error", marks=pytest.mark.slow),
        pytest.param(a_folder, "unable to open", "error", marks=pytest.mark.slow),
    ],
)
def test_a_database_that_cannot_be_read(
    place: Place, spoil: Callable[[Path], None], part: str, level: str
) -> None:
    spoil(place.root / "tinyarms.db")
    view = examined(place, quick=True)
    first = about(view, "database")
    fault = next(finding for finding in first if finding.level != "ok")
    assert (part in fault.what, fault.level, view.ok) == (True, level, level == "warning")
    [skipped] = [f for f in about(view, "votes") if f.level != "ok"]
    assert skipped.what.startswith("Could not check")
    assert [f.where for f in about(view, "prompts") if f.level == "ok"] == [SKILL, OTHER]


@pytest.mark.slow
@pytest.mark.parametrize("lock", ["IMMEDIATE", "EXCLUSIVE"])
def test_a_locked_database(place: Place, lock: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinyarms.loop.diagnosing.rows._PATIENCE_S", 0.2)
    connection = sqlite3.connect(place.root / "tinyarms.db", isolation_level=None)
    connection.execute(f"BEGIN {lock}")
    try:
        view = diagnose(place.root, {}, quick=True)
    finally:
        connection.close()
    [fault] = [finding for finding in about(view, "database") if finding.level != "ok"]
    assert fault.level == "error" and "locked" in fault.what


@pytest.mark.slow
@pytest.mark.parametrize(
    "address",
    ["postgresql+psycopg://me:secret@127.0.0.1:9/x", "postgresql+psycopg://me:secret@h:port/x"],
)
def test_a_database_server_that_cannot_be_reached(place: Place, address: str) -> None:
    view = examined(place, environ={"TINYARMS_DATABASE": address}, quick=True)
    [fault] = [finding for finding in about(view, "database") if finding.level != "ok"]
    assert fault.level == "error"
    assert not any("secret" in f.what + f.remedy for f in view.findings)


@pytest.mark.slow
def test_a_new_project_without_a_database_gets_none(place: Place) -> None:
    (place.root / "tinyarms.db").unlink()
    view = examined(place)
    assert view.ok
    assert not (place.root / "tinyarms.db").exists()


@pytest.mark.slow
def test_a_clock_that_is_behind_the_rows(place: Place) -> None:
    run(place.open(), SKILL, {"text": "comment 1"})
    place.close()
    execute(
        place.root / "tinyarms.db", "UPDATE task_history SET created_at = '2999-01-01 00:00:00'"
    )
    [fault] = about_clock(examined(place, quick=True))
    assert (fault.level, fault.where) == ("warning", SKILL)
    assert "2999-01-01" in fault.what


@pytest.mark.slow
def test_files_of_the_future(place: Place) -> None:
    later = (utc_now() + timedelta(days=3)).timestamp()
    for name in ("config.yaml", "examples.jsonl"):
        os.utime(place.root / name, (later, later))
    [fault] = about_clock(examined(place, quick=True))
    assert fault.level == "warning" and "1 other file" in fault.what


@pytest.mark.slow
def test_a_clock_from_before_the_program(place: Place) -> None:
    view = examined(place, clock=lambda: BEGIN - timedelta(days=9999), quick=True)
    [fault] = about_clock(view)
    assert (fault.level, view.ok) == ("error", False)


def about_clock(view: DoctorView) -> list[DoctorFinding]:
    return [finding for finding in about(view, "clock") if finding.level != "ok"]


@pytest.mark.slow
def test_a_users_module_that_exits_ends_nothing(place: Place) -> None:
    (place.root / "leaving.py").write_text("raise SystemExit(7)\n")
    place.edit_config(lambda c: c["skills"][SKILL].update(scorer="leaving:score"))
    view = diagnose(place.root, {})
    assert [f.where for f in faults(view) if f.level == "error"] != []
    assert about(view, "clock") != []


@pytest.mark.slow
def test_a_failure_of_the_monitor_is_passed_on(place: Place) -> None:
    from tinyarms.loop.watching.journal import note_failure

    context = place.open()
    note_failure(context, SKILL, "error", "The disk is full.", None)
    place.close()
    [fault] = [f for f in about(examined(place), "service") if f.level != "ok"]
    assert (fault.where, "The disk is full." in fault.what) == (SKILL, True)


@pytest.mark.slow
def test_the_facade_says_the_same(place: Place) -> None:
    with TinyArms.open(place.root, {}) as arms:
        view = arms.doctor()
    assert view.folder == place.root
    assert [f.check for f in view.findings] == [f.check for f in diagnose(place.root, {}).findings]
