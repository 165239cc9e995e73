"""The year's first two days; `end_to_end/test_story.py` has the whole year and the kills."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.end_to_end.story import make_model
from tinyarms.core.errors import ConfigError
from tinyarms.demo import world
from tinyarms.demo.week import MARKER
from tinyarms.demo.year import YEAR, run_year
from tinyarms.demo.year_report import YearView
from tinyarms.loop.project.listener import Progress, Silent


class Stops(Silent):
    """Interrupts after so many tasks."""

    def __init__(self, after: int) -> None:
        self.after = after

    def progress(self, progress: Progress) -> None:
        if progress.done == self.after:
            raise KeyboardInterrupt


def live(folder: Path, said: list[str], after: int = -1) -> YearView:
    return run_year(folder, 1, said.append, Stops(after), os.environ)


@pytest.fixture(autouse=True)
def few_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinyarms.loop.project.context.make_model", make_model)
    monkeypatch.setattr(world, "DAYS", 2)


@pytest.mark.slow
def test_stopped_and_begun_again_it_goes_on_to_the_same_end(tmp_path: Path) -> None:
    told: list[str] = []
    whole = live(tmp_path / "whole", told)
    assert told[1] == "01 Jan  THE WORLD: files come with a short caption."
    assert (whole.sessions, whole.promotions, whole.version, whole.calls) == ((), 0, 1, 0)
    assert whole.tasks == sum(user.tasks for user in whole.dialogs) > 5
    assert [month.name for month in whole.months] == ["Jan"]
    assert [change.noticed_at for change in whole.changes] == [None] * 4

    stopped = tmp_path / "stopped"
    (stopped / "skills").mkdir(parents=True)
    (stopped / MARKER).touch()
    (stopped / "skills" / "file-naming-v2.md").write_text("What an earlier demo has left.")
    with pytest.raises(KeyboardInterrupt):
        live(stopped, [], after=5)
    with pytest.raises(ConfigError, match="unfinished year of seed 1"):
        run_year(stopped, 2, told.append, Silent(), {})
    again: list[str] = []
    assert replace(live(stopped, again), seconds=0) == replace(whole, seconds=0)
    assert again[0] == f"\nThe year resumes after 5 of {whole.tasks} tasks."
    assert len(list((stopped / "skills").glob("file-naming*"))) == 1
    assert json.loads((stopped / YEAR).read_text()) == {"seed": 1, "finished": True}


def test_a_folder_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.md").write_text("All my work.")
    with pytest.raises(ConfigError, match="is not empty and not a demo"):
        live(tmp_path, [])
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.md"]
