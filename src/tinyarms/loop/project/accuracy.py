"""The accuracy of a skill in production: its active version's last seven days."""

from __future__ import annotations

from datetime import datetime, timedelta

from tinyarms.monitoring.accuracy import Accuracy
from tinyarms.store.db.repositories.tasks import TaskCounts
from tinyarms.store.db.unit_of_work import UnitOfWork

WINDOW = timedelta(days=7)


def live_accuracy(work: UnitOfWork, skill: str, version: int, now: datetime) -> Accuracy:
    """Over the tasks of the version in the seven days before `now`."""
    return accuracy_of(work.tasks.counts(skill, version, since=now - WINDOW))


def accuracy_of(counts: TaskCounts) -> Accuracy:
    """Successes among the tasks whose outcome is known."""
    return Accuracy(counts.successes, counts.successes + counts.failures)


def known_accuracy(work: UnitOfWork, skill: str, version: int, now: datetime) -> float | None:
    """Accuracy on its tasks; before the first outcome, the accuracy measured at its release."""
    live = live_accuracy(work, skill, version, now).value
    active = work.history.active(skill)
    if live is not None or active is None or active.version != version:
        return live
    return active.accuracy_start
