from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tinyarms.core.prices import FREE, Price
from tinyarms.core.settings import ModelSettings
from tinyarms.models.price_list import price_of

NOW = datetime(2026, 11, 27, tzinfo=UTC)
HOSTED = "https://api.openai.com/v1"


def price(**settings: object) -> Price | None:
    environ: dict[str, str] = {}
    return price_of(ModelSettings.model_validate({"kind": "openai", **settings}), environ, NOW)


@pytest.mark.parametrize(
    "local",
    [
        {"kind": "embedded", "model": "smollm2:135m"},
        {"kind": "replay", "model": "m", "recording": "r.jsonl"},
        {"kind": "ollama", "model": "qwen3:0.6b"},
        {"model": "gpt-4o-mini", "base_url": "http://127.0.0.1:8000/v1"},
    ],
)
def test_a_model_on_this_machine_costs_nothing(local: dict[str, str]) -> None:
    assert price(**local) == FREE


@pytest.mark.parametrize(
    "unknown",
    [
        {"kind": "ollama", "model": "gpt-oss:120b-cloud"},
        {"model": "no-such-model", "base_url": HOSTED},
        {"model": "gpt-4o-mini", "base_url": "http://10.0.0.7:8000/v1"},
        {"model": "gpt-4o-mini", "base_url": "https://gateway.example/v1"},
        {"kind": "ollama", "model": "qwen3:0.6b", "base_url": "http://10.0.0.7:11434/v1"},
    ],
)
def test_what_is_not_in_the_list_is_not_known(unknown: dict[str, str]) -> None:
    assert price(**unknown) is None


@pytest.mark.slow
def test_the_list_has_prices_by_address_and_model() -> None:
    mini = price(model="gpt-4o-mini", base_url=HOSTED)
    assert mini is not None and mini.cached_input is not None
    assert 0 < mini.cached_input < mini.input < mini.output
    passed_on = price(model="openai/gpt-4o-mini", base_url="https://openrouter.ai/api/v1")
    assert passed_on is not None and passed_on.input > 0


@pytest.mark.slow
def test_longer_prompts_and_calls_can_have_prices_of_their_own() -> None:
    google = "https://generativelanguage.googleapis.com/v1beta/openai"
    gemini = price(model="gemini-2.5-pro", base_url=google)
    assert gemini is not None
    [long] = gemini.long_prompts
    assert long.above == 200_000 and long.input > gemini.input and long.output > gemini.output
    sonar = price(model="sonar", base_url="https://api.perplexity.ai")
    assert sonar is not None and 0.001 < sonar.request < 0.1


def test_the_config_takes_precedence() -> None:
    own = {"input": 1.5, "output": 6}
    assert price(model="gpt-4o-mini", base_url=HOSTED, prices=own) == Price(input=1.5, output=6)
    assert price(kind="embedded", model="m", prices=own) == Price(input=1.5, output=6)
