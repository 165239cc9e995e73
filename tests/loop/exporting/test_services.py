"""MLflow gets each version once, with its evidence; OpenTelemetry a span for each task."""

from __future__ import annotations

import json
import sys
from importlib.metadata import EntryPoint
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from tests.full_disk import files_of_at_most
from tests.loop.exporting.test_export import put_tasks
from tests.loop.place import SKILL, V1, Place
from tests.loop.steps import begin
from tinyarms.core.errors import StoreError, UsageError
from tinyarms.loop.exporting import to_opentelemetry
from tinyarms.loop.exporting.registry import export
from tinyarms.loop.opening import open_project
from tinyarms.loop.testing.review import promote

pytestmark = pytest.mark.slow


class Registry:
    """What `MlflowClient` 3.17 does with prompts, recorded: MLflow itself is too large to install
    with the tests."""

    prompts: list[SimpleNamespace]
    aliases: dict[str, int]
    refuses = False

    def get_prompt(self, name: str) -> object | None:
        return object() if self.prompts else None

    def search_prompt_versions(self, name: str, page_token: str | None = None) -> list[Any]:
        return list(reversed(self.prompts))

    def register_prompt(self, **fields: Any) -> SimpleNamespace:
        if self.refuses:
            raise _refusal()
        self.prompts.append(SimpleNamespace(version=str(len(self.prompts) + 1), **fields))
        return self.prompts[-1]

    def set_prompt_alias(self, name: str, alias: str, version: int) -> None:
        self.aliases[alias] = version


def _refusal() -> Exception:
    return type("MlflowException", (Exception,), {"__module__": "mlflow.exceptions"})("no server")


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    module = ModuleType("mlflow")
    client = Registry()
    client.prompts, client.aliases = [], {}
    module.MlflowClient = lambda: client  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "mlflow", module)
    return client


def test_each_promotion_is_a_version_of_mlflow_with_its_evidence(
    place: Place, registry: Registry
) -> None:
    context = begin(place)
    assert export(context, SKILL, "mlflow", None).n == 1
    promote(context, SKILL, "A")
    assert export(context, SKILL, "mlflow", None).n == 1
    assert export(context, SKILL, "mlflow", None).n == 0
    first, second = registry.prompts
    assert V1.text in first.template
    assert second.tags["tinyarms.version"] == "2"
    assert second.tags["tinyarms.by"] == "hand"
    assert registry.aliases == {"production": 2}


def test_a_server_that_refuses_is_one_line(place: Place, registry: Registry) -> None:
    registry.refuses = True
    with pytest.raises(StoreError, match="MLflow: no server"):
        export(place.open(), SKILL, "mlflow", None)


def test_tasks_are_spans_with_their_outcome(place: Place) -> None:
    tasks = put_tasks(place)
    path = place.root / "spans.jsonl"
    context = place.open()
    assert export(context, SKILL, "opentelemetry", path).n == len(tasks)
    spans = [json.loads(line) for line in path.read_text().splitlines()]
    assert [span["attributes"]["tinyarms.task.id"] for span in spans] == [t.id for t in tasks]
    attributes, [event] = spans[0]["attributes"], spans[0]["events"]
    assert attributes["gen_ai.operation.name"] == "chat"
    assert "gen_ai.input.messages" not in attributes
    assert event["name"] == "gen_ai.evaluation.result"
    assert event["attributes"]["gen_ai.evaluation.score.value"] == 1.0
    assert event["attributes"]["gen_ai.evaluation.score.label"] == "pass"
    before = path.read_bytes()
    export(context, SKILL, "opentelemetry", path)
    assert path.read_bytes() == before
    assert path.stat().st_mode & 0o777 == 0o600


def test_without_a_file_an_exporter_has_to_be_named(place: Place) -> None:
    with pytest.raises(UsageError, match="OTEL_TRACES_EXPORTER"):
        export(place.open(), SKILL, "opentelemetry", None)


@pytest.mark.parametrize("to", ["opentelemetry", "tasks-jsonl", "tasks-parquet"])
def test_a_full_disk_leaves_the_old_file(place: Place, to: str) -> None:
    put_tasks(place)
    folder = place.root / "out"
    folder.mkdir()
    path = folder / "tasks"
    path.write_text("old")
    context = place.open()
    export(context, SKILL, to, folder / "whole")
    size = (folder / "whole").stat().st_size
    with files_of_at_most(size // 2), pytest.raises(StoreError, match="tasks: cannot be written"):
        export(context, SKILL, to, path)
    assert path.read_text() == "old"
    assert sorted(p.name for p in folder.iterdir()) == ["tasks", "whole"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_TRACES_SAMPLER", "parentbased_always_off"),
        ("OTEL_SDK_DISABLED", "true"),
    ],
)
def test_no_setting_of_the_environment_loses_spans(
    place: Place, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    tasks = put_tasks(place)
    path = place.root / "spans.jsonl"
    monkeypatch.setenv(name, value)
    if name == "OTEL_SDK_DISABLED":
        with pytest.raises(StoreError, match=f"0 of {len(tasks)} spans"):
            export(place.open(), SKILL, "opentelemetry", path)
        assert not path.exists()
    else:
        assert export(place.open(), SKILL, "opentelemetry", path).n == len(tasks)
        assert len(path.read_text().splitlines()) == len(tasks)


class Failing(SpanExporter):
    """An exporter that fails at one of its steps."""

    at = ""
    taken = 0

    def __init__(self) -> None:
        if self.at == "start":
            raise ValueError("no such server")

    def export(self, spans: object) -> SpanExportResult:
        if self.at == "raises":
            raise ConnectionError("refused")
        Failing.taken += 1
        failed = self.at == "returns" and Failing.taken == 3
        return SpanExportResult.FAILURE if failed else SpanExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 0) -> bool:
        return self.at != "flush"

    def shutdown(self) -> None:
        if self.at == "shutdown":
            raise TimeoutError("too late")


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("start", "bad does not start: no such server."),
        ("raises", "0 spans sent, then: refused."),
        ("returns", "2 spans sent, then: the exporter failed"),
        ("flush", "16 spans sent, then: the exporter failed"),
        ("shutdown", "16 spans sent, then: too late."),
        ("", ""),
    ],
)
def test_an_exporter_that_fails_is_one_line(
    place: Place, monkeypatch: pytest.MonkeyPatch, at: str, message: str
) -> None:
    tasks = put_tasks(place)
    point = EntryPoint("bad", f"{__name__}:Failing", "opentelemetry_traces_exporter")
    monkeypatch.setattr(to_opentelemetry, "entry_points", lambda **_: [point])
    monkeypatch.setattr(Failing, "at", at)
    monkeypatch.setattr(Failing, "taken", 0)
    context = open_project(place.root, {"OTEL_TRACES_EXPORTER": "bad"}, place.moment)
    place.opened.append(context)
    if at:
        with pytest.raises((StoreError, UsageError), match=message):
            export(context, SKILL, "opentelemetry", None)
    else:
        assert export(context, SKILL, "opentelemetry", None).n == len(tasks) == Failing.taken
