"""The use cases on an open project.

Each method imports its use case when it is called, so a door loads only what it uses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Self

from tinyarms.core.clock import Clock, utc_now
from tinyarms.core.ids import new_id
from tinyarms.loop.api.remote import RemoteUses
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.listener import SILENT, Listener

if TYPE_CHECKING:
    from tinyarms.loop.housekeeping.forget import Forgotten
    from tinyarms.loop.housekeeping.prune import Pruned
    from tinyarms.loop.searching.answer import EvolveView
    from tinyarms.loop.serving.feedback import FeedbackResult
    from tinyarms.loop.serving.given_inputs import GivenInput
    from tinyarms.loop.serving.tasks import RunningTask, TaskResult
    from tinyarms.loop.testing.vote_view import VoteView
    from tinyarms.loop.watching.check import SkillCheck


class TinyArms(RemoteUses):
    """A project opened by `TinyArms.open`. Threads may share it; use it with `with`, or `close` it.

    `Questions` has the methods that only answer, `Decisions` those by which a person decides, and
    `Evaluations` those that measure prompts. `run` calls the skill's model; `task` is for an
    application that calls a model itself.

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

    @classmethod
    def open(
        cls,
        path: Path | str | None = None,
        environ: Mapping[str, str] | None = None,
        clock: Clock = utc_now,
        *,
        background: bool = False,
        finish: bool = True,
        cluster: str | None = None,
    ) -> Self:
        """Open the project at or above `path`, by default the working folder.

        `background`: embedded models run at a lower priority. `finish`: whether to finish
        interrupted releases first; `notices` names them. `cluster`: the Ray cluster of all models
        of `kind: ray`. If the database cannot be used, `outage` says why; tasks are served and kept
        all the same, and other methods raise `StoreError`. Raises `ConfigError` if there is no
        project or its files are broken, and `UsageError` for an unusable cluster.
        """
        start = None if path is None else Path(path)
        return cls(open_project(start, environ, clock, background, finish, cluster))

    def close(self, wait_s: float | None = None) -> None:
        """Finish the background jobs, for at most `wait_s` seconds (5), stop the models and close
        the store. The next process takes over what is not done."""
        self._context.close(wait_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(
        self,
        skill: str,
        inputs: Mapping[str, GivenInput] | None = None,
        /,
        *,
        task_id: str | None = None,
        user: str | None = None,
        expected: str | None = None,
        explain: bool = False,
        **named: GivenInput,
    ) -> TaskResult:
        """Run a skill once with the prompt in production.

        The inputs are given by name, in a mapping, or both: texts, and pictures as `pathlib.Path`,
        bytes or data URL. With the right output, `expected`, the skill's scorer judges the task.
        With `explain` the result says what the prompt took from its memory.
        """
        from tinyarms.loop.serving.tasks import run

        given = {**inputs, **named} if isinstance(inputs, Mapping) else inputs or named
        return run(
            self._context,
            skill,
            given,
            task_id=task_id,
            user=user,
            expected=expected,
            explain=explain,
        )

    def task(
        self, skill: str, *, task_id: str | None = None, user: str | None = None
    ) -> AbstractContextManager[RunningTask]:
        """A task for an application that calls a model itself."""
        from tinyarms.loop.serving.tasks import task

        return task(self._context, skill, task_id=task_id, user=user)

    def feedback(
        self,
        task_id: str,
        *,
        success: bool | None = None,
        correction: str | None = None,
        feedback_id: str | None = None,
        user: str | None = None,
    ) -> FeedbackResult:
        """Report that a task was a success or a failure, or its right output."""
        from tinyarms.loop.serving.feedback import feedback

        id = feedback_id or new_id()
        send = partial(feedback, self._context, task_id, success=success, correction=correction)
        return self._context.store.repeated(lambda: send(feedback_id=id, user=user))

    def vote(
        self,
        ballot_id: str,
        choice: str | None,
        *,
        skill: str | None = None,
        vote_id: str | None = None,
        user: str | None = None,
    ) -> VoteView:
        """Answer a ballot (of `skill`): `A`, `B` … by position, `none`, or `None` to skip."""
        from tinyarms.loop.testing.votes import vote

        # By its id, a vote that is stored again counts once.
        id = vote_id or new_id()
        return self._context.store.repeated(
            lambda: vote(self._context, ballot_id, choice, skill=skill, vote_id=id, user=user)
        )

    def note_annoyance(self, annoyed: bool | None, *, user: str | None = None) -> None:
        """Store whether voting was annoying; `None`: the user skipped the question."""
        from tinyarms.loop.testing.annoyance import note_annoyance

        note_annoyance(self._context, annoyed, user)

    def evolve(
        self,
        skill: str,
        *,
        variants: int | None = None,
        seed: int | None = None,
        optimizer: str | None = None,
        preset: Literal["default", "original"] | None = None,
        writer: str | None = None,
        manual: Sequence[Path | str] = (),
        manual_texts: Sequence[str] = (),
        budget_calls: int | None = None,
        budget_tokens: int | None = None,
        budget_seconds: float | None = None,
        budget_money: float | None = None,
        force: bool = False,
        restart: bool = False,
        listener: Listener = SILENT,
    ) -> EvolveView:
        """Search for better prompts and start their live test. It takes minutes.

        `SearchRequest` describes the options; `None` means that the settings choose. `manual_texts`
        are texts of prompt files, for programs elsewhere. An unfinished
        search resumes with the options that it began with. Raises `NotEvolvable` for a skill that
        cannot be searched, `UsageError`, `PromptError` and `ConfigError` for unusable options,
        `LeaseHeld` while another process works on the skill, `ExperimentError` while a live test is
        open, and `ModelError` if no model answers; the next call then resumes the search.
        """
        from tinyarms.loop.releasing.prompt_texts import named_texts
        from tinyarms.loop.searching.request import SearchRequest, override_of
        from tinyarms.loop.searching.run import evolve

        request = SearchRequest(
            skill=skill,
            seed=seed,
            variants=variants,
            optimizer=optimizer,
            preset=preset,
            writer=writer,
            manual=(*map(Path, manual), *named_texts(manual_texts)),
            budget=override_of(budget_calls, budget_tokens, budget_seconds, budget_money),
            force=force,
            restart=restart,
        )
        return evolve(self._context, request, listener)

    def monitor(
        self,
        skills: Sequence[str] | None = None,
        *,
        evolve: bool = False,
        listener: Listener = SILENT,
    ) -> list[SkillCheck]:
        """Check the named skills, or all, for a drop; with `evolve`, evolve those that are due."""
        from tinyarms.loop.watching.check import evolve_on_drop, monitor_once

        on_drop = evolve_on_drop(self._context, listener) if evolve else None
        return monitor_once(self._context, skills, on_drop, listener)

    def forget(self, user: str, *, dry_run: bool = False) -> Forgotten:
        """Delete one user's data, and replace their texts in prompts; `dry_run` only counts."""
        from tinyarms.loop.housekeeping.forget import forget

        return forget(self._context, user, dry_run=dry_run)

    def prune(self, *, dry_run: bool = False) -> Pruned:
        """Delete raw rows older than `retention_days`; `dry_run` only counts them."""
        from tinyarms.loop.housekeeping.prune import prune

        return prune(self._context, dry_run=dry_run)
