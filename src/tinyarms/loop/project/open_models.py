"""The models of an open project, each started once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from tinyarms.models.base import Model, stop_calls

WrapModel = Callable[[str, Callable[[], Model]], Model]
"""From a model's tag, and what makes it, to the model that is used."""


def as_declared(tag: str, make: Callable[[], Model]) -> Model:
    """The model itself."""
    return make()


class OpenModels(dict[str, Model]):
    """The models that were asked for, by their names under `models:`. Threads may share it."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def made(self, name: str, make: Callable[[str], Model]) -> Model:
        """The model of this name, made once."""
        with self._lock:
            if name not in self:
                self[name] = make(name)
            return self[name]

    def stop_calls(self) -> None:
        """End the calls that are in flight; the models go on."""
        for model in list(self.values()):
            stop_calls(model)

    def close(self) -> None:
        """Stop them to free their memory; each is made again at its next call."""
        with self._lock:
            for model in self.values():
                model.close()
            self.clear()
