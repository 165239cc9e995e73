from __future__ import annotations

from pathlib import Path

import pytest

from tinyarms.core.errors import UsageError
from tinyarms.models.embedded.catalog import (
    CATALOG,
    HubSource,
    PackageSource,
    find_weights,
    models_dir,
    quantizations,
    quantized_name,
    weights_path,
)


def test_the_default_model_is_pinned_by_version_and_hash() -> None:
    weights = find_weights("smollm2:135m")
    assert isinstance(weights.source, PackageSource)
    assert "==" in weights.source.requirement
    assert weights.size == 144_811_072
    assert weights.sha256 is not None
    assert len(weights.sha256) == 64


def test_an_unknown_name_comes_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as caught:
        find_weights("gpt-9")
    assert all(name in caught.value.hint for name in CATALOG)


def test_no_two_models_share_a_file() -> None:
    assert len({weights.file_name for weights in CATALOG.values()}) == len(CATALOG)


def test_a_model_in_several_quantizations_has_a_file_for_each() -> None:
    name = "smollm2:360m-instruct"
    assert len(quantizations(name)) > 1
    for quantization in quantizations(name):
        weights = find_weights(quantized_name(name, quantization))
        assert isinstance(weights.source, HubSource)
        assert weights.source.file == weights.file_name
        assert weights.file_name == f"SmolLM2-360M-Instruct-{quantization}.gguf"
        assert weights.quantization == quantization
    assert find_weights(name) == find_weights("smollm2:360m-instruct-q4_k_m")
    assert quantizations("smollm2:135m") == ()
    with pytest.raises(UsageError, match="knows no model 'smollm2:360m-instruct-q1'"):
        find_weights(quantized_name(name, "Q1"))


def test_weights_live_where_the_environment_says(tmp_path: Path) -> None:
    environ = {"TINYARMS_MODELS": str(tmp_path)}
    assert weights_path("smollm2:135m", environ).parent == tmp_path
    assert models_dir({}).parts[-2:] == ("tinyarms", "models")
    assert models_dir({"TINYARMS_MODELS": ""}) == models_dir({})
