"""Stored tasks as spans by the conventions of OpenTelemetry for generative AI.

Each task is a span, and its outcome the event `gen_ai.evaluation.result` on it.
https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from tinyarms.core.errors import UsageError
from tinyarms.core.ids import content_hash
from tinyarms.loop.exporting.new_file import new_file
from tinyarms.loop.exporting.sent_spans import SentSpans, in_words
from tinyarms.loop.exporting.view import ExportView
from tinyarms.loop.project.context import Context
from tinyarms.skills.picture import all_for_people
from tinyarms.store.db.records import TaskRecord
from tinyarms.store.project.files import writing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from opentelemetry.sdk.trace import ReadableSpan, Tracer
    from opentelemetry.sdk.trace.export import SpanExporter

_EXPORTER = "OTEL_TRACES_EXPORTER"
_WITH_TEXTS = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
"""Setting of the environment by which texts are sent too, as the conventions ask for."""


def write(
    context: Context, name: str, to: str, version: int | None, path: Path | None
) -> ExportView:
    """Send a span for each task to a file, or to the exporter that the environment names.

    The ids of a span follow from that of its task, so that sending it twice makes no second one.
    Ends at the first span that the exporter does not take, with a `StoreError`; then the file is as
    it was.
    """
    _check_installed()
    with_texts = context.environ.get(_WITH_TEXTS, "").lower() == "true"
    with ExitStack() as stack:
        if path is None:
            exporter = _named_exporter(context.environ.get(_EXPORTER, ""))
        else:
            exporter = _file_exporter(stack.enter_context(new_file(path)), path)
        sent = SentSpans(exporter)
        n = 0
        with context.store.read() as work:
            ids, tracer, finish = _tracer(sent.exporter())
            for task in work.tasks.each(name):
                ids.task = task.id
                _add_span(tracer, task, with_texts)
                n += 1
                if sent.error is not None:
                    break
        finish()
        sent.check(n)
    notes = () if with_texts else (f"Texts are left out; {_WITH_TEXTS}=true sends them.",)
    return ExportView(name, to, None if path is None else str(path), n, "span", notes)


def _check_installed() -> None:
    try:
        import opentelemetry.sdk.trace  # noqa: F401
    except ImportError as error:
        raise UsageError(
            "OpenTelemetry's SDK is not installed.", "Run: pip install 'tinyarms[otel]'"
        ) from error


def _named_exporter(name: str) -> SpanExporter:
    if name in ("", "none"):
        raise UsageError(
            "opentelemetry needs a file, or an exporter.",
            f"Name a file, or set {_EXPORTER}, e.g. to otlp.",
        )
    found = list(entry_points(group="opentelemetry_traces_exporter", name=name))
    if not found:
        raise UsageError(
            f"{_EXPORTER}: there is no exporter {name!r}.",
            "Install its package, e.g. opentelemetry-exporter-otlp.",
        )
    try:
        exporter: SpanExporter = found[0].load()()
    except Exception as error:  # an exporter is another's code
        raise UsageError(
            f"{_EXPORTER}: {name} does not start: {in_words(error)}.",
            "Look at its settings (OTEL_…).",
        ) from error
    return exporter


def _file_exporter(file: BinaryIO, path: Path) -> SpanExporter:
    """An exporter that writes a line of JSON for each span."""
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class ToFile(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            for span in spans:
                row = json.loads(span.to_json())
                with writing(path):
                    file.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")
            return SpanExportResult.SUCCESS

    return ToFile()


def _tracer(exporter: SpanExporter) -> tuple[Any, Tracer, Any]:
    """The maker of ids, the tracer, and what sends the last spans."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.id_generator import IdGenerator
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    class OfTask(IdGenerator):
        """Ids that follow from that of the task."""

        task = ""

        def generate_trace_id(self) -> int:
            return int(content_hash(["trace", self.task])[:32], 16)

        def generate_span_id(self) -> int:
            return int(content_hash(["span", self.task])[:16], 16)

    ids = OfTask()
    provider = TracerProvider(
        sampler=ALWAYS_ON,
        resource=Resource.create({"service.name": "tinyarms"}),
        id_generator=ids,
        shutdown_on_exit=False,
    )
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    return ids, provider.get_tracer("tinyarms"), provider.shutdown  # type: ignore[return-value]


def _add_span(tracer: Tracer, task: TaskRecord, with_texts: bool) -> None:
    from opentelemetry.context import Context as Nowhere
    from opentelemetry.trace import SpanKind, Status, StatusCode

    ended = _nanoseconds(task.created_at)
    name = f"chat {task.model}" if task.model else "chat"
    span = tracer.start_span(
        name,
        context=Nowhere(),  # not below a span of the program that exports
        kind=SpanKind.CLIENT,
        attributes=span_attributes(task, with_texts),
        start_time=ended - int(1e6 * (task.latency_ms or 0.0)),
    )
    if task.violation is not None:
        span.set_status(Status(StatusCode.ERROR, "the output violates the contract"))
    if task.success is not None:
        span.add_event("gen_ai.evaluation.result", evaluation_attributes(task), ended)
    span.end(ended)


def span_attributes(task: TaskRecord, with_texts: bool) -> dict[str, str | int]:
    """The attributes of a task's span. `with_texts`: also its inputs and its output."""
    known: dict[str, str | int | None] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "tinyarms",
        "gen_ai.request.model": task.model,
        "gen_ai.prompt.name": task.skill,
        "gen_ai.usage.input_tokens": task.prompt_tokens,
        "gen_ai.usage.output_tokens": task.completion_tokens,
        "error.type": None if task.violation is None else "contract_violation",
        "tinyarms.task.id": task.id,
        "tinyarms.prompt.version": task.prompt_version,
        "tinyarms.variant.id": task.variant_id,
    }
    if with_texts:
        shown = json.dumps(all_for_people(task.inputs), ensure_ascii=False)
        known["gen_ai.input.messages"] = _messages("user", shown)
        known["gen_ai.output.messages"] = (
            None if task.output is None else _messages("assistant", task.output)
        )
    return {key: value for key, value in known.items() if value is not None}


def evaluation_attributes(task: TaskRecord) -> dict[str, str | float]:
    """The attributes of the event with a task's outcome."""
    return {
        "gen_ai.evaluation.name": "task_success",
        "gen_ai.evaluation.score.value": 1.0 if task.success else 0.0,
        "gen_ai.evaluation.score.label": "pass" if task.success else "fail",
        "gen_ai.evaluation.explanation": f"by {task.outcome_source or 'feedback'}",
    }


def _messages(role: str, text: str) -> str:
    message = {"role": role, "parts": [{"type": "text", "content": text}]}
    return json.dumps([message], ensure_ascii=False)


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1e6) * 1000
