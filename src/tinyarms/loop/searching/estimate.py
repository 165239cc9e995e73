"""Estimate what a search will cost."""

from __future__ import annotations

from tinyarms.experiments.offline_gate import gate_applies
from tinyarms.loop.calling.budget import Purse
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Estimate
from tinyarms.loop.searching.driver import calls_of
from tinyarms.loop.searching.session import known_cost
from tinyarms.loop.testing.offline_gate_run import held_out_examples
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import SessionRecord


def gate_calls_of(context: Context, skill: Skill, session: SessionRecord) -> int:
    """The most test calls that the offline gate will make."""
    plan = session.search_plan
    test = len(held_out_examples(context, skill, plan.example_ids))
    gated = gate_applies(session.preset, skill.scorer is not None, test)
    return test * (1 + plan.variants) if gated else 0


def estimate_of(context: Context, skill: Skill, session: SessionRecord) -> Estimate:
    """In calls, tokens and seconds, as far as it is known; never more than the budget."""
    budget = session.search_plan.budget
    test = gate_calls_of(context, skill, session)
    with context.store.read() as work:
        each = known_cost(work, skill.name)
        share, writing = work.calls.writing_cost(skill.name)
    purse = Purse(budget.model_copy(update={"calls": calls_of(session)}))
    purse.keep_for_gate(test, each)
    calls = purse.task_calls_left(each) or 0
    written = round(share * calls)

    def total(task: float | None, write: float | None, limit: float | None) -> float | None:
        """Of one unit; `limit` where nothing is known."""
        if task is None:
            return limit
        cost = (calls + test) * task + written * (write or 0)
        return cost if limit is None else min(cost, limit)

    tokens = total(each.tokens, writing.tokens, budget.tokens)
    return Estimate(
        task_calls=calls,
        test_calls=test,
        seconds=total(each.seconds, writing.seconds, budget.seconds),
        tokens=None if tokens is None else round(tokens),
        writer_calls=written if share else None,
    )
