"""Files that a door writes: a plot, a unit file, the notes of a demo."""

from __future__ import annotations

from pathlib import Path

from tinyarms.store.project.files import write_atomically


def write_file(path: Path, text: str) -> None:
    """Write the whole file or, after a crash, none of it. Raises `StoreError`."""
    write_atomically(path, text)
