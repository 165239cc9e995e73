"""One search, driven: its requests answered by the models, what it makes stored as it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby

from tinyarms.core.settings import Budget
from tinyarms.evolution.candidate import Proposal
from tinyarms.evolution.cross_skill import origin
from tinyarms.evolution.optimizers.headroom_probe import Probe, probe_calls
from tinyarms.evolution.optimizers.registry import make_optimizer, original_calls
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import (
    Answer,
    Evaluate,
    Evaluated,
    Finalist,
    Optimizer,
    Outcome,
    Request,
    Spent,
    Write,
    Written,
)
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener, Progress
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.searching.manual import accepted_prompts, left_out
from tinyarms.loop.searching.operator_stats import operator_yield
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import (
    CandidateRecord,
    OperatorRecord,
    ProbeResult,
    Purpose,
    SearchPlan,
    SessionRecord,
)


def calls_of(session: SessionRecord) -> int:
    """The most task calls that the session's search makes."""
    plan = session.search_plan
    if session.optimizer == "original" or plan.budget.calls is None:
        return original_calls(plan.evolution)
    return plan.budget.calls


def _share_of(budget: Budget, calls: int, share: float) -> Budget:
    """So many calls, and the same share of tokens and seconds."""
    return budget.model_copy(
        update={
            "calls": calls,
            "tokens": None if budget.tokens is None else round(share * budget.tokens),
            "seconds": None if budget.seconds is None else share * budget.seconds,
        }
    )


@dataclass
class Search:
    """A session's search and where it stands."""

    context: Context
    session: SessionRecord
    caller: Caller
    examples: Sequence[Example]
    gate_calls: int
    """The most test calls that the offline gate will make."""
    listener: Listener
    force: bool = False
    """Go on where the probe says that it is not worth it."""
    before: tuple[float, int] | None = None
    """The incumbent's accuracy on the finalists' examples."""
    probe: ProbeResult | None = None
    """What the headroom probe found; `None` where it was not asked."""
    _stored: dict[str, tuple[float, int] | None] = field(default_factory=dict)
    _yield: dict[str, OperatorRecord] = field(default_factory=dict)
    _writing: set[str] = field(default_factory=set)
    _warned: bool = False

    @property
    def plan(self) -> SearchPlan:
        return self.session.search_plan

    @property
    def incumbent(self) -> Prompt:
        return active_version(self.context, self.session.skill).prompt

    @property
    def hopeless(self) -> bool:
        """The probe saw no room for a better prompt, and nobody insists."""
        return self.probe is not None and self.probe.verdict == "not_worth_it" and not self.force

    def run(self) -> list[Finalist]:
        """Probe, then search to the end. What is stored already is not asked again."""
        problem = self.problem
        for line in left_out(self.plan.manual, problem):
            self.listener.note(line)
        budget = self.plan.budget
        purse = self.caller.purse
        if "original" not in (self.session.preset, self.session.optimizer):
            most = probe_calls(problem.calls)
            purse.budget = _share_of(budget, most, most / problem.calls)
            self._probe(problem, most)
            if self.hopeless:
                return []
        purse.budget = budget.model_copy(update={"calls": problem.calls})
        calls = self._plan()
        optimizer = make_optimizer(self.session.optimizer, replace(problem, calls=calls))
        self._drive(optimizer, "Searching", purse.spent.task.calls + calls)
        self.before = optimizer.outcome.incumbent
        return optimizer.outcome.finalists

    def _probe(self, problem: Problem, most: int) -> None:
        """Nothing is said where the budget is too small for a probe."""
        probe = Probe(problem)
        self._drive(probe, "Probing", most, stored=False)
        report = probe.report
        if not report.numbers:
            return
        self.probe = ProbeResult(report.verdict, report.reason, report.calls, dict(report.numbers))
        with self.context.store.unit_of_work() as work:
            work.sessions.note_probe(self.session.id, self.probe)
        self.listener.note(f"Headroom: {self.probe.verdict.replace('_', ' ')}. {report.reason}")

    def _plan(self) -> int:
        """How many task calls the search may count on, after what the gate will need.

        By what the calls of this session have cost so far: a session that is run again has the
        same replies by then, and plans the same.
        """
        purse = self.caller.purse
        each = purse.spent.task.mean or self.plan.cost
        purse.keep_for_gate(self.gate_calls, each)
        return max(1, purse.task_calls_left(each) or 0)

    def _drive(self, optimizer: Optimizer, label: str, calls: int, stored: bool = True) -> None:
        """Ask and tell to the end. `stored`: what it makes is kept with the session."""
        try:
            while requests := optimizer.ask():
                proposals = len(optimizer.outcome.proposals)
                optimizer.tell(self._answers(requests))
                if stored:
                    self._store(optimizer, optimizer.outcome.proposals[proposals:])
                best, n = optimizer.outcome.best or (None, 0)
                progress = Progress(label, self.caller.spent.task.calls, calls, best, n)
                self.listener.progress(progress)
        except KeyboardInterrupt:
            self._say_stopped(optimizer.outcome)
            raise

    def _say_stopped(self, outcome: Outcome) -> None:
        best, n = outcome.best or (None, 0)
        found = "nothing yet" if best is None else f"the best so far has {best:.0%} (n={n})"
        self.listener.note(
            f"Stopped after {self.caller.spent.task.calls} task calls: {found}. All of it is kept; "
            f"go on: tinyarms prompt evolve {self.session.skill}"
        )

    @cached_property
    def problem(self) -> Problem:
        """What the search is given; `calls` are all that the budget has."""
        session, skill = self.session, self.caller.skill
        known = {example.id: example for example in self._split("search")}
        problem = Problem(
            skill=skill.name,
            description=skill.description,
            contract=skill.contract,
            incumbent=self.incumbent,
            search=self._split("search"),
            selection=self._split("selection"),
            success_at=skill.success_at,
            calls=calls_of(session),
            settings=self.plan.evolution,
            variants=self.plan.variants,
            failures=tuple(known[i] for i in self.plan.failures if i in known),
            seed=session.seed,
            inherited=self.plan.inherited,
            namespace=session.id,
        )
        return replace(problem, manual=accepted_prompts(self.plan.manual, problem))

    def _split(self, split: str) -> tuple[Example, ...]:
        """Those that were there when the session began: later ones would change its path."""
        known = set(self.plan.example_ids or ())
        return tuple(e for e in self.examples if e.split == split and e.id in known)

    def _answers(self, requests: Sequence[Request]) -> list[Answer]:
        """In the order of the requests; evaluations that stand together are made together."""
        answers: list[Answer] = []
        for purpose, together in groupby(requests, _purpose):
            if purpose is None:
                answers += [self._written(request) for request in together]
            else:
                answers += self._evaluated(list(together), purpose)
        return answers

    def _written(self, request: Request) -> Answer:
        assert isinstance(request, Write)
        reply = self.caller.write(request.operator, request.parents, request.request)
        if reply is None:
            return Spent()
        self._writing.add(request.operator)
        self._warn_if_slow(reply.latency_ms)
        return Written(reply.text, call=self.caller.last_ordinal)

    def _evaluated(self, requests: Sequence[Request], purpose: Purpose) -> list[Answer]:
        pairs = [(r.prompt, r.example) for r in requests if isinstance(r, Evaluate)]
        return [
            Spent()
            if record is None
            else Evaluated(record.score, record.cached, record.reply.label_logprobs, record.output)
            for record in self.caller.evaluate_many(pairs, purpose)
        ]

    def _warn_if_slow(self, latency_ms: float) -> None:
        budget = self.context.project.settings.smollm2.latency_budget_ms
        if latency_ms > budget and not self._warned:
            self._warned = True
            self.listener.note(
                f"A writing call took {latency_ms:.0f} ms; smollm2.latency_budget_ms is "
                f"{budget:.0f}."
            )

    def _store(self, optimizer: Optimizer, proposals: Sequence[Proposal]) -> None:
        """Store new candidates, changed fitness and the guards' verdicts on new proposals."""
        outcome = optimizer.outcome
        new = [c for c in outcome.candidates if c.id not in self._stored]
        changed = {i: f for i, f in outcome.fitness.items() if self._stored.get(i) != f}
        verdicts = {p.call: p.verdict for p in proposals if p.call is not None}
        yields = self._changed_yield(optimizer)
        if not new and not changed and not verdicts and not yields:
            return
        known = {candidate.id: candidate for candidate in outcome.candidates}
        with self.context.store.unit_of_work() as work:
            for candidate in new:
                work.candidates.add(
                    CandidateRecord(
                        variant_id=candidate.id,
                        session_id=self.session.id,
                        skill_name=self.session.skill,
                        prompt=candidate.prompt,
                        generation=candidate.generation,
                        mutation_type=candidate.operator,
                        created_at=self.context.clock(),
                        parent_id=candidate.parents[0] if candidate.parents else None,
                        mutation_prompt=candidate.mutation_prompt or None,
                        origin=origin(candidate, known, self.problem.inherited) or None,
                    )
                )
                self._stored[candidate.id] = None
            for candidate_id, (fitness, n) in changed.items():
                work.candidates.set_fitness(candidate_id, fitness, n)
                self._stored[candidate_id] = (fitness, n)
            for call, verdict in verdicts.items():
                work.calls.set_verdict(self.session.id, call, verdict)
            for each in yields:
                work.operators.put(each)

    def _changed_yield(self, optimizer: Optimizer) -> list[OperatorRecord]:
        """What the operators have yielded, of those where it changed since it was stored."""
        found = operator_yield(self.session.id, self.problem, optimizer.outcome, self._writing)
        changed = [each for each in found if self._yield.get(each.operator) != each]
        self._yield |= {each.operator: each for each in changed}
        return changed


def _purpose(request: Request) -> Purpose | None:
    """What an evaluation is for; `None` for a writer call."""
    if not isinstance(request, Evaluate):
        return None
    return "selection" if request.selection else "search"
