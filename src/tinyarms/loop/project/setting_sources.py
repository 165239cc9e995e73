"""The effective settings as rows, each with where its value comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from tinyarms.core.plain import plain
from tinyarms.loop.project.config_files import ProjectSettings
from tinyarms.loop.project.shown_settings import shown_settings
from tinyarms.store.project.config import CONFIG, CONSTANTS

DEFAULT = "default"


@dataclass(frozen=True)
class SettingRow:
    """One setting in force."""

    group: str
    """What it belongs to: `models NAME`, `skills NAME`, or a block of `prompt_evolution:`."""
    name: str
    """Its key in the file, with dots between nested keys."""
    value: str
    """Its value as JSON writes it; texts without quotes."""
    source: str
    """The file that sets it, or `default`."""
    default: str | None = None
    """The value that it would have otherwise; `None`: it has no default."""

    @property
    def changed(self) -> bool:
        """Whether it differs from its default."""
        return self.default not in (None, self.value)


def setting_rows(settings: ProjectSettings) -> tuple[SettingRow, ...]:
    """All settings, without secrets, by group."""
    shown = shown_settings(settings)
    rows: list[SettingRow] = []
    blocks = shown["prompt_evolution"]
    rows += _of_model(settings.prompt_evolution, blocks, "prompt_evolution", "", str(CONSTANTS))
    for name, model in settings.models.items():
        rows += _of_model(model, shown["models"][name], f"models {name}", "", str(CONFIG))
    for name, values in shown["skills"].items():
        rows += [
            SettingRow(f"skills {name}", key, _text(value), str(CONFIG))
            for key, value in values.items()
        ]
    return tuple(rows)


def _of_model(
    model: BaseModel, shown: Mapping[str, Any], group: str, prefix: str, file: str
) -> Iterator[SettingRow]:
    nested: list[tuple[str, BaseModel]] = []
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            nested.append((name, value))
            continue
        source = file if name in model.model_fields_set else DEFAULT
        default = None if field.is_required() else _text(plain(field.get_default()))
        yield SettingRow(group, f"{prefix}{name}", _text(shown[name]), source, default)
    for name, value in nested:
        below = name if not prefix and group == "prompt_evolution" else group
        deeper = "" if below == name else f"{prefix}{name}."
        yield from _of_model(value, shown[name], below, deeper, file)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None:
        return "none"
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 60.0 is what a file with 60 says
    return json.dumps(value, ensure_ascii=False)
