"""One key from the terminal, without Enter."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import threading
import tty
from collections.abc import Callable
from contextlib import suppress
from time import monotonic
from types import FrameType

_ESCAPE = "\x1b"


class Keys:
    """The terminal in one-key mode, restored at the end. Ctrl-C works as usual.

    `on_resize` is called while a key is waited for, after the terminal's size has changed.
    """

    def __init__(self) -> None:
        self.on_resize: Callable[[], None] | None = None

    def __enter__(self) -> Keys:
        self._terminal = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._terminal)
        tty.setcbreak(self._terminal)
        self._resized, self._resize = os.pipe()
        os.set_blocking(self._resize, False)
        # Only the main thread may set what a signal does.
        if threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGWINCH, self._note_resize)
        else:
            self._handler = None
        return self

    def __exit__(self, *_: object) -> None:
        if self._handler is not None:
            signal.signal(signal.SIGWINCH, self._handler)
        os.close(self._resized)
        os.close(self._resize)
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)

    def _note_resize(self, number: int, frame: FrameType | None) -> None:
        with suppress(BlockingIOError):  # the pipe is full of them
            os.write(self._resize, b"x")

    def forget(self) -> None:
        """Drop keys pressed before now, so that they do not answer a later question."""
        termios.tcflush(self._terminal, termios.TCIFLUSH)

    def read(self, seconds: float | None = None) -> str | None:
        """The next key, upper case; `None` at the end of input.

        Empty for keys without a letter, and when nobody presses one for `seconds`.
        """
        end = None if seconds is None else monotonic() + seconds
        while True:
            left = None if end is None else max(0.0, end - monotonic())
            ready = select.select([self._terminal, self._resized], [], [], left)[0]
            if self._resized not in ready:
                break
            os.read(self._resized, 4096)
            if self.on_resize is not None:
                self.on_resize()
        if not ready:
            return ""
        read = os.read(self._terminal, 32)
        if not read or read == b"\x04":
            return None
        text = read.decode(errors="ignore")
        return "" if text.startswith(_ESCAPE) else text[:1].upper()
