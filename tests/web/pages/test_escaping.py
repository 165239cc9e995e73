"""Whatever people and models write is text on a page, and no page contains a script or a style."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.loop.place import SKILL
from tests.web.conftest import Web
from tests.web.pages.test_pages import BROWSER, PAGES, ballots
from tinyarms.web.assets.offline import results_page
from tinyarms.web.assets.rendering import FILES, FOLDER

HOSTILE = "</textarea><script>window.hit=1</script><img src=x onerror=\"window.hit=1\">' onload='x"


class Marks(HTMLParser):
    """The elements of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def put_everywhere(web: Web) -> None:
    """The hostile text in every field that people or models fill."""
    arms = web.arms
    arms.add_example_rows(SKILL, [{"inputs": {"text": HOSTILE}, "expected": "good"}])
    done = arms.task(SKILL, user=HOSTILE[:60])
    with done as task:
        arms_task = task.finish({"text": HOSTILE}, output=HOSTILE)
    arms.feedback(arms_task.task_id, correction="good", user=HOSTILE[:60])


@pytest.mark.slow
def test_no_text_becomes_an_element(testing_web: Web) -> None:
    ballots(testing_web, 1)
    put_everywhere(testing_web)
    client = testing_web.client("release", name="eve", **BROWSER)
    found = 0
    for path in ("/", "/settings", *(f"/skills/{SKILL}{page}" for page in PAGES)):
        page = client.get(path, params={"contains": HOSTILE} if "examples" in path else None)
        assert page.status_code == 200, page.text
        found += "window.hit" in page.text
        for tag, attributes in Marks(page.text).found:
            assert tag != "style" and (tag != "img" or attributes["src"] == "/assets/icon.svg")
            assert tag != "script" or (attributes["src"] or "").startswith("/assets/")
            assert not any(name == "style" or name.startswith("on") for name in attributes)
    assert found >= 2


@pytest.mark.slow
def test_a_hostile_prompt_stays_text_on_the_pages_and_in_the_file(web: Web) -> None:
    web.arms.create_from_texts(SKILL, [HOSTILE])
    view = web.arms.results(SKILL)
    whole = results_page(web.arms, view)
    assert whole.count("<script>") == whole.count("</script>") == 2
    shown = web.client("release", **BROWSER).get(f"/skills/{SKILL}/test").text
    for page in (whole, shown):
        assert "window.hit" in page
        tags = Marks(re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)).found
        assert all(tag != "img" or a["src"] == "/assets/icon.svg" for tag, a in tags)
    policy = re.findall(r"script-src ([^;]+);", unescape(whole))[0]
    assert policy.count("'sha256-") == 2 and "unsafe" not in policy


def test_the_files_of_the_pages_name_no_other_host() -> None:
    for name, path in FILES.items():
        assert path.is_file(), name
    for path in sorted([*FOLDER.glob("*.js"), *FOLDER.glob("*.css"), *templates()]):
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z]+\.[a-z]", text), path
        assert "|safe" not in text and "autoescape" not in text, path
    for library in ("htmx", "echarts"):
        assert (FOLDER / "vendor" / f"{library}.LICENSE").is_file()


def templates() -> list[Path]:
    found = list((FOLDER / "templates").glob("*.html"))
    assert len(found) > 8
    return found
