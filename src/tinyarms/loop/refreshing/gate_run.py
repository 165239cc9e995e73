"""Run the gate of a refresh: the prompt with the old and with the new memory on the same rows."""

from __future__ import annotations

from collections.abc import Mapping

from tinyarms.core.prices import at_most
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.experiments.offline_gate import pairs_needed
from tinyarms.experiments.refresh_gate import refresh_gate
from tinyarms.loop.calling.budget import BudgetTracker
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.calling.ledger import Ledger
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Estimate, Listener
from tinyarms.loop.refreshing.planned import PlannedRefresh
from tinyarms.loop.searching.pricing import (
    check_priced,
    cost_by_texts,
    estimated_money,
    role_prices,
)
from tinyarms.loop.searching.session import known_cost
from tinyarms.loop.testing.gate_answers import gate_answers, interrupted
from tinyarms.skills.execution import ModelRequest, build_request
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import Cost, VariantRecord

STEP = "Refresh gate"


def run_gate(
    context: Context, skill: Skill, session_id: str, planned: PlannedRefresh, listener: Listener
) -> GateEvidence:
    """Answer each row with both memories, which see neither the row nor its near copies.

    Reports the estimate first. Equal requests are one call, and stored replies none. Raises
    `GateInterrupted` if the budget or the model ends it early, `NotScored`, and `NotPriced`.
    """
    scorer = context.scorer(skill)
    if scorer is None or not planned.rows:
        return refresh_gate({}, {})
    prices = role_prices(context, skill, skill.model)
    # The rows fix the number of calls; the other limits are those of a search.
    limits = context.project.settings.evolution.budget.model_copy(update={"calls": None})
    check_priced(context, skill, skill.model, limits.money, prices)
    context.memories.hold(skill, planned.memory)
    try:
        listener.estimate(_estimate(context, skill, planned))
        budget = BudgetTracker.at(prices, limits)
        caller = Caller(context, session_id, skill, scorer, budget=budget)
        successes = _successes(caller, session_id, planned, listener)
    finally:
        context.memories.let_go(skill)
    return refresh_gate(*successes)


def _successes(
    caller: Caller, session_id: str, planned: PlannedRefresh, listener: Listener
) -> tuple[Mapping[str, bool], Mapping[str, bool]]:
    """Id of a row → success, with the old and with the new memory."""
    old = VariantRecord(
        id="old", session_id=session_id, variant_letter="", prompt=planned.old, role="incumbent"
    )
    new = VariantRecord(
        id="new", session_id=session_id, variant_letter="A", prompt=planned.new, role="challenger"
    )
    rows, skill = planned.rows, caller.skill.name
    answers = gate_answers(caller, [old, new], rows, 0, listener, "selection", STEP)
    if new.id not in answers.successes:
        raise interrupted(skill, "because its budget ended before all calls.", step=STEP)
    before, after = answers.successes[old.id], answers.successes[new.id]
    pairs, needed = len(before.keys() & after.keys()), pairs_needed(len(rows))
    if pairs < needed <= len(rows) - len(answers.left_out):
        details = f"with {pairs} of {len(rows)} rows answered with both memories."
        raise interrupted(skill, details, step=STEP)
    return before, after


def _estimate(context: Context, skill: Skill, planned: PlannedRefresh) -> Estimate:
    """The most that the gate costs. Calls no model."""
    requests = _requests(context, skill, planned)
    ledger = Ledger(context, "", skill.name)
    with context.store.read() as work:
        keys = {ledger.key(skill.model, request): request for request in requests}
        to_make = [r for key, r in keys.items() if work.calls.cached(key, skill.name) is None]
        seconds = known_cost(work, skill.name).seconds
    calls, cost = len(to_make), cost_by_texts(to_make)
    limits = context.project.settings.evolution.budget
    prices = role_prices(context, skill, skill.model)
    nothing = 0, Cost(0, 0, 0)
    dollars = estimated_money(prices, (calls, cost), nothing, nothing)
    return Estimate(
        task_calls=calls,
        test_calls=0,
        seconds=None if seconds is None else calls * seconds,
        tokens=None if cost.tokens is None else round(calls * cost.tokens),
        money=dollars if limits.money is None else at_most(dollars, limits.money),
    )


def _requests(context: Context, skill: Skill, planned: PlannedRefresh) -> list[ModelRequest]:
    """The requests of both memories for all rows, some of them equal."""
    view, memories = context.input_view(skill), context.memories
    return [
        build_request(
            skill.contract,
            memories.recalled_for_example(skill, prompt, row.inputs, row.user),
            row.inputs,
            view,
        )
        for row in planned.rows
        for prompt in (planned.old, planned.new)
    ]
