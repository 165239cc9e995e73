"""Run a skill, or let an application run it with a model of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from tinyarms.core.errors import ContractViolation, StoreError, UsageError
from tinyarms.core.ids import check_ids, new_id
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.unread_words import tell_own_model, tell_unread
from tinyarms.loop.serving.given_inputs import GivenInput, kept_inputs
from tinyarms.loop.serving.known_outcome import checked_expected
from tinyarms.loop.serving.recording import record_task
from tinyarms.loop.serving.routing import PATIENCE_S, RoutedPrompt, route_task
from tinyarms.loop.serving.task_ballots import ask, ask_again
from tinyarms.models.openai_api.messages import chat_turns
from tinyarms.skills.execution import build_request, execute
from tinyarms.skills.explanation import Explanation
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import TaskRecord


@dataclass(frozen=True)
class TaskResult:
    """One run of a skill."""

    task_id: str
    skill: str
    output: str | None
    """The answer; `None` where the model broke the skill's output contract."""
    violation: str | None
    """How the model broke the contract; `None` if it did not."""
    prompt_version: int | None
    latency_ms: float | None
    """Milliseconds that the model took; `None` if it did not say."""
    model: str | None
    ballot_id: str | None
    """The ballot that is being made of this task for users to vote on; `None` if users are not
    asked about it. None is made if all options turn out to give the same output."""
    explanation: Explanation | None = None
    """What the prompt took from its memory, and what model and memory said; `None` unless it was
    asked for, and for a task that was run before."""
    prompt_tokens: int | None = None
    """Tokens of the prompt; `None` if the model did not say."""
    completion_tokens: int | None = None
    """Tokens of the model's reply; `None` if it did not say."""


def run(
    context: Context,
    name: str,
    inputs: Mapping[str, GivenInput],
    *,
    task_id: str | None = None,
    user: str | None = None,
    expected: str | None = None,
    explain: bool = False,
) -> TaskResult:
    """Run a skill once with the prompt in production, and remember it.

    In single mode the prompt is the one that the task is assigned to, and after a promotion a
    share of the tasks stays on the prompt before it. In other live tests the
    other options are run too on some tasks, in the background, for users to choose from later. A
    `task_id` that is known gives its stored result, masked if the settings mask tasks.
    `expected`: the right output, where the caller knows it; the skill's scorer then gives the task
    its outcome. `explain`: the result also says what the prompt took from its memory. Raises
    `UsageError` for inputs that are not the skill's, or an expected output that cannot be compared,
    and `ModelError` if no model answers.
    """
    check_ids(task_id=task_id, user=user)
    skill = context.skill(name).skill
    kept = kept_inputs(context, skill, inputs)
    expected = None if expected is None else checked_expected(skill, expected)
    known = _known_task(context, skill, task_id)
    if known is not None:
        return _result(known, ask_again(context, known))
    task_id = task_id or new_id()
    served = route_task(context, name, task_id)
    model = context.model(skill.model)
    view = context.input_view(skill)
    prompt = context.memories.recalled(skill, served.prompt, kept, user)
    with context.spans.task(task_id, name, model.name) as span:
        execution = execute(model, skill.contract, prompt, kept, view)
        if served.prompt.verbalizer is not None:
            tell_unread(skill, served.prompt, execution)
        task = TaskRecord(
            id=task_id,
            skill=name,
            inputs=kept,
            prompt_version=served.prompt_version,
            variant_id=served.variant_id,
            created_at=context.clock(),
            output=execution.output,
            violation=execution.violation,
            latency_ms=execution.reply.latency_ms,
            model=model.name,
            prompt_tokens=execution.reply.prompt_tokens,
            completion_tokens=execution.reply.completion_tokens,
            user=user,
        )
        sent = build_request(skill.contract, prompt, kept, view) if span.wants_texts else None
        span.finish(task, () if sent is None else sent.messages)
    record_task(context, skill, task, served, expected, execution.reply.text)
    result = _result(task, ask(context, task, execution) if served.asks else None)
    if not explain:
        return result
    logprobs = execution.reply.label_logprobs
    explanation = context.memories.explained(skill, served.prompt, kept, logprobs, user)
    return replace(result, explanation=explanation)


@dataclass
class RunningTask:
    """A task that an application runs with a model of its own."""

    _context: Context
    _skill: Skill
    id: str
    _serving: RoutedPrompt
    user: str | None = None

    @property
    def version(self) -> PromptVersion:
        """The version in production."""
        return self._serving.version

    @property
    def prompt(self) -> Prompt:
        """The prompt in production, or the one that the task is assigned to (single mode, or the
        prompt before a promotion that is watched)."""
        return self._serving.prompt

    def messages(self, **inputs: GivenInput) -> list[dict[str, Any]]:
        """The chat turns to send, in the form of the OpenAI API.

        A picture is part of them if the skill's model in `config.yaml` would be sent it. Raises
        `UsageError`, and `PictureError` for a picture that cannot be opened.
        """
        kept = kept_inputs(self._context, self._skill, inputs)
        view = self._context.input_view(self._skill)
        prompt = self._context.memories.recalled(self._skill, self.prompt, kept, self.user)
        request = build_request(self._skill.contract, prompt, kept, view)
        return chat_turns(request)

    def finish(
        self,
        inputs: Mapping[str, GivenInput],
        output: str,
        latency_ms: float | None = None,
        *,
        expected: str | None = None,
    ) -> TaskResult:
        """Remember what the model answered. Raises `UsageError`.

        `expected`: the right output, where the caller knows it; the skill's scorer then gives the
        task its outcome.
        """
        kept_values = kept_inputs(self._context, self._skill, inputs)
        expected = None if expected is None else checked_expected(self._skill, expected)
        kept, violation = None, None
        try:
            kept = self._skill.contract.parse(output)
        except ContractViolation as error:
            violation = error.message
        task = TaskRecord(
            id=self.id,
            skill=self._skill.name,
            inputs=kept_values,
            created_at=self._context.clock(),
            prompt_version=self._serving.prompt_version,
            variant_id=self._serving.variant_id,
            output=kept,
            violation=violation,
            latency_ms=latency_ms,
            user=self.user,
        )
        self._context.spans.finished(task)
        record_task(self._context, self._skill, task, self._serving, expected, output)
        return _result(task, None)


@contextmanager
def task(
    context: Context, name: str, *, task_id: str | None = None, user: str | None = None
) -> Iterator[RunningTask]:
    """For applications that call a model of their own.

    Before `finish` nothing is stored but the assignment, if the skill is in single mode.
    """
    check_ids(task_id=task_id, user=user)
    skill, task_id = context.skill(name).skill, task_id or new_id()
    served = route_task(context, name, task_id)
    if served.prompt.verbalizer is not None:
        tell_own_model(skill, served.prompt)
    yield RunningTask(context, skill, task_id, served, user)


def _known_task(context: Context, skill: Skill, task_id: str | None) -> TaskRecord | None:
    if task_id is None:
        return None

    store = context.store
    # Only a task of this process that is not written yet is waited for.
    waits = store.will_write(task_id)

    def read() -> TaskRecord | None:
        reading = store.read if waits else store.read_now
        with store.impatient(PATIENCE_S), reading() as work:
            return work.tasks.get(task_id)

    try:
        here = store.reads_at_once and not waits
        known = context.standby.reading.ask(read, PATIENCE_S, here)
    except StoreError:
        return None
    if known is not None and known.skill != skill.name:
        raise UsageError(
            f"The task id {task_id} belongs to a task of {known.skill}.", "Make a new id."
        )
    return known


def _result(task: TaskRecord, ballot_id: str | None) -> TaskResult:
    return TaskResult(
        task_id=task.id,
        skill=task.skill,
        output=task.output,
        violation=task.violation,
        prompt_version=task.prompt_version,
        latency_ms=task.latency_ms,
        model=task.model,
        ballot_id=ballot_id,
        prompt_tokens=task.prompt_tokens,
        completion_tokens=task.completion_tokens,
    )
