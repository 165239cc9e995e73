"""The prompt version in production, and the prompt files that people may edit."""

from __future__ import annotations

from pathlib import Path

from tinyarms.core.errors import PromptError
from tinyarms.core.ids import derived_id
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.pictures import Pictures
from tinyarms.loop.releasing.hand_edit import adopted, edited_file, inside_project
from tinyarms.loop.releasing.release_intent import Release, in_production, release
from tinyarms.loop.releasing.shown_pictures import with_pictures
from tinyarms.loop.releasing.unfinished import settled
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.skills.prompt_file import parse_prompt_file
from tinyarms.skills.skill import Skill
from tinyarms.skills.template import check_variables
from tinyarms.store.db.records import HistoryRecord
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.files import read_text


def active_version(context: Context, name: str) -> PromptVersion:
    """The version in production.

    The first use of a skill copies its prompt file into the store. A file edited by hand first
    becomes a new `manual` version, and the old file gets its text back. A missing file is written
    again, if possible. `Context.notices` reports an edit. Raises `UsageError` for an unknown skill,
    and `PromptError` or `ConfigError` for an unusable prompt file.
    """
    context.skill(name)
    with context.store.read() as work:
        version = stored_version(context, work, name)
        begun = version is not None or work.history.active(name) is not None
    if version is not None:
        return version
    return _adopt(context, name) if begun else _first_version(context, name)


def stored_version(context: Context, work: UnitOfWork, name: str) -> PromptVersion | None:
    """The version in production; `None` if its file must first be copied into the store.

    Raises `PromptError` if the prompt does not have the skill's inputs.
    """
    active = work.history.active(name)
    version = None if active is None else work.versions.find(name, active.version)
    if version is None or edited_file(context, work, version) is not None:
        return None
    check_variables(version.prompt.text, context.skill(name).skill.inputs, version.path)
    return version


def check_prompt(context: Context, name: str) -> Prompt:
    """The prompt that the skill's next task gets; nothing is imported.

    Raises the errors of `active_version` for an unusable prompt file.
    """
    config = context.skill(name)
    with context.store.read() as work:
        version = stored_version(context, work, name)
        if version is not None:
            return version.prompt
        active = work.history.active(name)
        version = None if active is None else work.versions.find(name, active.version)
        edited = None if version is None else edited_file(context, work, version)
    path = edited or context.project.root / config.prompt_template
    return read_prompt(path, config.skill, context.pictures)


def read_prompt(path: Path, skill: Skill, pictures: Pictures) -> Prompt:
    """A prompt file of the skill, checked against its inputs.

    Raises the errors of `parse_prompt`, and `ConfigError` for a missing file.
    """
    return parse_prompt(read_text(path), path, skill, pictures)


def parse_prompt(content: str, path: Path, skill: Skill, pictures: Pictures) -> Prompt:
    """The prompt in the content of a prompt file; `path`: its name, for messages.

    A demonstration may name a picture by its path relative to the project's folder. Raises
    `PromptError`, and `ConfigError` without the extra `images`.
    """
    prompt = parse_prompt_file(content, str(path))
    check_variables(prompt.text, skill.inputs, str(path))
    for demonstration in prompt.demonstrations:
        if skill.wrong_inputs(demonstration.inputs) is not None:
            raise PromptError(
                f"{path}: a demonstration has the inputs {', '.join(demonstration.inputs)}.",
                f"The skill's inputs are {skill.inputs_in_words}.",
            )
    return with_pictures(prompt, skill, pictures, path)


def _first_version(context: Context, name: str) -> PromptVersion:
    config = context.skill(name)
    prompt = read_prompt(
        context.project.root / config.prompt_template, config.skill, context.pictures
    )
    with settled(context, name) as work:
        if work.history.active(name) is None:
            version = PromptVersion(
                skill=name,
                number=config.prompt_version,
                prompt=prompt,
                parent=None,
                source="initial",
                created_at=context.clock(),
                path=config.prompt_template,
            )
            work.versions.add(version)
            work.history.activate(
                HistoryRecord(
                    id=derived_id("release", name, version.number),
                    skill=name,
                    version=version.number,
                    prompt_template_path=version.path,
                    active_from=version.created_at,
                    evolution_source="initial",
                )
            )
        return in_production(work, name)


def _adopt(context: Context, name: str) -> PromptVersion:
    """Check again under the lock and, if still needed, release the edited prompt."""
    with release(context, name) as releasing:
        context.reload()
        version = in_production(releasing.work, name)
        edited = edited_file(context, releasing.work, version)
        if edited is None:
            return version
        planned = Release(
            skill=name,
            prompt=read_prompt(edited, context.skill(name).skill, context.pictures),
            cause="hand_edit",
            expected_version=version.number,
            reason="Edited by hand",
            source="manual",
        )
        session = releasing.work.sessions.open(name)
        plan = releasing.plan(planned)
    context.notices.append(adopted(plan, inside_project(context, edited), session))
    return active_version(context, name)
