"""The population of a search: every candidate with its parent, and what the guards refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from tinyarms.core.prices import Money
from tinyarms.core.settings import Budget
from tinyarms.core.text import one_line, shorten
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import who_works
from tinyarms.loop.reporting.spent import SpentView, spent_by
from tinyarms.loop.searching.operator_stats import OperatorView, operator_views
from tinyarms.loop.searching.pricing import prices_of
from tinyarms.stats.binomial import wilson_interval
from tinyarms.store.db.records import CandidateRecord, WriterCallRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

_REFUSED = 200
"""Most refused proposals that are shown, the newest."""
_SHOWN_LETTERS = 600
"""Most characters of a refused proposal that are shown."""


@dataclass(frozen=True)
class CandidateView:
    """A member of a search's population."""

    id: str
    parent: str | None
    """Id of the candidate that it was made from; `None`: none."""
    generation: int
    """0: the first ones."""
    operator: str
    """Name of the operator that made it."""
    prompt: str
    """Its text."""
    demonstrations: int
    """Number of its demonstrations."""
    accuracy: float | None
    """Its mean score, in [0, 1], on the examples that it has answered; `None`: not run yet."""
    n: int
    """Number of these examples."""
    variant: str | None
    """Letter of the variant that it became; `None`: it became none."""
    made_at: datetime


@dataclass(frozen=True)
class RefusedCandidate:
    """A proposal of the writer that a guard threw out."""

    operator: str
    """Name of the operator that asked for it."""
    parent: str | None
    """Id of the candidate that it was made from; `None`: none."""
    reason: str
    """Name of the guard that refused it."""
    text: str
    """What the writer wrote, in one line of at most 600 characters."""
    at: datetime


@dataclass(frozen=True)
class PopulationView:
    """A skill's latest search."""

    skill: str
    session_id: str
    began_at: datetime
    ended_at: datetime | None
    """When its session ended; `None` while it is open."""
    searching: bool
    """Whether the search goes on, or was interrupted and can be resumed."""
    running: str | None
    """Which process works on it now, such as `pid 1234`; `None`: none."""
    reason: str
    """Why it began: `accuracy_drop`, `drift`, `scheduled` or `manual`."""
    writer: str
    """The model that writes candidates."""
    budget: Budget
    """The limits of the search."""
    spent: SpentView
    """What it has spent so far."""
    task_calls: int
    """The part of its calls that the budget's `calls` limits."""
    money: Money
    """What it has cost so far, in US dollars, by role."""
    candidates: tuple[CandidateView, ...]
    """By generation, then age."""
    operators: tuple[OperatorView, ...]
    """The results of each operator."""
    refused: tuple[RefusedCandidate, ...]
    """The newest 200 of the writer's proposals that were refused, newest first."""
    refused_by: Mapping[str, int]
    """Name of a guard → number of proposals of all operators that it refused."""

    @property
    def best(self) -> CandidateView | None:
        """The candidate whose accuracy is the highest at the lower end of its 95 % interval."""
        return best_of(self.candidates)


def population(context: Context, name: str) -> PopulationView | None:
    """The latest search of a skill; `None` if it had none. Changes nothing."""
    context.skill(name)
    with context.store.read() as work:
        running = who_works(work, name).process
        searches = [each for each in work.sessions.all(name) if each.search is not None]
        if not searches:
            return None
        session = searches[-1]
        plan = session.search_plan
        letters = {
            variant.candidate_id: variant.variant_letter
            for variant in work.experiments.variants(session.id)
            if variant.candidate_id and variant.role == "challenger"
        }
        operators = work.operators.all(session.id)
        candidates = work.candidates.all(session.id)
        refused = work.calls.refused(session.id, _REFUSED)
        spent = spent_by(work, session.id)
        counts = work.calls.counts(session.id)
        cost = work.calls.money(session.id, prices_of(context, session))
    return PopulationView(
        skill=name,
        session_id=session.id,
        began_at=session.triggered_at,
        ended_at=session.completed_at,
        searching=session.in_search,
        running=running,
        reason=session.trigger_reason,
        writer=plan.writer,
        budget=plan.budget,
        spent=spent,
        task_calls=counts["task_calls"],
        money=cost,
        candidates=tuple(_candidate(each, letters.get(each.variant_id)) for each in candidates),
        operators=operator_views(operators),
        refused=tuple(map(_refused, refused)),
        refused_by=dict(sum((Counter(each.rejected) for each in operators), Counter())),
    )


def best_of(candidates: Iterable[CandidateView]) -> CandidateView | None:
    """The candidate whose accuracy is the highest at the lower end of its 95 % interval; `None`:
    none has run."""
    known = [each for each in candidates if each.accuracy is not None and each.n]
    return max(known, key=_at_least, default=None)


def best_so_far(work: UnitOfWork, session_id: str) -> CandidateView | None:
    """The same of a search's candidates."""
    return best_of(_candidate(each, None) for each in work.candidates.all(session_id))


def _at_least(candidate: CandidateView) -> float:
    interval = wilson_interval(round((candidate.accuracy or 0.0) * candidate.n), candidate.n)
    return 0.0 if interval is None else interval[0]


def _candidate(record: CandidateRecord, letter: str | None) -> CandidateView:
    return CandidateView(
        id=record.variant_id,
        parent=record.parent_id,
        generation=record.generation,
        operator=record.mutation_type,
        prompt=record.prompt.text,
        demonstrations=len(record.prompt.demonstrations),
        accuracy=record.fitness_score,
        n=record.evaluated_n,
        variant=letter,
        made_at=record.created_at,
    )


def _refused(call: WriterCallRecord) -> RefusedCandidate:
    return RefusedCandidate(
        operator=call.operator,
        parent=call.parents[0] if call.parents else None,
        reason=call.verdict or "",
        text=shorten(one_line(call.reply.text), _SHOWN_LETTERS),
        at=call.created_at,
    )
