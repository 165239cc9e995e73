"""Desktop notifications."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tinyarms.core.errors import TinyArmsError

TIMEOUT_S = 10.0


class DesktopError(TinyArmsError):
    """The desktop did not accept the message."""


def show(title: str, text: str) -> None:
    """Show a notification. Without a desktop or `tinyarms[desktop]`, nothing happens.

    Raises `DesktopError`, or `TimeoutError` if the desktop does not answer.
    """
    if not there_is_a_desktop(os.environ, sys.platform):
        return
    try:
        from desktop_notifier import DesktopNotifier
    except ImportError:
        return

    async def send() -> None:
        await asyncio.wait_for(DesktopNotifier(app_name=title).send(title, text), TIMEOUT_S)

    with _failures_raised():
        asyncio.run(send())


def there_is_a_desktop(environ: Mapping[str, str], platform: str) -> bool:
    """On Linux and other Unix systems: whether the environment names a session bus."""
    return platform in ("darwin", "win32") or bool(environ.get("DBUS_SESSION_BUS_ADDRESS"))


@contextmanager
def _failures_raised() -> Iterator[None]:
    """Raise the library's failures, which it only logs with a traceback."""
    logger, heard = logging.getLogger("desktop_notifier"), _Heard(logging.WARNING)
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(heard)
    try:
        yield
    finally:
        logger.removeHandler(heard)
        logger.propagate = propagated
    if heard.errors:
        raise DesktopError(heard.errors[0])


class _Heard(logging.Handler):
    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self.errors.append(str(error) if error is not None else record.getMessage())
