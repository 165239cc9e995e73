"""Replies of models: they serve as cache, resume point and ledger."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, RowMapping, Table, bindparam, case, func, select

from tinyarms.core.prices import UNKNOWN_PRICES, Money, Price, RolePrices, money
from tinyarms.skills.execution import ModelReply
from tinyarms.store.db.dialects import insert_or_ignore, insert_record_or_ignore
from tinyarms.store.db.records import (
    JUDGE,
    SCORER,
    Cost,
    EvaluationRecord,
    PromptCost,
    UnansweredRecord,
    WriterCallRecord,
)
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import records_of, reply_from_json, reply_to_json
from tinyarms.store.db.tables import (
    call_counts,
    evaluations,
    model_calls,
    sessions,
    unanswered_calls,
)

COUNTS = (
    "task_calls",
    "test_calls",
    "writer_calls",
    "judge_calls",
    "cache_hits",
    "prompt_tokens",
    "completion_tokens",
)


_MOST_OF_ONE = 1000
"""Most calls of a scorer that are stored for one evaluation. Higher: fewer evaluations of a session
can have any."""


class Calls(Repository):
    """Writer replies and evaluations, each at its ordinal in its session."""

    def add_writer(self, call: WriterCallRecord) -> None:
        """Add it; nothing happens if its call index is taken."""
        replaced = {"parents": list(call.parents), "reply": reply_to_json(call.reply)}
        insert_record_or_ignore(self._connection, model_calls, call, **replaced)

    def writer(self, session_id: str, ordinal: int) -> WriterCallRecord | None:
        """The writer's reply with this call index."""
        row = self._at(model_calls, session_id, ordinal)
        return None if row is None else _writer_call(row)

    def add_scoring(self, calls: Sequence[WriterCallRecord]) -> None:
        """Add what a judge replied to the scorer of one evaluation, after what is there.

        `ordinal` is that of the evaluation. They are stored with negative ordinals, because the
        positive ones are those of the session's calls. Nothing happens beyond `_MOST_OF_ONE`.
        """
        index = calls[0].ordinal
        before = len(self.scoring(calls[0].session_id, index).get(index, ()))
        for number, call in enumerate(calls[: _MOST_OF_ONE - before], start=before):
            self.add_writer(replace(call, ordinal=-(index * _MOST_OF_ONE + number) - 1))

    def scoring(self, session_id: str, index: int | None = None) -> dict[int, list[ModelReply]]:
        """Ordinal of an evaluation → what a judge replied to its scorer, in order.

        `index`: only of this evaluation.
        """
        ordinal = model_calls.c.ordinal
        query = select(ordinal, model_calls.c.reply).where(
            model_calls.c.session_id == session_id, model_calls.c.operator == SCORER
        )
        if index is not None:
            last = -index * _MOST_OF_ONE - 1
            query = query.where(ordinal.between(last - _MOST_OF_ONE + 1, last))
        replies: dict[int, list[ModelReply]] = {}
        for row in self._connection.execute(query.order_by(ordinal.desc())):
            of_one = replies.setdefault((-row.ordinal - 1) // _MOST_OF_ONE, [])
            of_one.append(reply_from_json(row.reply))
        return replies

    def newest_reply(self, operator: str, key: str, since: datetime) -> ModelReply | None:
        """The newest reply to this request of an operator, in any session, since a time.

        What the server was sent the request without follows its key after a space.
        """
        of_request = model_calls.c.key.startswith(f"{key} ", autoescape=True)
        query = (
            select(model_calls.c.reply)
            .where(
                model_calls.c.operator == operator,
                (model_calls.c.key == key) | of_request,
                model_calls.c.created_at >= since,
            )
            .order_by(model_calls.c.created_at.desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else reply_from_json(row.reply)

    def refused(self, session_id: str, limit: int) -> list[WriterCallRecord]:
        """The newest calls of a session's writer whose proposal a guard refused, newest first."""
        query = (
            select(model_calls)
            .where(
                model_calls.c.session_id == session_id,
                model_calls.c.verdict.is_not(None),
                model_calls.c.verdict != "accepted",
            )
            .order_by(model_calls.c.ordinal.desc())
            .limit(limit)
        )
        return [_writer_call(row) for row in self._connection.execute(query)]

    def set_verdict(self, session_id: str, ordinal: int, verdict: str) -> None:
        """Store the guards' verdict. Raises `ConflictError` if there is no such reply."""
        where = (model_calls.c.session_id == session_id) & (model_calls.c.ordinal == ordinal)
        row_name = f"writer reply {ordinal} in session {session_id}"
        self._update_one(model_calls, where, row_name, {"verdict": verdict})

    def add_evaluation(self, evaluation: EvaluationRecord) -> None:
        """Add it; nothing happens if its call index is taken."""
        reply = reply_to_json(evaluation.reply)
        insert_record_or_ignore(self._connection, evaluations, evaluation, reply=reply)

    def set_score(self, session_id: str, ordinal: int, score: float, reason: str | None) -> None:
        """Store the score of an evaluation that had none, and the reason for it.

        Raises `ConflictError` if there is no such evaluation.
        """
        at = (evaluations.c.session_id == session_id) & (evaluations.c.ordinal == ordinal)
        what = f"evaluation {ordinal} in session {session_id}"
        self._update_one(evaluations, at, what, {"score": score, "reason": reason})

    def add_unanswered(self, call: UnansweredRecord) -> None:
        """Add it; nothing happens if its call index is taken."""
        insert_record_or_ignore(self._connection, unanswered_calls, call)

    def unanswered(self, session_id: str) -> list[UnansweredRecord]:
        """The unanswered calls of a session, by call index."""
        query = select(unanswered_calls).where(unanswered_calls.c.session_id == session_id)
        return records_of(
            UnansweredRecord, self._connection.execute(query.order_by(unanswered_calls.c.ordinal))
        )

    def evaluation(self, session_id: str, ordinal: int) -> EvaluationRecord | None:
        """The evaluation with this call index."""
        row = self._at(evaluations, session_id, ordinal)
        return None if row is None else _evaluation(row)

    def cached(self, key: str, skill: str) -> EvaluationRecord | None:
        """The newest evaluation with this key, of any session of the skill."""
        row = self._connection.execute(_CACHED, {"key": key, "skill": skill}).one_or_none()
        return None if row is None else _evaluation(row)

    def was_searched(self, skill: str, example_id: str) -> bool:
        """Whether a search of the skill has run the example, by the rows not yet pruned."""
        query = (
            select(evaluations.c.ordinal)
            .join(sessions, sessions.c.id == evaluations.c.session_id)
            .where(
                sessions.c.skill == skill,
                evaluations.c.example_id == example_id,
                evaluations.c.purpose != "test",
            )
            .limit(1)
        )
        return self._connection.execute(query).first() is not None

    def counts(self, session_id: str) -> dict[str, int]:
        """The calls and tokens of a session.

        `task_calls` (search and selection), `test_calls`, `writer_calls`, `judge_calls` (those of
        the scorer too), `cache_hits` (no call was made; in none of the others), and
        `prompt_tokens` and `completion_tokens` of all calls that were made.
        """
        summed = self._summed(session_id)
        if summed is not None:
            return {name: summed[name] for name in COUNTS}
        uncached = evaluations.c.cached.is_(False)
        row = self._connection.execute(
            select(
                _count(uncached & evaluations.c.purpose.in_(["search", "selection"])),
                _count(uncached & (evaluations.c.purpose == "test")),
                _count(evaluations.c.cached.is_(True)),
            ).where(evaluations.c.session_id == session_id)
        ).one()
        evaluating = self._tokens(evaluations, session_id, uncached)
        judged = model_calls.c.operator.in_((JUDGE, SCORER))
        writing = self._tokens(model_calls, session_id, ~judged)
        judging = self._tokens(model_calls, session_id, judged)
        return {
            "task_calls": row[0],
            "test_calls": row[1],
            "writer_calls": writing[0],
            "judge_calls": judging[0],
            "cache_hits": row[2],
            "prompt_tokens": evaluating[1] + writing[1] + judging[1],
            "completion_tokens": evaluating[2] + writing[2] + judging[2],
        }

    def broken_contracts(self, session_id: str) -> tuple[int, int, str]:
        """The replies of a session's search, those that broke the contract, and how one did."""
        of_search = (evaluations.c.session_id == session_id) & (evaluations.c.purpose != "test")
        columns = (
            func.count(),
            func.count(evaluations.c.violation),
            func.min(evaluations.c.violation),
        )
        replies, broken, example = self._connection.execute(select(*columns).where(of_search)).one()
        return replies, broken, example or ""

    def seconds(self, session_id: str) -> float:
        """Seconds of model time over all calls of a session."""
        summed = self._summed(session_id)
        if summed is not None:
            return float(summed["seconds"])
        total = 0.0
        for table in (evaluations, model_calls):
            latency_ms = func.sum(table.c.reply["latency_ms"].as_float())
            query = select(func.coalesce(latency_ms, 0)).where(table.c.session_id == session_id)
            if table is evaluations:
                query = query.where(evaluations.c.cached.is_(False))
            total += float(self._connection.execute(query).scalar_one()) / 1000
        return total

    def money(self, session_id: str, prices: RolePrices) -> Money:
        """What the calls of a session cost at these prices; of pruned calls, what was summed up."""
        summed = self._summed(session_id)
        if summed is not None:
            return money(summed["task_money"], summed["writer_money"], summed["judge_money"])
        graded, scored = model_calls.c.operator == JUDGE, model_calls.c.operator == SCORER
        grading = self._cost(model_calls, session_id, prices.judge, graded)
        scoring = self._cost(model_calls, session_id, prices.scorer, scored)
        unknown = prices.scorer_is_paid or grading is None or scoring is None
        return money(
            self._cost(evaluations, session_id, prices.task, evaluations.c.cached.is_(False)),
            self._cost(model_calls, session_id, prices.writer, ~graded & ~scored),
            None if unknown else (grading or 0) + (scoring or 0),
        )

    def _cost(
        self, table: Table, session_id: str, price: Price | None, which: ColumnElement[bool]
    ) -> float | None:
        """US dollars of these calls; `None`: there are some, and their price is not known."""
        if price is not None and price.is_free:
            return 0.0
        counts = [
            func.coalesce(table.c.reply[name].as_integer(), 0)
            for name in ("prompt_tokens", "completion_tokens", "cached_tokens")
        ]
        query = select(*counts).where(table.c.session_id == session_id, which)
        rows = self._connection.execute(query).all()
        if price is None:
            return None if rows else 0.0
        return sum(price.of(*row) for row in rows)

    def sum_up(self, session_id: str, prices: RolePrices = UNKNOWN_PRICES) -> None:
        """Store `counts`, `seconds` and `money` of an ended session, before its calls are pruned.

        A second call changes nothing.
        """
        cost = self.money(session_id, prices)
        sums = {
            **self.counts(session_id),
            "seconds": self.seconds(session_id),
            "task_money": cost.task,
            "writer_money": cost.writer,
            "judge_money": cost.judge,
        }
        insert_or_ignore(self._connection, call_counts, {"session_id": session_id, **sums})

    def _summed(self, session_id: str) -> RowMapping | None:
        query = select(call_counts).where(call_counts.c.session_id == session_id)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else row._mapping

    def made(self, session_id: str) -> dict[int, ModelReply]:
        """Call index → reply, of the session's evaluations for which the model was called."""
        query = select(evaluations.c.ordinal, evaluations.c.reply).where(
            evaluations.c.session_id == session_id, evaluations.c.cached.is_(False)
        )
        return {index: reply_from_json(reply) for index, reply in self._connection.execute(query)}

    def on_examples(
        self, session_id: str, prompt_hashes: Collection[str], example_ids: Collection[str]
    ) -> list[EvaluationRecord]:
        """What these prompts of a session's search said to these examples, none of them held
        out."""
        query = (
            select(evaluations)
            .where(
                evaluations.c.session_id == session_id,
                evaluations.c.purpose != "test",
                evaluations.c.prompt_hash.in_(prompt_hashes),
                evaluations.c.example_id.in_(example_ids),
            )
            .order_by(evaluations.c.ordinal)
        )
        return [_evaluation(row) for row in self._connection.execute(query)]

    def asked_about(self, session_id: str, prompt_hashes: Collection[str], limit: int) -> list[str]:
        """Ids of examples, none of them held out, that most of these prompts were asked about."""
        asked = func.count(evaluations.c.prompt_hash.distinct())
        query = (
            select(evaluations.c.example_id)
            .where(
                evaluations.c.session_id == session_id,
                evaluations.c.purpose != "test",
                evaluations.c.prompt_hash.in_(prompt_hashes),
            )
            .group_by(evaluations.c.example_id)
            .order_by(asked.desc(), evaluations.c.example_id)
            .limit(limit)
        )
        return list(self._connection.execute(query).scalars())

    def cost_by_prompt(self, session_id: str) -> dict[str, PromptCost]:
        """Hash of a prompt → its mean cost for each task, over all examples that a session ran it
        on, with replies from the cache."""
        reply = evaluations.c.reply
        means = [func.avg(reply[name].as_float()) for name in ("prompt_tokens", "latency_ms")]
        query = (
            select(evaluations.c.prompt_hash, func.count(), *means)
            .where(evaluations.c.session_id == session_id)
            .group_by(evaluations.c.prompt_hash)
        )
        return {
            hash: PromptCost(calls, float(tokens), float(ms) / 1000)
            for hash, calls, tokens, ms in self._connection.execute(query)
        }

    def mean_cost(self, skill: str) -> Cost:
        """Mean cost of the skill's uncached evaluations; unknown before the first."""
        return self._mean_cost(evaluations, skill, evaluations.c.cached.is_(False))[1]

    def writing_cost(self, skill: str) -> tuple[float, Cost]:
        """The skill's writer calls per task call over all sessions, and the mean cost of one."""
        written = model_calls.c.operator.not_in((JUDGE, SCORER))
        writer_calls, cost = self._mean_cost(model_calls, skill, written)
        searching = evaluations.c.purpose.in_(["search", "selection"])
        uncached = evaluations.c.cached.is_(False)
        evaluation_calls, _ = self._mean_cost(evaluations, skill, uncached, searching)
        return (writer_calls / evaluation_calls if evaluation_calls else 0.0), cost

    def _mean_cost(
        self, table: Table, skill: str, *conditions: ColumnElement[bool]
    ) -> tuple[int, Cost]:
        """The number of calls and the mean cost of one."""
        sums = [
            func.avg(table.c.reply[name].as_float())
            for name in ("prompt_tokens", "completion_tokens", "latency_ms")
        ]
        query = (
            select(func.count(), *sums)
            .select_from(table)
            .join(sessions, sessions.c.id == table.c.session_id)
            .where(sessions.c.skill == skill, *conditions)
        )
        calls, prompt, completion, latency_ms = self._connection.execute(query).one()
        if not calls:
            return 0, Cost(None, None)
        tokens, reply_tokens = float(prompt) + float(completion), float(completion)
        return calls, Cost(tokens, float(latency_ms) / 1000, reply_tokens)

    def _tokens(
        self, table: Table, session_id: str, *conditions: ColumnElement[bool]
    ) -> tuple[int, int, int]:
        """Calls, prompt tokens, completion tokens."""
        sums = [
            func.coalesce(func.sum(table.c.reply[name].as_integer()), 0)
            for name in ("prompt_tokens", "completion_tokens")
        ]
        query = select(func.count(), *sums).select_from(table)
        query = query.where(table.c.session_id == session_id, *conditions)
        calls, prompt, completion = self._connection.execute(query).one()
        return int(calls), int(prompt), int(completion)

    def _at(self, table: Table, session_id: str, ordinal: int) -> Row[Any] | None:
        at = {"session_id": session_id, "ordinal": ordinal}
        return self._connection.execute(_AT[table], at).one_or_none()


# A search runs these for each call, and building a statement takes longer than running it.
_CACHED = (
    select(evaluations)
    .join(sessions, sessions.c.id == evaluations.c.session_id)
    .where(evaluations.c.key == bindparam("key"), sessions.c.skill == bindparam("skill"))
    .order_by(evaluations.c.created_at.desc(), evaluations.c.ordinal.desc())
    .limit(1)
)
_AT = {
    table: select(table).where(
        table.c.session_id == bindparam("session_id"), table.c.ordinal == bindparam("ordinal")
    )
    for table in (evaluations, model_calls)
}
"""Table → its rows at a place of a session."""


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _writer_call(row: Row[Any]) -> WriterCallRecord:
    return WriterCallRecord(
        session_id=row.session_id,
        ordinal=row.ordinal,
        key=row.key,
        operator=row.operator,
        parents=tuple(row.parents),
        reply=reply_from_json(row.reply),
        created_at=row.created_at,
        verdict=row.verdict,
    )


def _evaluation(row: Row[Any]) -> EvaluationRecord:
    [evaluation] = records_of(EvaluationRecord, [row], reply=[reply_from_json(row.reply)])
    return evaluation
