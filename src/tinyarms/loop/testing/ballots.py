"""Ballots: the outputs of several prompts for one task, for a user to choose from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from tinyarms.core.errors import ExperimentError, UnwritableFiles, UsageError
from tinyarms.core.ids import check_ids, derived_id, derived_random
from tinyarms.core.privacy.masking import mask
from tinyarms.experiments.ballot import LETTERS, make_ballot
from tinyarms.experiments.rule import Allocation
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.known_answers import KnownAnswers
from tinyarms.loop.testing.answers import assignment_id_of
from tinyarms.loop.testing.asking import why_not_asked
from tinyarms.loop.testing.conclude import conclude_due, no_open_session
from tinyarms.loop.testing.live_session import LiveTest, is_single, load_live_test
from tinyarms.skills.execution import Execution, execute
from tinyarms.skills.picture import all_for_people, mask_inputs
from tinyarms.skills.same_output import comparable
from tinyarms.store.db.records import AssignmentRecord, BallotRecord, OptionRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class OptionView:
    """One option of a ballot. Its letter is its position and does not identify the variant."""

    letter: str
    """The option's position on this ballot: `A` is the first. It does not identify the variant."""
    output: str | None
    """The output of this prompt; `None`: it gave no usable output."""


@dataclass(frozen=True)
class BallotView:
    """A question to a user. It shows neither which option leads nor which variant is which."""

    id: str
    """Its id, for `--ballot`."""
    skill: str
    why: str
    """Why users are asked, in one sentence."""
    task_id: str
    asked_at: datetime
    """When the ballot was made."""
    inputs: Mapping[str, str]
    """The task's inputs, by name; of a picture its path, size and text."""
    options: tuple[OptionView, ...]
    """The options in random order, with different outputs. Variants that gave the same output share
    an option."""
    votes_so_far: int
    """Votes of the live test so far."""
    votes_at_most: int | None
    """Votes after which the test ends; `None`: no limit."""


def ballot_id_of(session_id: str, task_id: str) -> str:
    """A task has at most one ballot in a session."""
    return derived_id("ballot", session_id, task_id)


def open_test(
    work: UnitOfWork, name: str, known: dict[str, KnownAnswers] | None = None
) -> LiveTest | None:
    """The skill's live test; `None` if no votes count now. `known`: as `load_live_test` wants."""
    session = work.sessions.open(name)
    if session is None or not session.state.counts_votes:
        return None
    return load_live_test(work, session, known)


def prepare_ballot(
    context: Context,
    name: str,
    inputs: Mapping[str, str],
    task_id: str,
    user: str | None = None,
    served: Execution | None = None,
) -> BallotRecord:
    """Run the variants on the inputs and store their outputs as a ballot; once for each task.

    Variants with the same output share an option, also if their outputs differ only in masked
    parts. If all outputs are the same, the ballot has no choice: it is stored as "no difference",
    and nobody is asked. `served`: the run of the prompt in production, if there was one already.
    Raises `ExperimentError` if no live test is open, `ModelError` if no model answers.
    """
    skill = context.skill(name).skill
    conclude_due(context, name)
    with context.store.read() as work:
        test = open_test(work, name, context.known_answers)
        if test is None:
            raise no_open_session(name)
        if is_single(test.session):
            raise ExperimentError(
                f"The live test of {name} runs in single mode: it has no ballots.",
                "Give feedback on tasks instead.",
            )
        earlier = work.experiments.ballot(ballot_id_of(test.session.id, task_id))
    if earlier is not None:
        return earlier
    view = context.input_view(skill)
    model, outputs = context.model(skill.model), dict[str, str | None]()
    for arm in test.shown:
        run = served if arm.role == "incumbent" else None
        if run is None:
            prompt = context.memories.recalled(skill, test.variants[arm.id].prompt, inputs, user)
            run = execute(model, skill.contract, prompt, inputs, view)
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
    comparables = {arm_id: comparable(contract, output) for arm_id, output in outputs.items()}
    with context.store.unit_of_work() as work:
        current_test = open_test(work, name, context.known_answers)
        if current_test is None or current_test.session.id != test.session.id:
            raise no_open_session(name)
        ballot = make_ballot(ballot_id, task_id, comparables, derived_random("order", ballot_id))
        record = BallotRecord(
            id=ballot_id,
            session_id=test.session.id,
            skill=name,
            task_id=task_id,
            rule=test.rule.name,
            inputs=mask_inputs(inputs, masks),
            created_at=context.clock(),
            options=tuple(
                OptionRecord(position, arm_id, outputs[arm_id])
                for position, option in enumerate(ballot.options)
                for arm_id in sorted(option)
            ),
            user=user,
        )
        if not ballot.has_choice:
            work.experiments.add_ballot(record)
            return record
        allocation = current_test.rule.allocate(
            current_test.arms, current_test.outcomes, derived_random("allocation", ballot_id)
        )
        record = replace(record, probability=allocation.probability)
        work.experiments.add_ballot(record)
        work.experiments.add_assignment(_assignment(record, allocation))
        return record


def _assignment(ballot: BallotRecord, allocation: Allocation) -> AssignmentRecord:
    """The arm to which the rule assigned the ballot's task before anybody saw the ballot."""
    return AssignmentRecord(
        id=assignment_id_of(ballot.id),
        session_id=ballot.session_id,
        task_id=ballot.task_id,
        variant_id=allocation.arm_id,
        probability=1.0 if allocation.probability is None else allocation.probability,
        created_at=ballot.created_at,
    )


def next_ballot(context: Context, name: str, user: str | None = None) -> BallotView | None:
    """The ballot that has waited longest, of those for this user or for any user.

    `None` if none waits, or if the user is not asked now (`why_not_asked`).
    """
    check_ids(user=user)
    context.skill(name)
    try:
        conclude_due(context, name)
    except UnwritableFiles:
        return None  # The votes have decided; only the release is missing.
    with context.store.read() as work:
        test = open_test(work, name, context.known_answers)
        if test is None or why_not_asked(work, test.session, user, context.clock()):
            return None
        ballot = work.experiments.next_waiting(test.session.id, name, user)
    return None if ballot is None else _view(ballot, test)


def next_of_all(context: Context, user: str | None = None) -> BallotView | None:
    """The ballot that has waited longest, over all skills."""
    ballots = [next_ballot(context, name, user) for name in context.project.skills]
    return min(filter(None, ballots), key=lambda ballot: ballot.asked_at, default=None)


def waiting_ballot(context: Context, id: str, user: str | None = None) -> BallotView | None:
    """The ballot with this id; `None` if there is none, or if it waits for no answer.

    Raises `UsageError` if it was made for another user than the one that is given.
    """
    check_ids(ballot_id=id, user=user)
    with context.store.read() as work:
        ballot = work.experiments.ballot(id)
    if ballot is None or ballot.skill not in context.project.skills:
        return None
    check_voter(ballot, user)
    try:
        conclude_due(context, ballot.skill)
    except UnwritableFiles:
        return None  # The votes have decided; only the release is missing.
    with context.store.read() as work:
        test = open_test(work, ballot.skill, context.known_answers)
        waits = work.experiments.is_waiting(ballot, user or ballot.user)
    if test is None or test.session.id != ballot.session_id or not waits:
        return None
    return _view(ballot, test)


def check_voter(ballot: BallotRecord, user: str | None) -> None:
    """Raise `UsageError` if the ballot was made for another user than the one that is given."""
    if user is not None and ballot.user not in (None, user):
        raise UsageError(
            f"The ballot {ballot.id} was made for another user.",
            "Ask for the next one of your own.",
        )


def _view(ballot: BallotRecord, test: LiveTest) -> BallotView:
    outputs = {option.position: option.output for option in ballot.options}
    return BallotView(
        id=ballot.id,
        skill=ballot.skill,
        why=f"{ballot.skill} is testing new prompts: choose the output you prefer.",
        task_id=ballot.task_id,
        asked_at=ballot.created_at,
        inputs=all_for_people(ballot.inputs),
        options=tuple(
            OptionView(LETTERS[position], output) for position, output in outputs.items()
        ),
        votes_so_far=test.votes,
        votes_at_most=test.votes_at_most,
    )
