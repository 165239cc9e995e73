"""A service on a project whose model answers from a recording."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.loop.conftest import make_new_project, make_testing_project
from tests.loop.place import Place
from tinyarms.core.roles import Role
from tinyarms.core.settings import Server
from tinyarms.loop.api import TinyArms
from tinyarms.loop.project.config_files import edit_config, edit_constants
from tinyarms.loop.project.starter import init_project
from tinyarms.web.app import make_app
from tinyarms.web.settings import WebSettings

ORIGIN = "https://app.example.org"
"""A page of another site that may embed the widget."""


@pytest.fixture(autouse=True)
def _patient() -> Iterator[None]:
    """A test on a busy machine does not take the database for one that hangs."""
    with pytest.MonkeyPatch.context() as patch:
        for module in ("routing", "tasks", "task_ballots", "feedback"):
            patch.setattr(f"tinyarms.loop.serving.{module}.PATIENCE_S", 5.0)
        patch.setattr("tinyarms.loop.api.remote.SETTLE_S", 5.0)
        yield


@dataclass
class Web:
    """A service, and clients of it."""

    arms: TinyArms
    app: FastAPI
    closing: ExitStack

    def client(self, role: Role | None = None, name: str = "ada", **headers: str) -> TestClient:
        """A client with a token of this role; `None`: without a token."""
        if role is not None:
            token = self.arms.add_token(role, name).token
            headers = {"authorization": f"Bearer {token}", **headers}
        client = TestClient(
            self.app,
            "http://127.0.0.1:8765",
            headers=headers,
            follow_redirects=False,
            raise_server_exceptions=False,
        )
        return self.closing.enter_context(client)


def page_token(web: Web, kind: Literal["task", "ballot"], id: str, user: str | None = None) -> str:
    """A token for one task or ballot, as an application makes it."""
    by = web.arms.add_token("application", "shop").id
    return web.arms.add_widget_token(kind, id, by=by, user=user).token


def data_of(response: Any, status: int = 200) -> Any:
    """The JSON of an answer with this status."""
    assert response.status_code == status, response.text
    return response.json()


def ended(client: Any, job: Any) -> Any:
    """The job once it has ended."""
    for _ in range(6000):
        found = data_of(client.get(f"/v1/jobs/{job['id']}"))
        if found["state"] != "running":
            return found
        time.sleep(0.01)
    raise AssertionError(found)


@pytest.fixture(scope="session")
def new_web_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_new_project(tmp_path_factory.mktemp("web"))


@pytest.fixture(scope="session")
def testing_web_project(new_web_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_testing_project(new_web_project, tmp_path_factory.mktemp("web-testing"))


@pytest.fixture
def web(new_web_project: Path, tmp_path: Path) -> Iterator[Web]:
    yield from _served(new_web_project, tmp_path)


@pytest.fixture
def testing_web(testing_web_project: Path, tmp_path: Path) -> Iterator[Web]:
    """Its skill is in a live test."""
    yield from _served(testing_web_project, tmp_path)


@pytest.fixture
def searchable_web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """Its skill can be searched, by a model that is not real."""
    from tests.end_to_end.story import make_model
    from tests.web.pages.conftest import _shorten, _simplify

    root = tmp_path / "shop"
    root.mkdir()
    init_project(root)
    edit_config(root, _simplify)
    edit_constants(root, _shorten)
    monkeypatch.setattr("tinyarms.loop.project.context.make_model", make_model)
    with TinyArms.open(root, {}, Place(root).moment) as arms, ExitStack() as closing:
        settings = WebSettings(server=Server(requests_per_s=1e6))
        yield Web(arms, make_app(arms, settings), closing)


def _served(project: Path, folder: Path) -> Iterator[Web]:
    root = Path(shutil.copytree(project, folder / "project"))
    with TinyArms.open(root, {}, Place(root).moment) as arms:
        settings = WebSettings(server=Server(origins=(ORIGIN,), requests_per_s=1e6))
        with ExitStack() as closing:
            yield Web(arms, make_app(arms, settings), closing)
