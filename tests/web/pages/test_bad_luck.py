"""When something is wrong, a page says in one line what it is, and the rest stays legible."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import ExitStack, closing
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

from tests.end_to_end.story import make_model
from tests.loop.place import OTHER, SKILL, Moment, Place, text
from tests.web.conftest import Web
from tests.web.pages import conftest as browsing
from tests.web.pages.test_pages import BROWSER, PAGES, seen
from tinyarms.loop.api import TinyArms
from tinyarms.loop.project.listener import Progress, Silent
from tinyarms.web.app import make_app
from tinyarms.web.settings import WebSettings

LONG = "word " * 2000
HEBREW = "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd"
PATHS = ("/", "/settings", *(f"/skills/{SKILL}{page}" for page in PAGES))


def trouble(web: Web, path: str) -> tuple[int, str]:
    """The status of a page that is asked for by a browser, and what stands on it."""
    answer = web.client("release", **BROWSER).get(path)
    body = answer.text.partition("<main")[2].partition(">")[2]
    return answer.status_code, " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


@pytest.mark.slow
def test_without_a_database_each_page_says_so(web: Web) -> None:
    seen(web, "/")
    for file in web.arms.root.glob("tinyarms.db*"):
        file.unlink()
    for path in PATHS:
        status, said = trouble(web, path)
        if path == "/settings":
            assert status == 200
            continue
        assert "tinyarms.db: is not there any more." in said, path
        assert (status, len(said) < 400) == (503, True) or path.endswith("/examples")


@pytest.mark.slow
def test_with_a_locked_database_pages_are_read_and_a_form_says_what_to_do(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Who runs a command waits a minute for it, and a person in a browser does not.
    monkeypatch.setattr("tinyarms.web.pages.show.FORM_S", 0.5)
    file = web.arms.root / "tinyarms.db"
    client = web.client("release", **BROWSER)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = client.post(f"/skills/{SKILL}/rollback", data={"to": "1"})
        assert refused.status_code == 503 and "end it, or try again." in refused.text
        assert client.get("/settings").status_code == 200


@pytest.mark.slow
def test_a_skill_with_a_mistake_leaves_the_others_legible(web: Web) -> None:
    Place(web.arms.root).edit_config(lambda c: c["skills"][SKILL].update(scorer="nope"))
    web.arms.reread()
    first = seen(web, "/")
    assert OTHER in first and "scorer" in first and "nope" in first
    status, said = trouble(web, f"/skills/{SKILL}")
    assert status >= 400 and "nope" in said and len(said) < 500
    for page in PAGES:
        status, said = trouble(web, f"/skills/{SKILL}{page}")
        assert status == 503 and "nope" in said and "mistake in tinyArms" not in said, page
    assert trouble(web, f"/skills/{OTHER}")[0] == 200


def test_examples_that_cannot_be_read_are_told_in_a_line(web: Web) -> None:
    file = web.arms.root / "examples.jsonl"
    file.write_text("{broken\n", encoding="utf-8")
    for page in ("", "/examples"):
        status, said = trouble(web, f"/skills/{SKILL}{page}")
        assert status == 200 and f"{file.name}, line 1" in said


@pytest.mark.slow
def test_two_hundred_skills_are_on_one_page(web: Web) -> None:
    names = [f"skill-{number:03}" for number in range(200)]
    skill = Place(web.arms.root).config()["skills"][SKILL]
    Place(web.arms.root).edit_config(
        lambda config: config["skills"].update(dict.fromkeys(names, skill))
    )
    web.arms.reread()
    page = web.client("view", **BROWSER).get("/").text
    assert all(page.count(f'<a href="/skills/{name}">') == 1 for name in names)


@pytest.mark.slow
def test_long_texts_scroll_and_texts_have_their_direction(web: Web) -> None:
    row = {"inputs": {"text": f"{HEBREW} {LONG}"}, "expected": "good"}
    web.arms.add_example_rows(SKILL, [row])
    client = web.client("release", **BROWSER)
    page = client.get(f"/skills/{SKILL}/examples", params={"contains": HEBREW}).text
    assert re.search(rf'<dd dir="auto">{HEBREW} word', page)
    web.arms.create_from_texts(SKILL, [f"{HEBREW}\n{LONG}"])
    page = client.get(f"/skills/{SKILL}/test").text
    assert f'<pre class="text" dir="auto" tabindex="0">{HEBREW}' in page


class _Stops(Silent):
    def progress(self, progress: Progress) -> None:
        if progress.done > 30:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_an_interrupted_search_says_so_and_can_go_on(worse_project: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(worse_project, tmp_path / "shop"))
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        patch.setattr("tinyarms.loop.project.context.make_model", make_model)
        moment = Moment(browsing.BEGAN + timedelta(days=11))
        arms = stack.enter_context(TinyArms.open(root, {}, moment))
        with pytest.raises(KeyboardInterrupt):
            arms.evolve(browsing.SKILL, listener=_Stops())
        web = Web(arms, make_app(arms, WebSettings()), stack)
        page = seen(web, f"/skills/{browsing.SKILL}/evolution")
    assert "interrupted" in page and "Go on with the search" in page
    assert "Population" in page and "Time left" not in page


@pytest.mark.slow
def test_a_task_with_a_long_output_is_shown_in_the_failures(web: Web) -> None:
    with web.arms.task(SKILL) as task:
        done = task.finish({"text": text(3)}, output=f"{HEBREW} {LONG}")
    web.arms.feedback(done.task_id, success=False)
    page = web.client("view", **BROWSER).get(f"/skills/{SKILL}").text
    assert HEBREW in page and "The newest failures, one by one" in page
