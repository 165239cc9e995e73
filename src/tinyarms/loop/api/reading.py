"""What a door can ask of an open project."""

from __future__ import annotations

from pathlib import Path

from tinyarms.loop.project import config_files
from tinyarms.loop.project.config_files import ProjectSettings
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting import daemon_status, history, results, stats, versions
from tinyarms.loop.reporting.daemon_status import DaemonStatus
from tinyarms.loop.reporting.history import HistoryView
from tinyarms.loop.reporting.results import ResultsView
from tinyarms.loop.reporting.stats import StatsView
from tinyarms.loop.reporting.versions import DiffView
from tinyarms.loop.testing import ballots, forecast, review
from tinyarms.loop.testing.ballots import BallotView
from tinyarms.loop.testing.forecast import SimulationView
from tinyarms.loop.testing.review import ReviewView
from tinyarms.skills.prompt import PromptVersion


class Reading:
    """The questions. Each raises `UsageError` for a skill that the project does not have."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self._context.project.root

    @property
    def skills(self) -> tuple[str, ...]:
        """The names of the project's skills."""
        return tuple(self._context.project.skills)

    def check_skill(self, skill: str) -> None:
        """Raise `UsageError`, with the closest name, unless the project has the skill."""
        self._context.skill(skill)

    def settings(self) -> ProjectSettings:
        """The effective settings."""
        return config_files.settings_of(self._context.project)

    def stats(self, skill: str) -> StatsView:
        """How well a skill does."""
        return stats.stats(self._context, skill)

    def results(self, skill: str) -> ResultsView:
        """The skill's latest evolution session."""
        return results.results(self._context, skill)

    def history(self, skill: str) -> list[HistoryView]:
        """The versions that were in production, oldest first."""
        return history.history(self._context, skill)

    def show(self, skill: str, version: int | None = None) -> PromptVersion:
        """A prompt version; without a number the one in production."""
        return versions.show(self._context, skill, version)

    def diff(self, skill: str, old: int | None = None, new: int | None = None) -> DiffView:
        """Two prompt versions, line by line; by default the latest change."""
        return versions.diff(self._context, skill, old, new)

    def simulate(self, skill: str, votes: int | None = None) -> SimulationView:
        """What a live test with the current settings would find, and how soon."""
        return forecast.simulate(self._context, skill, votes)

    def ballot(self, skill: str, user: str | None = None) -> BallotView | None:
        """The ballot that has waited longest; `None` if none waits."""
        return ballots.next_ballot(self._context, skill, user)

    def next_of_all(self, user: str | None = None) -> BallotView | None:
        """The ballot of any skill that has waited longest; `None` if none waits."""
        return ballots.next_of_all(self._context, user)

    def review(self, skill: str | None = None) -> list[ReviewView]:
        """The variants that won and wait for a person, of one skill or of all."""
        return review.waiting(self._context, None if skill is None else [skill])

    def status(self) -> DaemonStatus:
        """Whether the daemon runs, and what happens next to each skill."""
        return daemon_status.daemon_status(self._context)
