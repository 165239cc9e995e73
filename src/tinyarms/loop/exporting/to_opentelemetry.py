"""Stored tasks as spans by the conventions of OpenTelemetry for generative AI.

Each task is a span, and its outcome the event `gen_ai.evaluation.result` on it.
https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from __future__ import annotations

import json
from contextlib import ExitStack
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from tinyarms.core.errors import UsageError
from tinyarms.core.ids import content_hash
from tinyarms.loop.exporting.new_file import new_file
from tinyarms.loop.exporting.sent_spans import SentSpans, in_words
from tinyarms.loop.exporting.view import ExportView
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.span_attributes import (
    EVALUATION,
    TEXTS_VARIABLE,
    evaluation_attributes,
    nanoseconds,
    set_violated,
    span_attributes,
    wants_texts,
)
from tinyarms.store.db.records import TaskRecord
from tinyarms.store.project.files import writing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from opentelemetry.sdk.trace import ReadableSpan, Tracer
    from opentelemetry.sdk.trace.export import SpanExporter

    from tinyarms.core.privacy.finder import MaskKind

_EXPORTER = "OTEL_TRACES_EXPORTER"


def write(
    context: Context, name: str, to: str, version: int | None, path: Path | None
) -> ExportView:
    """Send a span for each task to a file, or to the exporter that the environment names.

    The ids of a span follow from that of its task, so that sending it twice makes no second one.
    Ends at the first span that the exporter does not take, with a `StoreError`; then the file is as
    it was.
    """
    _check_installed()
    masks = context.project.settings.privacy.mask if wants_texts(context.environ) else None
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
                _add_span(tracer, task, masks)
                n += 1
                if sent.error is not None:
                    break
        finish()
        sent.check(n)
    left_out = f"Texts are left out; {TEXTS_VARIABLE}=true sends them."
    notes = (left_out,) if masks is None else ()
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


def _add_span(tracer: Tracer, task: TaskRecord, masks: Collection[MaskKind] | None) -> None:
    from opentelemetry.context import Context as Nowhere
    from opentelemetry.trace import SpanKind

    ended = nanoseconds(task.created_at)
    name = f"chat {task.model}" if task.model else "chat"
    span = tracer.start_span(
        name,
        context=Nowhere(),  # not below a span of the program that exports
        kind=SpanKind.CLIENT,
        attributes=span_attributes(task, masks),
        start_time=ended - int(1e6 * (task.latency_ms or 0.0)),
    )
    if task.violation is not None:
        set_violated(span)
    if task.success is not None:
        span.add_event(EVALUATION, evaluation_attributes(task), ended)
    span.end(ended)
