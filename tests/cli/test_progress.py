from __future__ import annotations

import io

import pytest
from rich.console import Console

from tinyarms.cli.progress import Bar, duration, estimate_text, watching
from tinyarms.loop.project.listener import Estimate, Progress


def test_off_a_terminal_progress_is_a_few_lines_on_stderr(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with watching() as listener:
        listener.estimate(Estimate(100, 20, 720.0))
        for done in range(1, 101):
            best = 0.5 if done > 50 else None
            listener.progress(Progress("Searching", done, 100, best, 30))
        listener.progress(Progress("Testing", 1, 20))
        listener.note("Nothing better was found.")
    captured = capsys.readouterr()
    assert captured.out == ""
    lines = captured.err.splitlines()
    assert lines[0] == "Estimate: at most 100 task calls, 20 test calls, about 12 minutes."
    assert lines[1] == "Searching: 1 of 100"
    assert lines[-3] == "Searching: 100 of 100, best 50% accuracy (n=30)"
    assert lines[-2:] == ["Testing: 1 of 20", "Nothing better was found."]
    assert len(lines) == 14


def test_on_a_terminal_it_is_a_bar_of_80_columns() -> None:
    file = io.StringIO()
    out = Console(file=file, force_terminal=True, width=80, no_color=True, legacy_windows=False)
    with Bar(out) as bar:
        bar.progress(Progress("Searching", 30, 120, 0.78, 30))
        bar.note("A line above the bar")
        bar.progress(Progress("Offline gate", 5, 100))
    text = file.getvalue()
    assert "30/120" in text
    assert "best 78% (n=30)" in text
    assert "Offline gate" in text
    assert "A line above the bar" in text


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (Estimate(1, 0, None), "Estimate: at most 1 task call, 0 test calls."),
        (
            Estimate(600, 200, 40.0, 91234, 60),
            "Estimate: at most 600 task calls, 200 test calls, about 60 writer calls, "
            "about 91,234 tokens, about 40 seconds.",
        ),
    ],
)
def test_estimates(estimate: Estimate, text: str) -> None:
    assert estimate_text(estimate) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 seconds"), (89, "89 seconds"), (90, "2 minutes"), (9000, "2.5 hours")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
