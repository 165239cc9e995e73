"""The accuracy of a skill in production: its active version's last seven days."""

from __future__ import annotations

from datetime import datetime, timedelta

from tinyarms.monitoring.window import Accuracy, accuracy
from tinyarms.store.unit_of_work import UnitOfWork

WINDOW = timedelta(days=7)


def live_accuracy(work: UnitOfWork, skill: str, version: int, now: datetime) -> Accuracy:
    """Over the tasks of the version in the seven days before `now`."""
    outcomes = work.tasks.outcomes(skill, since=now - WINDOW, version=version)
    return accuracy(success for success, _ in outcomes)
