"""The questions about how an open project's skills went over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinyarms.loop.api.questions import Questions

if TYPE_CHECKING:
    from tinyarms.loop.project.setting_sources import SettingRow
    from tinyarms.loop.reporting.course import CourseView
    from tinyarms.loop.reporting.population import PopulationView
    from tinyarms.loop.reporting.side_by_side import SideBySideView
    from tinyarms.loop.reporting.vote_course import VoteCourseView
    from tinyarms.loop.reporting.waits import WaitsView


class Courses(Questions):
    """The methods that tell what a picture shows. They raise `UsageError` for an unknown skill."""

    def course(self, skill: str, days: int = 30) -> CourseView:
        """A skill's accuracy over the last `days` days, with the releases in them."""
        from tinyarms.loop.reporting.course import course

        return course(self._context, skill, days)

    def waits(self, skill: str, user: str | None = None) -> WaitsView:
        """What a skill waits for from people: votes, a review, collected examples, a release."""
        from tinyarms.loop.reporting.waits import waits

        return waits(self._context, skill, user)

    def population(self, skill: str) -> PopulationView | None:
        """The candidates of a skill's latest search, and what the guards refused; `None`: it had
        no search."""
        from tinyarms.loop.reporting.population import population

        return population(self._context, skill)

    def side_by_side(self, skill: str) -> SideBySideView | None:
        """What the finalists of a skill's latest search said to the same examples, none of them
        held out; `None`: it had no search."""
        from tinyarms.loop.reporting.side_by_side import side_by_side

        return side_by_side(self._context, skill)

    def vote_course(self, skill: str) -> VoteCourseView | None:
        """How the votes of a skill's latest live test changed what is known about each prompt;
        `None`: its latest session had no live test."""
        from tinyarms.loop.reporting.vote_course import vote_course

        return vote_course(self._context, skill)

    def setting_rows(self) -> tuple[SettingRow, ...]:
        """The effective settings without secrets, each with the file that sets it."""
        from tinyarms.loop.project.setting_sources import setting_rows

        return setting_rows(self.settings())
