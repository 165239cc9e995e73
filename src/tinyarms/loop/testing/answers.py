"""Read the answers of a live test; of those that this process has read before, only the new ones.

A vote is assessed together with all before it, while no other process can write. Reading them all
for each vote would take the longer, the more there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from tinyarms.core.ids import derived_id
from tinyarms.experiments.arms import Outcome
from tinyarms.loop.project.known_answers import KnownAnswers
from tinyarms.store.db.records import BallotRecord, SessionRecord, VoteRecord
from tinyarms.store.db.repositories.experiments import READ_AT_ONCE, Answer
from tinyarms.store.db.unit_of_work import UnitOfWork


def assignment_id_of(ballot_id: str) -> str:
    """The id of the assignment of a ballot's task."""
    return derived_id("assignment", ballot_id)


def read_session(
    work: UnitOfWork, session: SessionRecord, known: dict[str, KnownAnswers]
) -> KnownAnswers:
    """All answers of a session's live test. `known`: skill → those that are known already, to which
    they are added. `work` must not have written any."""
    before, found = known.get(session.skill), None
    if before is not None and before.session_id == session.id:
        found = read_new_answers(work, before)
    if found is None:
        found = read_answers(work, session.id)
    known[session.skill] = found
    return found


def read_answers(work: UnitOfWork, session_id: str) -> KnownAnswers:
    """All answers of a live test with ballots."""
    answers = work.experiments.answered(session_id)
    known = KnownAnswers(session_id, agreement=work.experiments.agreement(session_id))
    if not answers:
        return known
    places = {answer.sequence: answer.vote.id for answer in answers}
    first, last = min(places), max(places)
    return replace(
        _with(known, answers, work.experiments.chosen(session_id)),
        first=first,
        last=last,
        last_id=places[last],
        between=work.experiments.count_votes(first, last),
    )


def read_new_answers(work: UnitOfWork, known: KnownAnswers) -> KnownAnswers | None:
    """The known answers, and those that came after them.

    `None` if they have to be read anew: some of the known ones were deleted, it is another
    database, or there are too many new ones.
    """
    if not known.last:
        return None
    votes = work.experiments.votes_since(known.last)
    if not votes or votes[0][1].id != known.last_id or len(votes) == READ_AT_ONCE:
        return None
    if work.experiments.count_votes(known.first, known.last) != known.between:
        return None
    if len(votes) == 1:
        return known
    ballots = work.experiments.ballots_by_id(
        known.session_id, [vote.ballot_id for _, vote in votes[1:]]
    )
    new = [
        Answer(place, vote, ballots[vote.ballot_id])
        for place, vote in votes[1:]
        if vote.ballot_id in ballots
    ]
    latest = max(known.last_answers.values())
    if any(answer.vote.created_at < latest for answer in new):
        return None  # Clocks differ, so they may belong between the known ones.
    new.sort(key=lambda answer: answer.vote.created_at)
    tasks = {assignment_id_of(answer.ballot.id): answer.ballot.task_id for answer in new}
    chosen = work.experiments.chosen_by_id(list(tasks))
    by_task = {tasks[id]: variant_id for id, variant_id in chosen.items()}
    last, vote = votes[-1]
    between = known.between + len(votes) - 1
    return replace(_with(known, new, by_task), last=last, last_id=vote.id, between=between)


def _with(
    known: KnownAnswers, answers: Sequence[Answer], chosen: Mapping[str, str]
) -> KnownAnswers:
    counted = [answer for answer in answers if answer.vote.counted]
    outcomes = tuple(
        outcome_of(answer.vote, answer.ballot, chosen.get(answer.ballot.task_id))
        for answer in counted
    )
    given = Counter(answer.vote.answer for answer in counted)
    picks = Counter(outcome.user for outcome in outcomes if outcome.picked is not None)
    return replace(
        known,
        outcomes=(*known.outcomes, *outcomes),
        skips=known.skips + given["skip"],
        none_of_these=known.none_of_these + given["none"],
        excluded=Counter(known.excluded)
        + Counter[str](answer.vote.excluded for answer in answers if answer.vote.excluded),
        picks=Counter(known.picks) + picks,
        # Oldest first, so the last answer of each user stays.
        last_answers={
            **known.last_answers,
            **{answer.vote.user or "": answer.vote.created_at for answer in answers},
        },
    )


def outcome_of(vote: VoteRecord, ballot: BallotRecord, chosen: str | None) -> Outcome:
    """The outcome of a vote on this ballot, whose task was assigned to the arm `chosen`."""
    picked = () if vote.position is None else ballot.at(vote.position)
    return Outcome(
        shown=tuple(option.variant_id for option in ballot.options),
        chosen=chosen,
        picked=picked[0] if picked else None,
        user=vote.user or "",
        at=vote.created_at,
        same_output=frozenset(picked[1:]),
    )
