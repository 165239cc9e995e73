"""One search, driven: its requests answered by the models, what it makes stored as it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tinyarms.core.settings import Budget, Evolution
from tinyarms.evolution.protocol import (
    Answer,
    Evaluate,
    Evaluated,
    Finalist,
    Optimizer,
    Outcome,
    Problem,
    Request,
    Spent,
    Write,
    Written,
)
from tinyarms.evolution.registry import make_optimizer, original_calls
from tinyarms.loop.context import Context
from tinyarms.loop.evaluations import Caller
from tinyarms.loop.listener import Listener
from tinyarms.loop.versions import active_version
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Prompt
from tinyarms.store.records import CandidateRecord, SessionRecord


def calls_of(session: SessionRecord) -> int:
    """The most task calls that the session's search makes."""
    evolution = Evolution.model_validate(session.settings["evolution"])
    if session.optimizer == "original":
        return original_calls(evolution)
    calls = Budget.model_validate(session.settings["budget"]).calls
    return calls if calls is not None else original_calls(evolution)


@dataclass
class Search:
    """A session's search and where it stands."""

    context: Context
    session: SessionRecord
    caller: Caller
    examples: Sequence[Example]
    listener: Listener
    before: tuple[float, int] | None = None
    """The incumbent's accuracy on the finalists' examples."""
    _stored: dict[str, tuple[float, int] | None] = field(default_factory=dict)
    _warned: bool = False

    @property
    def incumbent(self) -> Prompt:
        return active_version(self.context, self.session.skill).prompt

    def run(self) -> list[Finalist]:
        """Search to the end. What is stored already is not asked again."""
        problem = self._problem()
        optimizer = make_optimizer(self.session.optimizer, problem)
        budget = self._budget()
        try:
            while requests := optimizer.ask():
                proposals = len(optimizer.outcome.proposals)
                writer_ordinals: list[int] = []
                answers = [self._answer(request, budget, writer_ordinals) for request in requests]
                optimizer.tell(answers)
                self._store(optimizer, proposals, writer_ordinals)
                self._tell_progress(optimizer.outcome, problem.calls)
        except KeyboardInterrupt:
            self._say_stopped(optimizer.outcome)
            raise
        self._store_operators(optimizer)
        self.before = optimizer.outcome.incumbent
        return optimizer.outcome.finalists

    def _tell_progress(self, outcome: Outcome, calls: int) -> None:
        best, n = outcome.best or (None, 0)
        self.listener.progress("Searching", self.caller.spent.task_calls, calls, best, n)

    def _say_stopped(self, outcome: Outcome) -> None:
        best, n = outcome.best or (None, 0)
        found = "nothing yet" if best is None else f"the best so far has {best:.0%} (n={n})"
        self.listener.note(
            f"Stopped after {self.caller.spent.task_calls} task calls: {found}. All of it is kept; "
            f"go on: tinyarms prompt evolve {self.session.skill}"
        )

    def _problem(self) -> Problem:
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
            namespace=session.id,
        )

    def _split(self, split: str) -> tuple[Example, ...]:
        """Those that were there when the session began: later ones would change its path."""
        known = set(self.session.settings["examples"])
        return tuple(e for e in self.examples if e.split == split and e.id in known)

    def _budget(self) -> Budget:
        budget = Budget.model_validate(self.session.settings["budget"])
        return budget.model_copy(update={"calls": calls_of(self.session)})

    def _answer(self, request: Request, budget: Budget, writer_ordinals: list[int]) -> Answer:
        if isinstance(request, Write):
            if not self.caller.spent.within(budget):
                return Spent()
            reply = self.caller.write(request.operator, request.parents, request.request)
            writer_ordinals.append(self.caller.last_ordinal)
            self._warn_if_slow(reply.latency_ms)
            return Written(reply.text)
        if not self.caller.spent.within(budget):
            return Spent()
        return self._evaluated(request)

    def _evaluated(self, request: Evaluate) -> Evaluated:
        purpose: Literal["search", "selection"] = "selection" if request.selection else "search"
        record = self.caller.evaluate(request.prompt, request.example, purpose)
        return Evaluated(record.score, record.cached, record.reply.label_logprobs)

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
        if not new and not changed and not verdicts:
            return
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
                    )
                )
                self._stored[candidate.id] = None
            for candidate_id, (fitness, n) in changed.items():
                work.candidates.set_fitness(candidate_id, fitness, n)
                self._stored[candidate_id] = (fitness, n)
            for ordinal, verdict in zip(ordinals[-1:], verdicts, strict=False):
                work.calls.set_verdict(self.session.id, ordinal, verdict)

    def _store_operators(self, optimizer: Optimizer) -> None:
        """The yield of each operator, for `prompt results`."""
        found: dict[str, dict[str, Any]] = {}
        for proposal in optimizer.outcome.proposals:
            row = found.setdefault(
                proposal.operator,
                {"proposals": 0, "accepted": 0, "rejected": Counter(), "beat_parent": 0},
            )
            row["proposals"] += 1
            row["beat_parent"] += proposal.beat_parent is True
            if proposal.verdict == "accepted":
                row["accepted"] += 1
            else:
                row["rejected"][proposal.verdict] += 1
        with self.context.store.unit_of_work() as work:
            stored = work.sessions.get(self.session.id)
            settings = {**(stored or self.session).settings, "operators": found}
            work.sessions.update(self.session.id, settings=settings)
