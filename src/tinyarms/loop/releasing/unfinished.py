"""Unfinished releases: carry them out, or withdraw them.

A process that is killed during a release leaves an intent behind. The next process carries it out,
and reports it in `Context.notices`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tinyarms.core.clock import iso
from tinyarms.core.errors import StoreError, TinyArmsError
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.approval import note_switch
from tinyarms.loop.releasing.prompt_copy import copy_prompt
from tinyarms.loop.releasing.release_files import withdraw_files, write_files
from tinyarms.loop.releasing.release_rows import write_rows
from tinyarms.store.db.records import IntentRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

WITHDRAW = "To withdraw it: tinyarms prompt cancel {}"
"""Hint for an unfinished release; `{}` is the skill's name."""


@contextmanager
def settled(context: Context, name: str) -> Iterator[UnitOfWork]:
    """A durable unit of work during which no other release of the skill can run.

    An interrupted release is first carried out in the same unit of work. Raises `UnwritableFiles`
    if this fails.
    """
    with context.store.unit_of_work(durable=True) as work:
        resumed = resume(context, work, name)
        yield work
    context.notices += resumed


def recover(context: Context, name: str) -> None:
    """Carry out the skill's interrupted releases."""
    with context.store.read() as work:
        pending = work.intents.pending(name)
    if pending:
        with settled(context, name):
            pass


def recover_all(context: Context) -> None:
    """Carry out the interrupted releases of all skills. Those that fail wait for the next use.

    Where their table cannot be read, `Context.notices` says so: tasks do not need it.
    """
    try:
        with context.store.read() as work:
            pending = {intent.skill: intent for intent in work.intents.pending()}
    except StoreError as error:
        context.notices.append(f"Interrupted releases could not be looked up. {error}")
        return
    for name, intent in sorted(pending.items()):
        try:
            recover(context, name)
        except TinyArmsError as error:
            context.notices.append(f"{waiting(intent)} {error} {WITHDRAW.format(name)}")


def waiting(intent: IntentRecord) -> str:
    """An unfinished release in one sentence."""
    return (
        f"{intent.skill}: the release of version {intent.plan.version} of "
        f"{iso(intent.created_at)} is not finished."
    )


def resume(context: Context, work: UnitOfWork, name: str) -> list[str]:
    """Carry out the skill's interrupted releases; returns sentences about them.

    It first notes whether approval is required: a release that nobody has approved is withdrawn
    then. Raises `UnwritableFiles`.
    """
    resumed = note_switch(context, work, name)
    for intent in work.intents.pending(name):
        write_release(context, work, intent, resumed=True)
        resumed.append(
            f"{name}: version {intent.plan.version} is in production. Its release of "
            f"{iso(intent.created_at)} was interrupted, and is finished now."
        )
    return resumed


def withdraw(context: Context, work: UnitOfWork, intent: IntentRecord) -> bool:
    """Withdraw an unfinished release; `False` if `config.yaml` already names its prompt.

    Raises `ConfigError` if the file cannot be read.
    """
    if not withdraw_files(context, intent.plan):
        return False
    work.intents.withdraw(intent.id)
    return True


def take_back(context: Context, intent_id: str) -> None:
    """Withdraw an intent whose files cannot be written, if possible."""
    with suppress(TinyArmsError), context.store.unit_of_work(durable=True) as work:
        intent = work.intents.get(intent_id)
        if intent is not None and intent.state == "intent":
            withdraw(context, work, intent)


def write_release(
    context: Context, work: UnitOfWork, intent: IntentRecord, *, resumed: bool = False
) -> None:
    """Write the files and rows of a release, and the copy that serves without the database.

    `resumed`: whether another process decided it.
    """
    write_files(context, work, intent.plan)
    write_rows(context, work, intent)
    work.intents.done(intent.id, context.clock(), resumed=resumed)
    copy_prompt(context, work, work.versions.get(intent.skill, intent.plan.version))
