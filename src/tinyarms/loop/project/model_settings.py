"""The effective settings of a model: its entry under `models:`, for the writer with `smollm2:`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from tinyarms.core.errors import ConfigError, UsageError
from tinyarms.core.settings import FleetSettings, ModelSettings
from tinyarms.core.text import counted
from tinyarms.loop.project.loading import load
from tinyarms.models.addresses import server_address
from tinyarms.models.embedded.catalog import (
    CATALOG,
    DEFAULT_MODEL,
    DEFAULT_QUANTIZATION,
    find_weights,
    quantizations,
    quantized_name,
)
from tinyarms.store.project.config import CONSTANTS, Project, find_project, undeclared_model

_QUANTIZATION, _CONTEXT = "quantization", "context_window"


def settings_in_force(project: Project, name: str, cluster: str | None = None) -> ModelSettings:
    """The entry `models.<name>`, completed from `smollm2:` and from the catalog.

    `smollm2.quantization` and `smollm2.context_window` apply to the model that `smollm2.model`
    names; the entry itself takes precedence. An embedded model for which nobody sets a context has
    none here, because it grows. A fleet has the settings of the model that its actors run;
    `cluster` takes precedence over its own.
    """
    if project.models[name].kind == "ray":
        entry = project.models[name]
        return FleetSettings.of(entry, settings_in_force(project, entry.model), cluster)
    settings, smollm2 = project.models[name], project.settings.smollm2
    is_writer = name == _writer(project)
    changes: dict[str, object] = {}
    if settings.kind == "embedded" and quantizations(settings.model):
        quantization = smollm2.quantization if is_writer else DEFAULT_QUANTIZATION
        changes["model"] = quantized_name(settings.model, quantization)
    if settings.context_window is None and is_writer:
        is_set = _CONTEXT in smollm2.model_fields_set
        if _is_in_ollama(settings) or (settings.kind == "embedded" and is_set):
            changes[_CONTEXT] = smollm2.context_window
    return settings.model_copy(update=changes)


def source_of_replies(
    project: Project, name: str, settings: ModelSettings, environ: Mapping[str, str]
) -> str:
    """What the stored replies of `models.<name>` belong to: the model's tag and its address.

    With several addresses it is the entry's name in their place, so that a server may join or
    leave. A fleet has the replies of the model that its actors run.
    """
    if settings.urls:
        entry = project.models[name]
        return f"{settings.model} at models.{entry.model if entry.kind == 'ray' else name}"
    address = server_address(settings, environ)
    return settings.model if address is None else f"{settings.model} at {address}"


def weights_to_tune(folder: Path, environ: Mapping[str, str]) -> str:
    """The model to tune where none is named: the embedded one of the project at `folder`, or
    without a project the default.

    Raises `UsageError` if the project has none, or several.
    """
    try:
        root = find_project(folder, environ)
    except ConfigError:
        return DEFAULT_MODEL
    models = load(root, environ).models.values()
    embedded = sorted({each.model for each in models if each.kind == "embedded"})
    if len(embedded) == 1:
        return embedded[0]
    raise UsageError(
        f"This project has {counted(len(embedded), 'embedded model')}{': ' if embedded else ''}"
        f"{', '.join(embedded)}.",
        f"Name the model to tune: tinyarms model tune {(embedded or [DEFAULT_MODEL])[0]}",
    )


def weights_name(name: str, folder: Path, environ: Mapping[str, str]) -> str:
    """The catalog's name of the weights of a model, in the project at `folder`.

    For a model that comes in several quantizations, the name ends with the one in use; without a
    project, the default. Raises `UsageError` for a name that is not in the catalog.
    """
    if not quantizations(name):
        return find_weights(name).name
    quantization = DEFAULT_QUANTIZATION
    with suppress(ConfigError):
        project = load(find_project(folder, environ), environ)
        writer = project.models.get(_writer(project) or "")
        if writer is not None and (writer.kind, writer.model) == ("embedded", name):
            quantization = project.settings.smollm2.quantization
    return find_weights(quantized_name(name, quantization)).name


def undeclared_models(project: Project) -> tuple[str, ...]:
    """A line for each model that was found without an entry under `models:`, or not found."""
    lines = list(found_elsewhere(project))
    writer = _writer(project)
    if writer is not None and writer not in project.models:
        error = undeclared_model(writer, project.models, f"{CONSTANTS}: smollm2.model: ")
        lines.append(str(error))
    return tuple(lines)


def found_elsewhere(project: Project) -> Iterator[str]:
    """A line for each model that has no entry under `models:`, and was found elsewhere."""
    for name in project.undeclared:
        settings = project.models[name]
        where = "the catalog" if settings.kind == "embedded" else "Ollama"
        entry = f"{{kind: {settings.kind}, model: {settings.model}}}"
        yield (
            f"models.{name} is not in config.yaml, and was found in {where}. To declare it, write "
            f"below `models:`: `{name}: {entry}`."
        )


def settings_without_effect(project: Project) -> tuple[str, ...]:
    """A line for each setting under `smollm2:` that is set but has no effect.

    It says which setting, why, and what to do instead.
    """
    smollm2 = project.settings.smollm2
    keys_in_use = [key for key in (_QUANTIZATION, _CONTEXT) if key in smollm2.model_fields_set]
    if not keys_in_use:
        return ()
    writer = _writer(project)
    if writer is None or writer not in project.models:
        keys = " and ".join(f"smollm2.{key}" for key in keys_in_use)
        verb = "has" if len(keys_in_use) == 1 else "have"
        return (f"{keys} {verb} no effect: {_no_writer(project)}",)
    why = {_QUANTIZATION: _why_no_quantization, _CONTEXT: _why_no_context}
    reasons = {key: why[key](project, writer, project.models[writer]) for key in keys_in_use}
    return tuple(
        f"smollm2.{key} ({getattr(smollm2, key)}) has no effect: {reason}"
        for key, reason in reasons.items()
        if reason is not None
    )


def _writer(project: Project) -> str | None:
    """The model that `smollm2.model` names; `None` if another model writes instead."""
    other_writer, model = project.settings.evolution.writer_model, project.settings.smollm2.model
    return model if other_writer in (None, model) else None


def _no_writer(project: Project) -> str:
    model = project.settings.smollm2.model
    if model is None:
        return "smollm2.model names no model. Name it, or remove them."
    other_writer = project.settings.evolution.writer_model
    if _writer(project) is None:
        return (
            f"evolution.writer_model ({other_writer}) is used instead of smollm2.model ({model}). "
            "Remove one of the two."
        )
    return f"config.yaml has no models.{model}. Correct smollm2.model."


def _why_no_quantization(project: Project, writer: str, settings: ModelSettings) -> str | None:
    setting = project.settings.smollm2.quantization
    if _is_in_ollama(settings):
        if setting.casefold() in settings.model.casefold():
            return None
        tag = f"a tag that ends in {setting}"
        return f"in Ollama the tag decides. Name {tag} in models.{writer}, or remove the setting."
    if settings.kind != "embedded":
        return _decided_elsewhere(writer, settings)
    choices = quantizations(settings.model)
    if choices:
        if setting.upper() in choices:
            return None
        return f"{settings.model} comes in {', '.join(choices)}. Write one of them."
    weights = CATALOG.get(settings.model)
    if weights is None or weights.quantization == setting.upper():
        return None
    return (
        f"{settings.model} is {weights.quantization}. Name a model that comes in several in "
        f"models.{writer}, such as smollm2:360m-instruct, or remove the setting."
    )


def _why_no_context(project: Project, writer: str, settings: ModelSettings) -> str | None:
    setting, own_window = project.settings.smollm2.context_window, settings.context_window
    if settings.kind != "embedded" and not _is_in_ollama(settings):
        return _decided_elsewhere(
            writer, settings, "Start it with the context that you want, and remove the setting."
        )
    if own_window is not None:
        if own_window == setting:
            return None
        key = f"models.{writer}.context_window"
        return f"{key} ({own_window}) takes precedence. Remove one of the two."
    if settings.kind != "embedded":
        return None
    weights = CATALOG.get(settings_in_force(project, writer).model)
    limit = None if weights is None else weights.trained_context
    if limit is None or setting <= limit:
        return None
    return f"{settings.model} reads at most {limit} tokens. Write {limit} or less."


def _is_in_ollama(settings: ModelSettings) -> bool:
    remote = settings.kind in ("ollama", "openai")
    return remote and (settings.server or settings.kind) == "ollama"


def _decided_elsewhere(writer: str, settings: ModelSettings, advice: str = "") -> str:
    if settings.kind == "replay":
        return f"models.{writer} answers from a recording. Remove the setting."
    return f"the server of models.{writer} decides it. {advice or 'Remove the setting.'}"
