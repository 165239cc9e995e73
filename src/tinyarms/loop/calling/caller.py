"""Make the model calls of an evolution session: each only once, and stored before it counts.

Every call has an index, its position in the session. A resumed session takes the stored reply of
each index instead of a call, so it takes the same path and continues where it ended. A failed call
is repeated after the others. If a search continues without a call, this is stored together with the
next reply: only then could another answer change its path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial

from tinyarms.core.errors import ModelError, NotScored
from tinyarms.loop.calling.asking import Ask, AskedKind, Asker, Told
from tinyarms.loop.calling.budget import BudgetTracker
from tinyarms.loop.calling.evaluator import (
    Call,
    EvaluationAnswer,
    Evaluator,
    Made,
)
from tinyarms.loop.calling.example_names import example_name
from tinyarms.loop.calling.failures import MAX_TRIES, Failures
from tinyarms.loop.calling.in_flight import InFlight
from tinyarms.loop.calling.ledger import Ledger
from tinyarms.loop.calling.scoring import ASKING, largest_requests
from tinyarms.loop.calling.speed import Meter
from tinyarms.loop.calling.spending import Spent
from tinyarms.loop.project.context import Context
from tinyarms.models.base import Model, as_sent_by
from tinyarms.skills.example import Example
from tinyarms.skills.execution import (
    InputView,
    ModelReply,
    ModelRequest,
    Unanswered,
    build_request,
)
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.scorers import Scorer
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import JUDGE, Purpose


def _ignore() -> None:
    pass


@dataclass
class Caller:
    """Makes the model calls of one session in order, within its budget."""

    context: Context
    session_id: str
    skill: Skill
    scorer: Scorer
    writer: str | None = None
    """The writer's name under `models:`; `None`: the writer in the settings."""
    budget: BudgetTracker = field(default_factory=BudgetTracker)
    meter: Meter = field(default_factory=Meter)
    last_index: int = -1
    """The index of the last call; -1 before the first."""
    _failures: Failures = field(default_factory=Failures)

    @property
    def spent(self) -> Spent:
        """The session's spending so far, including replayed calls but not failed ones."""
        return self.budget.spent

    @cached_property
    def _ledger(self) -> Ledger:
        return Ledger(self.context, self.session_id, self.skill.name)

    @cached_property
    def _view(self) -> InputView:
        return self.context.input_view(self.skill)

    @cached_property
    def _evaluator(self) -> Evaluator:
        return Evaluator(self._ledger, self.skill, self.scorer, self.meter)

    @cached_property
    def _asker(self) -> Asker:
        return Asker(self._ledger, self.budget, self.meter, self._failures)

    def evaluate(self, prompt: Prompt, example: Example, purpose: Purpose) -> EvaluationAnswer:
        """Run a prompt on an example and score it, as `evaluate_many` does with one pair."""
        return self.evaluate_many([(prompt, example)], purpose)[0]

    def evaluate_many(
        self,
        pairs: Iterable[tuple[Prompt, Example]],
        purpose: Purpose,
        on_answer: Callable[[], None] = _ignore,
    ) -> list[EvaluationAnswer]:
        """Run each prompt on its example and score the output; returns answers in the pairs' order.

        As many calls run at once as the model has slots; results count in the order of the calls,
        as if they were sequential. A stored reply costs nothing. Failed calls are repeated after
        the others, up to `MAX_TRIES` tries. `on_answer` is called after each answer. Raises
        `ModelError` if no model answers or too many calls in a row fail, and `NotScored`.
        """
        model = self.context.model(self.skill.model)
        self.meter.slots = model.slots
        made: dict[int, tuple[Call, EvaluationAnswer]] = {}
        # A call is built when its turn comes: the run may end before.
        to_make: Iterable[Call] = (self._next_call(*pair, purpose) for pair in pairs)
        for _ in range(MAX_TRIES):
            for call, answer in self._make_once(model, to_make):
                made[call.index] = call, answer
                if not self._is_open(call, answer):
                    on_answer()
            in_order = [made[index] for index in sorted(made)]
            to_make = [call for call, answer in in_order if self._is_open(call, answer)]
        if purpose != "test":  # The gate does not depend on the order of the replies.
            self._leave_out(in_order)
        return [answer for _, answer in in_order]

    def _make_once(
        self, model: Model, calls: Iterable[Call]
    ) -> Iterator[tuple[Call, EvaluationAnswer]]:
        """Make these calls once; yields each with its result."""
        refused, asks = False, self.skill.scorer in ASKING
        with InFlight[Made](model.slots, self.context.stop_calls) as flight:
            for call in calls:
                while flight.has(call.key) or flight.full:
                    yield self._counted(flight.take())
                made = self._evaluator.stored(model, call)
                scoring = largest_requests(self.context, self.skill, call.example) if asks else ()
                if made is not None:
                    paid = call.request if made.is_paid else None
                    flight.put_result(call.key, paid, made, scoring)
                    continue
                request = as_sent_by(model, call.request)
                while flight and not self._allows(call, [request, *scoring], flight):
                    yield self._counted(flight.take())
                refused = refused or not self._allows(call, [request, *scoring], flight)
                if not refused:
                    make = partial(self._evaluator.make, model, call, flight.slot)
                    flight.put(call.key, request, make, scoring)
                else:
                    refused = call.kind == "test"  # Half a gate is useless.
                    yield call, None
            while flight:
                yield self._counted(flight.take())

    def _allows(self, call: Call, asks: Sequence[ModelRequest], flight: InFlight[Made]) -> bool:
        """Whether the budget pays for a call and its scorer's calls, beside those in flight."""
        scoring = (*asks[1:], *(flight.scoring if self.skill.scorer in ASKING else ()))
        return self.budget.allows(call.kind, asks[0], flight.requests, scoring)

    def _is_open(self, call: Call, answer: EvaluationAnswer) -> bool:
        """Whether the call failed and the session has not left it out."""
        failed = isinstance(answer, Unanswered) and answer.kind == "failed"
        return failed and self._ledger.left_out(call.index, call.key) is None

    def _leave_out(self, made: Iterable[tuple[Call, EvaluationAnswer]]) -> None:
        """Record the calls without a reply, so that a resumed search leaves them out too."""
        for call, answer in made:
            if (
                isinstance(answer, Unanswered)
                and answer.kind != "not_scored"
                and self._ledger.left_out(call.index, call.key) is None
            ):
                self._ledger.leave_out(call.index, call.key, call.example.id, answer)

    def write_all(self, asks: Sequence[Ask]) -> list[Told]:
        """Call the writer for each, as many at once as it has slots; answers in their order.

        Raises `ModelError` if no model answers or too many calls in a row fail.
        """
        writer = self.writer or self.context.writer_name(self.skill)
        return self._ask_all("writer", writer, asks)

    def write(
        self, operator: str, parents: tuple[str, ...], request: ModelRequest
    ) -> ModelReply | Unanswered | None:
        """Call the writer once; `None` if the budget does not allow it."""
        return self.write_all([Ask(operator, parents, request)])[0].answer

    def judge(
        self, model: str, parent: str, request: ModelRequest
    ) -> ModelReply | Unanswered | None:
        """Call the judge about a candidate; otherwise like `write`."""
        return self._ask_all("judge", model, [Ask(JUDGE, (parent,), request)])[0].answer

    def _ask_all(self, kind: AskedKind, model: str, asks: Sequence[Ask]) -> list[Told]:
        first = self.last_index + 1
        self.last_index += len(asks)
        return self._asker.ask_all(kind, model, asks, first)

    def _next_call(self, prompt: Prompt, example: Example, purpose: Purpose) -> Call:
        """The next call; its index stays unused if the budget does not allow the call."""
        self.last_index += 1
        index, recalled = self.last_index, prompt
        if prompt.retrieve is not None or prompt.verbalizer is not None:
            of_example = self.context.memories.recalled_for_example
            recalled = of_example(self.skill, prompt, example.inputs, example.user)
        request = build_request(self.skill.contract, recalled, example.inputs, self._view)
        key = self._ledger.key(self.skill.model, request)
        return Call(index, key, request, prompt, recalled, example, purpose)

    def _counted(self, made: Made) -> tuple[Call, EvaluationAnswer]:
        """Count the result of a call. Raises `ModelError` or `NotScored` if the run must end."""
        call, record = made.call, made.record
        if made.left_out is not None:
            return call, made.left_out
        for reply in made.scored_by:
            self.spent.scorer.add(reply)
        if isinstance(made.error, ModelError):
            return call, self._failures.failed(call.key, made.error)
        assert record is not None
        if record.cached:
            self.spent.cache_hits += 1
        else:
            self.spent.of(call.kind).add(record.reply)
        if made.asked:
            self._failures.answered()
        if isinstance(made.error, NotScored):
            name = example_name(self.context, self.skill, call.example)
            return call, self._failures.not_scored(made.error, name)
        if record.score is None:
            return call, Unanswered("not_scored", "Its output was not scored.")
        self._failures.scored()
        return call, record
