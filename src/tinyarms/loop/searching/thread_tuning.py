"""Measure the fastest numbers of threads and slots for embedded models on this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tinyarms.core.errors import ModelError
from tinyarms.core.settings import ModelSettings
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener
from tinyarms.models.embedded.catalog import weights_path
from tinyarms.models.embedded.tuning import FILE, Measured
from tinyarms.models.registry import make_model

NOT_KEPT = (
    "Other programs keep this machine busy, so this is not stored. Measure again when it is free: "
    "tinyarms model tune"
)


@dataclass(frozen=True)
class TuningView:
    """The measurements, and the choice used from now on."""

    model: str
    """Name of the embedded model."""
    chosen: Measured
    """The choice used from now on."""
    measured: tuple[Measured, ...]
    """All tried choices."""
    path: str | None
    """The file with the result; `None`: not stored, because the machine was busy."""


def tune(
    name: str, environ: Mapping[str, str], note: Callable[[Measured], None] = lambda measured: None
) -> TuningView:
    """Measure a model of the catalog. It takes about ten seconds; run it while the machine is free.

    `note` is called with each measurement. Raises `UsageError` for an unknown name and
    `ModelError` if the model does not run here.
    """
    from tinyarms.models.embedded.model import EmbeddedModel

    path = weights_path(name, environ)
    model = make_model(name, ModelSettings(kind="embedded", model=name), Path(), environ)
    assert isinstance(model, EmbeddedModel)
    try:
        tuning = model.tune(note)
    finally:
        model.close()
    file = None if tuning.disturbed else str(path.with_name(FILE))
    return TuningView(name, tuning.chosen, tuning.measured, file)


def tune_first(context: Context, names: Iterable[str], listener: Listener) -> None:
    """Measure the embedded models among `names` that are not measured on this machine yet.

    A model that cannot be measured gets a note and keeps the defaults.
    """
    for name in dict.fromkeys(names):
        if context.model_settings(name).kind != "embedded":
            continue
        from tinyarms.models.embedded.model import EmbeddedModel

        model = context.model(name)
        if not isinstance(model, EmbeddedModel) or not model.needs_tuning:
            continue
        listener.note(f"Trying threads and slots for {model.name} on this machine, once …")
        try:
            tuning = model.tune(lambda measured: None)
        except ModelError as error:
            listener.note(f"{error.message} The defaults are used.")
            continue
        listener.note(chosen_text(tuning.chosen))
        if tuning.disturbed:
            listener.note(NOT_KEPT)


def chosen_text(chosen: Measured) -> str:
    """The choice in a sentence."""
    threads = "1 thread" if chosen.threads == 1 else f"{chosen.threads} threads"
    setting = f"{threads}, 1 slot" if chosen.slots == 1 else f"{threads}, {chosen.slots} slots"
    rate = f"{chosen.calls_per_second:.1f} short calls a second"
    if chosen.slots == 1:
        return f"Chosen: {setting} ({rate})."
    return (
        f"Chosen: {setting} ({rate}). With more than one slot, replies may differ a little from "
        "run to run; `slots: 1` in config.yaml makes them repeat."
    )
