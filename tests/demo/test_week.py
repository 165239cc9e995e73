"""The demo with a slow drop or none; `end_to_end/test_demo.py` has the usual one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.end_to_end import story
from tinyarms.core.errors import ModelError
from tinyarms.core.interrupt import ReportedInterrupt
from tinyarms.demo.week import _time_said, run_demo
from tinyarms.loop.project.listener import Silent

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def simulated_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinyarms.loop.project.context.make_model", story.make_model)


def test_a_slow_drop_is_watched_for_weeks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story, "_NONE_SHOWN", 0.55)
    said: list[str] = []
    result = run_demo(tmp_path / "demo", 7, said.append, Silent(), os.environ)
    weeks = [line.split("(")[0].strip() for line in said if line.startswith("   Week")]
    assert weeks == ["Week 1", "Week 2", "Week 3", "Week 4"]
    assert said[3] == "Four steps: watch (3 to 6 weeks of tasks), search, test, release."
    assert sum("At the speed of the first 10 tasks (" in line for line in said) == 1
    assert sum("it continues to watch" in line for line in said) == 1
    assert result["result"] in ("promoted", "kept", "nothing_better", "no_finalist_passed")
    assert 0 < result["task_calls"] <= 200


def test_a_drop_that_stays_uncertain_ends_in_a_search_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "_NONE_SHOWN", 0.65)
    said: list[str] = []
    result = run_demo(tmp_path / "demo", 7, said.append, Silent(), os.environ)
    assert sum("it continues to watch" in line for line in said) == 4
    assert "does not wait until the monitor is sure" in "".join(said)
    assert result["task_calls"] > 0


def test_where_nothing_gets_worse_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "_NONE_SHOWN", 1.0)
    with pytest.raises(ModelError, match="did not get worse"):
        run_demo(tmp_path / "demo", 1, lambda _: None, Silent(), os.environ)


def test_ctrl_c_says_that_the_next_run_begins_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tinyarms.demo.week.run", interrupted)
    said: list[str] = []
    with pytest.raises(ReportedInterrupt):
        run_demo(tmp_path / "demo", 7, said.append, Silent(), os.environ)
    assert said[-1] == "Stopped. The next run of the demo begins again from the start."


def test_how_long_it_takes_on_a_busy_machine() -> None:
    assert _time_said(1.5) == (
        "At the speed of the first 10 tasks (1.50 s each), the demo takes about 18 minutes."
    )
    assert _time_said(0.01).endswith("about 1 minute.")
