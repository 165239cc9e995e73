"""tinyArms from Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Self

from tinyarms.core.clock import Clock, utc_now
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing import restore
from tinyarms.loop.releasing.restore import Promotion
from tinyarms.loop.reporting import history, results, stats, versions
from tinyarms.loop.reporting.history import HistoryView
from tinyarms.loop.reporting.results import ResultsView
from tinyarms.loop.reporting.stats import StatsView
from tinyarms.loop.searching.run import EvolveView, evolve
from tinyarms.loop.serving import tasks
from tinyarms.loop.serving.feedback import FeedbackResult
from tinyarms.loop.serving.tasks import TaskResult
from tinyarms.loop.testing import ballots, conclude, create, review, votes
from tinyarms.loop.testing.ballots import BallotView
from tinyarms.loop.testing.conclude import Conclusion
from tinyarms.loop.testing.create import Created
from tinyarms.loop.testing.votes import VoteView
from tinyarms.loop.watching import check as monitoring
from tinyarms.loop.watching.check import SkillCheck
from tinyarms.skills.prompt import PromptVersion


class TinyArms:
    """An open project. Threads may share it; use it in a `with` block, or call `close`.

    `run` asks the skill's model; `task` is for an application that calls a model of its own.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from tinyarms import TinyArms
    >>> from tinyarms.loop.project.starter import init_project
    >>> folder = TemporaryDirectory()
    >>> files = init_project(Path(folder.name))
    >>> inputs = {"file_name": "IMG_1.png", "content": "A red bridge in fog"}
    >>> with TinyArms.open(folder.name) as arms:
    ...     with arms.task("file-naming") as task:
    ...         messages = task.messages(**inputs)  # to send to the model
    ...         result = task.finish(inputs, output="red-bridge-in-fog")
    ...     feedback = arms.feedback(result.task_id, success=True)
    >>> result.prompt_version, result.output, feedback.success
    (1, 'red-bridge-in-fog', True)
    >>> folder.cleanup()
    """

    def __init__(self, context: Context) -> None:
        self.context = context

    @classmethod
    def open(
        cls,
        path: Path | str | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """The project at or above `path` (the working folder). Raises `TinyArmsError`."""
        return cls(open_project(None if path is None else Path(path), environ, clock))

    def close(self) -> None:
        """Finish what is done in the background, stop the models, close the store."""
        self.context.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def run(
        self, skill: str, /, *, task_id: str | None = None, user: str | None = None, **inputs: str
    ) -> TaskResult:
        """Run a skill once with the prompt in production."""
        return tasks.run(self.context, skill, inputs, task_id=task_id, user=user)

    def task(
        self, skill: str, *, task_id: str | None = None, user: str | None = None
    ) -> AbstractContextManager[tasks.RunningTask]:
        """For an application that calls a model of its own."""
        return tasks.task(self.context, skill, task_id=task_id, user=user)

    def feedback(
        self,
        task_id: str,
        *,
        success: bool | None = None,
        correction: str | None = None,
        feedback_id: str | None = None,
        user: str | None = None,
    ) -> FeedbackResult:
        """Say that a task was a success or a failure, or what its output should have been."""
        return tasks.feedback(
            self.context,
            task_id,
            success=success,
            correction=correction,
            feedback_id=feedback_id,
            user=user,
        )

    def ballot(self, skill: str, user: str | None = None) -> BallotView | None:
        """The ballot that has waited longest; `None` if none waits."""
        return ballots.next_ballot(self.context, skill, user)

    def vote(
        self,
        ballot_id: str,
        choice: str | None,
        *,
        vote_id: str | None = None,
        user: str | None = None,
    ) -> VoteView:
        """Answer a ballot: `A`, `B` … by place, `none` of these, or `None` to skip."""
        return votes.vote(self.context, ballot_id, choice, vote_id=vote_id, user=user)

    def stats(self, skill: str) -> StatsView:
        """How well a skill does."""
        return stats.stats(self.context, skill)

    def results(self, skill: str) -> ResultsView:
        """The skill's latest evolution session."""
        return results.results(self.context, skill)

    def history(self, skill: str) -> list[HistoryView]:
        """The versions that were in production, oldest first."""
        return history.history(self.context, skill)

    def show(self, skill: str, version: int | None = None) -> PromptVersion:
        """A prompt version; without a number the one in production."""
        return versions.show(self.context, skill, version)

    def evolve(
        self,
        skill: str,
        *,
        seed: int = 0,
        budget_calls: int | None = None,
        budget_tokens: int | None = None,
        budget_seconds: float | None = None,
        force: bool = False,
    ) -> EvolveView:
        """Search for better prompts and start their live test; minutes, not seconds."""
        return evolve(
            self.context,
            skill,
            seed=seed,
            budget_calls=budget_calls,
            budget_tokens=budget_tokens,
            budget_seconds=budget_seconds,
            force=force,
        )

    def create(self, skill: str, files: Sequence[Path | str]) -> Created:
        """Begin a live test of prompts that people wrote."""
        return create.create_variants(self.context, skill, [Path(file) for file in files])

    def promote(self, skill: str, variant: str) -> Promotion:
        """Put a variant of the latest session into production by hand."""
        return review.promote(self.context, skill, variant)

    def rollback(self, skill: str, to: int | None = None) -> Promotion:
        """Put an earlier text into production again."""
        return restore.rollback(self.context, skill, to)

    def reset(self, skill: str) -> Promotion:
        """Put the text of version 1 into production again."""
        return restore.reset(self.context, skill)

    def cancel(self, skill: str) -> Conclusion:
        """Cancel the skill's open session."""
        return conclude.cancel(self.context, skill)

    def monitor(self, skills: Sequence[str] | None = None) -> list[SkillCheck]:
        """Check the skills, or all, for a drop in accuracy."""
        return monitoring.monitor_once(self.context, skills)
