"""The models of an open project, each started once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tinyarms.models.base import Model, stop_calls

WrapModel = Callable[[str, Callable[[], Model]], Model]
"""From a model's tag, and what makes it, to the model that is used."""


class OpenModels(dict[str, Model]):
    """The models that were asked for, by their names under `models:`. Threads may share it."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()
        """Held while one is made, so that two threads do not make it twice."""

    def stop_calls(self) -> None:
        """End the calls that are in flight; the models go on."""
        for model in list(self.values()):
            stop_calls(model)

    def close(self) -> None:
        """Stop them to free their memory; each is made again at its next call."""
        with self.lock:
            for model in self.values():
                model.close()
            self.clear()
