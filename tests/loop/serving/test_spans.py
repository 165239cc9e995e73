"""Tasks and outcomes are spans of the program's own tracer provider, if the settings say so."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from tests.loop.place import SKILL, TEST, V1, Place, answer, text
from tinyarms.core.errors import ModelUnavailable
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import run, task

pytestmark = pytest.mark.slow


class _Processor(SpanProcessor):
    raises = False

    def on_start(self, span: Span, parent_context: object = None) -> None:
        if self.raises:
            raise RuntimeError("full")

    on_end = on_start  # type: ignore[assignment]


_EXPORTER = InMemorySpanExporter()
_PROCESSOR = _Processor()


@pytest.fixture(scope="module", autouse=True)
def _provider() -> None:
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(_EXPORTER))
    provider.add_span_processor(_PROCESSOR)
    trace.set_tracer_provider(provider)


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    _EXPORTER.clear()
    yield
    _PROCESSOR.raises = False


@pytest.fixture
def context(place: Place) -> Context:
    place.setting("{opentelemetry: true}")
    return place.open()


def spans(name: str) -> list[ReadableSpan]:
    return [span for span in _EXPORTER.get_finished_spans() if span.name == name]


def test_a_task_is_a_span_below_the_callers_and_its_feedback_one_below_it(
    context: Context,
) -> None:
    with trace.get_tracer("app").start_as_current_span("request") as request:
        done = run(context, SKILL, {"text": text(3)})
    assert feedback(context, done.task_id, success=True).counted
    [chat] = spans("chat small")
    assert chat.kind is SpanKind.CLIENT
    assert chat.parent == request.get_span_context()
    attributes = dict(chat.attributes or {})
    assert attributes == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "tinyarms",
        "gen_ai.request.model": "small",
        "gen_ai.prompt.name": SKILL,
        "gen_ai.response.id": done.task_id,
        "gen_ai.usage.input_tokens": 20,
        "gen_ai.usage.output_tokens": 1,
        "tinyarms.task.id": done.task_id,
        "tinyarms.prompt.version": 1,
    }
    [outcome] = spans("gen_ai.evaluation.result")
    assert outcome.parent == chat.context
    of_outcome = dict(outcome.attributes or {})
    assert of_outcome["gen_ai.evaluation.score.label"] == "pass"
    assert of_outcome["gen_ai.evaluation.score.value"] == 1.0
    assert of_outcome["gen_ai.response.id"] == done.task_id


def test_by_default_there_are_no_spans_and_nothing_is_imported(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = place.open()
    for module in [name for name in sys.modules if name.startswith("opentelemetry")]:
        monkeypatch.setitem(sys.modules, module, None)
    done = run(context, SKILL, {"text": text(3)})
    feedback(context, done.task_id, success=False)
    assert _EXPORTER.get_finished_spans() == ()
    assert context.notices == []


def test_texts_are_sent_only_if_the_environment_asks_for_them_and_are_masked(
    place: Place,
) -> None:
    place.setting("{opentelemetry: true}")
    environ = {"OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT": "true"}
    context = open_project(place.root, environ, place.moment)
    place.opened.append(context)
    run(context, SKILL, {"text": text(3)})
    [chat] = spans("chat small")
    [turn] = json.loads(str((chat.attributes or {})["gen_ai.input.messages"]))
    assert V1.text in turn["parts"][0]["content"]
    assert text(3) in turn["parts"][0]["content"]
    [reply] = json.loads(str((chat.attributes or {})["gen_ai.output.messages"]))
    assert reply["parts"] == [{"type": "text", "content": answer(V1, 3)}]
    with task(context, SKILL) as running:
        running.finish({"text": "write to ada@example.org"}, "good", latency_ms=2000)
    [own] = spans(f"run {SKILL}")
    assert "[email]" in str((own.attributes or {})["gen_ai.input.messages"])
    assert "ada@" not in own.to_json()
    assert own.start_time and own.end_time and own.end_time - own.start_time == 2_000_000_000


def test_an_outcome_by_the_scorer_is_a_span_too(context: Context) -> None:
    done = run(context, SKILL, {"text": text(TEST)})
    context.store.close()  # it waits for the tasks that are written in the background
    [outcome] = spans("gen_ai.evaluation.result")
    assert (outcome.attributes or {})["tinyarms.task.id"] == done.task_id
    assert (outcome.attributes or {})["gen_ai.evaluation.explanation"] == "by scorer"


def test_a_task_that_fails_is_an_error_without_its_text(context: Context) -> None:
    with pytest.raises(ModelUnavailable):
        run(context, SKILL, {"text": "never recorded"})
    [chat] = spans("chat small")
    assert chat.status.status_code is StatusCode.ERROR
    assert (chat.attributes or {})["error.type"] == "ModelUnavailable"
    assert "never" not in chat.to_json()


def test_feedback_of_another_process_names_its_task(place: Place, context: Context) -> None:
    done = run(context, SKILL, {"text": text(3)})
    with context.store.read():
        pass  # It is stored now.
    feedback(place.open(), done.task_id, success=False)
    [outcome] = spans("gen_ai.evaluation.result")
    assert outcome.parent is None
    assert (outcome.attributes or {})["gen_ai.response.id"] == done.task_id


def test_an_error_of_the_tracer_provider_reaches_no_task_and_is_told_once(
    context: Context,
) -> None:
    _PROCESSOR.raises = True
    for number in (3, 4):
        done = run(context, SKILL, {"text": text(number)})
        assert done.output == answer(V1, number)
        feedback(context, done.task_id, success=True)
    assert context.notices == [
        "A span could not be made: the tracer provider raised RuntimeError('full')."
    ]


def test_without_opentelemetry_the_task_runs_and_says_what_is_missing(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in [name for name in sys.modules if name.startswith("opentelemetry")]:
        monkeypatch.setitem(sys.modules, module, None)
    for number in (3, 4):
        assert run(context, SKILL, {"text": text(number)}).output is not None
    assert len(context.notices) == 1
    assert "pip install 'tinyarms[otel]'" in context.notices[0]
