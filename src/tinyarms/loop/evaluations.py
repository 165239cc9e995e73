"""Model calls of an evolution session: made once, stored before they count, replayed after.

Every call has an ordinal, its place in the session. A session that is run again takes what is
stored at each place instead of calling, so it walks the same path and goes on where it ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tinyarms.core.errors import BadReply, ConflictError, ModelRejected, ModelTimeout
from tinyarms.core.settings import Budget
from tinyarms.loop.context import Context
from tinyarms.skills.example import Example
from tinyarms.skills.execution import (
    LanguageModel,
    ModelReply,
    ModelRequest,
    build_request,
    read_reply,
)
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.scorers import Scorer
from tinyarms.skills.skill import Skill
from tinyarms.store.records import EvaluationRecord, Purpose, WriterCallRecord

_NOTHING = ModelReply(text="", prompt_tokens=0, completion_tokens=0, latency_ms=0.0)


@dataclass
class Spent:
    """What a session has spent so far, replayed calls included."""

    task_calls: int = 0
    test_calls: int = 0
    writer_calls: int = 0
    cache_hits: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def within(self, budget: Budget) -> bool:
        """Whether one more task call may be made."""
        return (
            (budget.calls is None or self.task_calls < budget.calls)
            and (budget.tokens is None or self.tokens < budget.tokens)
            and (budget.seconds is None or self.seconds < budget.seconds)
        )

    def add(self, reply: ModelReply) -> None:
        self.tokens += reply.prompt_tokens + reply.completion_tokens
        self.seconds += reply.latency_ms / 1000


@dataclass
class Caller:
    """Makes the model calls of one session, in order."""

    context: Context
    session_id: str
    skill: Skill
    scorer: Scorer
    spent: Spent = field(default_factory=Spent)
    last_ordinal: int = -1
    """The place of the last call; -1 before the first."""

    def evaluate(self, prompt: Prompt, example: Example, purpose: Purpose) -> EvaluationRecord:
        """Run a prompt on an example and score it. Raises `ModelError` if no model answers."""
        ordinal = self._next_ordinal()
        request = build_request(self.skill.contract, prompt, example.inputs)
        model = self.context.model(self.skill.model)
        key = request.key(model.name)
        with self.context.store.read() as work:
            stored = work.calls.evaluation(self.session_id, ordinal)
            known = None if stored else work.calls.cached(key, self.skill.name)
        if stored is None:
            reply = known.reply if known else _ask(model, request)
            stored = self._record(ordinal, key, purpose, prompt, example, reply, known is not None)
        elif stored.key != key:
            raise _moved(self.session_id)
        self._count(stored)
        return stored

    def write(self, operator: str, parents: tuple[str, ...], request: ModelRequest) -> ModelReply:
        """Ask the writer. Raises `ModelError` if no model answers."""
        ordinal = self._next_ordinal()
        model = self.context.writer(self.skill)
        key = request.key(model.name)
        with self.context.store.read() as work:
            stored = work.calls.writer(self.session_id, ordinal)
        if stored is None:
            stored = WriterCallRecord(
                session_id=self.session_id,
                ordinal=ordinal,
                key=key,
                operator=operator,
                parents=parents,
                reply=_ask(model, request),
                created_at=self.context.clock(),
            )
            with self.context.store.unit_of_work() as work:
                work.calls.add_writer(stored)
        elif stored.key != key:
            raise _moved(self.session_id)
        self.spent.writer_calls += 1
        self.spent.add(stored.reply)
        return stored.reply

    def _next_ordinal(self) -> int:
        self.last_ordinal += 1
        return self.last_ordinal

    def _record(
        self,
        ordinal: int,
        key: str,
        purpose: Purpose,
        prompt: Prompt,
        example: Example,
        reply: ModelReply,
        cached: bool,
    ) -> EvaluationRecord:
        run = read_reply(self.skill.contract, prompt, reply)
        score = 0.0 if run.output is None else self.scorer(example, run.output)
        record = EvaluationRecord(
            session_id=self.session_id,
            ordinal=ordinal,
            key=key,
            purpose=purpose,
            prompt_hash=prompt.hash,
            example_id=example.id,
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

    def _count(self, record: EvaluationRecord) -> None:
        if record.cached:
            self.spent.cache_hits += 1
            return
        if record.purpose == "test":
            self.spent.test_calls += 1
        else:
            self.spent.task_calls += 1
        self.spent.add(record.reply)


def _ask(model: LanguageModel, request: ModelRequest) -> ModelReply:
    """A reply; an unusable one costs this evaluation, never the run."""
    try:
        return model.complete(request)
    except (BadReply, ModelRejected, ModelTimeout):
        return _NOTHING


def _moved(session_id: str) -> ConflictError:
    return ConflictError(
        f"The session {session_id[:8]} cannot go on: its prompt, examples or settings changed.",
        "Cancel it and start anew: tinyarms prompt evolve SKILL --restart",
    )
