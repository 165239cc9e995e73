"""A PostgreSQL server that crashes in the middle of a promotion, and is started again at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, make_url

from tests.loop.place import BETTER, SKILL, V1, Place
from tests.postgresql import Server, new_database, temporary_server
from tinyarms.core.errors import StoreError
from tinyarms.loop.opening import open_project
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.history import history
from tinyarms.loop.testing.review import promote
from tinyarms.skills.prompt_file import parse_prompt_file
from tinyarms.store.db.copying import copy_rows
from tinyarms.store.db.database import open_store

pytestmark = pytest.mark.slow


class Steps:
    """Counts what is asked of the server, and crashes it before one of the steps."""

    def __init__(self, server: Server, crash_at: int | None) -> None:
        self.names: list[str] = []
        self._server = server
        self._crash_at = crash_at

    def step(self, name: str) -> None:
        self.names.append(name)
        if len(self.names) == self._crash_at:
            self._server.crash()
            self._server.start()

    @contextmanager
    def counted(self) -> Iterator[None]:
        def statement(*given: Any) -> None:
            self.step(given[2].split()[0])

        def commit(connection: Any) -> None:
            self.step("COMMIT")

        event.listen(Engine, "before_cursor_execute", statement)
        event.listen(Engine, "commit", commit)
        try:
            yield
        finally:
            event.remove(Engine, "before_cursor_execute", statement)
            event.remove(Engine, "commit", commit)


def after(
    server: Server, rows: str, testing: Place, folder: Path, crash_at: int | None
) -> list[str]:
    """Promote, with a crash before this step, and look at what is there afterwards; the steps.

    `rows`: the database of this server that has the project's rows.
    """
    root = Path(shutil.copytree(testing.root, folder / f"project-{crash_at}"))
    (root / "tinyarms.db").unlink()
    place = Place(root, testing.moment)
    steps = Steps(server, crash_at)
    with new_database(server, rows) as url:
        environ = {"TINYARMS_DATABASE": url}
        context = open_project(root, environ, place.moment)
        said = False
        try:
            with steps.counted():
                promote(context, SKILL, "variant_a")
            said = True
        except StoreError as error:
            assert "\n" not in str(error)
        finally:
            context.close()
        context = open_project(root, environ, place.moment)
        try:
            version = active_version(context, SKILL)
            assert version.number in (1, 2)
            assert version.number == 2 or not said, "what was acknowledged is lost"
            assert version.prompt == (BETTER if version.number == 2 else V1)
            with context.store.read() as work:
                assert work.intents.pending(SKILL) == []
            assert [view.version for view in history(context, SKILL)] == list(
                range(1, version.number + 1)
            )
            skill = place.config()["skills"][SKILL]
            assert skill["prompt_version"] == version.number
            assert parse_prompt_file((root / skill["prompt_template"]).read_text(), "it") == (
                version.prompt
            )
            if version.number == 1:  # it can be asked for again
                promote(context, SKILL, "variant_a")
                assert active_version(context, SKILL).prompt == BETTER
        finally:
            context.close()
    return steps.names


def test_a_release_is_whole_after_a_crash_at_any_moment(testing: Place, tmp_path: Path) -> None:
    with temporary_server(durable=True) as server, new_database(server) as url:
        open_store(url).close()
        copy_rows(testing.root / "tinyarms.db", url)
        rows = str(make_url(url).database)
        steps = after(server, rows, testing, tmp_path, None)
        commits = [number for number, name in enumerate(steps, 1) if name == "COMMIT"]
        writes = [n for n, name in enumerate(steps, 1) if name in ("INSERT", "UPDATE")]
        assert len(commits) >= 2
        around = {moment for commit in commits for moment in (commit, commit + 1)}
        for moment in sorted(around | {writes[0], writes[len(writes) // 2], writes[-1]}):
            if moment <= len(steps):
                assert len(after(server, rows, testing, tmp_path, moment)) >= moment
