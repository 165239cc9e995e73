"""Progress on stderr."""

from __future__ import annotations

import sys
import time


def note(text: str) -> None:
    """One line, with the time of day."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
