"""Run a skill, or let an application run it; and hear what users say of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tinyarms.loop.context import Context
from tinyarms.loop.views import FeedbackResult, TaskResult


class RunningTask:
    """A task that an application runs with its own model."""

    id: str


def run(
    context: Context,
    name: str,
    inputs: Mapping[str, str],
    *,
    task_id: str | None = None,
    user: str | None = None,
) -> TaskResult:
    """Run a skill once with the prompt in production."""
    raise NotImplementedError


@contextmanager
def task(
    context: Context, name: str, *, task_id: str | None = None, user: str | None = None
) -> Iterator[RunningTask]:
    """For applications that call their own model."""
    raise NotImplementedError
    yield


def feedback(
    context: Context,
    task_id: str,
    *,
    success: bool | None = None,
    correction: str | None = None,
    feedback_id: str | None = None,
    user: str | None = None,
) -> FeedbackResult:
    """Exactly one of `success` and `correction`."""
    raise NotImplementedError
