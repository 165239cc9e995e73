"""Run the gate of a refresh: the prompt with the old and with the new memory on the same rows.

A prompt that gets its first memory also gets what a search would fit on replies: a calibration, the
weight of the memory and a verbalizer. They are fitted on the gate's own replies, so this takes no
call. The gate judges each reply by a fit on others (10-fold cross-validation).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from tinyarms.evolution.scoring.labelled import Labelled
from tinyarms.evolution.scoring.reading import fit_reading, labels_read_by_others
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
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.scorers import score_of
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import EvaluationRecord, VariantRecord

STEP = "Refresh gate"


def run_gate(
    context: Context, skill: Skill, session_id: str, planned: PlannedRefresh, listener: Listener
) -> tuple[GateEvidence, Prompt]:
    """Answer each row with both memories, which see neither the row nor its near copies.

    Returns the evidence and the new prompt. Reports the estimate first. Equal requests are one
    call, and stored replies none. Raises `GateInterrupted` if the budget or the model ends it
    early, `NotScored`, and `NotPriced`.
    """
    scorer = context.scorer(skill)
    if scorer is None or not planned.rows:
        return refresh_gate({}, {}), planned.new
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
        before, new = _answers(caller, session_id, planned, listener)
    finally:
        context.memories.let_go(skill)
    plain, fitted = refresh_gate(before, new.successes), _fitted(caller, planned, new)
    if fitted is None:
        return plain, planned.new
    prompt, successes = fitted
    evidence = refresh_gate(before, successes)
    better = plain.after is None or (evidence.after or 0.0) >= plain.after
    return (evidence, prompt) if better else (plain, planned.new)


@dataclass(frozen=True)
class _Answers:
    """The answers with one memory."""

    successes: Mapping[str, bool]
    """Id of a row → success."""
    records: Mapping[str, EvaluationRecord]


def _fitted(
    caller: Caller, planned: PlannedRefresh, answers: _Answers
) -> tuple[Prompt, Mapping[str, bool]] | None:
    """A prompt with its first memory, fitted on its answers, and the successes by fits that have
    not seen the row. `None` if nothing is fitted: it is no first memory, the outputs are no labels,
    the settings do not allow it, or the server gives no log-probabilities."""
    skill, evolution = caller.skill, caller.context.project.settings.evolution
    labels, rows = skill.contract.labels, _labelled(skill, planned, answers)
    if (
        planned.old.retrieve is not None
        or not (labels and evolution.label_calibration and skill.reads_expected)
        or len(rows) < len(answers.records)
    ):
        return None
    verbalize = evolution.verbalizer
    prompt = fit_reading(planned.new, rows, labels, verbalize=verbalize)
    if prompt == planned.new:
        return None
    if prompt.verbalizer is not None:
        verbalizer = replace(prompt.verbalizer, model_tag=skill.model_tag)
        prompt = replace(prompt, verbalizer=verbalizer)
    read = labels_read_by_others(planned.new, rows, labels, verbalize=verbalize)
    return prompt, {
        row.example.id: score_of(caller.scorer, row.example, label) >= skill.success_at
        for row, label in zip(rows, read, strict=True)
    }


def _labelled(skill: Skill, planned: PlannedRefresh, answers: _Answers) -> list[Labelled]:
    """What is known of the labels of each answered row that has log-probabilities."""
    found = []
    for row in planned.rows:
        record = answers.records.get(row.id)
        if record is None or not record.reply.label_logprobs:
            continue
        memory = planned.memory
        user = skill.memory_of(row.user)
        suggested = memory.label_logprobs(row.inputs, memory.copies(row.inputs), user)
        reply = record.reply
        found.append(Labelled(row, reply.label_logprobs or {}, suggested, reply.listed))
    return [row for row in found if row.expected in skill.contract.labels]


def _answers(
    caller: Caller, session_id: str, planned: PlannedRefresh, listener: Listener
) -> tuple[Mapping[str, bool], _Answers]:
    """Id of a row → success with the old memory, and the answers with the new one."""
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
    return before, _Answers(after, answers.records[new.id])
