"""Which prompt serves a task: from memory, so that asking costs a task next to nothing.

What is known is looked at again after two seconds, and at once when the prompt file or the config
has changed, so a promotion reaches every running process within that time.

A task does not wait for a database that is locked or gone: it gets the prompt that was in
production when one last could look, or else the one in the prompt file, outside of live tests.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tinyarms.core.errors import StoreError
from tinyarms.core.ids import derived_id, derived_random
from tinyarms.experiments.rules.single_mode import SingleMode, draw
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.prompt_cache import Held, Known, SingleTest, file_stamps
from tinyarms.loop.releasing.holdback_check import conclude_holdback, ends_at, gets_reference
from tinyarms.loop.releasing.versions import active_version, read_prompt, stored_version
from tinyarms.loop.testing.conclude import conclude
from tinyarms.loop.testing.live_session import LiveTest, is_single, load_live_test
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.store.db.records import (
    AssignmentRecord,
    HoldbackTaskRecord,
    SessionRecord,
    VariantRecord,
)
from tinyarms.store.db.unit_of_work import UnitOfWork

LOOK_AGAIN = timedelta(seconds=2)
PATIENCE_S = 2.0
"""How long a task waits for the database: as long as what it knows may be old."""


@dataclass(frozen=True)
class Serving:
    """The prompt of one task."""

    version: PromptVersion
    """The version in production."""
    variant: VariantRecord | None = None
    """In single mode the variant that serves the task: the incumbent is one too."""
    held: Held | None = None
    """The promotion that is watched, if one is."""
    asks: bool = False
    """Whether users may be asked about the task: a live test with ballots is open."""
    reference: bool = False
    """Whether the task stays on the prompt before that promotion."""

    @property
    def prompt(self) -> Prompt:
        if self.variant is not None:
            return self.variant.prompt
        return self._version.prompt

    @property
    def prompt_version(self) -> int | None:
        """The version's number; `None` for a challenger, whose outcomes are not the version's."""
        challenger = self.variant is not None and self.variant.role == "challenger"
        return None if challenger else self._version.number

    @property
    def _version(self) -> PromptVersion:
        return self.held.reference if self.held is not None and self.reference else self.version

    def holdback_task(self, task_id: str, now: datetime) -> HoldbackTaskRecord | None:
        """What is noted of the task for the comparison with the old prompt."""
        if self.held is None:
            return None
        return HoldbackTaskRecord(
            holdback_id=self.held.record.id,
            task_id=task_id,
            reference=self.reference,
            share=self.held.record.rule.share,
            created_at=now,
        )

    @property
    def variant_id(self) -> str | None:
        return None if self.variant is None else self.variant.id


def serving(context: Context, name: str, task_id: str) -> Serving:
    """The prompt for a task, from memory; in single mode the task's assignment, stored.

    After a promotion a share of the tasks gets the prompt before it (`holdback_check`).

    The same task id has the same assignment, in every process. Where the assignment cannot be
    stored, the prompt in production serves the task outside of the test. Raises what
    `active_version` does, but for `StoreError`.
    """
    known = _known(context, name)
    if known.held is not None:
        reference = gets_reference(known.held.record, task_id)
        asks = known.asks and not reference
        return Serving(known.version, held=known.held, asks=asks, reference=reference)
    if known.test is None:
        return Serving(known.version, asks=known.asks)
    try:
        with context.store.impatient(PATIENCE_S):
            given = _assign(context, known.test, task_id)
    except StoreError as error:
        context.serving[name] = _cut_off(context, known, error)
        return Serving(known.version)
    return Serving(known.version, known.test.variants[given.variant_id])


def look_soon(context: Context, name: str) -> None:
    """In the background: conclude the skill's test of single mode, or weigh its arms anew; and
    decide on its newest promotion."""
    if name not in context.looking:
        context.looking.add(name)
        context.in_background(lambda: _look_at_test(context, name))


def _known(context: Context, name: str) -> Known:
    known: Known | None = context.serving.get(name)
    now = context.clock()
    if (
        known is not None
        and timedelta(0) <= now - known.looked_at < LOOK_AGAIN
        and known.files == file_stamps(context.project.root, known.version)
    ):
        return known
    try:
        with context.store.impatient(PATIENCE_S):
            known = _look(context, name, known, now)
    except StoreError as error:
        known = _cut_off(context, known or _from_file(context, name), error)
    context.serving[name] = known
    return known


def _cut_off(context: Context, known: Known, error: StoreError) -> Known:
    """What is known while the database cannot be asked; it is tried again after `LOOK_AGAIN`."""
    number = known.version.number
    message = "%s: tasks go on with version %d, outside of live tests. %s"
    logging.getLogger("tinyarms").warning(message, known.version.skill, number, error)
    now, files = context.clock(), file_stamps(context.project.root, known.version)
    return replace(known, test=None, asks=False, files=files, looked_at=now)


def _from_file(context: Context, name: str) -> Known:
    config = context.skill(name)
    version = PromptVersion(
        skill=name,
        number=config.prompt_version,
        prompt=read_prompt(context.project.root / config.prompt_template, config.skill),
        parent=None,
        source="initial",
        created_at=context.clock(),
        path=config.prompt_template,
    )
    return Known(
        version, None, False, None, file_stamps(context.project.root, version), version.created_at
    )


def _look(context: Context, name: str, before: Known | None, now: datetime) -> Known:
    with context.store.read() as work:
        version = stored_version(context, work, name)
        known = None if version is None else _read(context, work, version, before, now)
    if known is None:
        version = active_version(context, name)
        with context.store.read() as work:
            known = _read(context, work, version, before, now)
    if known.test is not None or (known.held is not None and now >= ends_at(known.held.record)):
        look_soon(context, name)
    return known


def _read(
    context: Context, work: UnitOfWork, version: PromptVersion, before: Known | None, now: datetime
) -> Known:
    files = file_stamps(context.project.root, version)
    session = work.sessions.open(version.skill)
    tested = session is not None and session.state.counts_votes
    if session is None or not tested or session.base_version != version.number:
        test, tested = None, False
    elif not is_single(session):
        test = None
    elif before and before.test and before.test.session_id == session.id:
        test = before.test
    else:
        test = _single_test(load_live_test(work, session))
    held = _held(work, version) if test is None else None
    return Known(version, test, tested and test is None, held, files, now)


def _held(work: UnitOfWork, version: PromptVersion) -> Held | None:
    record = work.holdbacks.open(version.skill)
    if record is None or record.version != version.number:
        return None
    reference = work.versions.find(version.skill, record.reference)
    return None if reference is None else Held(record, reference)


def _single_session(work: UnitOfWork, name: str) -> SessionRecord | None:
    session = work.sessions.open(name)
    if session is None or not session.state.counts_votes or not is_single(session):
        return None
    return session


def _single_test(test: LiveTest) -> SingleTest:
    assert isinstance(test.rule, SingleMode)
    probabilities = test.rule.probabilities(test.arms, test.outcomes)
    return SingleTest(test.session.id, test.variants, probabilities)


def _look_at_test(context: Context, name: str) -> None:
    # First, so that what comes from now on is looked at by the next one.
    context.looking.discard(name)
    if conclude_holdback(context, name) is not None:
        context.serving.pop(name, None)
    with context.store.read() as work:
        session = _single_session(work, name)
        test = None if session is None else load_live_test(work, session)
    if test is None:
        return
    if test.assess(context.clock()).state != "go_on":
        conclude(context, test.session.id)
        context.serving.pop(name, None)
        return
    fresh, known = _single_test(test), context.serving.get(name)
    if known is not None and known.test and known.test.session_id == fresh.session_id:
        context.serving[name] = replace(known, test=fresh)


def _assign(context: Context, test: SingleTest, task_id: str) -> AssignmentRecord:
    assignment_id = derived_id("assignment", test.session_id, task_id)
    given = draw(test.probabilities, derived_random("arm", test.session_id, task_id))
    with context.store.unit_of_work() as work:
        return work.experiments.add_assignment(
            AssignmentRecord(
                id=assignment_id,
                session_id=test.session_id,
                task_id=task_id,
                variant_id=given.arm_id,
                probability=given.probability or 0.0,
                created_at=context.clock(),
                probabilities=dict(test.probabilities),
            )
        )
