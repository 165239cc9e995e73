"""Estimate the cost of a search."""

from __future__ import annotations

from tinyarms.loop.calling.budget import BudgetTracker
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_sets import examples_view
from tinyarms.loop.project.listener import Estimate
from tinyarms.loop.releasing.versions import check_prompt
from tinyarms.loop.searching.prepare import prepare
from tinyarms.loop.searching.problem import max_task_calls
from tinyarms.loop.searching.request import SearchRequest
from tinyarms.loop.searching.session import known_cost
from tinyarms.loop.testing.held_out import outlook_on
from tinyarms.skills.example_set import ExampleSet
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import SessionRecord


def estimate(context: Context, request: SearchRequest) -> Estimate:
    """The highest cost of a new search. Nothing is stored and no model is called.

    Raises the errors of `prepare`, and `PromptError` or `ConfigError` for an unusable prompt.
    """
    check_prompt(context, request.skill)
    prepared = prepare(context, request)
    return estimate_of(context, prepared.skill, prepared.session, prepared.examples)


def estimate_of(
    context: Context, skill: Skill, session: SessionRecord, examples: ExampleSet
) -> Estimate:
    """The cost of a session's search in calls, tokens and seconds, if known.

    It is never more than the budget.
    """
    plan = session.search_plan
    ids, budget = plan.example_ids, plan.budget
    of_session = [e for e in examples.usable if ids is None or e.id in ids]
    gate = outlook_on(context, skill, of_session, session.preset, plan.variants)
    test_calls = gate.reads * (1 + plan.variants)
    with context.store.read() as work:
        task_cost = known_cost(work, skill.name)
        writing_share, writing_cost = work.calls.writing_cost(skill.name)
    tracker = BudgetTracker(budget.model_copy(update={"calls": max_task_calls(session)}))
    tracker.keep_for_gate(test_calls, task_cost)
    task_calls = tracker.task_calls_left(task_cost) or 0
    writer_calls = round(writing_share * task_calls)

    def total(per_task: float | None, per_write: float | None, limit: float | None) -> float | None:
        """The cost in one unit; `limit` if the cost of a call is not known."""
        if per_task is None:
            return limit
        cost = (task_calls + test_calls) * per_task + writer_calls * (per_write or 0)
        return cost if limit is None else min(cost, limit)

    tokens = total(task_cost.tokens, writing_cost.tokens, budget.tokens)
    return Estimate(
        task_calls=task_calls,
        test_calls=test_calls,
        seconds=total(task_cost.seconds, writing_cost.seconds, budget.seconds),
        tokens=None if tokens is None else round(tokens),
        writer_calls=writer_calls if writing_share else None,
        gate=gate,
        examples=examples_view(examples),
    )
