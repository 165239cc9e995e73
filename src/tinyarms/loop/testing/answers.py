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
from tinyarms.store.db.records import SessionRecord
from tinyarms.store.db.repositories.experiments import Answer
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
    places = {answer.sequence: answer.id for answer in answers}
    first, last = min(places), max(places)
    assigned = work.experiments.chosen(session_id)
    chosen = {
        answer.ballot_id: assigned.get(assignment_id_of(answer.ballot_id)) for answer in answers
    }
    return replace(
        with_answers(known, answers, chosen),
        first=first,
        last=last,
        last_id=places[last],
        between=work.experiments.votes_around(first, last).between,
    )


def read_new_answers(work: UnitOfWork, known: KnownAnswers) -> KnownAnswers | None:
    """The known answers, and those that came after them.

    `None` if they have to be read anew: some of the known ones were deleted, or it is another
    database.
    """
    if not known.last:
        return None
    around = work.experiments.votes_around(known.first, known.last)
    if (around.between, around.last_id) != (known.between, known.last_id):
        return None
    if around.later == 0:
        return known
    since = work.experiments.answered_since(known.last)
    new = [answer for session_id, answer in since if session_id == known.session_id]
    latest = max(known.last_answers.values())
    if any(answer.at < latest for answer in new):
        return None  # Clocks differ, so they may belong between the known ones.
    new.sort(key=lambda answer: answer.at)
    ids = {assignment_id_of(answer.ballot_id): answer.ballot_id for answer in new}
    chosen = {ids[id]: arm for id, arm in work.experiments.chosen_by_id(list(ids)).items()}
    _, last = since[-1]
    return replace(
        with_answers(known, new, chosen),
        last=last.sequence,
        last_id=last.id,
        between=known.between + len(since),
    )


def with_answers(
    known: KnownAnswers, answers: Sequence[Answer], chosen: Mapping[str, str | None]
) -> KnownAnswers:
    """The known answers and newer ones. `chosen`: ballot's id → the arm to which its task was
    assigned."""
    counted = [answer for answer in answers if answer.excluded is None]
    outcomes = tuple(outcome_of(answer, chosen.get(answer.ballot_id)) for answer in counted)
    given = Counter(answer.answer for answer in counted)
    picks = Counter(outcome.user for outcome in outcomes if outcome.picked is not None)
    return replace(
        known,
        outcomes=(*known.outcomes, *outcomes),
        skips=known.skips + given["skip"],
        none_of_these=known.none_of_these + given["none"],
        excluded=Counter(known.excluded)
        + Counter(answer.excluded for answer in answers if answer.excluded),
        picks=Counter(known.picks) + picks,
        # Oldest first, so the last answer of each user stays.
        last_answers={
            **known.last_answers,
            **{answer.user or "": answer.at for answer in answers},
        },
    )


def outcome_of(answer: Answer, chosen: str | None) -> Outcome:
    """The outcome of an answer to a ballot, whose task was assigned to the arm `chosen`."""
    picked = [variant_id for position, variant_id in answer.shown if position == answer.position]
    return Outcome(
        shown=tuple(variant_id for _, variant_id in answer.shown),
        chosen=chosen,
        picked=picked[0] if picked else None,
        user=answer.user or "",
        at=answer.at,
        same_output=frozenset(picked[1:]),
    )
