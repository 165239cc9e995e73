from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from tests.loop.place import BETTER, OTHER, SKILL, V1, Place
from tests.store.conftest import postgresql_url  # noqa: F401
from tinyarms.core.errors import StoreError
from tinyarms.loop.api import TinyArms
from tinyarms.loop.housekeeping.database import back_up_database, upgrade_database
from tinyarms.loop.housekeeping.database_check import DatabaseCheck, check_database
from tinyarms.loop.housekeeping.file_access import LEAST_FREE_BYTES, full
from tinyarms.loop.releasing.versions import active_version
from tinyarms.store.db import database, migrate
from tinyarms.store.db.migrate import HEAD


def wrong(place: Place, environ: dict[str, str] | None = None) -> list[tuple[str, str | None]]:
    """What a check finds wrong, by what it is about; each with a remedy."""
    check = check_database(place.root, environ or {})
    problems = [finding for finding in check.findings if not finding.ok]
    assert all(finding.remedy for finding in problems)
    assert check.ok == (not problems)
    return [(finding.about, finding.skill) for finding in problems]


def told(place: Place) -> str:
    check = check_database(place.root, {})
    return " ".join(f"{each.message} {each.remedy}" for each in check.findings if not each.ok)


def used(place: Place) -> Place:
    """The place with both skills used once, and nobody in it."""
    context = place.open()
    for name in (SKILL, OTHER):
        active_version(context, name)
    place.close()
    place.opened.clear()
    return place


def files(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_all_is_well_and_stays_as_it_is(place: Place) -> None:
    before = files(used(place).root)
    check = check_database(place.root, {})
    assert check.ok, check
    assert {finding.about for finding in check.findings} == {
        "connection", "integrity", "schema", "releases", "files", "skill"
    }  # fmt: skip
    assert (check.revision, check.newest_revision) == (HEAD, HEAD)
    assert files(place.root) == before


@pytest.mark.slow
def test_a_project_that_was_never_used(place: Place) -> None:
    (place.root / "tinyarms.db").unlink()
    assert wrong(place) == []
    assert not (place.root / "tinyarms.db").exists()
    with pytest.raises(StoreError, match="no database to back up"):
        back_up_database(place.root / "copy.db", start=place.root, environ={})


@pytest.mark.slow
def test_files_that_do_not_agree_with_the_database(place: Place) -> None:
    used(place)
    place.prompt_file("skills/feeling.md", BETTER)
    (place.root / "skills" / "weather.md").unlink()
    assert wrong(place) == [("skill", SKILL), ("skill", OTHER)]
    assert "skills/feeling.md is not the text of version 1." in told(place)
    assert "skills/weather.md is missing. It is written by: tinyarms prompt stats weather" in told(
        place
    )
    context = place.open()
    assert active_version(context, SKILL).number == 2
    active_version(context, OTHER)
    assert wrong(place) == []

    def other_names(config: dict[str, dict[str, dict[str, object]]]) -> None:
        config["skills"][SKILL] |= {"prompt_version": 1, "prompt_template": "skills/feeling.md"}

    place.edit_config(other_names)
    assert wrong(place) == [("skill", SKILL)] * 2
    assert "Write prompt_version: 2 in config.yaml." in told(place)
    assert "Write prompt_template: skills/feeling-v2.md in config.yaml." in told(place)


@pytest.mark.slow
def test_a_database_of_another_project(place: Place) -> None:
    """An older copy of the database: it lacks what the files have."""
    used(place)
    with sqlite3.connect(place.root / "tinyarms.db") as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DELETE FROM prompt_versions WHERE skill = ?", (SKILL,))
    connection.close()
    assert ("skill", SKILL) in wrong(place)
    assert "lacks version 1, which is in production. Restore a backup." in told(place)


@pytest.mark.slow
def test_broken_files(place: Place) -> None:
    used(place)
    (place.root / "skills" / "feeling.md").write_bytes(b"\xff\xfe")
    assert wrong(place) == [("skill", SKILL)]
    (place.root / "config.yaml").write_text("models: {")
    assert wrong(place) == [("config", None)]


@pytest.mark.slow
def test_an_interrupted_release(unfinished: dict[int, Path], tmp_path: Path) -> None:
    """Whenever its process was killed; at first none of its files is written."""
    for number, root in unfinished.items():
        place = Place(Path(shutil.copytree(root, tmp_path / str(number))))
        problems = wrong(place)
        assert ("releases", SKILL) in problems
        assert problems == [("releases", SKILL)] or number > min(unfinished)
        remedy = "A release was interrupted. It is finished by: tinyarms prompt stats feeling"
        assert remedy in told(place)
        place.open()
        assert wrong(place) == []
        place.close()


@pytest.mark.slow
def test_a_file_that_may_not_be_read(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    used(place)
    allowed = os.access
    closed = {place.root / "examples.jsonl", place.root}
    # Everything is allowed to root, who may run the tests.
    monkeypatch.setattr(
        os, "access", lambda path, right: path not in closed and allowed(path, right)
    )
    assert wrong(place) == [("files", None)] * 2
    assert f"{place.root / 'examples.jsonl'} cannot be read. Run: chmod u+r" in told(place)
    assert f"{place.root} cannot be written. Run: chmod u+w" in told(place)


@pytest.mark.slow
@pytest.mark.parametrize("content", [b"no database at all" * 1000, None])
def test_a_corrupt_database(place: Place, content: bytes | None) -> None:
    path = used(place).root / "tinyarms.db"
    whole = path.read_bytes()
    path.write_bytes(content or whole[:8192] + bytes(reversed(whole[8192:])))
    problems = wrong(place)
    assert set(problems) == {("integrity", None)}
    assert "There is no good backup beside it." in told(place)
    with pytest.raises(StoreError, match="is damaged"):
        upgrade_database(place.root, {})


@pytest.mark.slow
def test_a_newer_schema(place: Place) -> None:
    used(place)
    with sqlite3.connect(place.root / "tinyarms.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert wrong(place) == [("schema", None)]
    assert f"The schema 9999 is newer than this tinyArms ({HEAD}). Upgrade tinyarms." in told(place)
    with pytest.raises(StoreError, match="newer"):
        upgrade_database(place.root, {})
    copy = back_up_database(place.root / "copy.db", start=place.root, environ={})
    assert Path(copy.path).stat().st_size == copy.size


def revision(path: Path) -> str:
    connection = sqlite3.connect(path)
    try:
        [[number]] = connection.execute("SELECT version_num FROM alembic_version")
    finally:
        connection.close()
    return str(number)


NEXT = """
from alembic import op

revision = "9000"
down_revision = "{head}"

def upgrade():
    op.execute("CREATE TABLE later (id TEXT)")
"""


@pytest.fixture
def later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """The program's next version, which has one migration more."""

    def begin() -> None:
        folder = tmp_path / "migrations"
        shutil.copytree(migrate.MIGRATIONS, folder)
        (folder / "versions" / "9000_later.py").write_text(NEXT.format(head=HEAD))
        monkeypatch.setattr(migrate, "MIGRATIONS", folder)
        for store_module in (migrate, database):
            monkeypatch.setattr(store_module, "HEAD", "9000")
        for module in ("database", "database_check"):
            monkeypatch.setattr(f"tinyarms.loop.housekeeping.{module}.HEAD", "9000")

    return begin


@pytest.mark.slow
def test_an_upgrade_keeps_a_copy(place: Place, later: Callable[[], None]) -> None:
    used(place)
    assert not upgrade_database(place.root, {}).changed
    later()
    assert wrong(place) == [("schema", None)]
    assert "older than this tinyArms (9000). Run: tinyarms db upgrade" in told(place)
    made = upgrade_database(place.root, {})
    assert (made.changed, made.from_schema, made.to_schema) == (True, HEAD, "9000")
    assert made.backup is not None
    [copy] = place.root.glob(f"tinyarms.db.{HEAD}-*Z.backup")
    assert (made.backup.path, made.backup.size) == (str(copy), copy.stat().st_size)
    assert revision(copy) == HEAD
    assert revision(place.root / "tinyarms.db") == "9000"
    assert wrong(place) == []
    assert asdict(upgrade_database(place.root, {}))["backup"] is None


@pytest.mark.slow
def test_an_upgrade_without_rows_needs_no_copy(place: Place, later: Callable[[], None]) -> None:
    later()
    made = upgrade_database(place.root, {})
    assert (made.changed, made.backup) == (True, None)
    assert list(place.root.glob("*.backup")) == []
    (place.root / "tinyarms.db").unlink()
    new = upgrade_database(place.root, {})
    assert (new.from_schema, new.to_schema, new.backup) == (None, "9000", None)


@pytest.mark.slow
def test_an_upgrade_that_fails_leaves_all_as_it_was(
    place: Place, later: Callable[[], None]
) -> None:
    used(place)
    with sqlite3.connect(place.root / "tinyarms.db") as connection:
        connection.execute("CREATE TABLE later (mine TEXT)")
    connection.close()
    later()
    with pytest.raises(StoreError, match="later already exists"):
        upgrade_database(place.root, {})
    assert revision(place.root / "tinyarms.db") == HEAD
    assert len(list(place.root.glob("*.backup"))) == 1


@pytest.mark.slow
def test_a_backup_takes_the_place_of_its_database(place: Place) -> None:
    used(place)
    back_up_database(place.root / "copy.db", start=place.root, environ={})
    place.prompt_file("skills/feeling.md", BETTER)
    assert active_version(place.open(), SKILL).number == 2
    place.close()
    place.opened.clear()
    (place.root / "copy.db").replace(place.root / "tinyarms.db")
    assert wrong(place) == [("skill", SKILL)] * 2
    place.prompt_file("skills/feeling.md", V1)
    with TinyArms.open(place.root, {}) as arms:
        assert [each.version for each in arms.history(SKILL)][:1] == [1]


@pytest.mark.slow
def test_a_postgresql_database(place: Place, postgresql_url: str) -> None:  # noqa: F811
    engine = create_engine(postgresql_url)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    environ = {"TINYARMS_DATABASE": postgresql_url}
    check: DatabaseCheck = check_database(place.root, environ)
    assert (check.ok, check.revision) == (True, None)
    made = upgrade_database(place.root, environ)
    assert (made.from_schema, made.to_schema, made.backup) == (None, HEAD, None)
    with TinyArms.open(place.root, environ) as arms:
        arms.show(SKILL)
    assert wrong(place, environ) == []
    with pytest.raises(StoreError, match=r"pg_dump --format=custom --file=copy\.dump"):
        back_up_database(Path("copy.dump"), start=place.root, environ=environ)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE votes RENAME TO mine"))
    assert wrong(place, environ) == [("schema", None)]
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
    engine.dispose()


@pytest.mark.slow
def test_a_server_that_is_down(place: Place) -> None:
    environ = {"TINYARMS_DATABASE": "postgresql+psycopg://me:hunter2@127.0.0.1:1/arms"}
    assert wrong(place, environ) == [("connection", None)]
    assert "hunter2" not in repr(check_database(place.root, environ))


def test_a_full_disk_is_known_by_its_free_bytes(tmp_path: Path) -> None:
    [obstacle] = full(tmp_path, LEAST_FREE_BYTES - 1)
    assert obstacle.what == f"The disk of {tmp_path} is full: 10.0 MB are free."
    assert "10 MB must be free" in obstacle.remedy
    assert list(full(tmp_path, LEAST_FREE_BYTES)) == []
