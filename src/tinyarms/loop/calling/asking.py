"""Make the calls of a session to its writer or judge, as many at once as the model has slots."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from tinyarms.core.errors import ModelError
from tinyarms.loop.calling.budget import BudgetTracker
from tinyarms.loop.calling.evaluator import Slot, timed_reply
from tinyarms.loop.calling.failures import MAX_TRIES, Failures
from tinyarms.loop.calling.in_flight import InFlight
from tinyarms.loop.calling.ledger import Ledger, reply_key
from tinyarms.loop.calling.speed import Meter
from tinyarms.models.base import Model, as_sent_by
from tinyarms.skills.execution import ModelReply, ModelRequest, Unanswered, masked_request
from tinyarms.store.db.records import WriterCallRecord

AskedKind = Literal["writer", "judge"]


@dataclass(frozen=True)
class Ask:
    """What a writer or judge is asked."""

    operator: str
    """Who asks, for the ledger."""
    parents: tuple[str, ...]
    """Ids of the candidates that it is about."""
    request: ModelRequest


@dataclass(frozen=True)
class Told:
    """The answer to it."""

    index: int
    """The call's position in the session."""
    answer: ModelReply | Unanswered | None
    """`None`: the budget did not allow the call."""


@dataclass(frozen=True)
class _Call:
    index: int
    key: str
    ask: Ask
    """Its request is masked."""


@dataclass(frozen=True)
class _Made:
    call: _Call
    record: WriterCallRecord | None = None
    """The stored reply."""
    error: ModelError | None = None
    """Why there is none."""
    left_out: Unanswered | None = None
    """Whether an earlier run of the session left the call out."""
    asked: bool = False
    """Whether the model was called now."""


@dataclass
class Asker:
    """Makes calls in order and within the budget, and stores each reply before it counts."""

    ledger: Ledger
    budget: BudgetTracker
    meter: Meter
    failures: Failures

    def ask_all(
        self, kind: AskedKind, model_name: str, asks: Sequence[Ask], first: int
    ) -> list[Told]:
        """The answers in the order of what is asked; they count as if they were asked one by one.
        `first`: the index of the first call.

        A stored reply costs nothing. Failed calls are repeated after the others, up to `MAX_TRIES`
        tries. Raises `ModelError` if no model answers or too many calls in a row fail.
        """
        model = self.ledger.context.model(model_name)
        told: dict[int, tuple[_Call, Told]] = {}
        # A call is built when its turn comes: an earlier one may end the run.
        to_make: Iterable[_Call] = (
            self._call(model_name, index, ask) for index, ask in enumerate(asks, first)
        )
        for _ in range(MAX_TRIES):
            for call, answer in self._make_once(kind, model, to_make, len(asks)):
                told[call.index] = call, answer
            in_order = [told[index] for index in sorted(told)]
            to_make = [call for call, answer in in_order if self._is_open(call, answer)]
            if not to_make:
                break
        for call, answer in in_order:
            if isinstance(answer.answer, Unanswered) and not self._is_left_out(call):
                self.ledger.leave_out(call.index, call.key, None, answer.answer)
        return [answer for _, answer in in_order]

    def _call(self, model_name: str, index: int, ask: Ask) -> _Call:
        context = self.ledger.context
        ask = replace(ask, request=masked_request(ask.request, context.masks_for(model_name)))
        return _Call(index, self.ledger.key(model_name, ask.request), ask)

    def _make_once(
        self, kind: AskedKind, model: Model, calls: Iterable[_Call], n: int
    ) -> Iterator[tuple[_Call, Told]]:
        """Make these calls once; yields each with its answer. `n`: how many there are at most."""
        slots = min(model.slots, n)
        with InFlight[_Made](slots, self.ledger.context.stop_calls) as flight:
            for call in calls:
                while flight.full:
                    yield self._counted(kind, flight.take())
                made = self._stored(model, call)
                if made is not None:
                    flight.put_result(call.key, None, made)
                    continue
                sent = as_sent_by(model, call.ask.request)
                while flight and not self.budget.allows(kind, sent, flight.requests):
                    yield self._counted(kind, flight.take())
                if self.budget.allows(kind, sent, flight.requests):
                    flight.put(call.key, sent, partial(self._make, model, call, flight.slot))
                else:
                    flight.put_result(call.key, None, _Made(call))
            while flight:
                yield self._counted(kind, flight.take())

    def _stored(self, model: Model, call: _Call) -> _Made | None:
        record = self.ledger.writer(call.index, call.key, model, call.ask.request)
        if record is not None:
            return _Made(call, record)
        left_out = self.ledger.left_out(call.index, call.key)
        return None if left_out is None else _Made(call, left_out=left_out)

    def _make(self, model: Model, call: _Call, slot: Slot) -> _Made:
        """Call the model in a slot of it, and store the reply. May run in another thread."""
        ledger = self.ledger
        try:
            reply = timed_reply(model, call.ask.request, self.meter, ledger, slot)
        except ModelError as error:
            return _Made(call, error=error, asked=True)
        record = WriterCallRecord(
            session_id=ledger.session_id,
            ordinal=call.index,
            key=reply_key(call.key, reply.left_out),
            operator=call.ask.operator,
            parents=call.ask.parents,
            reply=reply,
            created_at=ledger.context.clock(),
        )
        ledger.add_writer(record)
        return _Made(call, record, asked=True)

    def _counted(self, kind: AskedKind, made: _Made) -> tuple[_Call, Told]:
        """Count the result of a call. Raises `ModelError` if the run must end."""
        call = made.call
        if made.error is not None:
            return call, Told(call.index, self.failures.failed(call.key, made.error))
        if made.record is None:
            return call, Told(call.index, made.left_out)
        if made.asked:
            self.failures.answered()
        self.budget.spent.of(kind).add(made.record.reply)
        return call, Told(call.index, made.record.reply)

    def _is_open(self, call: _Call, told: Told) -> bool:
        """Whether the call failed and may be made again."""
        failed = isinstance(told.answer, Unanswered) and told.answer.kind == "failed"
        return failed and not self._is_left_out(call)

    def _is_left_out(self, call: _Call) -> bool:
        return self.ledger.left_out(call.index, call.key) is not None
