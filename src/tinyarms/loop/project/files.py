"""Write the files of a door: a plot, a unit file, the notes of a demo."""

from __future__ import annotations

from pathlib import Path

from tinyarms.store.project.files import write_atomically


def write_file(path: Path, text: str) -> None:
    """Write the file atomically: after a crash, all of it or nothing. Raises `StoreError`."""
    write_atomically(path, text)
