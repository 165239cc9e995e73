"""Ballots: the outputs of several prompts for one task, for a user to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tinyarms.core.errors import ExperimentError, UnwritableFiles
from tinyarms.core.ids import derived_id, derived_random
from tinyarms.core.privacy.masking import mask, mask_all
from tinyarms.experiments.ballot import LETTERS, make_ballot
from tinyarms.experiments.rule import Allocation
from tinyarms.loop.project.context import Context
from tinyarms.loop.testing.asking import why_not_asked
from tinyarms.loop.testing.conclude import conclude_due, no_open_session
from tinyarms.loop.testing.live_session import LiveTest, is_single, load_live_test
from tinyarms.skills.execution import Execution, execute
from tinyarms.skills.same_output import comparable
from tinyarms.store.db.records import AssignmentRecord, BallotRecord, OptionRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class OptionView:
    """One option of a ballot. Its letter is its place: it says nothing about the variant."""

    letter: str
    """The option's place on this ballot: `A` is the first. It says nothing about the variant."""
    output: str | None
    """What this prompt answered; `None`: it gave no usable output."""


@dataclass(frozen=True)
class BallotView:
    """A question to a user. It does not say which option leads, nor which variant is which."""

    id: str
    """Its id, for `--ballot`."""
    skill: str
    why: str
    """Why users are asked, in one sentence."""
    task_id: str
    asked_at: datetime
    """When it was made."""
    inputs: Mapping[str, str]
    """The task's inputs, by name."""
    options: tuple[OptionView, ...]
    """What users choose from, in random order: outputs that differ. A variant that gave the same
    output as another one is behind the same option."""
    votes_so_far: int
    """Votes of the live test so far."""
    votes_at_most: int | None
    """Votes after which the test ends; `None`: no limit."""


def ballot_id_of(session_id: str, task_id: str) -> str:
    """A task has at most one ballot in a session."""
    return derived_id("ballot", session_id, task_id)


def open_test(work: UnitOfWork, name: str) -> LiveTest | None:
    """The skill's live test, if votes count now."""
    session = work.sessions.open(name)
    if session is None or not session.state.counts_votes:
        return None
    return load_live_test(work, session)


def prepare_ballot(
    context: Context,
    name: str,
    inputs: Mapping[str, str],
    task_id: str,
    user: str | None = None,
    served: Execution | None = None,
) -> BallotRecord:
    """Run the options on the inputs and store them as a ballot; once for each task.

    Options with the same output are one, and so are those that differ in masked parts only. If all
    outputs are the same the ballot has no choice: it is kept as "no difference", and nobody is
    asked. `served`: what the prompt in production gave, so as not to run it again. Raises
    `ExperimentError` if no live test is open, `ModelError` if no model answers.
    """
    skill = context.skill(name).skill
    conclude_due(context, name)
    with context.store.read() as work:
        test = open_test(work, name)
        if test is None:
            raise no_open_session(name)
        if is_single(test.session):
            raise ExperimentError(
                f"{name} is tested in single mode: no ballots.", "Give feedback on tasks instead."
            )
        known = work.experiments.ballot(ballot_id_of(test.session.id, task_id))
    if known is not None:
        return known
    model, outputs = context.model(skill.model), dict[str, str | None]()
    for arm in test.shown:
        run = served if arm.role == "incumbent" else None
        run = run or execute(model, skill.contract, test.variants[arm.id].prompt, inputs)
        outputs[arm.id] = run.output
    return _store(context, test, name, inputs, task_id, user, outputs)


def _store(
    context: Context,
    test: LiveTest,
    name: str,
    inputs: Mapping[str, str],
    task_id: str,
    user: str | None,
    outputs: Mapping[str, str | None],
) -> BallotRecord:
    ballot_id = ballot_id_of(test.session.id, task_id)
    contract, masks = context.skill(name).skill.contract, context.task_masks
    outputs = {
        arm_id: output if output is None or output in contract.labels else mask(output, masks).text
        for arm_id, output in outputs.items()
    }
    same = {arm_id: comparable(contract, output) for arm_id, output in outputs.items()}
    with context.store.unit_of_work() as work:
        now_test = open_test(work, name)
        if now_test is None or now_test.session.id != test.session.id:
            raise no_open_session(name)
        asked = make_ballot(ballot_id, task_id, same, derived_random("order", ballot_id))
        record = BallotRecord(
            id=ballot_id,
            session_id=test.session.id,
            skill=name,
            task_id=task_id,
            rule=test.rule.name,
            inputs=mask_all(inputs, masks),
            created_at=context.clock(),
            options=tuple(
                OptionRecord(position, arm_id, outputs[arm_id])
                for position, option in enumerate(asked.options)
                for arm_id in sorted(option)
            ),
            user=user,
        )
        if not asked.has_choice:
            work.experiments.add_ballot(record)
            return record
        given = now_test.rule.allocate(
            now_test.arms, now_test.outcomes, derived_random("allocation", ballot_id)
        )
        record = replace(record, probability=given.probability)
        work.experiments.add_ballot(record)
        work.experiments.add_assignment(_assignment(record, given))
        return record


def _assignment(ballot: BallotRecord, given: Allocation) -> AssignmentRecord:
    """The arm that the rule gave the ballot's task to, before anybody saw the ballot."""
    return AssignmentRecord(
        id=derived_id("assignment", ballot.id),
        session_id=ballot.session_id,
        task_id=ballot.task_id,
        variant_id=given.arm_id,
        probability=1.0 if given.probability is None else given.probability,
        created_at=ballot.created_at,
    )


def next_ballot(context: Context, name: str, user: str | None = None) -> BallotView | None:
    """The ballot that has waited longest: made for this user, or for nobody in particular.

    `None` if none waits, or if the user is not asked now (`why_not_asked`).
    """
    context.skill(name)
    try:
        conclude_due(context, name)
    except UnwritableFiles:
        return None  # The votes have decided, and only the release is missing.
    with context.store.read() as work:
        test = open_test(work, name)
        if test is None or why_not_asked(work, test.session, user, context.clock()):
            return None
        waiting = work.experiments.waiting(name, user)
    for ballot in waiting:
        if ballot.session_id == test.session.id:
            return _view(ballot, test)
    return None


def next_of_all(context: Context, user: str | None = None) -> BallotView | None:
    """Of all skills, the ballot that has waited longest."""
    found = [next_ballot(context, name, user) for name in context.project.skills]
    return min(filter(None, found), key=lambda ballot: ballot.asked_at, default=None)


def _view(ballot: BallotRecord, test: LiveTest) -> BallotView:
    outputs = {option.position: option.output for option in ballot.options}
    return BallotView(
        id=ballot.id,
        skill=ballot.skill,
        why=f"{ballot.skill} is testing new prompts: choose the output you prefer.",
        task_id=ballot.task_id,
        asked_at=ballot.created_at,
        inputs=dict(ballot.inputs),
        options=tuple(
            OptionView(LETTERS[position], output) for position, output in outputs.items()
        ),
        votes_so_far=test.votes,
        votes_at_most=test.votes_at_most,
    )
