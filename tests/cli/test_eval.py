"""`tinyarms eval` prints what an evaluation found, and writes a page that opens offline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from tools.check_site import problems_of_page

from tests.loop.conftest import new_project, place
from tests.loop.place import ENOUGH, SKILL, WORSE, Place, write_examples
from tinyarms.cli.eval_html import page
from tinyarms.cli.eval_text import MAX_COLUMNS, say_eval
from tinyarms.cli.main import cli
from tinyarms.core.prices import Money
from tinyarms.loop.evaluating.view import Confusion, EvaluatedPrompt, EvalView, WrongAnswer

__all__ = ["new_project", "place"]

HOSTILE = "<script src=https://x.example/a.js></script>\x1b[2J\u202eevil"


def view(labels: int = 2, inputs: Mapping[str, str] | None = None) -> EvalView:
    names = tuple(f"a label with a long name {number}" for number in range(labels))
    return EvalView(
        skill="feeling",
        prompt=EvaluatedPrompt(name="version 1", version=1, hash="0" * 64),
        model="small",
        splits=("search",),
        rows=3,
        available=3,
        n=3,
        successes=2,
        accuracy=2 / 3,
        interval=(0.2, 0.9),
        scores=None,
        confusion=Confusion(
            labels=names,
            counts=tuple(
                tuple(99 if row == column else int(column == 0) for column in range(labels + 1))
                for row in range(labels)
            ),
        ),
        wrong=(
            WrongAnswer(
                id="e1",
                inputs=inputs or {"text": HOSTILE},
                expected="good",
                raw=HOSTILE,
                output=None,
                violation="It is none of the labels.",
                score=0.0,
                reason="",
            ),
        ),
        violations=1,
        left_out=0,
        left_out_rows=(),
        calls=3,
        stored_replies=0,
        prompt_tokens=20.0,
        completion_tokens=1.0,
        p50_ms=5.0,
        p95_ms=9.0,
        money=Money(0.0, 0.0, 0.0, 0.0),
        dollars_per_1000=0.0,
    )


@pytest.mark.parametrize("labels", [2, MAX_COLUMNS])
def test_the_table_of_labels_fits_into_80_columns(
    labels: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    say_eval(view(labels))
    lines = capsys.readouterr().out.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("1 a label"))
    table = lines[first - 1 : first + labels]
    assert all(len(line) <= 80 for line in table)
    assert [line.split()[0] for line in table[1:]] == [str(n) for n in range(1, labels + 1)]
    assert table[1].count("99") == 1
    assert table[0].split() == [*map(str, range(1, labels + 1)), "-"]


def test_more_labels_are_listed_by_pairs(capsys: pytest.CaptureFixture[str]) -> None:
    say_eval(view(MAX_COLUMNS + 5))
    out = capsys.readouterr().out
    assert "1 × 'a label with a long name 0' in place of 'a label with a long name 1'" in out


def test_hostile_texts_reach_neither_the_terminal_nor_the_page(
    capsys: pytest.CaptureFixture[str],
) -> None:
    say_eval(view())
    written = page(view())
    for text in (capsys.readouterr().out, written):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "<script" not in written
    assert "&lt;script src=https://x.example/a.js&gt;" in written
    assert problems_of_page(written) == []


def test_long_texts_are_cut_on_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    say_eval(view(inputs={"text": "long " * 1000}))
    assert max(map(len, capsys.readouterr().out.splitlines())) < 400


def test_nothing_answered_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    nothing = replace(view(), n=0, successes=0, accuracy=None, interval=None, confusion=None)
    say_eval(nothing)
    assert "Accuracy: not known, because no row has a score." in capsys.readouterr().out
    assert "no row has a score" in page(nothing)


@pytest.mark.slow
def test_the_command(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write_examples(place.root, ENOUGH)
    worse = place.prompt_file("worse.md", WORSE)
    monkeypatch.chdir(place.root)
    monkeypatch.delenv("TINYARMS_HOME", raising=False)
    run = CliRunner().invoke

    plain = run(cli, ["eval", SKILL])
    assert plain.exit_code == 0, plain.output
    assert "Accuracy: 60.0 %, 6 of 10 right" in plain.stdout
    assert "p50 5 ms, p95 5 ms" in plain.stdout
    data = json.loads(run(cli, ["eval", SKILL, "--prompt", str(worse), "--json"]).stdout)
    assert (data["command"], data["n"], data["successes"]) == ("eval", 10, 3)
    html = tmp_path / "page.html"
    options = ["--compare", "1", str(worse), "--split", "test", "--html", str(html)]
    compared = run(cli, ["eval", SKILL, *options])
    assert "60.0 % before, 30.0 % after on 100 rows (0 gained, 30 lost): worse" in compared.stdout
    assert "This evaluation read 100 rows of the split test" in compared.stdout
    assert problems_of_page(html.read_text()) == []
    page = ["--html", str(tmp_path / "page.html" / "a.html")]
    lost = run(cli, ["eval", SKILL, *page])
    assert lost.exit_code == 1 and "Accuracy: 60.0 %" in lost.stdout
    assert "a.html: cannot be written" in lost.stderr
    both = run(cli, ["eval", SKILL, "--version", "1", "--prompt", "x.md"])
    assert both.exit_code == 2
    assert "exclude one another" in both.stderr
