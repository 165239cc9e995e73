"""Write the files of a door: a plot, a unit file, the notes of a demo."""

from __future__ import annotations

from pathlib import Path

from tinyarms.store.project.files import write_atomically, writing


def write_file(path: Path, text: str) -> None:
    """Write the file atomically: after a crash, all of it or nothing. Raises `StoreError`."""
    write_atomically(path, text)


def append_to_file(path: Path, text: str) -> None:
    """Add the text to the end of a file, or make the file. Raises `StoreError`.

    What is not UTF-8 in the file is replaced.
    """
    with writing(path):
        before = path.read_text("utf-8", "replace") if path.exists() else ""
    write_atomically(path, f"{before}{text}")
