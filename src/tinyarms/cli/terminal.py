"""The terminal that the program prints to; imports nothing that takes time."""

from __future__ import annotations

import os
import sys

COLUMNS = 80
"""Columns of a help page at most. More: longer lines on a wide terminal."""


def terminal_columns() -> int:
    """The columns of the terminal, by click's own rule; `COLUMNS` where there is no terminal.

    Click itself would import `shutil` for them, and with it three compression libraries.
    """
    try:
        columns = int(os.environ.get("COLUMNS", ""))
    except ValueError:
        columns = 0
    if columns <= 0:
        try:
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
        except (AttributeError, ValueError, OSError):
            columns = 0
    return columns if columns > 0 else COLUMNS


def flush_output() -> None:
    """Flush the output; no error if its reader has ended (`tinyarms … | head`)."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
