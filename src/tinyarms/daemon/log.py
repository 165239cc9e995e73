"""The daemon's log: JSON lines in the project's folder, and plain lines for a terminal."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from tinyarms.core.clock import iso
from tinyarms.core.errors import StoreError
from tinyarms.core.text import visible
from tinyarms.loop.project.listener import Estimate, Progress
from tinyarms.loop.watching.events import Event

LOG = "tinyarms.log"
_BYTES, _FILES = 2_000_000, 3
"""The log is renamed to `tinyarms.log.1` before it has more bytes than this, and so many renamed
ones stay: 8 MB in all. Higher: events of longer ago are there, and take more room."""
_ROOT = "tinyarms"


class Log:
    """Logs events, and as a `Listener` the progress of searches."""

    def __init__(self) -> None:
        processors: list[Processor] = [
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ]
        logger = logging.getLogger(f"{_ROOT}.daemon")
        self._logger = structlog.wrap_logger(
            logger, processors=processors, wrapper_class=structlog.stdlib.BoundLogger
        )
        self._logged: dict[str, int] = {}

    def say(self, summary: str, kind: str = "daemon") -> None:
        """A line about the daemon itself."""
        self._logger.info(kind, summary=summary)

    def event(self, event: Event) -> None:
        """A line about an event, with the event's own time."""
        write = self._logger.warning if event.kind in ("error", "refused") else self._logger.info
        data = {key: value for key, value in event.data.items() if value is not None}
        write(
            event.kind,
            skill=event.skill,
            summary=event.summary,
            happened_at=iso(event.at),
            data=data,
        )

    def estimate(self, estimate: Estimate) -> None:
        seconds = None if estimate.seconds is None else round(estimate.seconds)
        calls = f"{estimate.task_calls} task calls and {estimate.test_calls} test calls"
        self._logger.info("estimate", summary=f"At most {calls}.", seconds=seconds)

    def progress(self, progress: Progress) -> None:
        label, tenth = progress.tenth
        if self._logged.get(label) != tenth:
            self._logged[label] = tenth
            summary = f"{progress.label}: {progress.done} of {progress.total}."
            self._logger.info("progress", summary=summary, best=progress.best)

    def note(self, text: str) -> None:
        self._logger.info("note", summary=text)


@contextmanager
def open_log(root: Path, terminal: TextIO | None) -> Iterator[Log]:
    """The log of the project at `root`, for all of tinyarms.

    `terminal`: stream for plain lines, if any. Raises `StoreError`.
    """
    path = root / LOG
    try:
        file = _PrivateFile(path, maxBytes=_BYTES, backupCount=_FILES, encoding="utf-8")
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror}.") from error
    file.setFormatter(_formatter(structlog.processors.JSONRenderer(default=str)))
    handlers: list[logging.Handler] = [file]
    if terminal is not None:
        terminal_handler = logging.StreamHandler(terminal)
        terminal_handler.setFormatter(_formatter(_for_a_person))
        handlers.append(terminal_handler)
    logger = logging.getLogger(_ROOT)
    old_level_and_propagate = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = False
    for handler in handlers:
        logger.addHandler(handler)
    try:
        yield Log()
    finally:
        for handler in handlers:
            logger.removeHandler(handler)
        file.close()
        logger.setLevel(old_level_and_propagate[0])
        logger.propagate = old_level_and_propagate[1]


class _PrivateFile(RotatingFileHandler):
    """A log that only its owner can read: events name what users wrote."""

    def _open(self) -> TextIOWrapper:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        descriptor = os.open(self.baseFilename, flags, 0o600)
        return open(descriptor, "a", encoding=self.encoding)  # noqa: PTH123 - Path has no descriptor


def _formatter(
    renderer: Processor,
) -> structlog.stdlib.ProcessorFormatter:
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            renderer,
        ],
    )


def _for_a_person(logger: WrappedLogger, method: str, line: EventDict) -> str:
    """`2024-09-15 09:00:00  file-naming  promoted: Variant A is in production …`"""
    at = str(line.get("at", ""))[:19].replace("T", " ")
    summary = line.get("summary")
    event = line["event"] if summary is None else f"{line['event']}: {summary}"
    about = f"{line['skill']}  " if line.get("skill") else ""
    return visible(f"{at}  {about}{event}")
