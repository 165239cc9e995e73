"""Evolve a skill's prompt: search, then bring the best variants to the live test.

Killed at any moment and run again it gives the same result: every reply is stored before it
counts, and the search is told the stored replies again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tinyarms.core.errors import ExperimentError, NotEvolvable
from tinyarms.core.ids import derived_id, new_id
from tinyarms.core.settings import Budget, Evolution, EvolutionSettings
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
from tinyarms.loop.beginning import test_examples
from tinyarms.loop.context import Context
from tinyarms.loop.evaluations import Caller
from tinyarms.loop.experiments import conclude_due, start_experiment
from tinyarms.loop.intents import end_session
from tinyarms.loop.lease import lease
from tinyarms.loop.listener import Estimate, Listener, Silent
from tinyarms.loop.versions import active_version
from tinyarms.loop.views import GateReport
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.scorers import Scorer
from tinyarms.skills.skill import Skill
from tinyarms.store.records import CandidateRecord, SessionRecord, VariantRecord
from tinyarms.store.unit_of_work import UnitOfWork

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_RECENT_FAILURES = 20


@dataclass(frozen=True)
class VariantView:
    """A variant that a search has found."""

    letter: str
    prompt: str
    demonstrations: int
    reasoning: str
    accuracy: float
    """On examples that the search did not choose it on."""
    n: int


@dataclass(frozen=True)
class EvolveView:
    """What came of an evolution session's search."""

    session_id: str
    skill: str
    result: Literal["testing", "nothing_better", "kept"]
    """`kept`: something was found, but no variant passed the offline gate."""
    resumed: bool
    estimate: Estimate
    spent: Mapping[str, float]
    incumbent: tuple[float | None, int]
    """Its accuracy on the same examples as the variants', and their number."""
    variants: tuple[VariantView, ...]
    gate: GateReport | None


def evolve(
    context: Context,
    name: str,
    *,
    variants: int | None = None,
    seed: int = 0,
    optimizer: str | None = None,
    preset: Literal["default", "original"] | None = None,
    budget_calls: int | None = None,
    restart: bool = False,
    dry_run: bool = False,
    trigger_reason: str = "manual",
    trigger_numbers: Mapping[str, Any] | None = None,
    listener: Listener | None = None,
) -> EvolveView:
    """Search for better prompts and start their live test; go on with an unfinished search.

    `budget_calls`: the most task calls (default: `evolution.budget.calls`; the original preset
    has no budget). `restart` drops an unfinished search. Raises `NotEvolvable`, `LeaseHeld` while
    another process works on the skill, `ExperimentError` while a live test runs, and `ModelError`
    if no model answers: what was found is kept, and the next call goes on from there.
    """
    settings = context.project.settings
    skill = context.skill(name).skill
    scorer, examples = _means(context, skill)
    listener = listener or Silent()
    fresh = SessionRecord(
        id=new_id(),
        skill=name,
        original_prompt_hash="",
        triggered_at=context.clock(),
        trigger_reason=trigger_reason,
        trigger_numbers=dict(trigger_numbers or {}),
        base_version=0,
        optimizer=optimizer or _optimizer(preset or settings.preset, settings),
        seed=seed,
        settings={
            "preset": preset or settings.preset,
            "variants": variants or settings.smollm2.variants_per_evolution,
            "budget": settings.evolution.budget.model_copy(
                update={"calls": budget_calls or settings.evolution.budget.calls}
            ).model_dump(),
            "evolution": settings.evolution.model_dump(mode="json"),
        },
    )
    if dry_run:
        estimate = _estimate(context, skill, fresh)
        return EvolveView(
            fresh.id, name, "nothing_better", False, estimate, {}, (None, 0), (), None
        )
    with lease(context, name):
        conclude_due(context, name)
        session, resumed = _session(context, fresh, restart)
        caller = Caller(context, session.id, skill, scorer)
        search = _Search(context, session, caller, examples, listener)
        listener.estimate(_estimate(context, skill, session))
        finalists = search.run()
        gate = None
        if finalists:
            _store_variants(context, session, search.incumbent, search.before, finalists)
            gate = start_experiment(
                context,
                session.id,
                caller,
                lambda label, done, total: listener.progress(label, done, total, None, 0),
            )
        else:
            _end_with_nothing(context, session)
    spent = caller.spent
    return EvolveView(
        session_id=session.id,
        skill=name,
        result="nothing_better" if gate is None else "testing" if gate.started else "kept",
        resumed=resumed,
        estimate=_estimate(context, skill, session),
        spent={
            "task_calls": spent.task_calls,
            "test_calls": spent.test_calls,
            "writer_calls": spent.writer_calls,
            "cache_hits": spent.cache_hits,
            "tokens": spent.tokens,
            "seconds": round(spent.seconds, 1),
        },
        incumbent=search.before or (None, 0),
        variants=tuple(
            VariantView(
                letter=letter,
                prompt=finalist.prompt.text,
                demonstrations=len(finalist.prompt.demonstrations),
                reasoning=_reasoning(finalist),
                accuracy=finalist.accuracy,
                n=finalist.n,
            )
            for letter, finalist in zip(_LETTERS, finalists, strict=False)
        ),
        gate=gate,
    )


def _means(context: Context, skill: Skill) -> tuple[Scorer, Sequence[Example]]:
    """The scorer and the examples. Raises `NotEvolvable` where a search has nothing to go by."""
    if not skill.evolvable:
        raise NotEvolvable(
            f"{skill.name} is not evolvable: {skill.reason or 'its config says so'}.",
            "Set `evolvable: true` in config.yaml if you know better.",
        )
    scorer = context.scorer(skill)
    if scorer is None:
        raise NotEvolvable(
            f"{skill.name} has no scorer, so a search cannot tell good from bad.",
            "Add `scorer:` in config.yaml, or write variants: tinyarms prompt create.",
        )
    examples = context.examples(skill)
    for split in ("search", "selection"):
        if not any(example.split == split for example in examples):
            raise NotEvolvable(
                f"{skill.name} has no `{split}` examples.", "Add examples to its examples file."
            )
    return scorer, examples


def _session(context: Context, fresh: SessionRecord, restart: bool) -> tuple[SessionRecord, bool]:
    """The unfinished session to go on with, or a new one."""
    version = active_version(context, fresh.skill)
    with context.store.unit_of_work(durable=True) as work:
        found = work.sessions.open(fresh.skill)
        if found and (found.stage == "testing" or found.optimizer == "manual"):
            raise ExperimentError(
                f"A live test of {fresh.skill} is open (session {found.id[:8]}).",
                f"Vote: tinyarms prompt vote {fresh.skill}; or end it: tinyarms prompt cancel "
                f"{fresh.skill}",
            )
        if found and (restart or found.original_prompt_hash != version.prompt.hash):
            end_session(context, work, found.id, "cancelled", "Begun anew.")
            found = None
        if found:
            return found, True
        session = replace(
            fresh,
            original_prompt_hash=version.prompt.hash,
            base_version=version.number,
            settings={**fresh.settings, "failures": _recent_failures(work, fresh.skill)},
        )
        work.sessions.add(session)
        return session, False


def _recent_failures(work: UnitOfWork, name: str) -> list[str]:
    """Ids of the `search` examples that tasks have failed on lately, newest first."""
    known = {tuple(sorted(e.inputs.items())): e.id for e in work.examples.all(name, "search")}
    failed = work.tasks.recent(name, success=False, limit=_RECENT_FAILURES)
    found = (known.get(tuple(sorted(task.inputs.items()))) for task in failed)
    return list(dict.fromkeys(example_id for example_id in found if example_id))


def _optimizer(preset: str, settings: EvolutionSettings) -> str:
    return "original" if preset == "original" else settings.evolution.optimizer


def _calls(session: SessionRecord) -> int:
    evolution = Evolution.model_validate(session.settings["evolution"])
    if session.optimizer == "original":
        return original_calls(evolution)
    calls = Budget.model_validate(session.settings["budget"]).calls
    return calls if calls is not None else original_calls(evolution)


def _estimate(context: Context, skill: Skill, session: SessionRecord) -> Estimate:
    calls = _calls(session)
    test = len(test_examples(context, skill))
    gated = session.settings["preset"] == "default"
    test_calls = test * (1 + session.settings["variants"]) if gated else 0
    with context.store.read() as work:
        latency = work.calls.mean_latency_ms(skill.name) or work.tasks.mean_latency_ms(skill.name)
    seconds = None if latency is None else latency * (calls + test_calls) / 1000
    return Estimate(task_calls=calls, test_calls=test_calls, seconds=seconds)


@dataclass
class _Search:
    """One search, driven: its requests answered, what it makes stored as it goes."""

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
            calls=_calls(session),
            settings=Evolution.model_validate(session.settings["evolution"]),
            variants=session.settings["variants"],
            failures=tuple(known[i] for i in session.settings["failures"] if i in known),
            seed=session.seed,
            namespace=session.id,
        )

    def _split(self, split: str) -> tuple[Example, ...]:
        return tuple(example for example in self.examples if example.split == split)

    def _budget(self) -> Budget:
        budget = Budget.model_validate(self.session.settings["budget"])
        return budget.model_copy(update={"calls": _calls(self.session)})

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


def _store_variants(
    context: Context,
    session: SessionRecord,
    incumbent: Prompt,
    before: tuple[float, int] | None,
    finalists: Sequence[Finalist],
) -> None:
    accuracy, n = before or (None, 0)
    records = [
        VariantRecord(
            id=derived_id(session.id, "variant", ""),
            session_id=session.id,
            variant_letter="",
            prompt=incumbent,
            role="incumbent",
            accuracy=accuracy,
            accuracy_n=n,
        )
    ]
    for letter, finalist in zip(_LETTERS, finalists, strict=False):
        records.append(
            VariantRecord(
                id=derived_id(session.id, "variant", letter),
                session_id=session.id,
                variant_letter=letter,
                prompt=finalist.prompt,
                reasoning=_reasoning(finalist),
                candidate_id=finalist.candidate.id,
                accuracy=finalist.accuracy,
                accuracy_n=finalist.n,
            )
        )
    with context.store.unit_of_work(durable=True) as work:
        work.experiments.add_variants(records)


def _end_with_nothing(context: Context, session: SessionRecord) -> None:
    with context.store.unit_of_work(durable=True) as work:
        end_session(context, work, session.id, "keep", "Nothing better was found.")
        work.sessions.update(session.id, result="nothing_better")


def _reasoning(finalist: Finalist) -> str:
    candidate = finalist.candidate
    made = candidate.operator.replace("_", " ")
    shown = len(finalist.prompt.demonstrations)
    parts = [
        f"Made by {made} in generation {candidate.generation}",
        *([f"{shown} demonstrations"] if shown else []),
        *(["calibrated labels"] if finalist.prompt.calibration else []),
        f"fixes {finalist.fixes} of the examples the incumbent fails and breaks {finalist.breaks}",
        f"{finalist.accuracy:.0%} right on {finalist.n} examples not searched on",
    ]
    return "; ".join(parts) + "."
