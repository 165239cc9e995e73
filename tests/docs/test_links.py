"""Every relative link of the documentation leads to an existing page and heading."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.docs.markdown import ROOT, anchors, links, markdown_files


@pytest.mark.parametrize("path", markdown_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_relative_link_resolves(path: Path) -> None:
    broken = [link for link in links(path) if _is_broken(link, path)]
    assert not broken, f"{path.relative_to(ROOT)}: nothing is at {', '.join(broken)}"


def test_the_files_that_a_newcomer_reads_are_among_them() -> None:
    names = {str(path.relative_to(ROOT)) for path in markdown_files()}
    assert {"README.md", "CHANGELOG.md", "SECURITY.md", "docs/index.md"} <= names


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A `b`: c\n\n[up](page.md#a-b-c) [down](#nowhere) [gone](gone.md)\n"
        "`[code](gone.md)` [out](https://example.com/gone)\n"
    )
    assert [link for link in links(page) if _is_broken(link, page)] == ["#nowhere", "gone.md"]


def _is_broken(link: str, page: Path) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return False
    target = page if not parts.path else (page.parent / unquote(parts.path)).resolve()
    if not target.exists():
        return True
    if not parts.fragment:
        return False
    return target.suffix != ".md" or unquote(parts.fragment) not in anchors(target)
