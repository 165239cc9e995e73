"""The version of the code that decides a figure: a hash of the files, so that it needs no Git."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from tinyarms.core.ids import content_hash

ROOT = Path(__file__).parents[2]


@cache
def code_hash(*paths: Path, more: Sequence[str] = ()) -> str:
    """8 characters that change with the source files, and with `more`.

    Of a folder, every source file in it counts; one that does not exist counts as empty.
    """
    files = [
        [file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")]
        for path in paths
        for file in _sources(path)
    ]
    return content_hash([files, list(more)])[:8]


@cache
def commit() -> str:
    """The short hash of the checkout's commit, with `+` if its sources were changed since."""
    head = _git("rev-parse", "--short=7", "HEAD")
    changed = _git("status", "--porcelain", "--", "src", "benchmarks", ":!*.jsonl")
    return f"{head or 'unknown'}{'+' if changed else ''}"


def _sources(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
    yield from sorted(path.rglob("*.py"))


def _git(*words: str) -> str:
    """What Git answers; empty without Git or a checkout."""
    try:
        ended = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return ""
    return ended.stdout.strip() if ended.returncode == 0 else ""
