"""Spans of tasks and outcomes by the conventions of OpenTelemetry for generative AI.

They go to the tracer provider of the program, if it has one; tinyArms sets none.
https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any

from tinyarms.core.privacy.finder import MaskKind
from tinyarms.core.settings import EvolutionSettings
from tinyarms.loop.project.span_attributes import (
    EVALUATION,
    evaluation_attributes,
    nanoseconds,
    present,
    set_failed,
    set_violated,
    span_attributes,
    task_ids,
    wants_texts,
)
from tinyarms.skills.execution import Message
from tinyarms.store.db.records import TaskRecord

if TYPE_CHECKING:
    from opentelemetry.context import Context as TraceContext
    from opentelemetry.trace import Span, SpanContext, SpanKind

_SERVICE = "tinyarms"
_REMEMBERED = 10_000
"""Newest tasks of a process whose spans the spans of their outcomes are put below. Higher: later
feedback is put below its task, and takes 0.3 kB for each."""
_NOT_INSTALLED = (
    "No spans are made: prompt_evolution.opentelemetry is true, but OpenTelemetry is not "
    "installed. Run: pip install 'tinyarms[otel]'"
)


@dataclass
class TaskSpan:
    """The span of a running task. All of it does nothing where no spans are wanted."""

    _span: Span | None = None
    _masks: Collection[MaskKind] | None = None
    """What is masked in texts; `None`: texts are left out."""
    _guard: Callable[[], AbstractContextManager[None]] = nullcontext

    @property
    def wants_texts(self) -> bool:
        """Whether `finish` needs the messages."""
        return self._span is not None and self._masks is not None

    def finish(self, task: TaskRecord, messages: Sequence[Message] = ()) -> None:
        """Note what the task gave. `messages`: the turns that were sent, where texts are wanted."""
        if self._span is None:
            return
        with self._guard():
            self._span.set_attributes(span_attributes(task, self._masks, messages))
            if task.violation is not None:
                set_violated(self._span)


_NO_SPAN = TaskSpan()


@dataclass
class Spans:
    """Makes the spans of an open project, in any thread.

    An error of the program's tracer provider never reaches a task: it is told once.
    """

    settings: Callable[[], EvolutionSettings]
    environ: Mapping[str, str]
    tell: Callable[[str], None]
    """Gets a sentence for people if spans cannot be made."""
    _of_task: OrderedDict[str, SpanContext] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)
    _has_told: bool = False

    @contextmanager
    def task(self, task_id: str, skill: str, model: str) -> Iterator[TaskSpan]:
        """The span of a task while its model is called; it is the current one."""
        span = self._start(task_id, skill, model) if self._is_on else None
        if span is None:
            yield _NO_SPAN
            return
        from opentelemetry import context, trace

        token = context.attach(trace.set_span_in_context(span))
        try:
            yield TaskSpan(span, self._masks_of_texts(), self._guard)
        except BaseException as error:
            with self._guard():
                set_failed(span, error)
            raise
        finally:
            context.detach(token)
            with self._guard():
                span.end()

    def finished(self, task: TaskRecord) -> None:
        """The span of a task that the application ran with a model of its own."""
        if not self._is_on:
            return
        with self._guard():
            from opentelemetry.trace import SpanKind

            ended = nanoseconds(task.created_at)
            span = self._started(
                task.id,
                f"run {task.skill}",
                SpanKind.INTERNAL,
                start_time=ended - int(1e6 * (task.latency_ms or 0.0)),
            )
            span.set_attributes(span_attributes(task, self._masks_of_texts()))
            if task.violation is not None:
                set_violated(span)
            span.end(ended)

    def outcome(self, task: TaskRecord) -> None:
        """A span without duration for the outcome of a task, below that of the task if this process
        made it lately."""
        if not self._is_on or task.success is None:
            return
        with self._guard():
            from opentelemetry import trace

            parent: TraceContext | None = None
            links = []
            with self._lock:
                of_task = self._of_task.get(task.id)
            if of_task is not None:
                parent = trace.set_span_in_context(trace.NonRecordingSpan(of_task))
                caller = trace.get_current_span().get_span_context()
                links = [trace.Link(caller)] if caller.is_valid and caller != of_task else []
            attributes = {**task_ids(task), **evaluation_attributes(task)}
            tracer = trace.get_tracer(_SERVICE)
            tracer.start_span(
                EVALUATION, context=parent, attributes=present(attributes), links=links
            ).end()

    @property
    def _is_on(self) -> bool:
        return self.settings().opentelemetry

    def _start(self, task_id: str, skill: str, model: str) -> Span | None:
        with self._guard():
            from opentelemetry.trace import SpanKind

            about = {"gen_ai.prompt.name": skill, "gen_ai.request.model": model}
            return self._started(task_id, f"chat {model}", SpanKind.CLIENT, attributes=about)
        return None

    def _started(self, task_id: str, name: str, kind: SpanKind, **given: Any) -> Span:
        from opentelemetry import trace

        span = trace.get_tracer(_SERVICE).start_span(name, kind=kind, **given)
        where = span.get_span_context()
        if where.is_valid:
            with self._lock:
                self._of_task[task_id] = where
                if len(self._of_task) > _REMEMBERED:
                    self._of_task.popitem(last=False)
        return span

    def _masks_of_texts(self) -> Collection[MaskKind] | None:
        return self.settings().privacy.mask if wants_texts(self.environ) else None

    @contextmanager
    def _guard(self) -> Iterator[None]:
        """Keeps errors of span processors, which are another's code, away from tasks."""
        try:
            yield
        except ModuleNotFoundError:
            self._tell_once(_NOT_INSTALLED)
        except Exception as error:
            self._tell_once(f"A span could not be made: the tracer provider raised {error!r}.")

    def _tell_once(self, text: str) -> None:
        with self._lock:
            has_told, self._has_told = self._has_told, True
        if not has_told:
            self.tell(text)
