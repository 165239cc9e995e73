"""The prompt version in production, and the prompt files that people may edit."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from tinyarms.core.errors import PromptError, StoreError
from tinyarms.core.ids import derived_id
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_intent import (
    Release,
    apply_intent,
    in_production,
    plan_intent,
    settled,
)
from tinyarms.skills.prompt import Prompt, PromptVersion, format_prompt_file, parse_prompt_file
from tinyarms.skills.skill import Skill
from tinyarms.skills.template import check_variables
from tinyarms.store.db.records import HistoryRecord
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.files import read_text, write_atomically


def active_version(context: Context, name: str) -> PromptVersion:
    """The version in production.

    The first use of a skill takes its prompt file into the store. A file that was edited by hand
    becomes a new `manual` version first, and the old file gets its own text back; a file that is
    missing is written again, if it can be. Raises `UsageError` for an unknown skill, `PromptError`
    and `ConfigError` for a prompt file that cannot be used.
    """
    skill = context.skill(name).skill
    with context.store.read() as work:
        known = work.history.active(name) is not None
        version = in_production(work, name) if known else None
        edited = None if version is None else _hand_edit(context, work, version)
    if version is None:
        return _first_version(context, name)
    if edited is not None:
        return _adopt(context, name)
    check_variables(version.prompt.text, skill.inputs, version.path)
    return version


def read_prompt(path: Path, skill: Skill) -> Prompt:
    """A prompt file of the skill, checked against its inputs. Raises `PromptError`."""
    prompt = parse_prompt_file(read_text(path), str(path))
    check_variables(prompt.text, skill.inputs, str(path))
    for shown in prompt.demonstrations:
        if set(shown.inputs) != set(skill.inputs):
            raise PromptError(
                f"{path}: a demonstration has the inputs {', '.join(shown.inputs)}.",
                f"The skill's inputs are {', '.join(skill.inputs)}.",
            )
    return prompt


def _first_version(context: Context, name: str) -> PromptVersion:
    config = context.skill(name)
    prompt = read_prompt(context.project.root / config.prompt_template, config.skill)
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
    """Look again with nobody else at work, and if it is still so, release the edited prompt."""
    with settled(context, name) as work:
        context.reload()
        version = in_production(work, name)
        edited = _hand_edit(context, work, version)
        if edited is None:
            return version
        release = Release(
            skill=name,
            prompt=read_prompt(edited, context.skill(name).skill),
            kind="manual",
            expected_version=version.number,
            reason="Edited by hand",
            source="manual",
            by_hand=True,
        )
        intent_id = plan_intent(context, work, release)
    apply_intent(context, intent_id)
    return active_version(context, name)


def _hand_edit(context: Context, work: UnitOfWork, version: PromptVersion) -> Path | None:
    """The file that somebody has written a new prompt into: the version's own, or another one
    that `config.yaml` names. The file of an earlier version, unchanged, is no new prompt."""
    root = context.project.root
    own = root / version.path
    if not own.exists():
        # Where no file can be written, the store still has the prompt.
        with suppress(StoreError):
            write_atomically(own, format_prompt_file(version.prompt))
    elif _parsed(own).hash != version.prompt.hash:
        return own
    named = context.skill(version.skill).prompt_template
    if named == version.path:
        return None
    earlier = next((v for v in work.versions.all(version.skill) if v.path == named), None)
    if earlier is None:
        return root / named
    changed = (root / named).exists() and _parsed(root / named).hash != earlier.prompt.hash
    return root / named if changed else None


def _parsed(path: Path) -> Prompt:
    return _read(read_text(path), str(path))


@lru_cache(maxsize=64)
def _read(content: str, where: str) -> Prompt:
    """Kept, because it is looked at for every task, and front matter is slow to read."""
    return parse_prompt_file(content, where)
