"""Make the model calls of an evolution session: each once, stored before it counts.

Every call has an index, its position in the session. A session that is run again takes the stored
reply of each index instead of calling, so it takes the same path and resumes where it ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from tinyarms.core.errors import BadReply, ConflictError, ModelRejected, ModelTimeout
from tinyarms.loop.calling.budget import BudgetTracker, CallKind, Spent
from tinyarms.loop.calling.in_flight import InFlight
from tinyarms.loop.calling.speed import Meter
from tinyarms.loop.project.context import Context
from tinyarms.skills.example import Example
from tinyarms.skills.execution import (
    LanguageModel,
    ModelReply,
    ModelRequest,
    build_request,
    masked_request,
    read_reply,
)
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.scorers import Scorer
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import JUDGE, EvaluationRecord, Purpose, WriterCallRecord

_EMPTY_REPLY = ModelReply(text="", prompt_tokens=0, completion_tokens=0, latency_ms=0.0)


@dataclass(frozen=True)
class _Call:
    """An evaluation and its index."""

    index: int
    key: str
    request: ModelRequest
    prompt: Prompt
    example: Example
    purpose: Purpose


@dataclass
class Caller:
    """Makes the model calls of one session in order, as far as its budget allows."""

    context: Context
    session_id: str
    skill: Skill
    scorer: Scorer
    writer: str | None = None
    """The writer's name under `models:`; `None`: the one that the settings name."""
    budget: BudgetTracker = field(default_factory=BudgetTracker)
    meter: Meter = field(default_factory=Meter)
    last_index: int = -1
    """The index of the last call; -1 before the first."""

    @property
    def spent(self) -> Spent:
        """What the session has spent so far, replayed calls included."""
        return self.budget.spent

    def evaluate(
        self, prompt: Prompt, example: Example, purpose: Purpose
    ) -> EvaluationRecord | None:
        """Run a prompt on an example and score it; `None` where the budget does not allow it.

        A stored reply costs nothing and is always allowed. Raises `ModelError` if no model
        answers.
        """
        return next(self.evaluate_many([(prompt, example)], purpose))

    def evaluate_many(
        self, pairs: Iterable[tuple[Prompt, Example]], purpose: Purpose
    ) -> Iterator[EvaluationRecord | None]:
        """`evaluate` for each pair, in their order, as many calls at once as the model has slots.

        Indices, budget and results are those of sequential calls: a result counts once all earlier
        ones have, and a call that the budget might not allow waits for those in flight.
        """
        kind: CallKind = "test" if purpose == "test" else "task"
        model = self.context.model(self.skill.model)
        self.meter.slots = model.slots
        with InFlight[EvaluationRecord](model.slots) as flight:
            for prompt, example in pairs:
                call = self._next_call(model, prompt, example, purpose)
                while flight.has(call.key) or flight.full:
                    yield self._counted(flight.take())
                stored = self._stored(call)
                if stored is not None:
                    flight.put_result(call.key, None if stored.cached else call.request, stored)
                    continue
                while flight and not self.budget.allows(kind, call.request, flight.requests):
                    yield self._counted(flight.take())
                if self.budget.allows(kind, call.request, flight.requests):
                    flight.put(call.key, call.request, partial(self._make, model, call))
                else:
                    yield None
            while flight:
                yield self._counted(flight.take())

    def write(
        self, operator: str, parents: tuple[str, ...], request: ModelRequest
    ) -> ModelReply | None:
        """Ask the writer; `None` where the budget does not allow it.

        Raises `ModelError` if no model answers.
        """
        model = self.writer or self.context.writer_name(self.skill)
        return self._ask_by_index("writer", model, operator, parents, request)

    def judge(self, model: str, parent: str, request: ModelRequest) -> ModelReply | None:
        """Ask the judge about a candidate; `None` where the budget does not allow it.

        Raises `ModelError` if no model answers.
        """
        return self._ask_by_index("judge", model, JUDGE, (parent,), request)

    def _ask_by_index(
        self,
        kind: CallKind,
        model_name: str,
        operator: str,
        parents: tuple[str, ...],
        request: ModelRequest,
    ) -> ModelReply | None:
        self.last_index += 1
        index = self.last_index
        model = self.context.model(model_name)
        request = masked_request(request, self.context.masks_for(model_name))
        key = request.key(model.name)
        with self.context.store.read() as work:
            stored = work.calls.writer(self.session_id, index)
        if stored is None:
            if not self.budget.allows(kind, request):
                return None
            stored = WriterCallRecord(
                session_id=self.session_id,
                ordinal=index,
                key=key,
                operator=operator,
                parents=parents,
                reply=self._reply(model, request),
                created_at=self.context.clock(),
            )
            with self.context.store.unit_of_work() as work:
                work.calls.add_writer(stored)
        elif stored.key != key:
            raise _path_changed(self.session_id)
        self.spent.of(kind).add(stored.reply)
        return stored.reply

    def _next_call(
        self, model: LanguageModel, prompt: Prompt, example: Example, purpose: Purpose
    ) -> _Call:
        """The next call; its index stays unused if the budget does not allow the call."""
        self.last_index += 1
        request = build_request(self.skill.contract, prompt, example.inputs)
        key = request.key(model.name)
        return _Call(self.last_index, key, request, prompt, example, purpose)

    def _stored(self, call: _Call) -> EvaluationRecord | None:
        """What is stored for this index, or else anywhere in the skill for the same request."""
        with self.context.store.read() as work:
            stored = work.calls.evaluation(self.session_id, call.index)
            cached = None if stored else work.calls.cached(call.key, self.skill.name)
        if stored is not None and stored.key != call.key:
            raise _path_changed(self.session_id)
        return self._record(call, cached.reply, cached=True) if cached else stored

    def _make(self, model: LanguageModel, call: _Call) -> EvaluationRecord:
        """Ask the model and store the reply. May run in another thread."""
        return self._record(call, self._reply(model, call.request), cached=False)

    def _record(self, call: _Call, reply: ModelReply, cached: bool) -> EvaluationRecord:
        run = read_reply(self.skill.contract, call.prompt, reply)
        score = 0.0 if run.output is None else self.scorer(call.example, run.output)
        record = EvaluationRecord(
            session_id=self.session_id,
            ordinal=call.index,
            key=call.key,
            purpose=call.purpose,
            prompt_hash=call.prompt.hash,
            example_id=call.example.id,
            reply=reply,
            output=run.output,
            violation=run.violation,
            score=score,
            cached=cached,
            created_at=self.context.clock(),
        )
        with self.context.store.unit_of_work() as work:
            work.calls.add_evaluation(record)
        return record

    def _counted(self, record: EvaluationRecord) -> EvaluationRecord:
        if record.cached:
            self.spent.cache_hits += 1
        else:
            self.spent.of("test" if record.purpose == "test" else "task").add(record.reply)
        return record

    def _reply(self, model: LanguageModel, request: ModelRequest) -> ModelReply:
        """The model's reply; an unusable one counts as empty, so the run goes on."""
        start_s = monotonic()
        try:
            reply = model.complete(request)
        except (BadReply, ModelRejected, ModelTimeout):
            reply = replace(_EMPTY_REPLY, latency_ms=(monotonic() - start_s) * 1000)
        self.meter.add(reply, start_s, monotonic())
        return reply


def _path_changed(session_id: str) -> ConflictError:
    return ConflictError(
        f"The session {session_id[:8]} cannot go on: its prompt, examples or settings changed.",
        "Cancel it and start anew: tinyarms prompt evolve SKILL --restart",
    )
