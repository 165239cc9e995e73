"""Several searches at once in one daemon, each in a thread of its own."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import timedelta

from tinyarms.core.errors import TinyArmsError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Estimate, Listener, Progress
from tinyarms.loop.project.thread_context import thread_context
from tinyarms.loop.project.turns import SearchEnded, Turns

_LOOK_EVERY_S = 0.1
"""Seconds between two looks of the main thread, whether all searches are done or a pass over the
other skills is due. Lower: it notices a little sooner."""


class SideBySide:
    """Takes skills one after the other, as many at once as `threads`, and as a model has slots.

    Parameters
    ----------
    search
        Does what is due for a skill, by the given context. What it raises, but `SearchEnded`, ends
        the pass.
    meanwhile
        Looks after all skills but those given, `every` so often, in the thread that calls `run`.
    """

    def __init__(
        self,
        context: Context,
        threads: int,
        search: Callable[[Context, str], None],
        meanwhile: Callable[[frozenset[str]], None],
        every: timedelta,
    ) -> None:
        self._context = context
        self._threads = threads
        self._search = search
        self._meanwhile = meanwhile
        self._every = every
        self._changed = threading.Condition()
        self._waiting: list[str] = []
        self._running: dict[str, str | None] = {}
        """Skill → its model."""
        self._contexts: list[Context] = []
        self._turns = Turns()
        self._error: BaseException | None = None

    def run(self, names: Sequence[str]) -> None:
        """Search for all skills. If something ends it, such as Ctrl-C, all searches end first.

        Raises what a search raised.
        """
        self._waiting = list(names)
        threads = [
            threading.Thread(target=self._work, name="tinyarms-search", daemon=True)
            for _ in range(min(self._threads, len(names)))
        ]
        for thread in threads:
            thread.start()
        due = self._context.clock() + self._every
        try:
            while any(thread.is_alive() for thread in threads):
                _join(threads)
                if self._context.clock() >= due:
                    due = self._context.clock() + self._every
                    self._meanwhile(frozenset(self._running))
        except BaseException:
            self._end(threads)
            raise
        if self._error is not None:
            raise self._error

    def _give_up(self, error: BaseException) -> None:
        """The database cannot be used: no other search begins, and those that run end by it."""
        with self._changed:
            self._error = self._error or error
            self._waiting.clear()

    def _end(self, threads: Sequence[threading.Thread]) -> None:
        self._turns.end()
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()
        while any(thread.is_alive() for thread in threads):
            # Again and again: a search may have begun a call meanwhile.
            for context in (self._context, *self._contexts):
                context.stop_calls()
            _join(threads)

    def _work(self) -> None:
        with ExitStack() as stack:
            context = stack.enter_context(thread_context(self._context, self._turns))
            self._contexts.append(context)
            while (name := self._next()) is not None:
                try:
                    self._search(context, name)
                except SearchEnded:
                    return
                except BaseException as error:
                    self._give_up(error)
                    return
                finally:
                    with self._changed:
                        del self._running[name]
                        self._changed.notify_all()

    def _next(self) -> str | None:
        """The first skill whose model has room for one more search; `None`: no skill waits."""
        with self._changed:
            while self._waiting:
                searches = Counter(self._running.values())
                for name in self._waiting:
                    model = self._model_of(name)
                    if model is None or searches[model] < self._slots(model):
                        self._waiting.remove(name)
                        self._running[name] = model
                        return name
                self._changed.wait()
        return None

    def _model_of(self, name: str) -> str | None:
        config = self._context.project.skills.get(name)
        return None if config is None else config.skill.model

    def _slots(self, model: str) -> int:
        try:
            return max(1, self._context.model(model).slots)
        except TinyArmsError:
            return 1  # The search will say why.


class Named:
    """A listener to one of several searches: it says which."""

    def __init__(self, name: str, listener: Listener) -> None:
        self._name = name
        self._listener = listener

    def estimate(self, estimate: Estimate) -> None:
        self._listener.note(f"{self._name}: a search begins or goes on.")
        self._listener.estimate(estimate)

    def progress(self, progress: Progress) -> None:
        self._listener.progress(replace(progress, label=f"{self._name}, {progress.label}"))

    def note(self, text: str) -> None:
        said = text if text.startswith(f"{self._name}: ") else f"{self._name}: {text}"
        self._listener.note(said)


def _join(threads: Sequence[threading.Thread]) -> None:
    """Wait a moment, or until the first of them has ended."""
    living = [thread for thread in threads if thread.is_alive()]
    if living:
        living[0].join(_LOOK_EVERY_S)
