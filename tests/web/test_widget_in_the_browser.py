"""The widget in a page of another site, in a real browser, with a real service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.loop.place import SKILL, text
from tests.loop.steps import ask
from tests.web.kills import make_live_project
from tests.web.served import Served, serving
from tinyarms.loop.api import TinyArms

CHROMIUM = Path("/usr/bin/chromium")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM.exists(), reason="needs Debian's chromium"),
]


@dataclass
class Strange:
    """A site of its own, which shows one page."""

    html: str = ""
    server: ThreadingHTTPServer = field(init=False)

    def __post_init__(self) -> None:
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(site.html.encode())

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def show(self, served: Served, **data: str) -> None:
        attributes = " ".join(f'data-{name}="{value}"' for name, value in data.items())
        self.html = (
            '<!doctype html><html lang="en"><title>App</title><main><h1>App</h1>'
            f'<script src="{served.url}/widget.js" {attributes}></script></main></html>'
        )


@dataclass
class Shop:
    """The application: its server has a token, and its pages have one for one thing each."""

    served: Served
    listed: Strange
    unlisted: Strange
    ballot_ids: tuple[str, ...]
    client: httpx.Client

    def task(self, number: int) -> str:
        body = {"skill": SKILL, "inputs": {"text": text(number)}}
        return str(self._post("/v1/tasks", body)["task_id"])

    def token(self, kind: str, id: str) -> str:
        return str(self._post(f"/v1/{kind}s/{id}/token", {})["token"])

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        return self.client.post(path, json=body).raise_for_status().json()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = make_live_project(tmp_path_factory.mktemp("widget"))
    listed, unlisted = Strange(), Strange()
    (root / "config" / "constants.yaml").write_text(
        f"prompt_evolution: {{server: {{origins: ['{listed.origin}']}}}}\n"
    )
    with TinyArms.open(root, {}) as arms:
        ballot_ids = tuple(ask(arms._context, number).id for number in (1, 2))
    with ExitStack() as closing:
        for site in (listed, unlisted):
            closing.callback(site.server.server_close)
            closing.callback(site.server.shutdown)
        served = closing.enter_context(serving(root))
        headers = {"authorization": f"Bearer {served.token('application', 'shop')}"}
        client = httpx.Client(base_url=served.url, headers=headers, timeout=60)
        closing.enter_context(client)
        yield Shop(served, listed, unlisted, ballot_ids, client)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    opened = browser.new_page()
    opened.set_default_timeout(60_000)
    yield opened
    opened.close()


def press_key_on(page: Any, label: str) -> None:
    """Reach a button by Tab, and press it by Enter."""
    page.locator(".tinyarms button").first.wait_for()
    for _ in range(10):
        page.keyboard.press("Tab")
        focused = page.evaluate("document.activeElement.getAttribute('aria-label') || ''")
        if focused.startswith(label):
            page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab does not reach {label}.")


ASKS = """async ([url, token, body]) => {
  try {
    const reply = await fetch(url, {
      method: body ? 'POST' : 'GET',
      headers: { Authorization: 'Bearer ' + token, 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body)
    })
    return reply.status
  } catch (error) {
    return String(error)
  }
}"""


def test_thumbs_and_a_ballot_by_keys_only(shop: Shop, page: Any) -> None:
    task, ballot = shop.task(3), shop.ballot_ids[0]
    shop.listed.show(shop.served, task=task, token=shop.token("task", task))
    page.goto(shop.listed.origin)
    press_key_on(page, "Wrong")
    page.get_by_text("Thank you.").wait_for()
    token = shop.token("ballot", ballot)
    shop.listed.show(shop.served, ballot=ballot, token=token)
    page.goto(shop.listed.origin)
    press_key_on(page, "B: ")
    page.get_by_text("Thank you.").wait_for()
    with page.expect_response(f"**/v1/ballots/{ballot}") as answered:
        page.reload()  # A ballot that is answered waits no more, and is not shown.
    assert answered.value.status == 404 and page.locator(".tinyarms").count() == 0
    with TinyArms.open(shop.served.root, {}) as arms:
        assert arms.results(SKILL).votes == 1 and arms.stats(SKILL).failures == 1


def test_a_token_for_one_task_reads_and_votes_on_nothing_else(shop: Shop, page: Any) -> None:
    task, ballot = shop.task(4), shop.ballot_ids[1]
    of_task, of_ballot = shop.token("task", task), shop.token("ballot", ballot)
    page.goto(shop.listed.origin)
    feedback, read = f"/v1/tasks/{task}/feedback", f"/v1/ballots/{ballot}"

    def ask_for(path: str, token: str, body: Any = None) -> Any:
        return page.evaluate(ASKS, [shop.served.url + path, token, body])

    assert ask_for(read, of_task) == 403
    assert ask_for(f"{read}/vote", of_task, {"choice": "A"}) == 403
    assert ask_for(f"/v1/tasks/{shop.task(5)}/feedback", of_task, {"success": True}) == 403
    assert ask_for(feedback, of_ballot, {"success": True}) == 403
    # The browser gives the page nothing of other routes, whoever asks.
    own = shop.client.headers["authorization"].split()[1]
    for token in (of_task, own):
        assert "TypeError" in ask_for("/v1/skills", token)
        assert "TypeError" in ask_for("/v1/tasks", token, {"skill": SKILL, "inputs": {}})
    assert ask_for(feedback, own, {"success": True}) == 403
    assert (ask_for(feedback, of_task, {"success": True}), ask_for(read, of_ballot)) == (200, 200)


def test_a_page_that_is_not_listed_gets_nothing(shop: Shop, page: Any) -> None:
    ballot = shop.ballot_ids[1]
    token = shop.token("ballot", ballot)
    shop.unlisted.show(shop.served, ballot=ballot, token=token)
    with page.expect_event("requestfailed") as failed:
        page.goto(shop.unlisted.origin)
    assert failed.value.url.endswith(f"/v1/ballots/{ballot}")
    assert page.locator(".tinyarms").count() == 0
    url = f"{shop.served.url}/v1/ballots/{ballot}"
    assert "TypeError" in page.evaluate(ASKS, [f"{url}/vote", token, {"choice": "A"}])
    assert shop.client.get(url).status_code == 200  # it waits still


def test_an_old_token_is_told_by_thumbs_and_ballot(shop: Shop, page: Any) -> None:
    task, ballot = shop.task(6), shop.ballot_ids[1]
    of_task, of_ballot = shop.token("task", task), shop.token("ballot", ballot)
    (shop.served.root / ".tinyarms" / "access" / "signing-key").unlink()  # ends all of them
    shop.listed.show(shop.served, task=task, token=of_task, expired="Too late.")
    page.goto(shop.listed.origin)
    press_key_on(page, "Right")
    page.get_by_text("Too late.").wait_for()
    assert page.locator(".tinyarms button").count() == 0
    assert page.evaluate("document.activeElement.getAttribute('role')") == "status"
    shop.listed.show(shop.served, ballot=ballot, token=of_ballot)
    page.goto(shop.listed.origin)
    page.get_by_text("This question has expired.").wait_for()
    assert page.locator(".tinyarms button").count() == 0


def test_what_a_screen_reader_is_told(shop: Shop, page: Any) -> None:
    axe = (Path(__file__).parent / "vendor" / "axe-4.14.1.min.js").read_text(encoding="utf-8")
    task, ballot = shop.task(7), shop.ballot_ids[1]
    for kind, id in (("task", task), ("ballot", ballot)):
        shop.listed.show(shop.served, **{kind: id}, token=shop.token(kind, id))
        page.goto(shop.listed.origin)
        page.locator(".tinyarms button").first.wait_for()
        group = page.locator(".tinyarms")
        assert group.get_attribute("role") == "group" and group.get_attribute("aria-label")
        for button in page.locator(".tinyarms button").all():
            assert button.get_attribute("aria-label")
        assert page.locator(".tinyarms-status").get_attribute("aria-live") == "polite"
        page.evaluate(axe)
        assert page.evaluate("axe.run('.tinyarms').then((r) => r.violations)") == []
