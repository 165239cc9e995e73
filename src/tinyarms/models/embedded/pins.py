"""Hashes of weights that the catalog does not know: kept when they are first pulled.

The catalog can only say what somebody has checked. For other weights the first pull is trusted, as
SSH trusts the first key of a host: its hash and revision are kept beside the weights, and every
later pull on this machine must give the same file.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from tinyarms.core.errors import ModelError
from tinyarms.core.leftovers import hold
from tinyarms.models.embedded.catalog import HubSource, Weights

PINS = "pins.json"
"""The file in the models folder."""


class Pin(BaseModel):
    """What a file of weights was when it was first pulled."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sha256: str
    size: int
    """In bytes."""
    revision: str | None
    """The hub's commit; `None`: not known."""


_PINS = TypeAdapter(dict[str, Pin])


def pins(folder: Path) -> Mapping[str, Pin]:
    """File name → its pin. Raises `ModelError` if the file cannot be read."""
    path = folder / PINS
    try:
        return _PINS.validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValidationError) as error:
        raise ModelError(
            f"{path}: cannot be read, so no weights can be compared with it.",
            "Remove it to trust the weights that are pulled next.",
        ) from error


def as_pinned(weights: Weights, folder: Path) -> Weights:
    """The weights with the hash, size and revision of their first pull, if the catalog has none.

    Raises `ModelError`.
    """
    if weights.sha256 is not None or not isinstance(weights.source, HubSource):
        return weights
    pin = pins(folder).get(weights.file_name)
    if pin is None:
        return weights
    source = replace(weights.source, revision=pin.revision or weights.source.revision)
    return replace(weights, sha256=pin.sha256, size=pin.size, source=source)


def keep(folder: Path, file_name: str, pin: Pin) -> None:
    """Keep a pin, unless there is one. Pulls at the same time wait. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        hold(descriptor)
        found = {file_name: pin, **pins(folder)}
        path = folder / PINS
        temporary = path.with_suffix(f".{os.getpid()}.tmp")
        temporary.write_bytes(_PINS.dump_json(found, indent=1) + b"\n")
        temporary.replace(path)
    finally:
        os.close(descriptor)
