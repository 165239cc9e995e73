"""The prompt version in production, and the prompt files that people may edit."""

from __future__ import annotations

from pathlib import Path

from tinyarms.core.errors import PromptError, TinyArmsError
from tinyarms.core.ids import content_hash, derived_id
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.pictures import Pictures
from tinyarms.loop.releasing.approval import (
    Yes,
    approval_required,
    id_of,
    needs_approval,
    note,
    note_yes,
)
from tinyarms.loop.releasing.hand_edit import (
    EditedPrompt,
    adopted,
    check_unchanged,
    edited_file,
    inside_project,
    waits,
)
from tinyarms.loop.releasing.release_intent import Release, in_production, release
from tinyarms.loop.releasing.shown_pictures import with_pictures
from tinyarms.loop.releasing.unfinished import settled
from tinyarms.skills.input_words import check_words_from
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.skills.prompt_file import parse_prompt_file
from tinyarms.skills.skill import Skill
from tinyarms.skills.template import check_variables
from tinyarms.store.db.records import HistoryRecord
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.files import read_prompt_text


def active_version(context: Context, name: str) -> PromptVersion:
    """The version in production.

    The first use of a skill copies its prompt file into the store. A file edited by hand first
    becomes a new `manual` version, and the old file gets its text back. A missing file is written
    again, if possible. `Context.notices` reports an edit. Where approval is required, an edited
    file waits instead, and the version stays. Raises `UsageError` for an unknown skill,
    `PromptError` or `ConfigError` for an unusable prompt file, and `ApprovalRequired` if the first
    prompt waits.
    """
    context.skill(name)
    with context.store.read() as work:
        version = stored_version(context, work, name)
        begun = version is not None or work.history.active(name) is not None
    if version is not None:
        return version
    return adopt(context, name) if begun else begin(context, name)


def stored_version(context: Context, work: UnitOfWork, name: str) -> PromptVersion | None:
    """The version in production; `None` if its file must first be copied into the store, or the
    ledger of approvals does not know yet what the project's files say.

    Raises `PromptError` if the prompt does not have the skill's inputs.
    """
    active = work.history.active(name)
    version = None if active is None else work.versions.find(name, active.version)
    config = context.skill(name)
    if version is None or _has_news(context, work, version, config.needs_approval):
        return None
    check_variables(version.prompt.text, config.skill.inputs, version.path)
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
        if version is not None and config.needs_approval:
            return version.prompt
        edited = None if version is None else edited_file(context, work, version)
    path = edited or context.project.root / config.prompt_template
    return read_prompt(path, config.skill, context.pictures)


def read_prompt(path: Path, skill: Skill, pictures: Pictures) -> Prompt:
    """A prompt file of the skill, checked against its inputs. Raises as `parse_prompt`,
    and `ConfigError` for a missing file."""
    return parse_prompt(read_prompt_text(path), path, skill, pictures)


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
    check_words_from(prompt.words_from, skill.inputs, str(path))
    return with_pictures(prompt, skill, pictures, path)


def edited_prompt(context: Context, work: UnitOfWork, name: str) -> EditedPrompt | None:
    """The prompt that a person has written to a file of the skill; `None` if there is none.

    A skill that was never used has only that one.
    """
    config, active = context.skill(name), work.history.active(name)
    path: Path | None = context.project.root / config.prompt_template
    if active is not None:
        version = in_production(work, name)
        path = edited_file(context, work, version, broken_counts=True)
    if path is None:
        return None
    try:
        prompt = read_prompt(path, config.skill, context.pictures)
    except TinyArmsError as problem:
        return EditedPrompt(path, content_hash([str(path), problem.message]), None, problem)
    return EditedPrompt(path, prompt.hash, prompt)


def _has_news(context: Context, work: UnitOfWork, version: PromptVersion, required: bool) -> bool:
    """Whether something must be written before the version may serve. `required`: whether the
    skill's prompts need approval."""
    name = version.skill
    is_recording = context.counted_in is not None
    if not required or is_recording:
        was_required = not is_recording and work.approvals.is_on(name)
        return was_required or edited_file(context, work, version) is not None
    if context.store.read_only:
        return False
    if not work.approvals.is_on(name):
        return True
    if edited_file(context, work, version, broken_counts=True) is None:
        return False
    edited = edited_prompt(context, work, name)
    return edited is not None and not _is_known(work, name, edited)


def _is_known(work: UnitOfWork, name: str, edited: EditedPrompt) -> bool:
    """Whether it is in the ledger that the edited prompt waits, or was refused."""
    newest = work.approvals.newest(name, edited.hash)
    return newest is not None and newest.verdict in ("asked", "refused")


def begin(
    context: Context, name: str, yes: Yes | None = None, expected: str | None = None
) -> PromptVersion:
    """Copy the first prompt of a skill into the store.

    `yes`: of the person who approves it; `expected`: the hash of what that person has seen. Raises
    `ApprovalRequired` if nobody approves it and a person has to, and `ConflictError` as `note_yes`.
    """
    config = context.skill(name)
    path = context.project.root / config.prompt_template
    prompt = read_prompt(path, config.skill, context.pictures)
    check_unchanged(path, prompt.hash, expected)
    with settled(context, name) as work:
        if work.history.active(name) is not None:
            version = in_production(work, name)
            check_unchanged(context.project.root / version.path, version.prompt.hash, expected)
            return version
        if yes is not None:
            note_yes(context, work, name, prompt.hash, "first prompt", yes)
        must_wait = needs_approval(context, work, name)
        must_wait = must_wait and not work.approvals.is_approved(name, prompt.hash)
        if must_wait and not _is_known(work, name, EditedPrompt(path, prompt.hash, prompt)):
            where = inside_project(context, path)
            note(context, work, name, "asked", prompt.hash, f"the first prompt, in {where}")
        if not must_wait:
            _add_first(context, work, name, prompt)
            return in_production(work, name)
    raise approval_required(name, id_of(prompt.hash))


def _add_first(context: Context, work: UnitOfWork, name: str, prompt: Prompt) -> None:
    config = context.skill(name)
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


def adopt(
    context: Context, name: str, yes: Yes | None = None, expected: str | None = None
) -> PromptVersion:
    """Check again under the lock and, if still needed, release the edited prompt, or note that it
    waits. `yes`, `expected`: as in `begin`."""
    with release(context, name) as releasing:
        context.reload()
        work, version = releasing.work, in_production(releasing.work, name)
        edited = edited_prompt(context, work, name)
        required = needs_approval(context, work, name)
        if edited is None:
            check_unchanged(context.project.root / version.path, version.prompt.hash, expected)
            return version
        check_unchanged(edited.path, edited.hash, expected)
        where = inside_project(context, edited.path)
        approved = yes is not None or work.approvals.is_approved(name, edited.hash)
        if required and not (approved and edited.prompt):
            if not _is_known(work, name, edited):
                note(context, work, name, "asked", edited.hash, where)
                told = waits(name, where, version.number, edited.problem)
                context.notices.append(told)
            return version
        if edited.problem is not None:
            raise edited.problem
        planned = Release(
            skill=name,
            prompt=edited.prompt or version.prompt,
            cause="hand_edit",
            expected_version=version.number,
            reason="Edited by hand",
            source="manual",
            yes=yes,
        )
        session = work.sessions.open(name)
        plan = releasing.plan(planned)
    context.notices.append(adopted(plan, where, session))
    return active_version(context, name)
