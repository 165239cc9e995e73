"""Estimate the cost of a search."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from tinyarms.core.errors import ConfigError, PromptError
from tinyarms.core.prices import RolePrices, at_most
from tinyarms.loop.calling.budget import NO_COST, BudgetTracker
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_sets import examples_view
from tinyarms.loop.project.listener import Estimate
from tinyarms.loop.releasing.versions import check_prompt
from tinyarms.loop.searching.prepare import prepare
from tinyarms.loop.searching.pricing import (
    NOT_SCORED,
    estimated_money,
    judge_cost_by_texts,
    judge_of,
    scorer_estimate,
    scoring_cost,
    task_cost_by_texts,
    with_scorer_seconds,
)
from tinyarms.loop.searching.problem import max_task_calls
from tinyarms.loop.searching.request import SearchRequest
from tinyarms.loop.searching.retrieval_cost import (
    as_searched,
    has_searched,
    remembers,
    with_retrieval,
)
from tinyarms.loop.searching.scorer_calls import scorer_calls
from tinyarms.loop.searching.session import known_cost
from tinyarms.loop.testing.held_out import outlook_on
from tinyarms.skills.example import Example
from tinyarms.skills.example_set import ExampleSet
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import Cost, SessionRecord


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
    """The cost of a session's search in calls, tokens, seconds and money, if known.

    It is never more than the budget. Money is also estimated before the first call, by the sizes of
    the texts.
    """
    plan = session.search_plan
    ids, budget = plan.example_ids, plan.budget
    of_session = [e for e in examples.usable if ids is None or e.id in ids]
    gate = outlook_on(context, skill, of_session, session.preset, plan.variants)
    test_calls = gate.reads * (1 + plan.variants)
    with context.store.read() as work:
        task_cost = known_cost(work, skill.name)
        has_memory = remembers(session)
        lengthens = has_memory and not has_searched(work, skill.name)
        writing_share, writing_cost = work.calls.writing_cost(skill.name)
    if lengthens and task_cost.tokens is not None:
        # Without a usable prompt the known cost is the best estimate.
        with suppress(ConfigError, PromptError):
            settings = context.model_settings(skill.model)
            prompt = check_prompt(context, skill.name)
            task_cost = with_retrieval(skill, settings, prompt, task_cost, of_session)
    priced_cost = _priced_cost(context, skill, plan.prices, has_memory, task_cost, of_session)
    limits = budget.model_copy(update={"calls": max_task_calls(session)})
    tracker = BudgetTracker.at(plan.prices, limits)
    planned = task_cost if budget.money is None else priced_cost
    scorer = scorer_calls(skill, of_session)
    scoring = NO_COST if scorer is None else scoring_cost(scorer)
    tracker.keep_for_gate(test_calls, planned, scoring)
    task_calls = tracker.task_calls_left(planned, scoring) or 0
    scores = NOT_SCORED
    if scorer is not None:
        scores = scorer_estimate(context, scorer, task_calls + test_calls)
    writer_calls = round(writing_share * task_calls) if writing_share else None

    def total(per_task: float | None, per_write: float | None, limit: float | None) -> float | None:
        """The cost in one unit; `limit` if the cost of a call is not known."""
        if per_task is None:
            return limit
        cost = (task_calls + test_calls) * per_task + (writer_calls or 0) * (per_write or 0)
        return cost if limit is None else min(cost, limit)

    tokens_of_task = task_cost.tokens and task_cost.tokens + (scoring.tokens or 0)
    tokens = total(tokens_of_task, writing_cost.tokens, budget.tokens)
    seconds = total(task_cost.seconds, writing_cost.seconds, budget.seconds)
    if scorer is not None:
        seconds = with_scorer_seconds(skill, seconds, scores, task_cost)
    if seconds is None or (budget.seconds is not None and seconds > budget.seconds):
        seconds = budget.seconds
    judge = judge_of(context, skill)
    grades = 0 if judge is None else judge.outputs * plan.variants
    dollars = estimated_money(
        plan.prices,
        (task_calls + test_calls, priced_cost),
        (writer_calls, writing_cost),
        (grades, judge_cost_by_texts(judge, examples.usable)),
        scores,
    )
    return Estimate(
        task_calls=task_calls,
        test_calls=test_calls,
        seconds=seconds,
        tokens=None if tokens is None else round(tokens),
        writer_calls=writer_calls,
        gate=gate,
        money=dollars if budget.money is None else at_most(dollars, budget.money),
        examples=examples_view(examples),
        scorer_calls=scores[0],
    )


def _priced_cost(
    context: Context,
    skill: Skill,
    prices: RolePrices,
    has_memory: bool,
    known: Cost,
    examples: Sequence[Example],
) -> Cost:
    """The cost of a task call, by the sizes of the texts if none was made and calls cost money."""
    is_paid = prices.task is not None and not prices.task.is_free
    if known.completion_tokens is not None or not is_paid:
        return known
    settings, prompt = context.model_settings(skill.model), check_prompt(context, skill.name)
    if has_memory:
        prompt = as_searched(skill, prompt, examples)
    return task_cost_by_texts(skill, settings, prompt, examples)
