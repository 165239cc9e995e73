"""The models of another tool as entries under `models:`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from pydantic import ValidationError

from tinyarms.core.settings import ModelSettings
from tinyarms.exchange.incoming.records import FoundModel, Imported, Listed
from tinyarms.loop.importing.report import Report


def model_entries(
    found: Iterable[FoundModel], declared: Mapping[str, ModelSettings], report: Report
) -> tuple[dict[str, ModelSettings], dict[FoundModel, str]]:
    """The entries to add, and the name of the entry for each model.

    A model that is declared already, or that occurs twice, has one entry.
    """
    names = {settings: name for name, settings in _by_settings(declared).items()}
    entries: dict[str, ModelSettings] = {}
    of_model: dict[FoundModel, str] = {}
    for model in found:
        try:
            settings = ModelSettings(
                kind=model.kind,
                model=model.model,
                base_url=model.base_url,
                api_key_env=model.api_key_env,
            )
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
            report.list(model.where, f"the model {model.name}", problem)
            continue
        key = settings.model_dump_json()
        if key not in names:
            names[key] = _unused(model.model, (*declared, *entries))
            entries[names[key]] = settings
        of_model[model] = names[key]
    return entries, of_model


def without_models(imported: Imported) -> Imported:
    """The same, with its models listed and not brought in: who sent it may not declare any, since
    an entry names an address and an environment variable."""
    judge = () if imported.judge_model is None else (imported.judge_model,)
    why = "only who owns the project declares models, in config.yaml"
    listed = [
        Listed(found.where, f"the model {found.name}", why)
        for found in dict.fromkeys((*imported.models, *judge))
    ]
    return replace(imported, models=(), judge_model=None, listed=(*imported.listed, *listed))


def _by_settings(declared: Mapping[str, ModelSettings]) -> dict[str, str]:
    return {name: settings.model_dump_json() for name, settings in declared.items()}


def _unused(name: str, used: Iterable[str]) -> str:
    taken = set(used)
    if name not in taken:
        return name
    return next(f"{name}-{n}" for n in range(2, len(taken) + 3) if f"{name}-{n}" not in taken)
