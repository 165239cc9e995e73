"""The model of all contestants: one embedded process, with its replies stored by request.

A request determines its reply (temperature 0, or a seed), so a restarted run reads its own replies
in seconds, and contestants with equal requests share them. Calls are counted before this cache.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from dataclasses import asdict
from pathlib import Path

from tinyarms.core.settings import ModelSettings
from tinyarms.models.base import Model
from tinyarms.models.embedded.pull import pull
from tinyarms.models.registry import make_model
from tinyarms.skills.execution import ModelReply, ModelRequest

MODEL = "smollm2:135m"
CONTEXT_WINDOW = 8192
"""The model's maximum: peers' own requests to the writer are long."""


def open_model(root: Path, threads: int | None = None) -> Model:
    """The 135M model through the product's embedded server, which starts at the first call.

    `threads`: of its process; left out: the product chooses.
    """
    pull(MODEL, lambda done, total: None)
    settings = ModelSettings(
        kind="embedded", model=MODEL, context_window=CONTEXT_WINDOW, threads=threads
    )
    return make_model(MODEL, settings, root, os.environ)


class NoModel:
    """For runs that need no model: no call may happen."""

    name = "none"
    slots = 1

    def complete(self, request: ModelRequest) -> ModelReply:
        """Always raises `AssertionError`."""
        raise AssertionError("a contestant that needs no model called one")

    def close(self) -> None:
        """Nothing to close."""


class Remembering:
    """Answers known requests from a file, and the others with `inner`."""

    def __init__(self, inner: Model, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._inner = inner
        self._lock = threading.Lock()
        self._file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute("CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT)")

    @property
    def name(self) -> str:
        """The inner model's name."""
        return self._inner.name

    @property
    def slots(self) -> int:
        """How many calls it accepts at once."""
        return self._inner.slots

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request. Raises `ModelError`."""
        key = request.key(self.name)
        with self._lock:
            found = self._file.execute("SELECT reply FROM replies WHERE key = ?", (key,)).fetchone()
        if found:
            return ModelReply(**json.loads(found[0]))
        reply = self._inner.complete(request)
        with self._lock:
            self._file.execute(
                "INSERT OR REPLACE INTO replies VALUES (?, ?)", (key, json.dumps(asdict(reply)))
            )
        return reply

    def close(self) -> None:
        """End the model's process."""
        self._inner.close()
        self._file.close()
