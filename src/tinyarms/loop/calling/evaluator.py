"""Make one evaluation: a stored or new reply, its output, and its score."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from time import monotonic
from typing import Literal

from tinyarms.core.errors import ModelError, NotScored
from tinyarms.core.privacy.masking import mask
from tinyarms.core.text import one_line, shorten, storable
from tinyarms.loop.calling.ledger import Ledger, reply_key
from tinyarms.loop.calling.scoring import ASKING, rubrics_for
from tinyarms.loop.calling.speed import Meter
from tinyarms.loop.project.grading import judge_replies
from tinyarms.models.base import Model
from tinyarms.skills.example import Example
from tinyarms.skills.execution import (
    LanguageModel,
    ModelReply,
    ModelRequest,
    Unanswered,
    ask,
    read_reply,
)
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.scorers import Grade, Scorer, score_of
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import EvaluationRecord, Purpose

_REASON_CHARACTERS = 300
"""Most characters of a stored reason. Higher: a writer reads more of each, and pays for it."""
EvaluationAnswer = EvaluationRecord | Unanswered | None
"""The result of an evaluation: a record with a score, or the reason why there is none; `None` if
the budget does not allow the call."""


Slot = AbstractContextManager[object]
"""What is entered for the time of a call."""


@dataclass(frozen=True)
class Call:
    """An evaluation and its index."""

    index: int
    key: str
    request: ModelRequest
    prompt: Prompt
    """The prompt that is evaluated."""
    recalled: Prompt
    """The same with what it takes from its memory for the example."""
    example: Example
    purpose: Purpose

    @property
    def kind(self) -> Literal["task", "test"]:
        """Whose budget it uses: the search's, or the gate's."""
        return "test" if self.purpose == "test" else "task"


@dataclass(frozen=True)
class Made:
    """The result of a call."""

    call: Call
    record: EvaluationRecord | None = None
    """`None` if no reply came."""
    error: ModelError | NotScored | None = None
    """Why there is no reply or no score."""
    left_out: Unanswered | None = None
    """Whether an earlier run of the session left the call out."""
    asked: bool = False
    """Whether the model was called now."""
    scored_by: tuple[ModelReply, ...] = ()
    """What a judge replied to the scorer, in this or an earlier run of the session; none if the
    judge did not reply in the end, because then the call is made again."""

    @property
    def is_paid(self) -> bool:
        """Whether its reply counts as a call of the session, and not as a cache hit."""
        return self.record is not None and not self.record.cached


@dataclass
class Evaluator:
    """Makes the evaluations of one session, and stores each before it counts."""

    ledger: Ledger
    skill: Skill
    scorer: Scorer
    meter: Meter

    def stored(self, model: LanguageModel, call: Call) -> Made | None:
        """The stored result for this index, or else for the same request in any session.

        The gate scores an output without a score again: unlike a search, it does not depend on
        earlier results.
        """
        stored = self.ledger.evaluation(call.index, call.key, model, call.request)
        if stored.own is not None:
            unscored = stored.own.score is None and call.purpose == "test"
            if unscored:
                return self._scored_again(call, stored.own)
            return Made(call, stored.own, scored_by=self.ledger.scored_by(call.index))
        if stored.left_out is not None:
            return Made(call, left_out=stored.left_out)
        cached = stored.cached
        if cached is None or self._asks(call) or self._lacks_words(call, cached.reply):
            return None  # The scorer of a known reply may have to make calls.
        return self._made(call, cached.reply, asked=False)

    def _asks(self, call: Call) -> bool:
        return self.skill.scorer in ASKING and bool(rubrics_for(self.skill, call.example))

    def _lacks_words(self, call: Call, reply: ModelReply) -> bool:
        """Whether the prompt's verbalizer needs words that are not there: an earlier version of
        tinyArms stored the reply, and kept none."""
        has_words = reply.label_logprobs is None or bool(reply.listed)
        return call.recalled.verbalizer is not None and not has_words

    def make(self, model: Model, call: Call, slot: Slot) -> Made:
        """Call the model in a slot of it and store the reply; of a known one, the score. May run in
        another thread."""
        if self._asks(call):
            stored = self.ledger.evaluation(call.index, call.key, model, call.request)
            cached = stored.cached
            if cached is not None and not self._lacks_words(call, cached.reply):
                return self._made(call, cached.reply, asked=False)
        try:
            reply = timed_reply(model, call.request, self.meter, self.ledger, slot)
        except ModelError as error:
            return Made(call, error=error, asked=True)
        return self._made(call, reply, asked=True)

    def _made(self, call: Call, reply: ModelReply, asked: bool) -> Made:
        run = read_reply(self.skill.contract, call.recalled, reply)
        # An output that breaks the contract counts as a wrong answer.
        with judge_replies() as replies:
            score, error = (0.0, None) if run.output is None else self._score(call, run.output)
        if isinstance(error, ModelError):
            return Made(call, error=error, asked=asked)
        record = EvaluationRecord(
            session_id=self.ledger.session_id,
            ordinal=call.index,
            key=reply_key(call.key, reply.left_out),
            purpose=call.purpose,
            prompt_hash=call.prompt.hash,
            example_id=call.example.id,
            reply=reply,
            output=run.output,
            violation=run.violation,
            score=None if score is None else float(score),
            reason=self._reason(score),
            cached=not asked,
            created_at=self.ledger.context.clock(),
        )
        self.ledger.add_evaluation(record, replies)
        scored_by = tuple(each.reply for each in replies)
        return Made(call, record, error, asked=asked, scored_by=scored_by)

    def _scored_again(self, call: Call, record: EvaluationRecord) -> Made:
        assert record.output is not None
        before = self.ledger.scored_by(call.index)
        with judge_replies() as replies:
            score, error = self._score(call, record.output)
        if score is None:
            return Made(call, record, error, scored_by=before)
        reason = self._reason(score)
        self.ledger.set_score(call.index, float(score), reason, replies)
        scored_by = (*before, *(each.reply for each in replies))
        scored = replace(record, score=float(score), reason=reason)
        return Made(call, scored, scored_by=scored_by)

    def _reason(self, score: float | None) -> str | None:
        """Why the score is not higher, as it is stored: one masked line."""
        if not isinstance(score, Grade) or not score.reason.strip():
            return None
        kinds = self.ledger.context.project.settings.privacy.mask
        return shorten(mask(one_line(storable(score.reason)), kinds).text, _REASON_CHARACTERS)

    def _score(self, call: Call, output: str) -> tuple[float | None, ModelError | NotScored | None]:
        """The score, or the reason why there is none: an error of the scorer or of its judge."""
        try:
            return score_of(self.scorer, call.example, output), None
        except (ModelError, NotScored) as error:
            return None, error


def timed_reply(
    model: Model, request: ModelRequest, meter: Meter, ledger: Ledger, slot: Slot
) -> ModelReply:
    """Call the model in a slot of it, and report the time to the meter. Raises `ModelError`.

    Beside other searches, the session of the ledger first waits for its turn.
    """
    turns = ledger.context.turns
    with slot, nullcontext() if turns is None else turns.taken(model, ledger.session_id):
        start_s = monotonic()
        reply = ask(model, request)
        meter.add(reply, start_s, monotonic())
        return reply
