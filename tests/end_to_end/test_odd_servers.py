"""Whole searches, gates and the daemon on servers that misbehave, over HTTP."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.project import CONFIG, SKILL, V1, write_project
from tests.odd_server import OddServer
from tinyarms.core.errors import ModelRejected
from tinyarms.loop.api import TinyArms
from tinyarms.loop.project.listener import Silent
from tinyarms.loop.searching.answer import EvolveView
from tinyarms.models.openai_api.server_memory import forget_servers

pytestmark = pytest.mark.slow

CALLS = 40
_MODEL = "  small: {kind: replay, model: small, recording: replies.jsonl}  # no model is needed"


@pytest.fixture
def server() -> Iterator[OddServer]:
    with OddServer() as running:
        yield running


def project_at(root: Path, url: str, **settings: object) -> Path:
    """A project whose model is behind the URL."""
    write_project(root)
    fields = "".join(f", {key}: {value}" for key, value in settings.items())
    model = f"  small: {{kind: openai, model: made-up, base_url: '{url}'{fields}}}"
    (root / "config.yaml").write_text(CONFIG.replace(_MODEL, model))
    return root


def searched(arms: TinyArms, *, restart: bool = False) -> EvolveView:
    """A short search in which every operator gets its turn."""
    return arms.evolve(
        SKILL, budget_calls=CALLS, force=True, restart=restart, optimizer="random_search"
    )


def test_a_search_on_a_server_that_only_chats(server: OddServer, tmp_path: Path) -> None:
    root = project_at(tmp_path / "p", server.url("good", chat_only=True), slots=4)
    with TinyArms.open(root, environ={}) as arms:
        found = searched(arms)
    assert found.spent["writer_calls"] > 0
    assert found.incumbent[1] > 0
    assert any(operator.accepted for operator in found.operators)


def test_a_search_that_stopped_goes_on_where_what_a_server_refuses_is_forgotten(
    server: OddServer, tmp_path: Path
) -> None:
    root = project_at(tmp_path / "p", server.url("refuses schemas", chat_only=True))
    server.most_calls = 20
    with (
        TinyArms.open(root, environ={}) as arms,
        pytest.raises(ModelRejected, match="401"),
    ):
        searched(arms)
    server.begin()
    server.most_calls = None
    forget_servers()
    with TinyArms.open(root, environ={}) as arms:
        found = searched(arms)
    made = sum(found.spent[f"{kind}_calls"] for kind in ("task", "test", "writer", "judge"))
    assert found.resumed
    assert server.calls < made
    calls = server.calls
    with TinyArms.open(root, environ={}) as arms:
        again = searched(arms, restart=True)
    assert again.spent["cache_hits"] > 0
    assert server.calls - calls <= made


class Notes(Silent):
    """Keeps what a person is told."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def note(self, text: str) -> None:
        self.texts.append(text)


def test_a_row_that_does_not_fit_is_left_out_and_named(server: OddServer, tmp_path: Path) -> None:
    root, notes = project_at(tmp_path / "p", server.url("does not fit at times")), Notes()
    with TinyArms.open(root, environ={}) as arms:
        found = arms.evolve(SKILL, budget_calls=CALLS, force=True, listener=notes)
    named = [note for note in notes.texts if "leaves out" in note]
    assert {note for note in named if "e102" in note}  # every sixth is too long
    assert not [note for note in named if "e103" in note]
    assert len(named) <= 4
    assert found.spent["task_calls"] > 10


def test_sigterm_ends_the_daemon_while_a_server_hangs(server: OddServer, tmp_path: Path) -> None:
    root = project_at(tmp_path / "p", server.url("hangs"), slots=4, timeout_s=120)
    server.healed = True
    with TinyArms.open(root, environ={}) as arms:
        for number in range(305, 310):  # the first prompt is wrong on them
            task = arms.run(SKILL, text=f"comment {number}")
            arms.feedback(task.task_id, success=False)
    server.begin()
    log = (tmp_path / "log").open("w")
    command = [sys.executable, "-m", "tinyarms.cli.main", "monitor"]
    process = subprocess.Popen(command, cwd=root, stdout=log, stderr=log)
    try:
        while not server.in_flight and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0  # far less than a call may take
    finally:
        process.kill()
        log.close()
    assert "Traceback" not in (tmp_path / "log").read_text()
    server.healed = True
    with TinyArms.open(root, environ={}) as arms:
        assert arms.evolve(SKILL, budget_calls=CALLS).resumed
    assert (root / "skills" / f"{SKILL}.md").read_text().strip() == V1
