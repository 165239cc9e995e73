"""The prompt of a skill without its database: the copy on disk, or the file."""

from __future__ import annotations

from tinyarms.core.errors import ConfigError, PromptError, StoreError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.prompt_cache import CachedPrompt, file_stamps
from tinyarms.loop.releasing.versions import read_prompt
from tinyarms.skills.prompt import PromptVersion
from tinyarms.skills.template import check_variables
from tinyarms.store.project.config import SkillConfig


def without_database(context: Context, name: str) -> CachedPrompt:
    """The copy on disk of the prompt in production; or the prompt file that `config.yaml` names, if
    it is newer, or if there is no copy. Where prompts need approval, only a copy can be used.

    Raises the errors of `read_prompt`, or `StoreError`, if neither can be used.
    """
    config, copied = context.skill(name), context.standby.copies.version(name)
    version = copied
    if only_a_copy_serves(config):
        if copied is None:
            raise StoreError(
                f"{name}: the database cannot be used, there is no copy of the prompt in "
                "production, and nobody knows whether the one in the file is approved.",
                "Make the database usable: tinyarms db check",
            )
    elif copied is None or copied.number < config.prompt_version:
        try:
            version = _version_in_file(context, name)
        except (ConfigError, PromptError):
            if copied is None:
                raise
    assert version is not None
    check_variables(version.prompt.text, config.skill.inputs, version.path)
    files = file_stamps(context.project.root, version)
    return CachedPrompt(version, None, False, None, files, context.clock())


def only_a_copy_serves(config: SkillConfig) -> bool:
    """Whether a file does not serve: without the database, nobody knows whether it is approved."""
    return config.needs_approval


def _version_in_file(context: Context, name: str) -> PromptVersion:
    config = context.skill(name)
    path = context.project.root / config.prompt_template
    return PromptVersion(
        skill=name,
        number=config.prompt_version,
        prompt=read_prompt(path, config.skill, context.pictures),
        parent=None,
        source="initial",
        created_at=context.clock(),
        path=config.prompt_template,
    )
