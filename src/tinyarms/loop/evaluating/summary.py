"""Sum up the answers to one prompt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil
from statistics import fmean, quantiles

from tinyarms.core.text import one_line, shorten
from tinyarms.loop.evaluating.prompts import FoundPrompt
from tinyarms.loop.evaluating.rows import Rows
from tinyarms.loop.evaluating.run import Answered
from tinyarms.loop.evaluating.view import (
    LEVEL,
    MAX_WRONG,
    Confusion,
    EvalView,
    LeftOutRow,
    ScoreSpread,
    WrongAnswer,
)
from tinyarms.loop.project.context import Context
from tinyarms.skills.comparison import label_key
from tinyarms.skills.example import Example
from tinyarms.skills.execution import Unanswered
from tinyarms.skills.picture import in_words
from tinyarms.skills.score_reasons import why_wrong
from tinyarms.skills.scorers import Scorer
from tinyarms.skills.skill import Skill
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.mean_interval import mean_interval
from tinyarms.store.db.records import EvaluationRecord

SHOWN_CHARACTERS = 500
"""Most characters of a text that an answer lists. Higher: longer answers."""

Scored = tuple[Example, EvaluationRecord, float]
"""An example, its reply, and its score."""


def scored_rows(answered: Answered) -> list[Scored]:
    """The rows that have a score."""
    return [
        (example, answer, answer.score)
        for example, answer in answered.answers
        if isinstance(answer, EvaluationRecord) and answer.score is not None
    ]


def successes(skill: Skill, scored: Sequence[Scored]) -> dict[str, bool]:
    """Id of an example → whether its answer is right."""
    return {example.id: score >= skill.success_at for example, _, score in scored}


def summary(
    context: Context,
    skill: Skill,
    found: FoundPrompt,
    rows: Rows,
    answered: Answered,
    notes: Sequence[str],
    needs: Sequence[str],
) -> EvalView:
    """The answer of an evaluation."""
    scored = scored_rows(answered)
    right = successes(skill, scored)
    records = [record for _, record, _ in scored]
    left_out = _left_out(answered)
    n, correct = len(scored), sum(right.values())
    times = sorted(record.reply.latency_ms for record in records)
    return EvalView(
        skill=skill.name,
        prompt=found.view,
        model=skill.model,
        splits=rows.splits,
        rows=len(rows.examples),
        available=rows.available,
        n=n,
        successes=correct,
        accuracy=correct / n if n else None,
        interval=wilson_interval(correct, n, LEVEL),
        scores=_spread([score for _, _, score in scored]),
        confusion=_confusion(skill, scored),
        wrong=_wrong(answered.scorer, [each for each in scored if not right[each[0].id]]),
        violations=sum(record.violation is not None for record in records),
        left_out=len(left_out),
        left_out_rows=tuple(left_out[:MAX_WRONG]),
        calls=answered.spent.test.calls,
        stored_replies=sum(record.cached for record in records),
        prompt_tokens=fmean(r.reply.prompt_tokens for r in records) if records else None,
        completion_tokens=fmean(r.reply.completion_tokens for r in records) if records else None,
        p50_ms=_rank(times, 0.50),
        p95_ms=_rank(times, 0.95),
        money=answered.spent.money,
        dollars_per_1000=_dollars(context, skill, records),
        notes=tuple(notes),
        needs=tuple(needs),
    )


def shown(text: str) -> str:
    """The text, cut to what an answer lists."""
    return shorten(text, SHOWN_CHARACTERS)


def shown_inputs(inputs: Mapping[str, str]) -> dict[str, str]:
    """The inputs in words, each cut to what an answer lists."""
    return {name: shown(in_words(value)) for name, value in inputs.items()}


def _left_out(answered: Answered) -> list[LeftOutRow]:
    rows = []
    for example, answer in answered.answers:
        if isinstance(answer, Unanswered):
            reason = shown(one_line(answer.reason))
            rows.append(LeftOutRow(id=example.id, why=answer.kind, reason=reason))
        elif answer is None:
            reason = "The budget of config/constants.yaml ended before it was asked."
            rows.append(LeftOutRow(id=example.id, why="not_reached", reason=reason))
    return rows


def _spread(scores: Sequence[float]) -> ScoreSpread | None:
    found = mean_interval(scores, LEVEL)
    if found is None or set(scores) <= {0.0, 1.0}:
        return None
    mean, deviation, low, high = found
    quarters = quantiles(scores, n=4, method="inclusive")
    return ScoreSpread(
        mean=mean,
        deviation=deviation,
        interval=(max(0.0, low), min(1.0, high)),
        quartiles=(min(scores), quarters[0], quarters[1], quarters[2], max(scores)),
    )


def _confusion(skill: Skill, scored: Sequence[Scored]) -> Confusion | None:
    labels = skill.contract.labels
    place = {label_key(label): number for number, label in enumerate(labels)}
    if not labels or any(label_key(example.expected) not in place for example, _, _ in scored):
        return None
    counts = Counter(
        (
            place[label_key(example.expected)],
            len(labels) if record.output is None else place[label_key(record.output)],
        )
        for example, record, _ in scored
    )
    return Confusion(
        labels=labels,
        counts=tuple(
            tuple(counts[row, column] for column in range(len(labels) + 1))
            for row in range(len(labels))
        ),
    )


def _wrong(scorer: Scorer, wrong: Sequence[Scored]) -> tuple[WrongAnswer, ...]:
    lowest = sorted(wrong, key=lambda each: each[2])[:MAX_WRONG]
    return tuple(
        WrongAnswer(
            id=example.id,
            inputs=shown_inputs(example.inputs),
            expected=shown(example.expected),
            raw=shown(record.reply.text),
            output=None if record.output is None else shown(record.output),
            violation=None if record.violation is None else shown(one_line(record.violation)),
            score=score,
            reason=shown(_reason(scorer, example, record)),
        )
        for example, record, score in lowest
    )


def _reason(scorer: Scorer, example: Example, record: EvaluationRecord) -> str:
    if record.reason:
        return record.reason
    return "" if record.output is None else why_wrong(scorer, example, record.output)


def _rank(times: Sequence[float], share: float) -> float | None:
    """The smallest time that this share of the times does not exceed."""
    return times[max(0, ceil(share * len(times)) - 1)] if times else None


def _dollars(context: Context, skill: Skill, records: Sequence[EvaluationRecord]) -> float | None:
    price = context.price(skill.model)
    if price is None or not records:
        return None
    return 1000 * fmean(
        price.of(r.reply.prompt_tokens, r.reply.completion_tokens, r.reply.cached_tokens)
        for r in records
    )
