"""Count the spans that an exporter takes, and keep its first error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinyarms.core.errors import StoreError, TinyArmsError
from tinyarms.core.text import counted, one_line, shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult


class SentSpans:
    """The spans that an exporter took. The SDK itself only logs an exporter's errors."""

    def __init__(self, exporter: SpanExporter) -> None:
        self.n = 0
        self.error: Exception | None = None
        """The first error."""
        self._exporter = exporter

    def exporter(self) -> SpanExporter:
        """The exporter, with its successes and errors kept here."""
        from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

        outer = self

        class Counting(SpanExporter):
            def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
                if outer.error is None:
                    outer.error = _error_of(lambda: outer._exporter.export(spans))
                if outer.error is not None:
                    return SpanExportResult.FAILURE
                outer.n += len(spans)
                return SpanExportResult.SUCCESS

            def shutdown(self) -> None:
                for end in (outer._exporter.force_flush, outer._exporter.shutdown):
                    outer.error = outer.error or _error_of(end)

        return Counting()

    def check(self, n: int) -> None:
        """Raises `StoreError` unless all of `n` spans were sent."""
        if isinstance(self.error, TinyArmsError):
            raise self.error
        if self.error is not None:
            raise StoreError(
                f"OpenTelemetry: {counted(self.n, 'span')} sent, then: {in_words(self.error)}.",
                "Look at the exporter and its server, and export again: no span is doubled.",
            ) from self.error
        if self.n != n:
            raise StoreError(
                f"OpenTelemetry: {self.n} of {counted(n, 'span')} sent.",
                "Remove OTEL_SDK_DISABLED from the environment.",
            )


def _error_of(step: Callable[[], SpanExportResult | bool | None]) -> Exception | None:
    """The error of a step of an exporter, raised or returned."""
    from opentelemetry.sdk.trace.export import SpanExportResult

    try:
        answer = step()
    except Exception as error:  # an exporter is another's code
        return error
    is_failure = answer is SpanExportResult.FAILURE or answer is False
    return RuntimeError("the exporter failed and gave no reason") if is_failure else None


def in_words(error: Exception) -> str:
    """An error of another's code in one line, without its full stop."""
    return shorten(one_line(str(error)) or type(error).__name__, 200).rstrip(".")
