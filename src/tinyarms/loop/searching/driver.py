"""One search, driven: its requests answered by the models, what it makes stored as it goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import groupby
from typing import Literal

from tinyarms.core.settings import Budget, Evolution
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
from tinyarms.loop.project.listener import Listener
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.searching.cross_skill import inherited_of
from tinyarms.loop.searching.operator_stats import operator_yield
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import CandidateRecord, Cost, OperatorRecord, Purpose, SessionRecord


def calls_of(session: SessionRecord) -> int:
    """The most task calls that the session's search makes."""
    evolution = Evolution.model_validate(session.settings["evolution"])
    if session.optimizer == "original":
        return original_calls(evolution)
    calls = Budget.model_validate(session.settings["budget"]).calls
    return calls if calls is not None else original_calls(evolution)


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
    probe: ProbeView | None = None
    """What the headroom probe found; `None` where it was not asked."""
    _stored: dict[str, tuple[float, int] | None] = field(default_factory=dict)
    _yield: dict[str, OperatorRecord] = field(default_factory=dict)
    _writing: set[str] = field(default_factory=set)
    _warned: bool = False

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
        budget = Budget.model_validate(self.session.settings["budget"])
        purse = self.caller.purse
        if "original" not in (self.session.settings["preset"], self.session.optimizer):
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
        self.probe = ProbeView(report.verdict, report.reason, report.calls, dict(report.numbers))
        with self.context.store.unit_of_work() as work:
            stored = work.sessions.get(self.session.id)
            settings = {**(stored or self.session).settings, "probe": asdict(self.probe)}
            work.sessions.update(self.session.id, settings=settings)
        self.listener.note(f"Headroom: {self.probe.verdict.replace('_', ' ')}. {report.reason}")

    def _plan(self) -> int:
        """How many task calls the search may count on, after what the gate will need.

        By what the calls of this session have cost so far: a session that is run again has the
        same replies by then, and plans the same.
        """
        purse = self.caller.purse
        each = purse.spent.task.mean or Cost(**self.session.settings["cost"])
        purse.keep_for_gate(self.gate_calls, each)
        return max(1, purse.task_calls_left(each) or 0)

    def _drive(self, optimizer: Optimizer, label: str, calls: int, stored: bool = True) -> None:
        """Ask and tell to the end. `stored`: what it makes is kept with the session."""
        try:
            while requests := optimizer.ask():
                proposals = len(optimizer.outcome.proposals)
                writer_ordinals: list[int] = []
                answers = self._answers(requests, writer_ordinals)
                optimizer.tell(answers)
                if stored:
                    self._store(optimizer, proposals, writer_ordinals)
                best, n = optimizer.outcome.best or (None, 0)
                self.listener.progress(label, self.caller.spent.task.calls, calls, best, n)
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
        return Problem(
            skill=skill.name,
            description=skill.description,
            contract=skill.contract,
            incumbent=self.incumbent,
            search=self._split("search"),
            selection=self._split("selection"),
            success_at=skill.success_at,
            calls=calls_of(session),
            settings=Evolution.model_validate(session.settings["evolution"]),
            variants=session.settings["variants"],
            failures=tuple(known[i] for i in session.settings["failures"] if i in known),
            seed=session.seed,
            inherited=inherited_of(session),
            namespace=session.id,
        )

    def _split(self, split: str) -> tuple[Example, ...]:
        """Those that were there when the session began: later ones would change its path."""
        known = set(self.session.settings["examples"])
        return tuple(e for e in self.examples if e.split == split and e.id in known)

    def _answers(self, requests: Sequence[Request], writer_ordinals: list[int]) -> list[Answer]:
        """In the order of the requests; evaluations that stand together are made together."""
        answers: list[Answer] = []
        for purpose, together in groupby(requests, _purpose):
            if purpose is None:
                answers += [self._written(r, writer_ordinals) for r in together]
            else:
                answers += self._evaluated(list(together), purpose)
        return answers

    def _written(self, request: Request, writer_ordinals: list[int]) -> Answer:
        assert isinstance(request, Write)
        reply = self.caller.write(request.operator, request.parents, request.request)
        if reply is None:
            return Spent()
        self._writing.add(request.operator)
        writer_ordinals.append(self.caller.last_ordinal)
        self._warn_if_slow(reply.latency_ms)
        return Written(reply.text)

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

    def _store(self, optimizer: Optimizer, proposals: int, ordinals: Sequence[int]) -> None:
        """New candidates, changed fitness and the guards' verdicts."""
        outcome = optimizer.outcome
        new = [c for c in outcome.candidates if c.id not in self._stored]
        changed = {i: f for i, f in outcome.fitness.items() if self._stored.get(i) != f}
        verdicts = [p.verdict for p in outcome.proposals[proposals:]][:1] if ordinals else []
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
            for ordinal, verdict in zip(ordinals[-1:], verdicts, strict=False):
                work.calls.set_verdict(self.session.id, ordinal, verdict)
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


@dataclass(frozen=True)
class ProbeView:
    """Whether a search was worth it, said before it."""

    verdict: Literal["worth_it", "not_worth_it", "cannot_tell"]
    """What the probe says about a search."""
    reason: str
    """One line with the numbers."""
    calls: int
    """Task calls that the probe took."""
    numbers: Mapping[str, float]
    """What it counted: `right` of `n` examples, `wins` and `losses` of the best simple change
    with its `p`, and for labels their `separation` (0.5: at chance)."""
