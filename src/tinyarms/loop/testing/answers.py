"""Read the answers of a live test; of those that this process has read before, only the new ones.

A vote is assessed together with all before it, while no other process can write. Reading them all
for each vote would take the longer, the more there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tinyarms.core.ids import derived_id
from tinyarms.experiments.arms import Outcome
from tinyarms.loop.project.known_answers import KnownAnswers
from tinyarms.store.db.records import BallotRecord, VariantRecord, VoteRecord
from tinyarms.store.db.repositories.experiments import Answer
from tinyarms.store.db.unit_of_work import UnitOfWork


def assignment_id_of(ballot_id: str) -> str:
    """The id of the assignment of a ballot's task."""
    return derived_id("assignment", ballot_id)


def read_answers(work: UnitOfWork, session_id: str) -> KnownAnswers:
    """All answers of a live test with ballots."""
    answers = work.experiments.answered(session_id)
    chosen = work.experiments.chosen(session_id) if answers else {}
    return _with(KnownAnswers(session_id), answers, chosen)


def read_new_answers(
    work: UnitOfWork, known: KnownAnswers, variants: Mapping[str, VariantRecord]
) -> KnownAnswers | None:
    """The known answers, and those that came after them.

    `variants`: those of the session, as they are in the store now. `None` if the known answers are
    not those in the store: some were deleted, or it is another database.
    """
    if not known.sequence:
        return None
    since = work.experiments.answered_since(known.session_id, known.sequence)
    if not since or since[0].vote.id != known.vote_id or known.at is None:
        return None
    new = since[1:]
    if any(answer.vote.created_at < known.at for answer in new):
        return None  # Clocks differ, so they may belong between the known ones.
    new.sort(key=lambda answer: answer.vote.created_at)
    ids = {assignment_id_of(answer.ballot.id): answer.ballot.task_id for answer in new}
    chosen = {ids[id]: arm for id, arm in work.experiments.chosen_by_id(list(ids)).items()}
    found = _with(known, new, chosen)
    stored = {variant.id: variant.votes for variant in variants.values() if variant.votes}
    return found if found.picks == stored else None


def _with(
    known: KnownAnswers, answers: Sequence[Answer], chosen: Mapping[str, str]
) -> KnownAnswers:
    if not answers:
        return known
    counted = [answer for answer in answers if answer.vote.counted]
    outcomes = [
        outcome_of(answer.vote, answer.ballot, chosen.get(answer.ballot.task_id))
        for answer in counted
    ]
    given = Counter(answer.vote.answer for answer in counted)
    excluded = Counter[str](answer.vote.excluded for answer in answers if answer.vote.excluded)
    last = max(answers, key=lambda answer: answer.sequence)
    return KnownAnswers(
        session_id=known.session_id,
        outcomes=(*known.outcomes, *outcomes),
        skips=known.skips + given["skip"],
        none_of_these=known.none_of_these + given["none"],
        excluded=Counter(known.excluded) + excluded,
        picks=Counter(known.picks) + Counter(arm for o in outcomes for arm in o.picks),
        sequence=last.sequence,
        vote_id=last.vote.id,
        at=max(answer.vote.created_at for answer in answers),
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
