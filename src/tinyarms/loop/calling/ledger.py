"""The stored calls of a session: its spending, and its resume point.

A failed call is stored only if a search has left it out, and only together with the next reply.
Until then nothing depends on it, and a resumed session makes the call again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tinyarms.core.errors import ConflictError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.grading import JudgeReply
from tinyarms.models.base import left_out_by
from tinyarms.skills.execution import LanguageModel, ModelReply, ModelRequest, Unanswered
from tinyarms.store.db.records import SCORER, EvaluationRecord, UnansweredRecord, WriterCallRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

_LEFT_OUT = " without "
"""Between a request's key and what it was sent without."""


def reply_key(key: str, left_out: str) -> str:
    """The key of a reply: that of its request, and what the server was sent the request without."""
    return f"{key}{_LEFT_OUT}{left_out}" if left_out else key


def request_key(key: str) -> str:
    """The key of a reply's request: a session goes on whatever its calls were sent without."""
    return key.partition(_LEFT_OUT)[0]


@dataclass(frozen=True, kw_only=True)
class StoredEvaluation:
    """What is stored for an evaluation: at most one of these."""

    own: EvaluationRecord | None = None
    """The evaluation with its index."""
    left_out: Unanswered | None = None
    """Whether an earlier run of the session left it out."""
    cached: EvaluationRecord | None = None
    """The newest evaluation of the same request, in any session of the skill."""


@dataclass
class Ledger:
    """Reads and stores the calls of one session."""

    context: Context
    session_id: str
    skill: str
    _to_store: list[UnansweredRecord] = field(default_factory=list)
    _sources: dict[str, str] = field(default_factory=dict)
    """Name of a model → what its replies belong to."""

    def key(self, model: str, request: ModelRequest) -> str:
        """The key of a request to the model of this name under `models:`.

        It contains the server's address, because another server gives other replies.
        """
        source = self._sources.get(model)
        if source is None:
            source = self._sources[model] = self.context.reply_source(model)
        return request.key(source)

    def evaluation(
        self, index: int, key: str, model: LanguageModel, request: ModelRequest
    ) -> StoredEvaluation:
        """What is stored for the evaluation with this index.

        Raises `ConflictError` if it has another request.
        """
        left_out = self.left_out(index, key)
        with self.context.store.read() as work:
            own = work.calls.evaluation(self.session_id, index)
            if own is not None:
                self._check_path(own.key, key, model, request)
                return StoredEvaluation(own=own)
            if left_out is not None:
                return StoredEvaluation(left_out=left_out)
            sent_key = reply_key(key, left_out_by(model, request))
            return StoredEvaluation(cached=work.calls.cached(sent_key, self.skill))

    def writer(
        self, index: int, key: str, model: LanguageModel, request: ModelRequest
    ) -> WriterCallRecord | None:
        """The reply of the writer or judge at this index; otherwise like `evaluation`."""
        with self.context.store.read() as work:
            stored = work.calls.writer(self.session_id, index)
        if stored is not None:
            self._check_path(stored.key, key, model, request)
        return stored

    def left_out(self, index: int, key: str) -> Unanswered | None:
        """The left out call with this index; `None` if the call may be made."""
        stored = self._left_out.get(index)
        if stored is None or stored.key != key:
            return None
        return Unanswered(stored.kind, stored.reason)

    def add_evaluation(self, record: EvaluationRecord, replies: Sequence[JudgeReply] = ()) -> None:
        """Store it, and what a judge replied to its scorer. May run in another thread."""

        def add(work: UnitOfWork) -> None:
            work.calls.add_evaluation(record)
            self._add_scoring(work, record.ordinal, replies)

        self._store(add)

    def add_writer(self, record: WriterCallRecord) -> None:
        """Store it."""
        self._store(lambda work: work.calls.add_writer(record))

    def set_score(
        self, index: int, score: float, reason: str | None, replies: Sequence[JudgeReply] = ()
    ) -> None:
        """Store the score of an evaluation that had none, the reason for it, and what a judge
        replied to the scorer."""
        with self.context.store.unit_of_work() as work:
            work.calls.set_score(self.session_id, index, score, reason)
            self._add_scoring(work, index, replies)

    def _add_scoring(self, work: UnitOfWork, index: int, replies: Sequence[JudgeReply]) -> None:
        records = [
            WriterCallRecord(
                session_id=self.session_id,
                ordinal=index,
                key=each.key,
                operator=SCORER,
                parents=(),
                reply=each.reply,
                created_at=self.context.clock(),
            )
            for each in replies
        ]
        if records:
            work.calls.add_scoring(records)

    def scored_by(self, index: int) -> tuple[ModelReply, ...]:
        """What a judge replied to the scorer of an evaluation when this run began."""
        return tuple(self._scored_by.get(index, ()))

    @cached_property
    def _scored_by(self) -> dict[int, list[ModelReply]]:
        with self.context.store.read() as work:
            return work.calls.scoring(self.session_id)

    def leave_out(self, index: int, key: str, example_id: str | None, answer: Unanswered) -> None:
        """Record that the search leaves out this call. No call may be in flight."""
        record = UnansweredRecord(
            session_id=self.session_id,
            ordinal=index,
            key=key,
            example_id=example_id,
            kind=answer.kind,
            reason=answer.reason,
            created_at=self.context.clock(),
        )
        self._left_out[index] = record
        self._to_store.append(record)

    def _store(self, add: Callable[[UnitOfWork], object]) -> None:
        """Store a reply, and before it the calls that were left out: several threads may add the
        same rows, and the first one counts. A reply is not lost with the database's connection."""

        def store() -> None:
            with self.context.store.unit_of_work() as work:
                for record in self._to_store:
                    work.calls.add_unanswered(record)
                add(work)

        self.context.store.repeated(store)
        self._to_store = []

    @cached_property
    def _left_out(self) -> dict[int, UnansweredRecord]:
        with self.context.store.read() as work:
            return {record.ordinal: record for record in work.calls.unanswered(self.session_id)}

    def _check_path(
        self, stored_key: str, key: str, model: LanguageModel, request: ModelRequest
    ) -> None:
        """Raise `ConflictError` if the stored reply is that of another request than this one."""
        stored = request_key(stored_key)
        # In sessions of earlier versions a key is without the server's address.
        if stored != key and stored != request.key(model.name):
            raise ConflictError(
                f"The session {self.session_id[:8]} cannot go on: its prompt, examples or settings "
                "changed.",
                f"Cancel it and start again: tinyarms prompt evolve {self.skill} --restart",
            )
