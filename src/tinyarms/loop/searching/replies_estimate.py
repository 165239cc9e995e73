"""What it costs to answer a known list of requests."""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.core.prices import at_most
from tinyarms.loop.calling.ledger import Ledger
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Estimate
from tinyarms.loop.searching.pricing import (
    NOT_SCORED,
    cost_by_texts,
    estimated_money,
    role_prices,
    scorer_estimate,
    with_scorer_seconds,
)
from tinyarms.loop.searching.scorer_calls import scorer_calls
from tinyarms.loop.searching.session import known_cost
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelRequest, build_request
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import Cost


def replies_estimate(
    context: Context, skill: Skill, prompts: Sequence[Prompt], rows: Sequence[Example]
) -> Estimate:
    """The most that it costs to run the prompts on the rows. Calls no model.

    Equal requests are one call, and those with a stored reply none.
    """
    ledger = Ledger(context, "", skill.name)
    requests = _requests(context, skill, prompts, rows)
    with context.store.read() as work:
        keys = {ledger.key(skill.model, request): request for request in requests}
        to_make = [r for key, r in keys.items() if work.calls.cached(key, skill.name) is None]
        known = known_cost(work, skill.name)
    calls, cost = len(to_make), cost_by_texts(to_make)
    limits = context.project.settings.evolution.budget
    prices = role_prices(context, skill, skill.model, rows)
    scorer = scorer_calls(skill, rows)
    # A stored reply is scored again, and the scorer's calls are not stored.
    scores = NOT_SCORED
    if scorer is not None:
        scores = scorer_estimate(context, scorer, len(prompts) * len(rows))
    seconds = None if known.seconds is None else calls * known.seconds
    nothing = 0, Cost(0, 0, 0)
    dollars = estimated_money(prices, (calls, cost), nothing, nothing, scores)
    return Estimate(
        task_calls=calls,
        test_calls=0,
        seconds=with_scorer_seconds(skill, seconds, scores, known),
        tokens=round(calls * (cost.tokens or 0) + scores[0] * (scores[1].tokens or 0))
        if cost.tokens is not None or scores[0]
        else None,
        scorer_calls=scores[0],
        money=dollars if limits.money is None else at_most(dollars, limits.money),
    )


def _requests(
    context: Context, skill: Skill, prompts: Sequence[Prompt], rows: Sequence[Example]
) -> list[ModelRequest]:
    """The requests, some of them equal."""
    view, memories = context.input_view(skill), context.memories
    return [
        build_request(
            skill.contract,
            memories.recalled_for_example(skill, prompt, row.inputs, row.user),
            row.inputs,
            view,
        )
        for row in rows
        for prompt in prompts
    ]
