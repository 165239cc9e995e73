"""The questions that a door can ask about an open project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import SILENT, Listener

if TYPE_CHECKING:
    from tinyarms.loop.diagnosing.finding import DoctorView
    from tinyarms.loop.project.config_files import ProjectSettings
    from tinyarms.loop.project.listener import Estimate
    from tinyarms.loop.project.starter import ModelView
    from tinyarms.loop.reporting.daemon_status import DaemonStatus
    from tinyarms.loop.reporting.failures import FailuresView
    from tinyarms.loop.reporting.history import HistoryView
    from tinyarms.loop.reporting.memories import MemoryView, RecallView
    from tinyarms.loop.reporting.results import ResultsView
    from tinyarms.loop.reporting.stats import StatsView
    from tinyarms.loop.reporting.versions import DiffView
    from tinyarms.loop.serving.given_inputs import GivenInput
    from tinyarms.loop.testing.ballots import BallotView
    from tinyarms.loop.testing.forecast import SimulationView
    from tinyarms.skills.prompt import PromptVersion


class Questions:
    """The methods that only answer. They raise `UsageError` for a skill that is not declared."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @property
    def root(self) -> Path:
        """The project's folder."""
        return self._context.project.root

    @property
    def notices(self) -> tuple[str, ...]:
        """Sentences about automatic actions: interrupted releases that were finished, and prompts
        edited by hand that went into production."""
        return tuple(self._context.notices)

    @property
    def outage(self) -> str:
        """Why the database could not be used when the project was opened, and what happens
        meanwhile, in words; empty if it could."""
        return self._context.standby.outage

    @property
    def skills(self) -> tuple[str, ...]:
        """The names of the project's skills, with those whose declaration has a mistake."""
        return self._context.project.names

    @property
    def mistakes(self) -> tuple[str, ...]:
        """A sentence for each skill that cannot be used, because its declaration has a mistake."""
        return tuple(map(str, self._context.project.unusable.values()))

    def reread(self) -> None:
        """Read the project's files again if they have changed, for a process that lives long.

        Raises `ConfigError`, and then goes on with what it read before.
        """
        from tinyarms.loop.project.config_files import reread

        reread(self._context)

    def least_useful_calls(self, skill: str, variants: int | None = None) -> int:
        """The fewest task calls with which a search of the skill can tell prompts apart."""
        from tinyarms.loop.searching.least_budget import least_useful_calls

        return least_useful_calls(self._context, skill, variants)

    def check_skill(self, skill: str) -> None:
        """Raise `UsageError`, with the closest name, unless the project has the skill."""
        self._context.skill(skill)

    def picture_inputs(self, skill: str) -> tuple[str, ...]:
        """The inputs of the skill that hold a picture."""
        return tuple(self._context.skill(skill).skill.pictures)

    def missing_model(self, skill: str) -> ModelView | None:
        """The skill's model if it is embedded and its weights are not on this machine."""
        from tinyarms.loop.project.starter import missing_model

        return missing_model(self._context, skill)

    def settings(self) -> ProjectSettings:
        """The effective settings."""
        from tinyarms.loop.project.config_files import settings_of

        return settings_of(self._context.project)

    def stats(self, skill: str) -> StatsView:
        """A skill's accuracy, health and next step."""
        from tinyarms.loop.reporting.stats import stats

        return stats(self._context, skill)

    def results(self, skill: str) -> ResultsView:
        """The skill's latest evolution session."""
        from tinyarms.loop.reporting.results import results

        return results(self._context, skill)

    def history(self, skill: str) -> list[HistoryView]:
        """The versions that were in production, oldest first."""
        from tinyarms.loop.reporting.history import history

        return history(self._context, skill)

    def waiting_release(self, skill: str) -> str | None:
        """The release that waits to be carried out, in words; `None` if there is none."""
        from tinyarms.loop.reporting.waiting_release import waiting_release

        return waiting_release(self._context, skill)

    def failures(self, skill: str) -> FailuresView:
        """The skill's failures of the last seven days, grouped by what they share."""
        from tinyarms.loop.reporting.failures import failures

        return failures(self._context, skill)

    def show(self, skill: str, version: int | None = None) -> PromptVersion:
        """A prompt version, by default the one in production."""
        from tinyarms.loop.reporting.versions import show

        return show(self._context, skill, version)

    def memory(self, skill: str, version: int | None = None) -> MemoryView | None:
        """What a prompt version remembers, by default the one in production; `None`: nothing."""
        from tinyarms.loop.reporting.memories import memory_of

        return memory_of(self._context, skill, version)

    def recall(
        self,
        skill: str,
        inputs: Mapping[str, GivenInput],
        *,
        version: int | None = None,
        user: str | None = None,
    ) -> RecallView:
        """What a prompt version, by default the one in production, would send for these inputs,
        with what it takes from its memory. No model is called and nothing is stored."""
        from tinyarms.loop.reporting.memories import recall

        return recall(self._context, skill, inputs, version, user)

    def diff(self, skill: str, old: int | None = None, new: int | None = None) -> DiffView:
        """The difference of two prompt versions; by default the latest change."""
        from tinyarms.loop.reporting.versions import diff

        return diff(self._context, skill, old, new)

    def simulate(
        self, skill: str, votes: int | None = None, *, listener: Listener = SILENT
    ) -> SimulationView:
        """Predict the results of a live test with the current settings."""
        from tinyarms.loop.testing.forecast import simulate

        return simulate(self._context, skill, votes, listener)

    def doctor(
        self, *, calls: int = 10, timeout_s: float = 60, listener: Listener = SILENT
    ) -> DoctorView:
        """Check everything that the project needs; each fault has its remedy.

        Each model is really asked, and for each skill that it runs about up to `calls` of its
        examples, in at most `timeout_s` seconds a model. Nothing is stored, and nothing is raised.
        """
        from tinyarms.loop.diagnosing.diagnose import diagnose

        environ = {**self._context.environ, "TINYARMS_HOME": str(self.root)}
        return diagnose(
            None,
            environ,
            self._context.clock,
            calls=calls,
            timeout_s=timeout_s,
            listener=listener,
        )

    def estimate(
        self,
        skill: str,
        *,
        variants: int | None = None,
        optimizer: str | None = None,
        preset: Literal["default", "original"] | None = None,
        writer: str | None = None,
        manual: Sequence[Path | str] = (),
        manual_texts: Sequence[str] = (),
        budget_calls: int | None = None,
        budget_tokens: int | None = None,
        budget_seconds: float | None = None,
        budget_money: float | None = None,
    ) -> Estimate:
        """The highest cost of a new search. No model is called and nothing is stored.

        The options are those of `evolve`. Raises `NotEvolvable`, `UsageError`, `PromptError` and
        `ConfigError` like `evolve`.
        """
        from tinyarms.loop.releasing.prompt_texts import named_texts
        from tinyarms.loop.searching.estimate import estimate
        from tinyarms.loop.searching.request import SearchRequest, override_of

        request = SearchRequest(
            skill=skill,
            variants=variants,
            optimizer=optimizer,
            preset=preset,
            writer=writer,
            manual=(*map(Path, manual), *named_texts(manual_texts)),
            budget=override_of(budget_calls, budget_tokens, budget_seconds, budget_money),
        )
        return estimate(self._context, request)

    def ballot(self, skill: str, user: str | None = None) -> BallotView | None:
        """The ballot that has waited longest; `None` if none waits."""
        from tinyarms.loop.testing.ballots import next_ballot

        return self._context.store.repeated(lambda: next_ballot(self._context, skill, user))

    def why_not_asked(self, skill: str | None = None, user: str | None = None) -> str:
        """Why no ballot is for this user now, of one skill or of all: the user is not asked, no
        live test is open, or none is waiting. For where `ballot` is `None`."""
        from tinyarms.loop.testing.asking import why_no_ballot

        return why_no_ballot(self._context, self.skills if skill is None else (skill,), user)

    def next_of_all(self, user: str | None = None) -> BallotView | None:
        """The ballot of any skill that has waited longest; `None` if none waits."""
        from tinyarms.loop.testing.ballots import next_of_all

        return self._context.store.repeated(lambda: next_of_all(self._context, user))

    def status(self) -> DaemonStatus:
        """Whether the daemon runs, and the next step of each skill."""
        from tinyarms.loop.reporting.daemon_status import daemon_status

        return daemon_status(self._context)
