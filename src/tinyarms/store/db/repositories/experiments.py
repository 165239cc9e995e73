"""Variants, ballots, votes, results and assignments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Row, bindparam, case, func, insert, select, update

from tinyarms.store.db.dialects import (
    insert_all_or_ignore,
    insert_or_ignore,
    insert_record_or_ignore,
)
from tinyarms.store.db.records import (
    OPEN,
    UNCOUNTED,
    AssignmentRecord,
    BallotRecord,
    OptionRecord,
    ResultRecord,
    ServedRecord,
    VariantRecord,
    VariantStatus,
    VoteRecord,
)
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.repositories.feedback import first_feedback_at
from tinyarms.store.db.rows import prompt_columns, prompts_of, record_of, records_of, to_row
from tinyarms.store.db.tables import (
    ab_test_results,
    assignments,
    ballot_options,
    ballots,
    feedback,
    sessions,
    tasks,
    variants,
    votes,
)

READ_AT_ONCE = 300
"""Votes that are in memory while all are read. Higher: fewer round trips, more memory."""


class Agreement(NamedTuple):
    """How often the arms of a live test gave the same output."""

    agreed: int
    """Number of tasks on which all outputs were the same; nobody is asked about them."""
    differed: int
    """Number of tasks with a choice, answered or not."""
    first_choice_at: datetime | None
    """When the first ballot with a choice was made; `None` if there is none."""

    @property
    def choice_share(self) -> float | None:
        """The share of tasks with a choice, in [0, 1]; `None` if there are no tasks."""
        tasks = self.agreed + self.differed
        return self.differed / tasks if tasks else None


class Answer(NamedTuple):
    """A vote and the variants on its ballot: what the evidence of a live test is made of."""

    sequence: int
    """Its place among the votes of all sessions: a later vote has a higher one."""
    id: str
    ballot_id: str
    answer: Literal["pick", "skip", "none"]
    position: int | None
    """Position of the picked option."""
    user: str | None
    excluded: str | None
    """Why it does not count; `None`: it counts."""
    at: datetime
    shown: tuple[tuple[int, str], ...]
    """The position and id of each variant."""


class VotesAround(NamedTuple):
    """The votes of all sessions from one place to another."""

    between: int
    """Their number, the first and the last included."""
    last_id: str | None
    """The id of the last one; `None`: it was deleted, or it is another database."""
    later: int
    """The number of those after the last one."""


class Experiments(Repository):
    """The live test of an evolution session."""

    def add_variants(self, added: Iterable[VariantRecord]) -> None:
        """Add them; those whose id is there stay as they are."""
        for variant in added:
            row = to_row(variant) | prompt_columns(variant.prompt)
            del row["prompt"]
            row |= {"prompt_template": variant.prompt.text, "prompt_hash": variant.prompt.hash}
            insert_or_ignore(self._connection, variants, row)

    def variants(self, session_id: str) -> list[VariantRecord]:
        """All variants of a session, ordered by letter."""
        rows = self._connection.execute(_VARIANTS, {"session_id": session_id}).all()
        found = records_of(VariantRecord, rows, prompt=prompts_of(rows, "prompt_template"))
        return sorted(found, key=attrgetter("variant_letter", "id"))

    def set_accuracy(self, variant_id: str, accuracy: float | None, n: int) -> None:
        """Set a variant's accuracy over `n` examples. Raises `ConflictError` if not found."""
        self._set_variant(variant_id, {"accuracy": accuracy, "accuracy_n": n})

    def set_status(self, variant_id: str, status: VariantStatus) -> None:
        """Set a variant's status. Raises `ConflictError` if not found."""
        self._set_variant(variant_id, {"status": status})

    def _set_variant(self, variant_id: str, columns: Mapping[str, Any]) -> None:
        row_name = f"variant {variant_id}"
        self._update_one(variants, variants.c.id == variant_id, row_name, columns)

    def add_ballot(self, ballot: BallotRecord) -> None:
        """Add it with its options, unless its id exists."""
        row = to_row(ballot) | {"has_choice": ballot.has_choice}
        del row["options"]
        if insert_or_ignore(self._connection, ballots, row):
            options = [{"ballot_id": ballot.id} | to_row(option) for option in ballot.options]
            self._connection.execute(insert(ballot_options), options)

    def ballot(self, ballot_id: str) -> BallotRecord | None:
        """The ballot with this id."""
        row = self._connection.execute(_BALLOT, {"id": ballot_id}).one_or_none()
        if row is None:
            return None
        shown = self._connection.execute(_OPTIONS, {"id": ballot_id}).all()
        return _ballot(row, tuple(records_of(OptionRecord, shown)))

    def ballots_by_id(self, ids: Sequence[str]) -> list[BallotRecord]:
        """Those of the ballots that exist, in any order."""
        rows = self._connection.execute(_BALLOTS, {"ids": ids}).all()
        return _with_options(rows, self._connection.execute(_OPTIONS_OF, {"ids": ids}).all())

    def ballots(self, session_id: str) -> list[BallotRecord]:
        """All ballots of a session, oldest first."""
        return self._ballots(ballots.c.session_id == session_id)

    def waiting(self, skill: str, user: str | None = None) -> list[BallotRecord]:
        """Ballots of active sessions that have a choice and can take a vote that counts, oldest
        first.

        With a `user`: those for this user or for anybody on which this user has not voted.
        """
        return self._ballots(*_waiting(skill, user))

    def is_waiting(self, ballot: BallotRecord, user: str | None = None) -> bool:
        """Whether `waiting` gives this ballot."""
        conditions = [*_waiting(ballot.skill, user), ballots.c.id == ballot.id]
        query = select(ballots.c.id).where(*conditions)
        return self._connection.execute(query).first() is not None

    def next_waiting(self, session_id: str, skill: str, user: str | None) -> BallotRecord | None:
        """The first of those that is of this session of the skill."""
        query = (
            select(ballots.c.id)
            .where(*_waiting(skill, user), ballots.c.session_id == session_id)
            .order_by(ballots.c.created_at, ballots.c.id)
            .limit(1)
        )
        first = self._connection.execute(query).scalar()
        return None if first is None else self.ballot(first)

    def count_waiting(
        self, skill: str, user: str | None = None, session_id: str | None = None
    ) -> int:
        """The number of ballots that `waiting` gives; with a session, of those that are its."""
        query = select(func.count()).select_from(ballots).where(*_waiting(skill, user))
        if session_id is not None:
            query = query.where(ballots.c.session_id == session_id)
        return self._connection.execute(query).scalar_one()

    def count_asked(self, session_id: str) -> dict[str, int]:
        """Variant id → number of the session's ballots that have a choice and show it."""
        query = (
            select(ballot_options.c.variant_id, func.count())
            .join(ballots, ballots.c.id == ballot_options.c.ballot_id)
            .where(ballots.c.session_id == session_id, ballots.c.has_choice)
            .group_by(ballot_options.c.variant_id)
        )
        return {variant_id: int(n) for variant_id, n in self._connection.execute(query)}

    def count_assigned(self, session_id: str) -> dict[str, int]:
        """Variant id → number of the session's tasks that are assigned to it."""
        query = (
            select(assignments.c.variant_id, func.count())
            .where(assignments.c.session_id == session_id)
            .group_by(assignments.c.variant_id)
        )
        return {variant_id: int(n) for variant_id, n in self._connection.execute(query)}

    def agreement(self, session_id: str) -> Agreement:
        """How often all outputs were the same in a session's live test."""
        return self._agreement(ballots.c.session_id == session_id)

    def agreement_since(self, skill: str, since: datetime) -> Agreement:
        """The same over all live tests of a skill, for ballots made since then."""
        return self._agreement(ballots.c.skill == skill, ballots.c.created_at >= since)

    def _agreement(self, *conditions: ColumnElement[bool]) -> Agreement:
        has_choice = ballots.c.has_choice
        query = select(
            func.count().filter(~has_choice),
            func.count().filter(has_choice),
            func.min(ballots.c.created_at).filter(has_choice),
        )
        return Agreement(*self._connection.execute(query.where(*conditions)).one())

    def count_picks(self, session_id: str) -> int:
        """The number of counted picks of a session."""
        query = (
            select(func.count())
            .select_from(votes.join(ballots, ballots.c.id == votes.c.ballot_id))
            .where(
                ballots.c.session_id == session_id,
                votes.c.excluded.is_(None),
                votes.c.answer == "pick",
            )
        )
        return self._connection.execute(query).scalar_one()

    def add_vote(self, vote: VoteRecord) -> bool:
        """Add it. False, and nothing happens, if its id exists, or if its ballot has a vote of its
        user, or if both it and another vote of its ballot count.

        Raises `ConflictError` (at the unit of work) if there is no such ballot.
        """
        if not insert_record_or_ignore(self._connection, votes, vote):
            return False
        if vote.counted and vote.answer == "pick":
            self._snapshot_votes(vote)
        return True

    def vote(self, vote_id: str) -> VoteRecord | None:
        """The vote with this id."""
        row = self._connection.execute(select(votes).where(votes.c.id == vote_id)).one_or_none()
        return None if row is None else record_of(VoteRecord, row)

    def votes_on(self, ballot_ids: Sequence[str], vote_ids: Sequence[str] = ()) -> list[VoteRecord]:
        """All votes on these ballots, of which one at most on each counts, and the votes with these
        ids, on whatever ballot; oldest first."""
        found = self._connection.execute(_VOTES_ON, {"ballots": ballot_ids, "votes": vote_ids})
        return records_of(VoteRecord, found)

    def votes(self, session_id: str) -> list[tuple[VoteRecord, BallotRecord]]:
        """All votes of a session with their ballots, oldest first, including skips and late
        votes."""
        answered = ballots.c.id.in_(select(votes.c.ballot_id))
        session_ballots = self._ballots(ballots.c.session_id == session_id, answered)
        ballot_of = {ballot.id: ballot for ballot in session_ballots}
        query = (
            select(votes)
            .join(ballots, ballots.c.id == votes.c.ballot_id)
            .where(ballots.c.session_id == session_id)
            .order_by(votes.c.created_at, votes.c.sequence)
        )
        rows = self._connection.execute(query).all()
        return [(vote, ballot_of[vote.ballot_id]) for vote in records_of(VoteRecord, rows)]

    def answered(self, session_id: str) -> list[Answer]:
        """The same, without the tasks and the outputs."""
        query = _ANSWERED.where(ballots.c.session_id == session_id)
        rows = self._connection.execute(query.order_by(votes.c.created_at, votes.c.sequence)).all()
        asked = select(ballots.c.id).where(ballots.c.session_id == session_id)
        answered = ballots.c.id.in_(select(votes.c.ballot_id))
        on_those = ballot_options.c.ballot_id.in_(asked.where(answered))
        shown = self._shown(on_those)
        return [Answer(*row[:-1], tuple(shown[row.ballot_id])) for row in rows]

    def answered_since(self, sequence: int) -> list[tuple[str, Answer]]:
        """(session's id, answer) of all sessions after the vote at this place, in their order."""
        rows = self._connection.execute(_ANSWERED_SINCE, {"known": sequence}).all()
        found: list[tuple[str, Answer]] = []
        for _, options in groupby(map(tuple, rows), itemgetter(0)):
            of_options = list(options)
            *answer, session_id, _, _ = of_options[0]
            shown = tuple(row[-2:] for row in of_options)
            found.append((session_id, Answer._make((*answer, shown))))
        return found

    def _shown(self, which: ColumnElement[bool]) -> dict[str, list[tuple[int, str]]]:
        """Ballot's id → the position and id of each of its variants."""
        options = ballot_options.c
        query = select(options.ballot_id, options.position, options.variant_id).where(which)
        found: dict[str, list[tuple[int, str]]] = {}
        for ballot_id, *option in self._connection.execute(query.order_by(*_OPTION_ORDER)).all():
            found.setdefault(ballot_id, []).append(tuple(option))
        return found

    def votes_around(self, first: int, last: int) -> VotesAround:
        """The votes of all sessions between these places, both included, and after them."""
        row = self._connection.execute(_VOTES_AROUND, {"first": first, "last": last}).one()
        return VotesAround(*row)

    def chosen(self, session_id: str) -> dict[str, str]:
        """Assignment's id → the variant to which a task was assigned in the session."""
        query = select(assignments.c.id, assignments.c.variant_id)
        rows = self._connection.execute(query.where(assignments.c.session_id == session_id))
        return dict(rows.all())

    def chosen_by_id(self, ids: Sequence[str]) -> dict[str, str]:
        """Assignment's id → the variant, for those of the assignments that exist."""
        found = dict[str, str]()
        for begin in range(0, len(ids), READ_AT_ONCE):
            some = {"ids": ids[begin : begin + READ_AT_ONCE]}
            found.update(self._connection.execute(_CHOSEN, some).all())
        return found

    def each_vote(self, skill: str) -> Iterator[tuple[VoteRecord, BallotRecord]]:
        """All votes on ballots of a skill with their ballots, oldest first, some hundred rows at a
        time."""
        last = 0
        while True:
            query = (
                select(votes)
                .join(ballots, ballots.c.id == votes.c.ballot_id)
                .where(ballots.c.skill == skill, votes.c.sequence > last)
                .order_by(votes.c.sequence)
                .limit(READ_AT_ONCE)
            )
            rows = self._connection.execute(query).all()
            if not rows:
                return
            last = rows[-1].sequence
            asked = {row.ballot_id for row in rows}
            ballot_of = {ballot.id: ballot for ballot in self._ballots(ballots.c.id.in_(asked))}
            for vote in records_of(VoteRecord, rows):
                yield vote, ballot_of[vote.ballot_id]

    def picks_by_user(
        self, session_id: str, since: datetime, user: str | None = None
    ) -> dict[str, int]:
        """Counted picks in the whole session of `user` and of each user who has answered since
        then.

        Users without a name are "".
        """
        name = func.coalesce(votes.c.user, "")
        picked = case((votes.c.excluded.is_(None) & (votes.c.answer == "pick"), 1), else_=0)
        query = (
            select(name, func.sum(picked))
            .join(ballots, ballots.c.id == votes.c.ballot_id)
            .where(ballots.c.session_id == session_id)
            .group_by(name)
            .having((func.max(votes.c.created_at) >= since) | (name == (user or "")))
        )
        return {found: int(n) for found, n in self._connection.execute(query)}

    def has_other_voters(self, skill: str, user: str, since: datetime) -> bool:
        """Whether anybody else with a name has answered a ballot of the skill since then."""
        query = (
            select(votes.c.id)
            .join(ballots, ballots.c.id == votes.c.ballot_id)
            .where(ballots.c.skill == skill, votes.c.created_at >= since)
            .where(votes.c.user != "", votes.c.user != user)
            .limit(1)
        )
        return self._connection.execute(query).first() is not None

    def answers(self, skill: str, since: datetime) -> dict[str, int]:
        """Answer (`pick`, `skip`, `none`) → how often it was given since then, even if not
        counted."""
        query = (
            select(votes.c.answer, func.count())
            .join(ballots, ballots.c.id == votes.c.ballot_id)
            .where(ballots.c.skill == skill, votes.c.created_at >= since)
            .group_by(votes.c.answer)
        )
        return {answer: int(n) for answer, n in self._connection.execute(query)}

    def newest_answers(self, skill: str, limit: int) -> list[tuple[str, datetime]]:
        """The newest answers to the skill's ballots with their times, oldest first."""
        query = (
            select(votes.c.answer, votes.c.created_at)
            .join(ballots, ballots.c.id == votes.c.ballot_id)
            .where(ballots.c.skill == skill)
            .order_by(votes.c.sequence.desc())
            .limit(limit)
        )
        rows = self._connection.execute(query).all()
        return [(answer, at) for answer, at in reversed(rows)]

    def add_results(self, results: Iterable[ResultRecord]) -> None:
        """Add them; those whose id is there stay as they are."""
        insert_all_or_ignore(self._connection, ab_test_results, [to_row(each) for each in results])

    def results(self, session_id: str) -> list[ResultRecord]:
        """All results of a session, oldest first."""
        query = select(ab_test_results).where(ab_test_results.c.session_id == session_id)
        order = (ab_test_results.c.created_at, ab_test_results.c.id)
        return records_of(ResultRecord, self._connection.execute(query.order_by(*order)).all())

    def add_assignment(self, assignment: AssignmentRecord) -> AssignmentRecord:
        """Add it, unless its id exists. Returns the stored one."""
        if insert_record_or_ignore(self._connection, assignments, assignment):
            return assignment
        query = select(assignments).where(assignments.c.id == assignment.id)
        [stored] = records_of(AssignmentRecord, self._connection.execute(query))
        return stored

    def assignments(self, session_id: str) -> list[AssignmentRecord]:
        """All assignments of a session, oldest first."""
        query = select(assignments).where(assignments.c.session_id == session_id)
        rows = self._connection.execute(
            query.order_by(assignments.c.created_at, assignments.c.id)
        ).all()
        return records_of(AssignmentRecord, rows)

    def served(self, session_id: str) -> list[ServedRecord]:
        """All tasks assigned in a session, ordered by the arrival of their outcomes, the others
        last.

        A task that was served outside of the test has no outcome in it.
        """
        first = first_feedback_at(assignments.c.task_id)
        query = (
            select(
                assignments.c.variant_id,
                assignments.c.probabilities,
                tasks.c.variant_id.label("served_by"),
                tasks.c.success,
                tasks.c.user,
                tasks.c.created_at,
                first.label("feedback_at"),
            )
            .outerjoin(tasks, tasks.c.id == assignments.c.task_id)
            .where(assignments.c.session_id == session_id)
            .order_by(assignments.c.created_at, assignments.c.id)
        )
        served_tasks = [_served(row) for row in self._connection.execute(query).all()]
        never = datetime.max.replace(tzinfo=UTC)
        return sorted(served_tasks, key=lambda served: served.arrived_at or never)

    def uncounted(self, session_id: str) -> dict[str, int]:
        """Reason (`over_cap`, `new_name`) → number of tasks assigned in a session whose feedback
        does not count."""
        query = (
            select(feedback.c.standing, func.count(feedback.c.task_id.distinct()))
            .join(assignments, assignments.c.task_id == feedback.c.task_id)
            .where(assignments.c.session_id == session_id, feedback.c.standing.in_(UNCOUNTED))
            .group_by(feedback.c.standing)
        )
        return {standing: int(n) for standing, n in self._connection.execute(query)}

    def _ballots(self, *conditions: ColumnElement[bool]) -> list[BallotRecord]:
        query = select(ballots).where(*conditions).order_by(ballots.c.created_at, ballots.c.id)
        rows = self._connection.execute(query).all()
        if not rows:
            return []
        chosen = select(ballots.c.id).where(*conditions)
        query = select(ballot_options).where(ballot_options.c.ballot_id.in_(chosen))
        return _with_options(rows, self._connection.execute(query.order_by(*_OPTION_ORDER)).all())

    def _snapshot_votes(self, vote: VoteRecord) -> None:
        self._connection.execute(_COUNT_VOTE, {"ballot": vote.ballot_id, "picked": vote.position})


_ANSWERED = select(
    votes.c.sequence,
    votes.c.id,
    votes.c.ballot_id,
    votes.c.answer,
    votes.c.position,
    votes.c.user,
    votes.c.excluded,
    votes.c.created_at,
    ballots.c.session_id,
).join(ballots, ballots.c.id == votes.c.ballot_id)
_OPTION_ORDER = (ballot_options.c.position, ballot_options.c.variant_id)

# Each vote runs these while all others wait, and building a statement takes longer than running it.
_VARIANTS = select(variants).where(variants.c.session_id == bindparam("session_id"))
_BALLOT = select(ballots).where(ballots.c.id == bindparam("id"))
_OPTIONS = (
    select(ballot_options)
    .where(ballot_options.c.ballot_id == bindparam("id"))
    .order_by(*_OPTION_ORDER)
)
_BALLOTS = select(ballots).where(ballots.c.id.in_(bindparam("ids", expanding=True)))
_OPTIONS_OF = (
    select(ballot_options)
    .where(ballot_options.c.ballot_id.in_(bindparam("ids", expanding=True)))
    .order_by(*_OPTION_ORDER)
)
_VOTES_ON = (
    select(votes)
    .where(
        votes.c.ballot_id.in_(bindparam("ballots", expanding=True))
        | votes.c.id.in_(bindparam("votes", expanding=True))
    )
    .order_by(votes.c.sequence)
)
_ANSWERED_SINCE = (
    _ANSWERED.join(ballot_options, ballot_options.c.ballot_id == ballots.c.id)
    .add_columns(ballot_options.c.position, ballot_options.c.variant_id)
    .where(votes.c.sequence > bindparam("known"))
    .order_by(votes.c.sequence, *_OPTION_ORDER)
)
_VOTES_AROUND = select(
    select(func.count())
    .where(votes.c.sequence >= bindparam("first"), votes.c.sequence <= bindparam("last"))
    .scalar_subquery(),
    select(votes.c.id).where(votes.c.sequence == bindparam("last")).scalar_subquery(),
    select(func.count()).where(votes.c.sequence > bindparam("last")).scalar_subquery(),
)
_CHOSEN = select(assignments.c.id, assignments.c.variant_id).where(
    assignments.c.id.in_(bindparam("ids", expanding=True))
)
_COUNT_VOTE = (
    update(variants)
    .where(
        variants.c.id.in_(
            select(ballot_options.c.variant_id).where(
                ballot_options.c.ballot_id == bindparam("ballot"),
                ballot_options.c.position == bindparam("picked"),
            )
        )
    )
    .values(votes=variants.c.votes + 1)
)


def _waiting(skill: str, user: str | None) -> list[ColumnElement[bool]]:
    last = votes.c.excluded.is_(None) | (votes.c.user == ballots.c.user)
    if user is not None:
        last |= votes.c.user == user
    active = select(sessions.c.id).where(sessions.c.state.in_(OPEN))
    conditions = [
        ballots.c.skill == skill,
        ballots.c.session_id.in_(active),
        ~select(votes.c.id).where(votes.c.ballot_id == ballots.c.id, last).exists(),
        ballots.c.has_choice,
    ]
    if user is not None:
        conditions.append((ballots.c.user == user) | ballots.c.user.is_(None))
    return conditions


def _with_options(rows: Sequence[Row[Any]], shown: Sequence[Row[Any]]) -> list[BallotRecord]:
    """The ballots of these rows. `shown`: the rows of their options."""
    options: dict[str, list[OptionRecord]] = {}
    for row, option in zip(shown, records_of(OptionRecord, shown), strict=True):
        options.setdefault(row.ballot_id, []).append(option)
    return [_ballot(row, tuple(options.get(row.id, ()))) for row in rows]


def _ballot(row: Row[Any], options: tuple[OptionRecord, ...]) -> BallotRecord:
    names = [field.name for field in fields(BallotRecord) if field.name != "options"]
    return BallotRecord(**{name: row._mapping[name] for name in names}, options=options)


def _served(row: Any) -> ServedRecord:
    times = [moment for moment in (row.created_at, row.feedback_at) if moment is not None]
    success = None if row.served_by is None else row.success
    return ServedRecord(
        variant_id=row.served_by or row.variant_id,
        probabilities=row.probabilities,
        success=success,
        user=row.user,
        arrived_at=None if success is None else max(times),
    )
