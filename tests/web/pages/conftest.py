"""A service on a project with a year's habits in small, and a real browser that looks at it."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from tests.end_to_end.story import make_model
from tests.loop.place import Moment
from tinyarms.core.settings import Server
from tinyarms.loop.api import TinyArms
from tinyarms.loop.project.config_files import edit_config, edit_constants
from tinyarms.loop.project.starter import init_project, starter_examples
from tinyarms.web.app import make_app
from tinyarms.web.security.caller import Caller
from tinyarms.web.settings import WebSettings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
SKILL = "file-naming"
BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)
_GOOD, _BAD = 80, 40
"""Tasks before and after the skill gets worse."""


@dataclass
class Site:
    """A running service."""

    arms: TinyArms
    url: str
    codes: Any

    def sign_in(self, page: Page) -> None:
        """Open the link that `tinyarms serve` prints."""
        page.goto(f"{self.url}/sign-in/{self.codes(Caller('release', None, 'owner'))}")


def _simplify(config: Any) -> None:
    for name in [name for name in config["skills"] if name != SKILL]:
        del config["skills"][name]


def _shorten(settings: Any) -> None:
    settings["evolution"]["budget"]["calls"] = 200
    settings["evolution"]["memory"] = False
    settings["smollm2"]["variants_per_evolution"] = 1
    settings["experiment"]["test_examples"] = 100
    settings["server"] = {"requests_per_s": 1000}
    settings["ab_testing"]["show_probability"] = 1.0


@pytest.fixture(scope="session")
def worse_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose skill did well for a week and then got worse."""
    root = tmp_path_factory.mktemp("worse") / "shop"
    root.mkdir()
    init_project(root)
    edit_config(root, _simplify)
    edit_constants(root, _shorten)
    moment = Moment(BEGAN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tinyarms.loop.project.context.make_model", make_model)
        with TinyArms.open(root, {}, moment) as arms:
            tasks(arms, moment, _GOOD, right=0.9)
            tasks(arms, moment, _BAD, right=0.2)
    return root


def tasks(arms: TinyArms, moment: Moment, count: int, right: float) -> None:
    """Tasks, every two hours one, of which so many are right."""
    examples = starter_examples(SKILL, ("file_name", "content"))
    for number in range(count):
        moment.now += timedelta(hours=2)
        done = arms.run(SKILL, dict(examples[number % len(examples)].inputs))
        arms.feedback(done.task_id, success=number % 10 < 10 * right)


@contextmanager
def open_site(root: Path, moment: Moment) -> Iterator[Site]:
    """A service on a project whose model is simulated."""
    with (
        pytest.MonkeyPatch.context() as patch,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        patch.setattr("tinyarms.loop.project.context.make_model", make_model)
        port = listening.getsockname()[1]
        with TinyArms.open(root, {}, moment) as arms:
            app = make_app(arms, WebSettings(port=port, server=Server(requests_per_s=1e6)))
            server = uvicorn.Server(
                uvicorn.Config(app, log_config=None, timeout_graceful_shutdown=1)
            )
            thread = threading.Thread(target=server.run, args=[[listening]])
            thread.start()
            yield Site(arms, f"http://127.0.0.1:{port}", app.state.service.sessions.new_code)
            server.should_exit = True
            thread.join()


@pytest.fixture
def site(worse_project: Path, tmp_path: Path) -> Iterator[Site]:
    root = Path(shutil.copytree(worse_project, tmp_path / "shop"))
    with open_site(root, Moment(BEGAN + timedelta(hours=2 * (_GOOD + _BAD) + 1))) as opened:
        yield opened


@pytest.fixture(scope="module")  # its event loop ends with it: other tests have their own
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"There is no {CHROMIUM}; CHROMIUM names another one.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A window in which nothing may go wrong: no script fails, and no policy is broken."""
    complaints: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(90_000)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "console",
        lambda said: (
            complaints.append(said.text)
            if said.type == "error" and "Failed to load resource" not in said.text
            else None
        ),
    )
    yield opened
    context.close()
    assert complaints == []
