"""MLflow gets each version once, with its evidence; OpenTelemetry a span for each task."""

from __future__ import annotations

import json
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.loop.exporting.test_export import put_tasks
from tests.loop.place import SKILL, V1, Place
from tests.loop.steps import begin
from tinyarms.core.errors import StoreError, UsageError
from tinyarms.loop.exporting.registry import export
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
