"""Runs the program in a real pseudo-terminal and reads its screen."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import pexpect
import pyte

_PATIENCE = 90


class Terminal:
    """`tinyarms WORDS` in a terminal of the given width, colour and time as they come."""

    def __init__(
        self, home: Path, *words: str, columns: int = 80, rows: int = 60, **environ: str
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._child: Any = pexpect.spawn(
            sys.executable,
            ["-m", "tinyarms.cli.main", *words],
            env={**_environment(), "TINYARMS_HOME": str(home), "TERM": "xterm-256color", **environ},
            dimensions=(rows, columns),
            timeout=_PATIENCE,
            echo=True,
            # A run of the tests in the background ignores Ctrl-C, and its children would too.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )
        self.raw = b""

    def wait_for(self, *texts: str) -> str:
        """The screen, as soon as it shows all the texts."""
        while not all(text in self.text() for text in texts):
            self._read()
        return self.text()

    def idle(self) -> None:
        """Let the program go on for a moment, and read what it prints."""
        with contextlib.suppress(pexpect.TIMEOUT):
            self._feed(self._child.read_nonblocking(4096, 0.05))

    def press(self, keys: str) -> None:
        self._child.send(keys)

    def resize(self, columns: int, rows: int = 60) -> None:
        """Change the window's size, as its frame does when it is dragged."""
        self._screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    def styles(self) -> list[str]:
        """What is not plain text on the screen: `row: style text`, row by row."""
        found = []
        for number in range(self._screen.lines):
            cells = [self._screen.buffer[number][n] for n in range(self._screen.columns)]
            for style, run in groupby(cells, key=_style):
                text = "".join(cell.data for cell in run).rstrip()
                if style and text:
                    found.append(f"{number + 1}: {style} {text}")
        return found

    def end(self) -> int:
        """Wait for the program to end; its exit code."""
        self._child.expect(pexpect.EOF)
        self._feed(self._child.before)
        self._child.close()
        assert self._child.exitstatus is not None
        return int(self._child.exitstatus)

    def close(self) -> None:
        self._child.close(force=True)

    def echoes(self) -> bool:
        """Whether the terminal shows what is typed: one-key mode turns that off."""
        return bool(self._child.getecho())

    def _read(self) -> None:
        try:
            self._feed(self._child.read_nonblocking(4096, _PATIENCE))
        except (pexpect.EOF, pexpect.TIMEOUT) as error:
            raise AssertionError(f"The screen stayed at:\n{self.text()}") from error

    def _feed(self, data: bytes) -> None:
        self.raw += data
        self._stream.feed(data)


def _style(cell: Any) -> str:
    return " ".join(([] if cell.fg == "default" else [cell.fg]) + ["bold"] * cell.bold)


def _environment() -> dict[str, str]:
    """Ours, without the size of the terminal that the tests were started in."""
    return {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
