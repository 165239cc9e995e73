"""Model calls of an evolution session: made once, stored before they count, replayed after.

Every call has an ordinal, its place in the session. A session that is run again takes what is
stored at each place instead of calling, so it walks the same path and goes on where it ended.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from time import monotonic

from tinyarms.core.errors import BadReply, ConflictError, ModelRejected, ModelTimeout
from tinyarms.loop.budget import Kind, Purse, Spent
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
from tinyarms.store.records import JUDGE, EvaluationRecord, Purpose, WriterCallRecord

_NOTHING = ModelReply(text="", prompt_tokens=0, completion_tokens=0, latency_ms=0.0)


@dataclass
class Caller:
    """Makes the model calls of one session, in order, as far as its budget goes."""

    context: Context
    session_id: str
    skill: Skill
    scorer: Scorer
    writer: str | None = None
    """The writer's name under `models:`; without it the one that the settings name."""
    purse: Purse = field(default_factory=Purse)
    last_ordinal: int = -1
    """The place of the last call; -1 before the first."""

    @property
    def spent(self) -> Spent:
        """What the session has spent so far, replayed calls included."""
        return self.purse.spent

    def evaluate(
        self, prompt: Prompt, example: Example, purpose: Purpose
    ) -> EvaluationRecord | None:
        """Run a prompt on an example and score it; `None` where the budget does not allow it.

        What is known already costs nothing and is always allowed. Raises `ModelError` if no model
        answers.
        """
        ordinal = self.last_ordinal + 1
        request = build_request(self.skill.contract, prompt, example.inputs)
        model = self.context.model(self.skill.model)
        key = request.key(model.name)
        with self.context.store.read() as work:
            stored = work.calls.evaluation(self.session_id, ordinal)
            known = None if stored else work.calls.cached(key, self.skill.name)
        if stored is None:
            kind: Kind = "test" if purpose == "test" else "task"
            if known is None and not self.purse.allows(kind, request):
                return None
            reply = known.reply if known else _ask(model, request)
            stored = self._record(ordinal, key, purpose, prompt, example, reply, known is not None)
        elif stored.key != key:
            raise _moved(self.session_id)
        self.last_ordinal = ordinal
        self._count(stored)
        return stored

    def write(
        self, operator: str, parents: tuple[str, ...], request: ModelRequest
    ) -> ModelReply | None:
        """Ask the writer; `None` where the budget does not allow it.

        Raises `ModelError` if no model answers.
        """
        model = self.writer or self.context.writer_name(self.skill)
        return self._ask_apart("writer", model, operator, parents, request)

    def judge(self, model: str, parent: str, request: ModelRequest) -> ModelReply | None:
        """Ask the judge about a candidate; `None` where the budget does not allow it.

        Raises `ModelError` if no model answers.
        """
        return self._ask_apart("judge", model, JUDGE, (parent,), request)

    def _ask_apart(
        self,
        kind: Kind,
        model_name: str,
        operator: str,
        parents: tuple[str, ...],
        request: ModelRequest,
    ) -> ModelReply | None:
        ordinal = self.last_ordinal + 1
        model = self.context.model(model_name)
        key = request.key(model.name)
        with self.context.store.read() as work:
            stored = work.calls.writer(self.session_id, ordinal)
        if stored is None:
            if not self.purse.allows(kind, request):
                return None
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
        self.last_ordinal = ordinal
        self.spent.of(kind).add(stored.reply)
        return stored.reply

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
        self.spent.of("test" if record.purpose == "test" else "task").add(record.reply)


def _ask(model: LanguageModel, request: ModelRequest) -> ModelReply:
    """A reply; an unusable one costs this evaluation, never the run."""
    began = monotonic()
    try:
        return model.complete(request)
    except (BadReply, ModelRejected, ModelTimeout):
        return replace(_NOTHING, latency_ms=(monotonic() - began) * 1000)


def _moved(session_id: str) -> ConflictError:
    return ConflictError(
        f"The session {session_id[:8]} cannot go on: its prompt, examples or settings changed.",
        "Cancel it and start anew: tinyarms prompt evolve SKILL --restart",
    )
