"""Tasks that applications run with models of their own, between their begin and their end."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from tinyarms.loop.api import TinyArms
from tinyarms.loop.serving.tasks import RunningTask

MOST = 10_000
"""Most tasks that are remembered, the newest. Higher: more memory."""


@dataclass
class OwnTasks:
    """Which prompt each task got, so that its output is credited to it. Threads may share it.

    A task that is not remembered, because the service was started again, gets the prompt that it
    would get now: the same, unless another one was released meanwhile.
    """

    arms: TinyArms
    _begun: dict[str, tuple[str, RunningTask]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, skill: str, task_id: str | None, user: str | None) -> RunningTask:
        """The prompt for a task."""
        with self.arms.task(skill, task_id=task_id, user=user) as task, self._lock:
            self._begun[task.id] = (skill, task)
            while len(self._begun) > MOST:
                del self._begun[next(iter(self._begun))]
        return task

    def end(self, skill: str, task_id: str, user: str | None) -> RunningTask:
        """The task that is to be finished. It stays remembered: a request that was wrong is sent
        again."""
        with self._lock:
            of, task = self._begun.get(task_id, ("", None))
        if task is not None and of == skill and task.user == user:
            return task
        with self.arms.task(skill, task_id=task_id, user=user) as again:
            return again
