"""The pages in a real browser: the whole story by clicks and by keys, access, no scripts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.web.pages.conftest import SKILL, Site
from tests.web.pages.test_escaping import HOSTILE
from tinyarms.loop.project.starter import starter_examples

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.slow

PATHS = {
    "overview": "/",
    "skill": f"/skills/{SKILL}",
    "prompt": f"/skills/{SKILL}/prompt?version=2&against=1",
    "examples": f"/skills/{SKILL}/examples",
    "evolution": f"/skills/{SKILL}/evolution",
    "test": f"/skills/{SKILL}/test",
    "vote": f"/skills/{SKILL}/vote",
    "history": f"/skills/{SKILL}/history",
    "settings": "/settings",
    "sign-in": "/sign-in",
}
WIDTHS = (360, 768, 1280, 1920)
AXE = Path(__file__).parents[1] / "vendor" / "axe-4.14.1.min.js"
SCREENS = os.environ.get("TINYARMS_SCREENS")
"""A folder for pictures of all pages; none are kept without it. `screens/` has smaller copies."""

Use = Callable[["Page", str, str], None]


def by_click(page: Page, role: str, name: str) -> None:
    page.get_by_role(role, name=name, exact=role != "link").first.click()  # type: ignore[arg-type]


def by_keys(page: Page, role: str, name: str) -> None:
    """Go to the element with Tab, and press Enter."""
    if role == "link":  # A page that renews itself may not have it yet.
        page.get_by_role("link", name=name).first.wait_for()
    page.keyboard.press("Home")
    for _ in range(400):
        page.keyboard.press("Tab")
        said = page.evaluate("(document.activeElement?.innerText || '').trim()")
        if (said == name) if role != "link" else said.startswith(name):
            if role == "summary":
                page.keyboard.press("Enter")
            else:
                with page.expect_navigation():
                    page.keyboard.press("Enter")
            return
    raise AssertionError(f"Tab does not reach {name!r} on {page.url}")


def run_until_asked(site: Site) -> None:
    for example in starter_examples(SKILL, ("file_name", "content")):
        if site.arms.waits(SKILL).ballots >= 2:
            return
        site.arms.run(SKILL, dict(example.inputs))
        site.arms._context.finish_background()
    raise AssertionError("no ballots")


def run_task(site: Site) -> str:
    """The id of a task."""
    example = starter_examples(SKILL, ("file_name", "content"))[0]
    return site.arms.run(SKILL, dict(example.inputs)).task_id


def story(site: Site, page: Page, use: Use, *, keys: bool) -> None:
    """A drop, a search that is watched, a ballot, a promotion, and the way back."""
    site.sign_in(page)
    assert page.locator(".badge.dropped").count() == 1
    use(page, "link", SKILL)
    page.wait_for_url(f"**/skills/{SKILL}")
    use(page, "link", "Evolution")
    use(page, "button", "Begin the search")
    page.get_by_text("Finalists on the same examples").wait_for()
    assert page.locator(".tree details").count() > 1
    use(page, "link", "Test")
    page.get_by_text("running", exact=True).wait_for()
    run_until_asked(site)
    use(page, "link", "Choose between outputs")
    page.get_by_text("Which output do you prefer?").wait_for()
    if keys:
        page.keyboard.press("a")
    else:
        page.locator(".ballot button").first.click()
    page.get_by_text("Your answer is stored.").wait_for()
    assert site.arms.results(SKILL).votes == 1
    use(page, "link", "Test")
    if keys:
        by_keys(page, "summary", "Put it into production by hand")
    else:
        page.locator("summary", has_text="Put it into production by hand").click()
    use(page, "button", "Put variant A into production")
    page.get_by_text("The variant is in production.").wait_for()
    assert site.arms.show(SKILL).number == 2
    use(page, "button", "Go back to version 1")
    page.get_by_text("The earlier text is in production again.").wait_for()
    assert site.arms.history(SKILL)[-1].restores == 1


def test_the_whole_story_by_clicks(site: Site, page: Page) -> None:
    story(site, page, by_click, keys=False)


def test_the_whole_story_by_keys_only(site: Site, page: Page) -> None:
    story(site, page, by_keys, keys=True)


def test_no_axe_violation_at_any_width_light_and_dark(site: Site, page: Page) -> None:
    site.arms.evolve(SKILL)
    run_until_asked(site)
    site.arms.feedback(run_task(site), correction="red-bridge")
    ballot = site.arms.ballot(SKILL)
    assert ballot is not None
    site.arms.vote(ballot.id, "A")
    site.sign_in(page)
    axe, wrong = AXE.read_text(encoding="utf-8"), []
    for name, path in PATHS.items():
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.goto(site.url + path.replace("version=2", "version=1"))
            page.evaluate(axe)
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                found = page.evaluate("axe.run().then((r) => r.violations)")
                wrong += [
                    (name, scheme, width, each["id"], each["nodes"][0]["html"]) for each in found
                ]
                if page.evaluate("document.documentElement.scrollWidth") > width:
                    wrong.append((name, scheme, width, "wider than the window", ""))
                if SCREENS:
                    file = Path(SCREENS) / f"{name}-{scheme}-{width}.png"
                    page.screenshot(path=file, full_page=True)
    assert wrong == []


def test_a_page_takes_in_news_by_itself_and_keeps_what_was_open(site: Site, page: Page) -> None:
    site.sign_in(page)
    page.goto(f"{site.url}/skills/{SKILL}")
    page.locator("#numbers summary").click()
    before = page.locator("#live").get_attribute("hx-vals")
    site.arms.feedback(run_task(site), success=True)
    page.wait_for_function(
        "(before) => document.querySelector('#live').getAttribute('hx-vals') !== before",
        arg=before,
    )
    assert page.locator("#numbers").get_attribute("open") is not None
    assert page.locator("[data-chart] canvas").count() == 1


def test_no_stored_or_reflected_script_runs(site: Site, page: Page) -> None:
    arms = site.arms
    arms.create_from_texts(SKILL, [HOSTILE])  # the simulated model knows only its own examples
    arms.add_example_rows(
        SKILL, [{"inputs": {"file_name": HOSTILE, "content": HOSTILE}, "expected": "some-file"}]
    )
    with arms.task(SKILL, user=HOSTILE[:60]) as task:
        done = task.finish({"file_name": HOSTILE, "content": HOSTILE}, output=HOSTILE)
    arms.feedback(done.task_id, success=False, user=HOSTILE[:60])
    page.add_init_script("window.hit = 0")
    site.sign_in(page)
    shown = 0
    for path in (
        *PATHS.values(),
        f"/skills/{SKILL}/examples?contains={HOSTILE}&most=30",
        f"/skills/{SKILL}/examples?split={HOSTILE}",
        f"/skills/{SKILL}?days={HOSTILE}",
        f"/skills/{SKILL}/prompt?version=1&against={HOSTILE}",
        f"/?note={HOSTILE}",
        f"/skills/{HOSTILE}",
    ):
        page.goto(site.url + path.replace("version=2", "version=1"))
        page.wait_for_load_state("networkidle")
        shown += "window.hit" in (page.text_content("body") or "")
        assert page.evaluate("window.hit") == 0, path
    assert shown >= 2


def test_the_page_of_results_opens_without_the_service(
    site: Site, page: Page, tmp_path: Path
) -> None:
    from tinyarms.web.assets.offline import results_page

    site.arms.evolve(SKILL)
    run_until_asked(site)
    ballot = site.arms.ballot(SKILL)
    assert ballot is not None
    site.arms.vote(ballot.id, "A")
    file = tmp_path / "results.html"
    file.write_text(results_page(site.arms, site.arms.results(SKILL)), encoding="utf-8")
    page.goto(file.as_uri())
    assert page.locator("[data-chart] canvas").count() == 2
    assert page.locator(".tree details").count() > 1
    assert page.locator("form").count() == 0
