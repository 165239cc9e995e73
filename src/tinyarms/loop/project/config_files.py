"""The project's two config files: find, read and edit them, and detect changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tinyarms.core.settings import EvolutionSettings, ModelSettings
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.loading import load
from tinyarms.loop.project.model_settings import (
    settings_in_force,
    settings_without_effect,
    undeclared_models,
)
from tinyarms.skills.contract import contract_entry
from tinyarms.store.project.config import (
    CONFIG,
    CONSTANTS,
    Project,
    Stamps,
    find_project,
    stamps_of,
)
from tinyarms.store.project.yaml_edit import edit_yaml


@dataclass(frozen=True)
class SkillSettings:
    """What `config.yaml` declares for a skill, with the defaults filled in."""

    prompt_template: str
    """The prompt file in production, relative to the project's folder."""
    prompt_version: int
    """Its version number."""
    model: str
    """The model that runs the skill, by its name under `models:`."""
    inputs: tuple[str, ...]
    """Names of the inputs."""
    output: Mapping[str, Any]
    """The output contract as `output:` writes it: its kind, and `max_tokens`."""
    scorer: str | None
    """How outputs are scored; `None` if only users can judge, so that no search is possible."""
    scorer_options: Mapping[str, Any]
    """Its options, such as the `pattern` of `regex`."""
    examples: str | None
    """The examples file, relative to the project's folder; `None` if there is none."""
    evolvable: bool
    """Whether its prompt may be evolved."""
    approval: Literal["required", "none"]
    """`required`: a person has to approve each prompt before it goes into production."""
    memory_share: Literal["skill", "user"]
    """With whom the remembered examples of a user are shared: all users of the skill, or nobody."""


@dataclass(frozen=True)
class ProjectSettings:
    """The effective settings of a project: both config files with the defaults filled in."""

    folder: Path
    """The project's folder."""
    models: Mapping[str, ModelSettings]
    """The models, by their names in `config.yaml`."""
    skills: Mapping[str, SkillSettings]
    """The skills, by name."""
    prompt_evolution: EvolutionSettings
    """The settings of `config/constants.yaml`."""
    warnings: tuple[str, ...]
    """A line for each skill that cannot be used, each model that has no entry under `models:`, and
    each setting under `smollm2:` that is set but has no effect."""

    @property
    def key_variables(self) -> tuple[str, ...]:
        """The environment variables that hold the keys of the models."""
        variables = (model.api_key_env for model in self.models.values())
        return tuple(variable for variable in variables if variable)


def find_root(start: Path | None = None, environ: Mapping[str, str] | None = None) -> Path:
    """The absolute folder of the project at or above `start`, by default the working folder.

    Raises `ConfigError` if there is none.
    """
    return _found(start, environ).absolute()


def read_settings(
    start: Path | None = None, environ: Mapping[str, str] | None = None
) -> ProjectSettings:
    """The effective settings of the project at or above `start`. Opens no database.

    Raises `ConfigError` if there is no project, or its files are broken.
    """
    environ = os.environ if environ is None else environ
    return settings_of(load(_found(start, environ), environ))


def settings_of(project: Project) -> ProjectSettings:
    """The effective settings of a loaded project."""
    return ProjectSettings(
        folder=project.root,
        models={name: settings_in_force(project, name) for name in project.models},
        skills={
            name: SkillSettings(
                prompt_template=declared.prompt_template,
                prompt_version=declared.prompt_version,
                model=declared.skill.model,
                inputs=declared.skill.inputs,
                output=contract_entry(declared.skill.contract),
                scorer=declared.skill.scorer,
                scorer_options=declared.skill.scorer_options,
                examples=declared.skill.examples,
                evolvable=declared.skill.evolvable,
                approval="required" if declared.needs_approval else "none",
                memory_share=declared.skill.memory_share,
            )
            for name, declared in project.skills.items()
        },
        prompt_evolution=project.settings,
        warnings=(
            *map(str, project.unusable.values()),
            *undeclared_models(project),
            *settings_without_effect(project),
        ),
    )


def edit_config(root: Path, change: Callable[[Any], None]) -> None:
    """Apply `change` to `config.yaml`; comments stay. Raises `ConfigError`, `StoreError`."""
    edit_yaml(root / CONFIG, change)


def edit_constants(root: Path, change: Callable[[Any], None]) -> None:
    """Apply `change` to `prompt_evolution` in `config/constants.yaml`; comments stay.

    Raises `ConfigError`, `StoreError`.
    """
    edit_yaml(root / CONSTANTS, lambda constants: change(constants["prompt_evolution"]))


def file_stamps(root: Path) -> Stamps:
    """A value that changes whenever a config file is written."""
    return stamps_of(root)


def reread(context: Context) -> None:
    """Read the project's files again if they have changed since it was opened, or since the last
    time. Raises `ConfigError`; then it goes on with what it read before."""
    stamps = file_stamps(context.project.root)
    if stamps != context.read_stamps:
        context.reload()
        context.read_stamps = stamps


def _found(start: Path | None, environ: Mapping[str, str] | None) -> Path:
    environ = os.environ if environ is None else environ
    return find_project((start or Path.cwd()).absolute(), environ)
