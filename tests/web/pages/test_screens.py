"""Each page looks as it did: screenshots against those in `screens/`.

`TINYARMS_RENEW_SCREENS=1 pytest -m slow tests/web/pages/test_screens.py` writes them anew; look at
them before they are committed. `TINYARMS_SCREENS=FOLDER` keeps what a test saw.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from tests.loop.place import Moment
from tests.web.pages.conftest import BEGAN, CHROMIUM, SKILL, Site, open_site
from tests.web.pages.pictures import AT_LEAST, SQUARE, difference, keep
from tests.web.pages.test_in_the_browser import PATHS
from tinyarms.loop.project.starter import starter_examples
from tinyarms.web.assets.rendering import FILES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

SCREENS = Path(__file__).parent / "screens"
FONTS = Path(__file__).parents[1] / "vendor" / "fonts"
LOOKS = (("dark", 360), ("light", 1920))
"""The colours and the width of the window, in pixels."""

_FONT_FACES = """
@font-face { font-family: Tests; src: url(/assets/DejaVuSans.woff2); }
@font-face { font-family: Tests; src: url(/assets/DejaVuSans-Bold.woff2); font-weight: 600 900; }
@font-face { font-family: TestsMono; src: url(/assets/DejaVuSansMono.woff2); }
html { font-family: Tests !important; font-synthesis: none; }
code, pre, pre.text, kbd { font-family: TestsMono !important; }
"""
"""Fonts of the tests, so that lines break at the same words on each machine."""
_AFTER_FONTS = """
Promise.all(["", "bold "].map((bold) => document.fonts.load(`${bold}13px Tests`))).then(() => {
%s
window.chartsAreDrawn = true;
});
"""
"""Charts measure their labels when they are drawn, so the fonts of the tests have to be there."""
_IS_DRAWN = "window.chartsAreDrawn || !document.querySelector('script[src*=\"/charts.js\"]')"
_FLAGS = (
    "--no-sandbox",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--force-color-profile=srgb",
)


@pytest.fixture(scope="module")
def told_project(worse_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = Path(shutil.copytree(worse_project, tmp_path_factory.mktemp("told") / "shop"))
    tell(root)
    return root


def tell(root: Path) -> None:
    """Let all happen that pages tell of: a rollback, a search, votes, a correction."""
    moment = Moment(BEGAN + timedelta(days=11))
    with open_site(root, moment) as site:
        arms = site.arms
        examples = starter_examples(SKILL, ("file_name", "content"))
        arms.create_from_texts(SKILL, ["Name the file after what it shows."])
        arms.promote(SKILL, "A")
        moment.pass_(days=1)
        arms.rollback(SKILL, 1)
        moment.pass_(hours=1)
        arms.evolve(SKILL)
        for number, example in enumerate(examples):
            if arms.waits(SKILL).ballots >= 4:
                break
            moment.pass_(minutes=10)
            done = arms.run(SKILL, dict(example.inputs))
            arms._context.finish_background()
            arms.feedback(done.task_id, success=number % 3 > 0)
        for _ in range(3):
            moment.pass_(minutes=5)
            ballot = arms.ballot(SKILL)
            assert ballot is not None
            best = max(ballot.options, key=lambda option: len(option.output or ""))
            arms.vote(ballot.id, best.letter)
        last = arms.run(SKILL, dict(examples[0].inputs))
        arms.feedback(last.task_id, correction="red-bridge-in-fog")


@pytest.fixture
def told_site(told_project: Path, tmp_path: Path) -> Iterator[Site]:
    root = Path(shutil.copytree(told_project, tmp_path / "shop"))
    with open_site(root, Moment(BEGAN + timedelta(days=13))) as opened:
        yield opened


@pytest.fixture(scope="module")
def plain_browser() -> Iterator[Browser]:
    """A browser that draws letters as alike as it can on all machines."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"There is no {CHROMIUM}; CHROMIUM names another one.")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        flags = [*_FLAGS, *os.environ.get("CHROMIUM_FLAGS", "").split()]
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield opened
        opened.close()


@pytest.fixture
def camera(plain_browser: Browser, told_site: Site) -> Iterator[Page]:
    """A window of a person who is signed in, with the fonts of the tests."""
    context = plain_browser.new_context()
    page = context.new_page()
    page.set_default_timeout(90_000)
    style = FILES["style.css"].read_text(encoding="utf-8") + _FONT_FACES

    def send_style(route: Route) -> None:
        route.fulfill(body=style, content_type="text/css")

    def send_font(route: Route) -> None:
        route.fulfill(path=FONTS / route.request.url.rpartition("/")[2], content_type="font/woff2")

    def send_charts(route: Route) -> None:
        body = FILES["charts.js"].read_text(encoding="utf-8")
        route.fulfill(body=_AFTER_FONTS % body, content_type="text/javascript")

    page.route("**/assets/charts.js*", send_charts)
    page.route("**/assets/style.css", send_style)
    page.route("**/assets/*.woff2", send_font)
    told_site.sign_in(page)
    yield page
    context.close()


def look(page: Page, address: str, scheme: str, width: int, file: Path) -> None:
    """Take a picture of the whole page."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(address)
    page.evaluate("document.fonts.ready.then(() => null)")
    page.wait_for_function(_IS_DRAWN)
    # The order of the outputs of a ballot is left to chance.
    page.evaluate(
        """() => {
          const said = [...document.querySelectorAll('.ballot span')];
          const texts = said.map((each) => each.textContent).sort();
          said.forEach((each, i) => { each.textContent = texts[i]; });
        }"""
    )
    page.screenshot(path=file, full_page=True, animations="disabled", caret="hide")


@pytest.mark.slow
def test_each_page_looks_as_it_did(camera: Page, told_site: Site, tmp_path: Path) -> None:
    kept = Path(os.environ.get("TINYARMS_SCREENS") or tmp_path)
    wrong = []
    for name, path in PATHS.items():
        for scheme, width in LOOKS:
            file = f"{name}-{scheme}-{width}.png"
            look(camera, told_site.url + path, scheme, width, kept / file)
            if os.environ.get("TINYARMS_RENEW_SCREENS"):
                keep(kept / file, SCREENS / file)
            if said := difference(kept / file, SCREENS / file):
                wrong.append(f"{file}: {said}")
    assert wrong == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        "main > * > section { display: none; }",
        ".badge { background: #b0f; }",
        ":root { --accent: #0a7a3c !important; }",
        ".card { padding: 0.7rem 0.85rem; }",
        "h1 { letter-spacing: 0.08em; }",
    ],
)
def test_a_change_of_the_style_is_seen(
    camera: Page, told_site: Site, tmp_path: Path, change: str
) -> None:
    file = tmp_path / "overview.png"
    look(camera, f"{told_site.url}/skills/{SKILL}", "light", 1920, file)
    assert difference(file, SCREENS / "skill-light-1920.png") is None
    camera.route(
        "**/assets/style.css",
        lambda route: route.fulfill(
            body=FILES["style.css"].read_text(encoding="utf-8") + _FONT_FACES + change,
            content_type="text/css",
        ),
    )
    look(camera, f"{told_site.url}/skills/{SKILL}", "light", 1920, file)
    assert difference(file, SCREENS / "skill-light-1920.png") is not None


def _picture(file: Path, *marks: tuple[int, int, int, int], shade: int = 0) -> Path:
    """A white picture with dark marks, each (left, top, width, height)."""
    pixels = np.full((400, 400, 3), 255, dtype=np.uint8)
    for left, top, width, height in marks:
        pixels[top : top + height, left : left + width] = shade
    Image.fromarray(pixels).save(file)
    return file


def test_pictures_differ_by_size_and_by_colour_and_not_by_smoothing(tmp_path: Path) -> None:
    golden = _picture(tmp_path / "golden.png", (40, 40, 80, 80))
    again = _picture(tmp_path / "again.png", (40, 40, 80, 80))
    assert difference(again, golden) is None
    paler = _picture(tmp_path / "paler.png", (40, 40, 80, 80), shade=20)
    assert difference(paler, golden) is None
    moved = _picture(tmp_path / "moved.png", (44, 40, 80, 80))
    assert difference(moved, golden) is not None
    edge = (AT_LEAST - 2) * SQUARE
    one_more_word = _picture(tmp_path / "word.png", (40, 40, 80, 80), (200, 200, edge, SQUARE))
    assert difference(one_more_word, golden) is None
    a_line_more = _picture(tmp_path / "line.png", (40, 40, 80, 80), (200, 200, 120, SQUARE))
    assert "15 of 2500 squares differ, the first at x 200, y 200" in str(
        difference(a_line_more, golden)
    )
    with Image.open(golden) as opened:
        opened.resize((400, 408)).save(tmp_path / "taller.png")
    assert "408" in str(difference(tmp_path / "taller.png", golden))
