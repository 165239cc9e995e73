from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinyarms.cli import start

CODE = (
    "import sys; before = set(sys.modules)\n"
    "from tinyarms.cli.start import main\n"
    "try: main()\n"
    "finally: print('imported', *(set(sys.modules) - before), file=sys.stderr)"
)


def started(*words: str, columns: int = 80) -> tuple[str, set[str]]:
    """What the program prints, and the modules that it imports."""
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words],
        capture_output=True,
        text=True,
        env={**os.environ, "COLUMNS": str(columns)},
    )
    assert done.returncode == 0
    return done.stdout, set(done.stderr.rpartition("imported ")[2].split())


def test_a_help_page_needs_no_click() -> None:
    page, imported = started("prompt", "vote", "--help")
    assert page.startswith("Usage: tinyarms prompt vote [OPTIONS] [SKILL]\n")
    assert page.endswith("Show this message and exit.\n")
    assert imported & {"click", "typing"} == set()


@pytest.mark.slow
def test_a_narrow_terminal_gets_a_page_of_its_width() -> None:
    page, imported = started("prompt", "vote", "--help", columns=60)
    assert max(map(len, page.splitlines())) < 60
    assert "click" in imported


def test_every_page_is_found_by_its_words() -> None:
    text = Path(start.PAGES).read_text(encoding="utf-8")
    headings = [page.partition("\n")[0] for page in text.split(start.PAGE_MARK)[1:]]
    assert {"", "prompt", "prompt evolve"} <= set(headings)
    for heading in headings:
        page = start.page_of(heading.split())
        assert page is not None
        assert page.startswith("Usage: ")
        assert page.count("Usage: ") == 1
    assert start.page_of(["promt"]) is None
    assert start.page_of(["prompt", "evolve", "task"]) is None


def test_without_its_file_help_is_the_task_of_click(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "PAGES", "/nowhere/help_pages.txt")
    assert start.page_of([]) is None


@pytest.mark.slow
def test_the_module_is_the_program() -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tinyarms", "promt"], capture_output=True, text=True, check=False
    )
    assert said.returncode == 2
    assert said.stderr == (
        "tinyarms: No such command 'promt'. Did you mean 'prompt'? See: tinyarms --help\n"
    )
