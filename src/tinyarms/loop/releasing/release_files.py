"""The files of a release: check that they can be written, write them, remove them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tinyarms.core.errors import ConfigError, PromptError, StoreError, UnwritableFiles
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.loading import load
from tinyarms.release.plan import ReleasePlan
from tinyarms.skills.prompt_file import format_prompt_file, parse_prompt_file
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.config import CONFIG
from tinyarms.store.project.files import (
    check_replaceable,
    check_writable,
    inside,
    read_prompt_text,
    read_text,
    write_atomically,
)
from tinyarms.store.project.skill_release import set_skill_release, with_skill_release


def check_files(context: Context, plan: ReleasePlan) -> None:
    """Check that the files of a release can be written. Raises `UnwritableFiles`."""
    root = context.project.root
    config = root / CONFIG
    with _unwritable():
        check_writable(inside(root, plan.path), plan.text)
        text = read_text(config, keep_mark=True)
        with_skill_release(text, plan.skill, plan.config, str(config))
        check_replaceable(config)


def write_files(context: Context, work: UnitOfWork, plan: ReleasePlan) -> None:
    """Write the files of a release. Safe to repeat. Raises `UnwritableFiles`."""
    root = context.project.root
    with _unwritable():
        file = inside(root, plan.path)
        # An existing file was written before a crash, or edited since: it stays.
        if not file.exists():
            write_atomically(file, plan.text)
        set_skill_release(root / CONFIG, plan.skill, plan.config)
        if plan.kind == "manual":
            _restore_adopted(context, work, plan)


def withdraw_files(context: Context, plan: ReleasePlan) -> bool:
    """Remove the prompt file of an unfinished release; `False` if `config.yaml` names it.

    Raises `ConfigError` if `config.yaml` cannot be read.
    """
    root = context.project.root
    project = load(root, context.environ)
    if plan.skill in project.unusable:
        raise project.unusable[plan.skill]
    declared = project.skills.get(plan.skill)
    if declared is not None and declared.prompt_template == plan.path:
        return False
    with suppress(OSError, ConfigError, StoreError):  # A missing file is fine.
        file = inside(root, plan.path)
        if read_prompt_text(file) == plan.text:
            file.unlink()
    return True


def _restore_adopted(context: Context, work: UnitOfWork, plan: ReleasePlan) -> None:
    """Restore the text of its own version in a file that was edited by hand."""
    before = work.versions.find(plan.skill, plan.from_version)
    if before is None or _is_used_by_another(context, work, plan.skill, before.path):
        return
    # Broken, missing, or outside of the project: not the adopted file, or not writable.
    with suppress(PromptError, ConfigError, StoreError):
        path = inside(context.project.root, before.path)
        found = parse_prompt_file(read_prompt_text(path), str(path))
        if found.hash == plan.prompt_version.prompt.hash:
            write_atomically(path, format_prompt_file(before.prompt))


def _is_used_by_another(context: Context, work: UnitOfWork, skill: str, path: str) -> bool:
    """Whether another skill has this file in production, so that the edit is for that skill too."""
    for name, config in context.project.skills.items():
        active = None if name == skill else work.history.active(name)
        used = config.prompt_template if active is None else active.prompt_template_path
        if name != skill and Path(used) == Path(path):
            return True
    return False


@contextmanager
def _unwritable() -> Iterator[None]:
    try:
        yield
    except (ConfigError, StoreError) as error:
        raise UnwritableFiles(error.message, error.hint) from error
