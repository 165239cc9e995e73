"""The widget that shows thumbs or a ballot in any web page, in a real browser."""

from __future__ import annotations

import gzip
import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

import tinyarms

WIDGET = Path(tinyarms.__file__).parent / "web_widget" / "widget.js"
CHROMIUM = Path("/usr/bin/chromium")
SCRIPT_IN_OUTPUT = "<img src=x onerror=\"document.title='hacked'\">"


def test_it_has_at_most_two_kilobytes_compressed() -> None:
    assert len(gzip.compress(WIDGET.read_bytes(), 9)) <= 2048


def test_it_makes_no_page_of_texts_and_sets_no_style() -> None:
    """Texts become text nodes, and a content security policy without inline parts is enough."""
    code = WIDGET.read_text()
    for word in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "style"):
        assert word not in code


@dataclass
class Site:
    """The application's page and the service, on two ports, so that they are two origins."""

    page_port: int = 0
    service_port: int = 0
    html: str = ""
    statuses: list[int] = field(default_factory=list)
    """What the service answers to the next posts; 200 after them."""
    got: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.page_port}/"

    @property
    def service(self) -> str:
        return f"http://127.0.0.1:{self.service_port}"

    def show(self, **data: str) -> None:
        attributes = " ".join(f'data-{name}="{value}"' for name, value in data.items())
        self.html = (
            '<!doctype html><html lang="en"><title>App</title><main><h1>App</h1>'
            f'<script src="{self.service}/widget.js" {attributes}></script></main></html>'
        )


def _handler(answer: Callable[[Any], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for the other side

        def do_GET(self) -> None:
            answer(self)

        def do_POST(self) -> None:
            answer(self)

        def do_OPTIONS(self) -> None:
            answer(self)

        def reply(self, status: int, kind: str, body: str, **headers: str) -> None:
            content = body.encode()
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def site() -> Iterator[Site]:
    made = Site()

    def page(request: Any) -> None:
        policy = (
            f"default-src 'none'; script-src {made.service}; connect-src {made.service}; "
            "base-uri 'none'; form-action 'none'"
        )
        request.reply(200, "text/html", made.html, Content_Security_Policy=policy)

    def service(request: Any) -> None:
        allowed = {
            "Access_Control_Allow_Origin": made.url.rstrip("/"),
            "Access_Control_Allow_Headers": "authorization, content-type, idempotency-key",
        }
        if request.path == "/widget.js":
            request.reply(200, "text/javascript", WIDGET.read_text())
        elif request.command == "OPTIONS":
            request.reply(204, "text/plain", "", **allowed)
        elif request.path.endswith("/gone"):
            request.reply(404, "application/json", "{}", **allowed)
        elif request.command == "GET":
            options = [
                {"letter": "A", "output": "a red bridge"},
                {"letter": "B", "output": SCRIPT_IN_OUTPUT},
                {"letter": "C", "output": None},
            ]
            made.got.append((request.path, dict(request.headers), None))
            ballot = {"ballot": {"id": "b", "options": options}}
            request.reply(200, "application/json", json.dumps(ballot), **allowed)
        else:
            body = json.loads(request.rfile.read(int(request.headers["Content-Length"])))
            made.got.append((request.path, dict(request.headers), body))
            status = made.statuses.pop(0) if made.statuses else 200
            request.reply(status, "application/json", "{}", **allowed)

    servers = [ThreadingHTTPServer(("127.0.0.1", 0), _handler(each)) for each in (page, service)]
    made.page_port, made.service_port = (server.server_port for server in servers)
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield made
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that fails the test for anything that the console reports as an error."""
    opened = browser.new_page()
    opened.set_default_timeout(30_000)
    said: list[str] = []
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("console", lambda message: said.append(message.text))
    yield opened
    opened.close()
    # A policy that was broken is said there; a status that the service gave is meant.
    assert [text for text in said if "Failed to load resource" not in text] == []


def posts(site: Site) -> list[tuple[str, Any]]:
    return [(path, body) for path, _, body in site.got if body is not None]


@pytest.mark.slow
def test_thumbs_by_keys_only_with_roles_and_a_live_status(site: Site, page: Any) -> None:
    site.show(task="task/1 ?", token="secret-token")
    page.goto(site.url)
    group = page.get_by_role("group", name="Was this answer right?")
    group.wait_for()
    names = [b.get_attribute("aria-label") for b in group.get_by_role("button").all()]
    assert names == ["Right", "Wrong"]
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Wrong"
    page.keyboard.press("Enter")
    status = page.get_by_role("status")
    page.get_by_text("Thank you.").wait_for()  # A function to wait for would need eval.
    assert status.inner_text() == "Thank you."
    assert status.get_attribute("aria-live") == "polite"
    assert page.evaluate("document.activeElement.getAttribute('role')") == "status"
    assert group.get_by_role("button").count() == 0
    [(path, headers, body)] = site.got
    assert (path, body) == ("/v1/tasks/task%2F1%20%3F/feedback", {"success": False})
    assert headers["Authorization"] == "Bearer secret-token" and "Cookie" not in headers
    assert headers["Idempotency-Key"] and "Referer" not in headers


@pytest.mark.slow
def test_a_ballot_shows_outputs_as_text_and_takes_one_vote(site: Site, page: Any) -> None:
    site.show(ballot="b", token="t")
    page.goto(site.url)
    buttons = page.get_by_role("group", name="Which answer is best?").get_by_role("button")
    buttons.first.wait_for()
    assert [b.inner_text() for b in buttons.all()] == [
        *("a red bridge", SCRIPT_IN_OUTPUT, "(no answer)", "None", "Skip"),
    ]
    assert buttons.nth(1).get_attribute("aria-label") == f"B: {SCRIPT_IN_OUTPUT}"
    buttons.nth(1).dblclick()
    page.get_by_text("Thank you.").wait_for()
    assert page.title() == "App" and page.locator("img").count() == 0
    assert posts(site) == [("/v1/ballots/b/vote", {"choice": "B"})]
    assert site.got[0][0] == "/v1/ballots/b"


@pytest.mark.slow
def test_a_service_that_is_busy_is_asked_again_with_the_same_key(site: Site, page: Any) -> None:
    site.statuses = [503, 429]
    site.show(task="t", token="t", thanks="Danke.", yes="Richtig")
    page.goto(site.url)
    page.get_by_role("button", name="Richtig").click()
    page.get_by_text("Danke.").wait_for()
    keys = {headers["Idempotency-Key"] for _, headers, _ in site.got}
    assert len(site.got) == 3 and len(keys) == 1


@pytest.mark.slow
def test_what_is_refused_is_said_and_may_be_tried_again(site: Site, page: Any) -> None:
    site.statuses = [403]
    site.show(task="t", token="t")
    page.goto(site.url)
    page.get_by_role("button", name="Right").click()
    page.get_by_text("This did not work. Please try again.").wait_for()
    page.get_by_role("button", name="Wrong").click()
    page.get_by_text("Thank you.").wait_for()
    assert [body for _, body in posts(site)] == [{"success": True}, {"success": False}]
    keys = [headers["Idempotency-Key"] for _, headers, _ in site.got]
    assert len(set(keys)) == 2


@pytest.mark.slow
def test_a_token_that_is_too_old_ends_it(site: Site, page: Any) -> None:
    site.statuses = [401]
    site.show(task="t", token="old", expired="Too late.")
    page.goto(site.url)
    page.get_by_role("button", name="Right").click()
    page.get_by_text("Too late.").wait_for()
    assert page.evaluate("document.activeElement.getAttribute('role')") == "status"
    assert page.locator(".tinyarms button").count() == 0 and len(site.got) == 1


@pytest.mark.slow
def test_a_ballot_that_is_gone_shows_nothing(site: Site, page: Any) -> None:
    site.show(ballot="gone", token="t")
    with page.expect_response("**/v1/ballots/gone"):
        page.goto(site.url)
    page.wait_for_timeout(200)
    assert page.locator(".tinyarms").count() == 0


def test_the_texts_of_people_are_attributes() -> None:
    """Every text that it shows can be set for another language."""
    names = set(re.findall(r"say\('(\w+)'", WIDGET.read_text()))
    assert names == {"thanks", "failed", "expired", "ask", "yes", "no", "nothing", "none", "skip"}
