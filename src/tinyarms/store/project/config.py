"""Find, read and check a project's `config.yaml` and `config/constants.yaml`."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from tinyarms.core.errors import ConfigError
from tinyarms.core.settings import EvolutionSettings, Judge, ModelSettings, Online
from tinyarms.core.text import one_line
from tinyarms.core.yaml_syntax import YamlProblem
from tinyarms.core.yaml_values import Document, Place, read_document
from tinyarms.skills.skill import SKILL_NAME, SKILL_NAME_REMEDY, Skill
from tinyarms.store.project.config_words import model_error, near, problem_error
from tinyarms.store.project.files import read_text
from tinyarms.store.project.skill_model import SkillModel

CONFIG = "config.yaml"
CONSTANTS = "config/constants.yaml"


Stamps = tuple[tuple[int, int] | None, ...]
"""For each config file, its modification time in nanoseconds and its size in bytes; `None` if it
cannot be read."""


def stamps_of(root: Path) -> Stamps:
    """A value that changes whenever a config file is written."""
    return tuple(_stamp(root / name) for name in (CONFIG, CONSTANTS))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size


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
    needs_approval: bool = False
    """Whether a person has to approve each prompt before it goes into production."""


@dataclass(frozen=True)
class Project:
    """A project folder and what its two config files declare."""

    root: Path
    models: Mapping[str, ModelSettings]
    """The models by name: those of `models:`, and those that were found without an entry there."""
    skills: Mapping[str, SkillConfig]
    settings: EvolutionSettings
    unusable: Mapping[str, ConfigError] = field(default_factory=dict)
    """Skills of `config.yaml` that cannot be used, each with its first mistake."""
    undeclared: tuple[str, ...] = ()
    """Models that have no entry under `models:`, and were found elsewhere."""
    files: Stamps | None = field(default=None, compare=False)
    """The stamps of both files before they were read; `None`: not known."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all skills, usable or not."""
        return (*self.skills, *self.unusable)


FindModel = Callable[[str], ModelSettings | None]
"""Looks for a model that has no entry under `models:`, by its tag."""


def _find_none(tag: str) -> ModelSettings | None:
    return None


def find_project(start: Path, env: Mapping[str, str]) -> Path:
    """The project's folder: `TINYARMS_HOME`, or the nearest at or above `start`. Raises
    `ConfigError`."""
    home = env.get("TINYARMS_HOME")
    if home:
        root = Path(home).expanduser()
        if _has_config(root):
            return root
        raise ConfigError(
            f"TINYARMS_HOME is {home}, which has no {CONFIG}.", "Correct it, or: tinyarms init"
        )
    for folder in (start, *start.parents):
        if _has_config(folder):
            return folder
    raise ConfigError(
        f"There is no {CONFIG} in {start} or above it.", "Start a project: tinyarms init"
    )


def _has_config(folder: Path) -> bool:
    """Whether the file is there. One that cannot be read is a mistake of this project."""
    return os.path.lexists(folder / CONFIG)


def load_project(root: Path, find_model: FindModel = _find_none) -> Project:
    """Read both files; without `config/constants.yaml` the defaults apply.

    A skill that cannot be used is in `unusable`. Raises `ConfigError` for any other mistake, except
    in models that nobody uses.
    """
    found = _load(root, find_model)
    if found.whole:
        raise found.whole[0]
    return found.project


def load_usable(
    root: Path, find_model: FindModel = _find_none
) -> tuple[Project, tuple[ConfigError, ...]]:
    """What can be used of both files, and an error for each part that cannot.

    Models and skills that are broken, or need a model that is missing, are left out. Broken
    constants have their defaults.
    """
    found = _load(root, find_model)
    errors = (*found.whole, *found.confined.values(), *found.project.unusable.values())
    return found.project, tuple({str(error): error for error in errors}.values())


@dataclass(frozen=True)
class _Loaded:
    project: Project
    whole: tuple[ConfigError, ...]
    """Mistakes that concern the whole project."""
    confined: Mapping[str, ConfigError]
    """The mistakes in the entries of models, by their names, and of `smollm2.model`."""


def _load(root: Path, find_model: FindModel) -> _Loaded:
    files = stamps_of(root)
    config = _read_config(root / CONFIG)
    whole, unusable = list(config.mistakes.whole), dict(config.mistakes.entries["skills"])
    try:
        settings, constants = _load_constants(root / CONSTANTS)
    except ConfigError as error:
        whole.append(error)
        settings, constants = EvolutionSettings(), _NOTHING
    models = _Models(config, find_model)
    for name, model in config.skills.items():
        wrong = models.wrong(root / CONFIG, ("skills", name), _models_of(model), config.document)
        if wrong is not None:
            unusable[name] = wrong
    memory = settings.memory
    wrong = models.wrong(
        root / CONSTANTS, ("prompt_evolution",), _models_of_settings(settings), constants
    )
    if wrong is not None:
        whole.append(wrong)
        settings = EvolutionSettings()
    writer = {} if settings.smollm2.model is None else {"smollm2.model": settings.smollm2.model}
    wrong = models.wrong(root / CONSTANTS, ("prompt_evolution",), writer, constants)
    unused = {**config.mistakes.entries["models"], **({} if wrong is None else {"": wrong})}
    undeclared, declared = tuple(models.found), {**config.models, **models.found}
    skills = {
        name: SkillConfig(
            model.skill(name, memory, _tag(model.model, declared)),
            model.prompt_template,
            model.prompt_version,
            model.judge,
            model.online,
            model.approval == "required",
        )
        for name, model in config.skills.items()
        if name not in unusable
    }
    project = Project(root, declared, skills, settings, unusable, undeclared, files)
    return _Loaded(project, tuple(whole), unused)


def _tag(name: str, models: Mapping[str, ModelSettings]) -> str:
    """The tag of a model; that of the model that its actors run, if it is a fleet."""
    settings = models[name]
    return _tag(settings.model, models) if settings.kind == "ray" else settings.model


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


class _ConfigModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    models: dict[str, ModelSettings]
    skills: dict[str, SkillModel]


class _ConstantsModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt_evolution: EvolutionSettings = EvolutionSettings()


_M = TypeVar("_M", bound=BaseModel)
_NOTHING = Document({}, {}, {}, frozenset(), ())
_BLOCKS = tuple(_ConfigModel.model_fields)


class _Mistakes:
    """The mistakes of `config.yaml`: those in one entry each, and those in no entry."""

    def __init__(self) -> None:
        self.entries: dict[str, dict[str, ConfigError]] = {block: {} for block in _BLOCKS}
        """Block → the names of its entries that cannot be used, each with its first mistake."""
        self.whole: list[ConfigError] = []

    def note(self, place: Place, mistake: ConfigError) -> None:
        """Note a mistake at this place."""
        if len(place) > 1 and place[0] in self.entries:
            self.entries[str(place[0])].setdefault(str(place[1]), mistake)
        else:
            self.whole.append(mistake)

    def without(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values without the entries that have a mistake."""
        return {
            block: {k: v for k, v in entries.items() if k not in self.entries[block]}
            if block in self.entries and isinstance(entries, dict)
            else entries
            for block, entries in values.items()
        }


@dataclass(frozen=True)
class _Config:
    """What `config.yaml` declares, and its mistakes."""

    document: Document
    models: Mapping[str, ModelSettings]
    skills: Mapping[str, SkillModel]
    mistakes: _Mistakes


class _Models:
    """The models of a project: those that are declared, and those that are found elsewhere."""

    def __init__(self, config: _Config, find_model: FindModel) -> None:
        self._config = config
        self._find = find_model
        self.found: dict[str, ModelSettings] = {}

    def wrong(
        self,
        path: Path,
        place: Place,
        named: Mapping[str, str],
        document: Document,
    ) -> ConfigError | None:
        """An error for the first of the named models that cannot be used."""
        for key, model in named.items():
            if model in self._config.models or model in self.found:
                continue
            mistake = self._config.mistakes.entries["models"].get(model)
            settings = self._find(model) if mistake is None else None
            if settings is not None:
                self.found[model] = settings
                continue
            whole: Place = (*place, *key.split("."))
            where = f"{path}, line {document.line(whole)}: {'.'.join(map(str, whole))}: "
            if mistake is None:
                return undeclared_model(model, self._config.models, where)
            hint = f"Correct it first: {mistake}"
            return ConfigError(f"{where}models.{model} cannot be used.", hint)
        return None


def undeclared_model(
    model: str, known: Mapping[str, ModelSettings], where: str = ""
) -> ConfigError:
    """The error for a model that is nowhere to be found. `where`: the key that names it."""
    model = one_line(model)
    name = model if re.fullmatch(r"[\w.:/-]*\w", model) else f'"{model}"'
    return ConfigError(
        f"{where}{'there' if where else 'There'} is no models.{model} in {CONFIG}, and neither the "
        "catalog nor Ollama has it.",
        f"{near(model, list(known))} To declare it, add below `models:` in {CONFIG}, indented: "
        f"`{name}: {{kind: ollama, model: {name}}}`.".strip(),
    )


def _read_config(path: Path) -> _Config:
    """The entries that can be used, and the mistakes in the others."""
    mistakes = _Mistakes()
    try:
        document = _document(path)
    except ConfigError as unreadable:
        mistakes.whole.append(unreadable)
        return _Config(_NOTHING, {}, {}, mistakes)
    # A block with an anchor only defines what aliases elsewhere stand for.
    holders = document.holders - set(_BLOCKS)
    values = {key: value for key, value in document.values.items() if key not in holders}
    for problem in document.problems:
        if problem.place[:1] not in {(holder,) for holder in holders}:
            mistakes.note(problem.place, problem_error(problem, path))
    for block in _BLOCKS:
        if block in values and not values[block] and not mistakes.entries[block]:
            has_none_yet = block == "skills" and values[block] in (None, {})
            values[block] = {}
            if has_none_yet:
                continue
            where = f"{path}, line {document.line((block,))}: {block}"
            empty = ConfigError(f"{where}: is empty.", "Write its entries below it.")
            mistakes.whole.append(empty)
    for name in _badly_named(values.get("skills")):
        where = f"{path}, line {document.line(('skills', name))}: skills.{name}"
        wrong = ConfigError(f"{where} is not a valid name for a skill.", SKILL_NAME_REMEDY)
        mistakes.note(("skills", name), wrong)
    known = {problem.place for problem in document.problems}
    checked, errors = _validated(_ConfigModel, mistakes.without(values))
    for details in errors:
        if details["loc"] not in known:
            others = {CONSTANTS: _ConstantsModel}
            mistakes.note(
                details["loc"], model_error(details, document, path, _ConfigModel, others)
            )
    if checked is None:
        checked = _valid_blocks(mistakes.without(values))
    models = dict(checked.models)
    for name, text in _bad_fleets(models).items():
        where = f"{path}, line {document.line(('models', name))}: models.{name}"
        mistakes.note(("models", name), ConfigError(f"{where}: {text}"))
        del models[name]
    return _Config(document, models, checked.skills, mistakes)


def _bad_fleets(models: Mapping[str, ModelSettings]) -> dict[str, str]:
    """Name of each `ray` model whose actors cannot run the model that it names → why."""
    found = {}
    others = [name for name, settings in models.items() if settings.kind not in ("ray", "replay")]
    for name, settings in models.items():
        if settings.kind != "ray":
            continue
        run = models.get(settings.model)
        if run is None or run.kind in ("ray", "replay"):
            why = "there is no such model" if run is None else f"it is of `kind: {run.kind}`"
            found[name] = (
                f"its actors cannot run {one_line(settings.model)}: {why}. "
                f"{near(settings.model, others)} `model:` names one of them."
            )
        elif run.api_key_env is not None:
            found[name] = (
                f"its actors cannot run {one_line(settings.model)}, which needs an API key: keys "
                "are not sent to a cluster. Name the model's servers by `urls:` instead."
            )
    return found


def _badly_named(skills: Any) -> list[str]:
    """Skills that cannot have their name: it becomes part of files, skills/<skill>-v2.md."""
    names = skills if isinstance(skills, dict) else {}
    return [name for name in names if not re.fullmatch(SKILL_NAME, name)]


def _valid_blocks(entries: Mapping[str, Any]) -> _ConfigModel:
    """The blocks of valid entries; a block that is missing or has another form is empty."""
    nothing: dict[str, Any] = {block: {} for block in _BLOCKS}
    usable = {
        block: entries[block]
        for block in _BLOCKS
        if block in entries and not _validated(_ConfigModel, {**nothing, block: entries[block]})[1]
    }
    return _ConfigModel.model_validate({**nothing, **usable})


def _validated(
    model: type[_M], values: Mapping[str, Any]
) -> tuple[_M, list[ErrorDetails]] | tuple[None, list[ErrorDetails]]:
    """The model of these values, or `None` and what is wrong with them."""
    try:
        return model.model_validate(values), []
    except ValidationError as error:
        found = error.errors(include_url=False)
        # A key that is misspelt is the reason why another one is missing.
        return None, sorted(found, key=lambda each: each["type"] != "extra_forbidden")


def _load_constants(path: Path) -> tuple[EvolutionSettings, Document]:
    if not os.path.lexists(path):
        return EvolutionSettings(), _NOTHING
    document = _document(path)
    if document.problems:
        raise problem_error(document.problems[0], path)
    # A block that contains only comments.
    blocks = {block: content for block, content in document.values.items() if content is not None}
    checked, errors = _validated(_ConstantsModel, blocks)
    if checked is None:
        raise model_error(errors[0], document, path, _ConstantsModel)
    return checked.prompt_evolution, document


def _document(path: Path) -> Document:
    try:
        return read_document(read_text(path))
    except YamlProblem as problem:
        raise problem_error(problem, path) from problem
