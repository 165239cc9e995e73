"""Record a model's replies and replay them, to repeat a run without a model."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tinyarms.core.errors import ConfigError, ModelUnavailable
from tinyarms.models.base import Model, as_sent_by, left_out_by, stop_calls
from tinyarms.skills.execution import (
    LanguageModel,
    ModelReply,
    ModelRequest,
    without_sent_pictures,
)


class RecordingModel:
    """Passes requests on to `inner` and appends each reply to a file: one JSON object a line.

    A line has `key` (the request's cache key under the inner model's name) and `reply`.
    """

    def __init__(self, inner: LanguageModel, path: Path) -> None:
        self._inner = inner
        self._path = path
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The inner model's name."""
        return self._inner.name

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request and record it. Raises `ModelError`."""
        reply = without_sent_pictures(request, self._inner.complete(request))
        row = {"key": request.key(self.name), "reply": asdict(reply)}
        line = json.dumps(row, ensure_ascii=False) + "\n"
        with self._lock, self._path.open("a", encoding="utf-8") as file:
            file.write(line)
        return reply


class ReplayModel:
    """Answers from a recording. If a request is recorded twice, the last reply counts.

    Raises `ConfigError` if the file cannot be read.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._name = name
        self._path = path
        self._replies = _read(path)

    @property
    def name(self) -> str:
        """The name under which the replies were recorded."""
        return self._name

    @property
    def slots(self) -> int:
        """1: its answers take no time, so parallel calls gain nothing."""
        return 1

    def complete(self, request: ModelRequest) -> ModelReply:
        """The recorded reply. Raises `ModelUnavailable` if there is none."""
        try:
            return self._replies[request.key(self._name)]
        except KeyError:
            shown = request.messages[-1].content if request.messages else request.completion
            raise ModelUnavailable(
                f"{self._name}: no recorded reply for {_shorten(shown or '')} in {self._path}.",
                "Record again: the prompt or the settings of the call have changed.",
            ) from None

    def left_out(self, request: ModelRequest) -> str:
        """What the request was sent without when it was recorded."""
        reply = self._replies.get(request.key(self._name))
        return "" if reply is None else reply.left_out

    def as_sent(self, request: ModelRequest) -> ModelRequest:
        """The request itself: the recording does not say its words."""
        return request

    def close(self) -> None:
        """Nothing to close."""


class KeepingModel:
    """Sends each request to `inner` once, and then answers it from the recording.

    With the recording of an earlier run it repeats that run's replies without a model. If a crash
    cut off the last line, the line is removed and its request is sent again.
    """

    def __init__(self, inner: Model, path: Path) -> None:
        self._inner = inner
        _drop_torn_line(path)
        self._kept = dict(_read(path)) if path.exists() else {}
        self._recording = RecordingModel(inner, path)

    @property
    def name(self) -> str:
        """The inner model's name."""
        return self._inner.name

    @property
    def slots(self) -> int:
        """As many as the inner model's."""
        return self._inner.slots

    def complete(self, request: ModelRequest) -> ModelReply:
        """The reply. Raises `ModelError`."""
        key = request.key(self.name)
        if key not in self._kept:
            self._kept[key] = self._recording.complete(request)
        return self._kept[key]

    def left_out(self, request: ModelRequest) -> str:
        """What the request was sent without, or would now be."""
        kept = self._kept.get(request.key(self.name))
        return left_out_by(self._inner, request) if kept is None else kept.left_out

    def as_sent(self, request: ModelRequest) -> ModelRequest:
        """The request in the inner model's words."""
        return as_sent_by(self._inner, request)

    def stop_calls(self) -> None:
        """End the inner model's calls in flight."""
        stop_calls(self._inner)

    def close(self) -> None:
        """Close the inner model."""
        self._inner.close()


def _drop_torn_line(path: Path) -> None:
    if not path.exists():
        return
    with path.open("rb+") as file:
        content = file.read()
        if not content.endswith(b"\n"):
            file.truncate(content.rfind(b"\n") + 1)


def _read(path: Path) -> dict[str, ModelReply]:
    replies: dict[str, ModelReply] = {}
    try:
        with path.open(encoding="utf-8") as file:
            lines = list(file)
    except OSError as error:
        raise ConfigError(
            f"The recording {path} cannot be read ({error.strerror}).",
            "`recording` of the model names a file relative to the project's folder.",
        ) from error
    for number, line in enumerate(lines, start=1):
        try:
            row: dict[str, Any] = json.loads(line)
            replies[row["key"]] = ModelReply(**row["reply"])
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigError(
                f"{path}, line {number}: not a recorded reply ({error}).",
                "Delete the line or record again.",
            ) from error
    return replies


def _shorten(text: str) -> str:
    return repr(text if len(text) <= 60 else f"…{text[-59:]}")
