"""Find, read and check a project's `config.yaml` and `config/constants.yaml`."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tinyarms.core.errors import ConfigError
from tinyarms.core.settings import EvolutionSettings, Judge, ModelSettings, Online
from tinyarms.core.text import shorten
from tinyarms.skills.skill import Skill
from tinyarms.store.project.files import read_text
from tinyarms.store.project.skill_model import SkillModel
from tinyarms.store.project.yaml_edit import yaml_problem
from tinyarms.store.project.yaml_nodes import read_nodes

CONFIG = "config.yaml"
CONSTANTS = "config/constants.yaml"


@dataclass(frozen=True)
class SkillConfig:
    """A skill and its prompt in production, as `config.yaml` declares them."""

    skill: Skill
    prompt_template: str
    """Path of the prompt file, relative to the project's folder."""
    prompt_version: int
    judge: Judge | None = None
    """The judge of this skill's variants; `None`: the project's judge, if there is one."""
    online: Online | None = None
    """What grades a sample of the skill's tasks; `None`: nothing."""


@dataclass(frozen=True)
class Project:
    """A project folder and what its two config files declare."""

    root: Path
    models: Mapping[str, ModelSettings]
    skills: Mapping[str, SkillConfig]
    settings: EvolutionSettings


def find_project(start: Path, env: Mapping[str, str]) -> Path:
    """The project's folder: `TINYARMS_HOME`, or the nearest at or above `start`. Raises
    `ConfigError`."""
    home = env.get("TINYARMS_HOME")
    if home:
        root = Path(home).expanduser()
        if (root / CONFIG).is_file():
            return root
        raise ConfigError(
            f"TINYARMS_HOME is {home}, which has no {CONFIG}.", "Correct it, or: tinyarms init"
        )
    for folder in (start, *start.parents):
        if (folder / CONFIG).is_file():
            return folder
    raise ConfigError(
        f"There is no {CONFIG} in {start} or above it.", "Start a project: tinyarms init"
    )


def load_project(root: Path) -> Project:
    """Read both files; without `config/constants.yaml` the defaults apply. Raises `ConfigError`."""
    project, errors = load_usable(root)
    if errors:
        raise errors[0]
    return project


def load_usable(root: Path) -> tuple[Project, tuple[ConfigError, ...]]:
    """What can be used of both files, and an error for each part that cannot.

    Models and skills that are broken, or need a model that is missing, are left out. Broken
    constants have their defaults.
    """
    errors: list[ConfigError] = []
    declared: set[str] = set()
    config = _usable_config(root / CONFIG, errors, declared)
    broken_models = declared - config.models.keys()
    try:
        settings = _load_constants(root / CONSTANTS).prompt_evolution
    except ConfigError as error:
        errors.append(error)
        settings = EvolutionSettings()
    skills = {}
    for name, skill in config.skills.items():
        place = f"{root / CONFIG}: skills.{name}"
        unknown = _unknown_model(place, _models_of(skill), config.models, broken_models)
        if unknown is None:
            skills[name] = SkillConfig(
                skill.skill(name, settings.memory),
                skill.prompt_template,
                skill.prompt_version,
                skill.judge,
                skill.online,
            )
        else:
            errors.append(unknown)
    place, named = f"{root / CONSTANTS}: prompt_evolution", _models_of_settings(settings)
    unknown = _unknown_model(place, named, config.models, broken_models, f" in {CONFIG}")
    if unknown is not None:
        errors.append(unknown)
        settings = EvolutionSettings()
    return Project(root, config.models, skills, settings), tuple(errors)


def _models_of(skill: SkillModel) -> dict[str, str]:
    """The models that a skill names, by the key that names them."""
    named = {"model": skill.model}
    if skill.scorer is not None and skill.scorer.model is not None:
        named["scorer.model"] = skill.scorer.model
    if skill.judge is not None:
        named["judge.model"] = skill.judge.model
    if skill.online is not None and skill.online.judge is not None:
        named["online.judge"] = skill.online.judge
    return named


def _models_of_settings(settings: EvolutionSettings) -> dict[str, str]:
    named = {}
    if settings.evolution.writer_model is not None:
        named["evolution.writer_model"] = settings.evolution.writer_model
    if settings.judge is not None:
        named["judge.model"] = settings.judge.model
    return named


def _unknown_model(
    place: str,
    named: Mapping[str, str],
    usable: Collection[str],
    broken: Collection[str],
    file: str = "",
) -> ConfigError | None:
    """An error for the first of these models that is missing or broken."""
    for key, model in named.items():
        if model in broken:
            problem, hint = "cannot be used", f"Correct models.{model} first."
            return ConfigError(f"{place}.{key}: models.{model}{file} {problem}.", hint)
        if model not in usable:
            known = ", ".join(usable)
            return ConfigError(
                f"{place}.{key}: there is no models.{model}{file}.",
                f"Known: {known}." if known else "Declare it under `models:`.",
            )
    return None


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _ConfigModel(_Model):
    models: dict[str, ModelSettings]
    skills: dict[str, SkillModel]


class _ConstantsModel(_Model):
    prompt_evolution: EvolutionSettings = EvolutionSettings()


def _usable_config(path: Path, errors: list[ConfigError], declared: set[str]) -> _ConfigModel:
    """The entries that can be used; an error is added for each of the others.

    The names of all models, usable or not, go to `declared`.
    """
    nothing: dict[str, Any] = {block: {} for block in _ConfigModel.model_fields}
    try:
        text = read_text(path)
        data = _mapping(text, path)
        if not data.keys() <= _ConfigModel.model_fields.keys():
            data = _without_holders(text, data)
    except ConfigError as error:
        errors.append(error)
        return _ConfigModel.model_validate(nothing)
    for block in _ConfigModel.model_fields:
        if block in data and not data[block]:
            errors.append(ConfigError(f"{path}: {block}: is empty.", "Write its entries below it."))
            data[block] = {}
    data = _well_named(data, path, errors)
    if isinstance(data.get("models"), dict):
        declared.update(map(str, data["models"]))
    while True:
        try:
            return _ConfigModel.model_validate(data)
        except ValidationError as error:
            broken: dict[tuple[int | str, ...], ErrorDetails] = {}
            for each in _errors(error):
                broken.setdefault(each["loc"][:2], each)
            errors += [_config_error(each, path, _ConfigModel) for each in broken.values()]
            rest = _without_entries(data, broken)
            data = nothing if rest == data else rest


def _well_named(data: Mapping[str, Any], path: Path, errors: list[ConfigError]) -> dict[str, Any]:
    """The data without skills that cannot have their name."""
    if not isinstance(data.get("skills"), dict):
        return dict(data)
    skills = {}
    for name, skill in data["skills"].items():
        # Skills name files: skills/<skill>-v2.md.
        if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", str(name)):
            skills[name] = skill
        else:
            errors.append(
                ConfigError(
                    f"{path}: skills.{name} is not a valid name for a skill.",
                    "Use letters, digits, '-' and '_'.",
                )
            )
    return {**data, "skills": skills}


def _without_entries(
    data: Mapping[str, Any], broken: Collection[tuple[int | str, ...]]
) -> dict[str, Any]:
    """The data without the entries at these locations; a block that is broken as a whole is
    empty."""
    places = {tuple(map(str, location)) for location in broken}
    usable: dict[str, Any] = {}
    for block in _ConfigModel.model_fields:
        entries = data.get(block)
        if not isinstance(entries, dict) or (block,) in places:
            entries = {}
        usable[block] = {k: each for k, each in entries.items() if (block, str(k)) not in places}
    return usable


def _load_constants(path: Path) -> _ConstantsModel:
    data = _mapping(read_text(path), path) if path.exists() else {}
    # A block that contains only comments.
    blocks = {block: content for block, content in data.items() if content is not None}
    return _parse(blocks, path, _ConstantsModel)


_File = TypeVar("_File", bound=BaseModel)


def _parse(data: dict[str, Any], path: Path, model: type[_File]) -> _File:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise _config_error(_errors(error)[0], path, model) from error


def _errors(error: ValidationError) -> list[ErrorDetails]:
    return error.errors(include_url=False)


def _without_holders(text: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The blocks, except those that only define anchors for aliases elsewhere."""
    root = read_nodes(text)
    pairs = [] if root is None else root.pairs
    holders = {key.value for key, value in pairs if value.has_anchor()}
    fields = _ConfigModel.model_fields
    return {key: value for key, value in data.items() if key in fields or key not in holders}


def _mapping(text: str, path: Path) -> dict[str, Any]:
    # Pure: the C parser reads YAML 1.1, where `no` is false.
    try:
        data = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise yaml_problem(error, str(path)) from error
    except RecursionError as error:
        raise ConfigError(f"{path}: it is nested too deeply.", "Correct its brackets.") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: must be a mapping of keys to values.")
    return data


_RULES = {
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "string_type": "must be text",
    "list_type": "must be a list, for example [dish]",
    "tuple_type": "must be a list, for example [dish]",
    "dict_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
}
"""Pydantic's kinds of errors, in plain words."""


def _config_error(first: ErrorDetails, path: Path, model: type[BaseModel]) -> ConfigError:
    """One of pydantic's errors in one line: file, dotted key, what is expected."""
    location = first["loc"]
    where = f"{path}: {'.'.join(map(str, location)) or 'the file'}"
    if first["type"] == "extra_forbidden":
        keys = _keys_at(model, location[:-1])
        return ConfigError(f"{where}: unknown key.", f"Known: {', '.join(keys)}.")
    if first["type"] == "missing":
        return ConfigError(f"{where}: is missing.", "Write it.")
    message = " ".join(first["msg"].split())
    if first["type"] == "value_error":
        return ConfigError(f"{where}: {message.removeprefix('Value error, ').rstrip('.')}.")
    rule = _RULES.get(first["type"]) or message.replace("Input should be", "must be")
    return ConfigError(f"{where}: {rule}, not {_short(first['input'])}.")


def _keys_at(annotation: Any, location: Sequence[str | int]) -> list[str]:
    """The keys allowed in a mapping at this location."""
    for part in location:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            annotation = annotation.model_fields[str(part)].annotation
        else:
            annotation = next(a for a in reversed(get_args(annotation)) if a is not type(None))
        annotation = _without_none(annotation)
    return sorted(annotation.model_fields) if hasattr(annotation, "model_fields") else []


def _without_none(annotation: Any) -> Any:
    arguments = get_args(annotation)
    if type(None) not in arguments:
        return annotation
    return next(argument for argument in arguments if argument is not type(None))


def _short(value: Any) -> str:
    return shorten(repr(value), 60)
