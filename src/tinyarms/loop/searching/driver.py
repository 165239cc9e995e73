"""Drive a search: answer its requests with the models, and store its results as it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby

from tinyarms.core.errors import ModelError, NotScored
from tinyarms.core.interrupt import ReportedInterrupt
from tinyarms.evolution.abilities import Ability, abilities_text
from tinyarms.evolution.optimizers.headroom_probe import Probe, probe_calls
from tinyarms.evolution.optimizers.registry import make_optimizer
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import (
    Answer,
    Evaluate,
    Finalist,
    Optimizer,
    Outcome,
    Request,
    Spent,
    Write,
    Written,
)
from tinyarms.loop.calling.asking import Ask
from tinyarms.loop.calling.budget import share_of
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.calling.evaluator import EvaluationAnswer
from tinyarms.loop.calling.example_names import example_name
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener, Progress
from tinyarms.loop.searching.broken_contracts import ContractBreaks
from tinyarms.loop.searching.manual import left_out
from tinyarms.loop.searching.optimizer_answers import answer_of, purpose_of
from tinyarms.loop.searching.problem import for_writer, problem_of
from tinyarms.loop.searching.search_log import SearchLog
from tinyarms.loop.searching.writer_abilities import probed_abilities
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelReply, Unanswered
from tinyarms.store.db.records import ProbeResult, Purpose, SearchPlan, SessionRecord


@dataclass
class Search:
    """The search of one session and its state."""

    context: Context
    session: SessionRecord
    caller: Caller
    examples: Sequence[Example]
    gate_calls: int
    """Most test calls of the offline gate."""
    listener: Listener
    force: bool = False
    """Whether to search even if the probe advises against it."""
    incumbent_accuracy: tuple[float | None, int] = (None, 0)
    """The incumbent's accuracy on the finalists' examples, in [0, 1], and their number."""
    probe: ProbeResult | None = None
    """The headroom probe's report; `None` if it did not run."""
    outcome: Outcome = field(default_factory=Outcome)
    """What the optimizer has found; empty if the probe ended the search."""
    contracts: ContractBreaks = field(default_factory=ContractBreaks)
    """How many replies so far break the contract."""
    _warned: bool = False
    _named: set[str] = field(default_factory=set)
    """Ids of the left out examples that were already reported."""
    abilities: tuple[Ability, ...] | None = field(init=False)
    """What the writer can do; `None` until the search has probed it."""

    def __post_init__(self) -> None:
        self.abilities = self.plan.abilities

    @property
    def plan(self) -> SearchPlan:
        return self.session.search_plan

    @property
    def hopeless(self) -> bool:
        """Whether the probe saw no room for a better prompt and the search is not forced."""
        return self.probe is not None and self.probe.verdict == "not_worth_it" and not self.force

    @cached_property
    def problem(self) -> Problem:
        """The input of the search; `calls` are all that the budget allows."""
        with self.context.store.read() as work:
            begun_with = work.versions.get(self.session.skill, self.session.base_version)
        problem = problem_of(self.session, self.caller.skill, begun_with.prompt, self.examples)
        if problem.memory is not None:
            self.context.memories.hold(self.caller.skill, problem.memory)
        return problem

    @cached_property
    def _log(self) -> SearchLog:
        return SearchLog(self.context, self.session, self.problem)

    def run(self) -> list[Finalist]:
        """Probe, then search to the end. Calls with stored replies are not repeated.

        Returns the finalists, best first; none if the probe ends the search. Raises `ModelError` if
        no model answers.
        """
        problem, plan, tracker = self.problem, self.plan, self.caller.budget
        for line in left_out(plan.manual, problem):
            self.listener.note(line)
        if "original" not in (self.session.preset, self.session.optimizer):
            calls = probe_calls(problem.calls)
            tracker.limits = share_of(plan.budget, calls, calls / problem.calls)
            self._run_probe(problem, calls, plan.asks_incumbent_first)
            if self.hopeless:
                return []
        tracker.limits = plan.budget.model_copy(update={"calls": problem.calls})
        if self.abilities is None:
            self.abilities = self._probed_abilities(plan.writer)
        calls = self._affordable_calls()
        problem = for_writer(problem, self.caller, plan.writer, self.abilities)
        optimizer = make_optimizer(self.session.optimizer, replace(problem, calls=calls))
        self.outcome = optimizer.outcome
        self._drive(optimizer, "Searching", tracker.spent.task.calls + calls)
        self.incumbent_accuracy = optimizer.outcome.incumbent or (None, 0)
        return optimizer.outcome.finalists

    def _probed_abilities(self, writer: str) -> tuple[Ability, ...]:
        abilities = probed_abilities(self.caller)
        self.listener.note(f"The writer {writer} {abilities_text(abilities)}.")
        return abilities

    def _run_probe(self, problem: Problem, calls: int, asks_incumbent_first: bool) -> None:
        """Run the probe and store its report; a budget too small for a probe gives no report."""
        probe = Probe(problem, asks_incumbent_first=asks_incumbent_first)
        self._drive(probe, "Probing", calls, stored=False)
        report = probe.report
        if not report.numbers:
            return
        self.probe = ProbeResult(report.verdict, report.reason, report.calls, dict(report.numbers))
        with self.context.store.unit_of_work() as work:
            work.sessions.note_probe(self.session.id, self.probe)
        self.listener.note(f"Headroom: {self.probe.verdict.replace('_', ' ')}. {report.reason}")

    def _affordable_calls(self) -> int:
        """Task calls left for the search after the gate's reserve, at least 1.

        They are computed from the cost of this session's calls so far. A resumed session has the
        same replies at this point, so it plans the same.
        """
        tracker = self.caller.budget
        cost = tracker.spent.task.mean or self.plan.cost
        scoring = tracker.spent.scoring
        tracker.keep_for_gate(self.gate_calls, cost, scoring)
        return max(1, tracker.task_calls_left(cost, scoring) or 0)

    def _drive(self, optimizer: Optimizer, label: str, calls: int, stored: bool = True) -> None:
        """Run the optimizer to the end. `stored`: whether to store its candidates with the
        session."""

        def report() -> None:
            best, n = _best(optimizer.outcome)
            spent = self.caller.spent
            progress = Progress(label, spent.task.calls, calls, best, n, spent.money)
            self.listener.progress(progress)

        try:
            while requests := optimizer.ask():
                n_proposals = len(optimizer.outcome.proposals)
                optimizer.tell(self._answers(requests, report))
                if stored:
                    self._log.store(optimizer.outcome, optimizer.outcome.proposals[n_proposals:])
            report()
        except KeyboardInterrupt as interrupt:
            self._say_stopped(optimizer.outcome)
            # SIGTERM raises a subclass, which the daemon has to recognize.
            if type(interrupt) is not KeyboardInterrupt:
                raise
            raise ReportedInterrupt from interrupt
        except (ModelError, NotScored):
            self._say_stopped(optimizer.outcome)
            raise

    def _say_stopped(self, outcome: Outcome) -> None:
        best, n = _best(outcome)
        result = "nothing yet" if best is None else f"the best so far has {best:.0%} (n={n})"
        self.listener.note(
            f"Stopped after {self.caller.spent.task.calls} task calls: {result}. Everything is "
            f"stored; to resume: tinyarms prompt evolve {self.session.skill}"
        )

    def _answers(self, requests: Sequence[Request], report: Callable[[], None]) -> list[Answer]:
        """The answers in the order of the requests; consecutive ones of a kind run in parallel, and
        `report` is called after each evaluation."""
        answers: list[Answer] = []
        for purpose, group in groupby(requests, purpose_of):
            if purpose is None:
                answers += self._written(list(group))
            else:
                answers += self._evaluated(list(group), purpose, report)
        return answers

    def _written(self, requests: Sequence[Request]) -> list[Answer]:
        asks = [Ask(r.operator, r.parents, r.request) for r in requests if isinstance(r, Write)]
        answers = list[Answer]()
        for ask, told in zip(asks, self.caller.write_all(asks), strict=True):
            if isinstance(told.answer, ModelReply):
                self._log.writing.add(ask.operator)
                self._warn_if_slow(told.answer.latency_ms)
                answers.append(Written(told.answer.text, call=told.index))
            else:
                answers.append(told.answer or Spent())
        return answers

    def _evaluated(
        self, requests: Sequence[Request], purpose: Purpose, report: Callable[[], None]
    ) -> list[Answer]:
        pairs = [(r.prompt, r.example) for r in requests if isinstance(r, Evaluate)]
        made = self.caller.evaluate_many(pairs, purpose, report)
        for (_, example), answer in zip(pairs, made, strict=True):
            if isinstance(answer, Unanswered):
                self._name_left_out(example, answer)
        self._note_contracts(made)
        return [answer_of(answer) for answer in made]

    def _note_contracts(self, made: Sequence[EvaluationAnswer]) -> None:
        """Say once that nearly all replies break the contract, as soon as that is known."""
        said = self.contracts.are_nearly_all
        self.contracts.add(made)
        if self.contracts.are_nearly_all and not said:
            self.listener.note(self.contracts.sentence)

    def _name_left_out(self, example: Example, answer: Unanswered) -> None:
        if example.id in self._named:
            return
        self._named.add(example.id)
        name = example_name(self.context, self.caller.skill, example)
        self.listener.note(f"The search leaves out {name}. {answer.reason}")

    def _warn_if_slow(self, latency_ms: float) -> None:
        limit_ms = self.context.project.settings.smollm2.latency_budget_ms
        if latency_ms > limit_ms and not self._warned:
            self._warned = True
            self.listener.note(
                f"A writing call took {latency_ms:.0f} ms; smollm2.latency_budget_ms is "
                f"{limit_ms:.0f}."
            )


def _best(outcome: Outcome) -> tuple[float | None, int]:
    """The best accuracy so far and its n; `None` and 0 before anything was scored."""
    accuracy, n = outcome.best or (None, 0)
    return (accuracy, n) if n else (None, 0)
