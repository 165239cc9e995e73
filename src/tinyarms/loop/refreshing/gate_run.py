"""Run the gate of a refresh: the prompt with the old and with the new memory on the same rows."""

from __future__ import annotations

from collections.abc import Mapping

from tinyarms.experiments.evidence import GateEvidence
from tinyarms.experiments.offline_gate import pairs_needed
from tinyarms.experiments.refresh_gate import refresh_gate
from tinyarms.loop.calling.budget import BudgetTracker
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener
from tinyarms.loop.refreshing.planned import PlannedRefresh
from tinyarms.loop.searching.pricing import check_priced, role_prices
from tinyarms.loop.searching.replies_estimate import replies_estimate
from tinyarms.loop.testing.gate_answers import gate_answers, interrupted
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import VariantRecord

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
    prices = role_prices(context, skill, skill.model, planned.rows)
    # The rows fix the number of calls; the other limits are those of a search.
    limits = context.project.settings.evolution.budget.model_copy(update={"calls": None})
    check_priced(context, skill, skill.model, limits.money, prices)
    context.memories.hold(skill, planned.memory)
    try:
        prompts = (planned.old, planned.new)
        listener.estimate(replies_estimate(context, skill, prompts, planned.rows))
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
