"""The site's navigation has every page, and the check finds addresses it would load."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from tools.check_site import main, problems_of_page, problems_of_style

from tests.docs.markdown import ROOT


def test_every_page_is_in_the_navigation() -> None:
    with (ROOT / "zensical.toml").open("rb") as file:
        nav = tomllib.load(file)["project"]["nav"]
    pages = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    notes = {page for page in pages if page.startswith("decisions/0")}
    assert set(_targets(nav)) == pages - notes


def test_no_page_has_a_drawing_that_a_library_from_elsewhere_draws() -> None:
    for path in (ROOT / "docs").rglob("*.md"):
        assert "```mermaid" not in path.read_text(encoding="utf-8"), path


def test_addresses_that_a_browser_would_load_are_noticed() -> None:
    for html in (
        '<script src="https://unpkg.com/x"></script>',
        '<link rel="stylesheet" href="//fonts.example.com/a.css">',
        '<link rel="preconnect" href="https://fonts.example.com">',
        '<img src="http://example.com/a.png">',
        "<style>@import 'https://example.com/a.css';</style>",
        '<p style="background: url(https://example.com/a.png)">',
        '<pre class="mermaid">graph</pre>',
    ):
        assert problems_of_page(html), html
    assert problems_of_style("a { src: url('https://example.com/a.woff2') }")


def test_links_that_a_reader_may_follow_are_fine() -> None:
    html = (
        '<a href="https://example.com">x</a><link rel="canonical" href="https://example.com/">'
        '<script src="assets/a.js"></script><code>https://example.com/a.png</code>'
    )
    assert problems_of_page(html) == []
    assert problems_of_style("a { background: url(a.png) }") == []


def test_a_whole_site_is_checked(tmp_path: Path) -> None:
    assert main([str(tmp_path)]) == 1, "There is no page in it."
    (tmp_path / "index.html").write_text("<p>Good.</p>")
    assert main([str(tmp_path)]) == 0
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "a.css").write_text("@import url(https://example.com/b.css);")
    assert main([str(tmp_path)]) == 1


def _targets(nav: list[Any]) -> list[str]:
    """The pages of a navigation, those of its sections too."""
    found: list[str] = []
    for entry in nav:
        target = entry if isinstance(entry, str) else next(iter(entry.values()))
        found += [target] if isinstance(target, str) else _targets(target)
    return found
