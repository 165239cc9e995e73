from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.loop.place import OTHER, SKILL, Place, text
from tinyarms.core.errors import ConfigError, StoreError
from tinyarms.loop.opening import open_project
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run


def test_from_any_folder_below(place: Place) -> None:
    below = place.root / "skills"
    context = open_project(below, {})
    assert context.project.root == place.root
    context.close()


def test_from_the_working_folder(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(place.root)
    monkeypatch.delenv("TINYARMS_HOME", raising=False)
    context = open_project()
    assert active_version(context, SKILL).number == 1
    context.close()


def test_no_project(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="tinyarms init"):
        open_project(tmp_path, {})


def test_a_database_that_cannot_be_used(place: Place) -> None:
    (place.root / "tinyarms.db").write_text("no database at all, but long enough to be read")
    context = place.open()
    assert "file is not a database" in context.standby.outage
    assert "prompts are served from their copies and files" in context.standby.outage
    done = run(context, SKILL, {"text": text(8)}, task_id="t")
    assert (done.prompt_version, done.output) == (1, "bad")
    assert feedback(context, "t", success=True).waits
    with pytest.raises(StoreError, match="was set aside as"):
        stats(context, SKILL)
    assert context.standby.spools.length().lines == 2


@pytest.mark.slow
def test_a_task_is_served_whichever_table_is_damaged(place: Place, tmp_path: Path) -> None:
    run(place.open(), SKILL, {"text": text(1)})
    place.close()
    with closing(sqlite3.connect(place.root / "tinyarms.db")) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
        tables = "SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'"
        pages = database.execute(tables).fetchall()
    assert len(pages) > 20
    for name, page in pages:
        damaged = Place(Path(shutil.copytree(place.root, tmp_path / "damaged")))
        with (damaged.root / "tinyarms.db").open("r+b") as file:
            file.seek((page - 1) * size)
            file.write(b"\xff" * size)
        context = damaged.open()
        assert run(context, SKILL, {"text": text(8)}).output == "bad", name
        if name == "promotion_intents":
            assert "Interrupted releases could not be looked up." in " ".join(context.notices)
        damaged.close()
        shutil.rmtree(damaged.root)


@pytest.mark.slow
def test_what_cannot_be_finished_stops_its_own_skill_only(
    unfinished: dict[int, Path], tmp_path: Path
) -> None:
    for number, root in unfinished.items():
        left = Place(Path(shutil.copytree(root, tmp_path / str(number))))
        declared = left.config()["skills"].pop(SKILL)
        left.edit_config(lambda config: config["skills"].pop(SKILL))
        context = left.open()
        assert active_version(context, OTHER).number == 1
        left.edit_config(lambda config, put=declared: config["skills"].update({SKILL: put}))
        assert active_version(left.open(), SKILL).number == 2
        left.close()
