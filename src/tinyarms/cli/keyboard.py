"""One key from the terminal, without Enter."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from types import TracebackType

_ESCAPE = "\x1b"


class Keys:
    """The terminal in one-key mode, restored at the end. Ctrl-C works as usual."""

    def __enter__(self) -> Keys:
        self._terminal = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._terminal)
        tty.setcbreak(self._terminal)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        termios.tcsetattr(self._terminal, termios.TCSADRAIN, self._before)

    def forget(self) -> None:
        """Drop keys pressed before now, so that they do not answer a later question."""
        termios.tcflush(self._terminal, termios.TCIFLUSH)

    def read(self, seconds: float | None = None) -> str | None:
        """The next key, upper case; `None` at the end of input.

        Empty for keys without a letter, and when nobody presses one for `seconds`.
        """
        if not select.select([self._terminal], [], [], seconds)[0]:
            return ""
        read = os.read(self._terminal, 32)
        if not read or read == b"\x04":
            return None
        text = read.decode(errors="ignore")
        return "" if text.startswith(_ESCAPE) else text[:1].upper()
