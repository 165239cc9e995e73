"""Run prompts on rows; each reply is stored before it counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from tinyarms.core.errors import ModelError, NotScored, StoreError, UsageError
from tinyarms.core.ids import new_id
from tinyarms.core.interrupt import ReportedInterrupt
from tinyarms.core.prices import RolePrices
from tinyarms.core.text import counted
from tinyarms.loop.calling.budget import BudgetTracker
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.calling.evaluator import EvaluationAnswer
from tinyarms.loop.calling.spending import Spent
from tinyarms.loop.evaluating.prompts import FoundPrompt
from tinyarms.loop.evaluating.rows import Rows
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener, Progress
from tinyarms.loop.searching.pricing import check_priced, role_prices
from tinyarms.loop.searching.replies_estimate import replies_estimate
from tinyarms.loop.testing.gate_answers import in_turns
from tinyarms.skills.example import Example
from tinyarms.skills.scorers import Scorer
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import SessionRecord, SessionState, VariantRecord

STEP = "Evaluation"
_GOES_ON = "The replies are stored: the same command goes on."
_LONGEST = timedelta(days=1)
"""Age at which an evaluation that has not ended is taken for one whose process was killed."""


@dataclass(frozen=True)
class Answered:
    """What the model answered to one prompt, and what its calls cost."""

    answers: tuple[tuple[Example, EvaluationAnswer], ...]
    """In the order of the rows."""
    scorer: Scorer
    spent: Spent
    """The calls that were made for this prompt, also those whose output got no score."""


def scorer_of(context: Context, skill: Skill) -> Scorer:
    """The skill's scorer. Raises `UsageError` if it has none."""
    scorer = context.scorer(skill)
    if scorer is None:
        raise UsageError(
            f"{skill.name} has no scorer, so no answer is right or wrong.",
            f"Add one in config.yaml: skills.{skill.name}.scorer, for example labels or exact.",
        )
    return scorer


def answer_rows(
    context: Context, skill: Skill, prompts: Sequence[FoundPrompt], rows: Rows, listener: Listener
) -> list[Answered]:
    """Run each prompt on every row, in turns; stored replies cost no call.

    Reports the estimate first. After Ctrl-C, or if the model fails, the replies so far are kept.
    Raises `ReportedInterrupt`, `ModelError` if no model answers, `NotScored`, and `NotPriced`.
    """
    scorer = scorer_of(context, skill)
    prices = role_prices(context, skill, skill.model, rows.examples)
    # The rows fix the number of calls; the other limits are those of a search.
    limits = context.project.settings.evolution.budget.model_copy(update={"calls": None})
    check_priced(context, skill, skill.model, limits.money, prices)
    sent = [found.prompt for found in prompts]
    listener.estimate(replies_estimate(context, skill, sent, rows.examples))
    variants = [
        VariantRecord(id=str(number), session_id="", variant_letter="", prompt=prompt)
        for number, prompt in enumerate(sent)
    ]
    pairs = in_turns(variants, rows.examples, 0)
    done = 0

    def progress() -> None:
        nonlocal done
        done += 1
        listener.progress(Progress(STEP, done, len(pairs)))

    with _session(context, skill, sent[-1].hash) as session_id:
        budget = BudgetTracker.at(prices, limits)
        caller = Caller(context, session_id, skill, scorer, budget=budget)
        requests = [(variant.prompt, example) for variant, example in pairs]
        try:
            # Like the gate's, the calls do not depend on one another.
            answers = caller.evaluate_many(requests, "test", progress)
        except KeyboardInterrupt as interrupt:
            listener.note(_end("Stopped", done, len(pairs)))
            if type(interrupt) is not KeyboardInterrupt:
                raise
            raise ReportedInterrupt from interrupt
        except (ModelError, NotScored):
            listener.note(_end("Ended", done, len(pairs)))
            raise
    by_pair = {
        (variant.id, example.id): answer
        for (variant, example), answer in zip(pairs, answers, strict=True)
    }
    spent = _spent(context, session_id, prices, [variant.id for variant, _ in pairs])
    return [
        Answered(
            tuple((row, by_pair[variant.id, row.id]) for row in rows.examples),
            scorer,
            spent[variant.id],
        )
        for variant in variants
    ]


def _spent(
    context: Context, session_id: str, prices: RolePrices, variant_ids: Sequence[str]
) -> dict[str, Spent]:
    """Id of a variant → what its calls cost. `variant_ids`: of each call, by its index."""
    with context.store.read() as work:
        made, scoring = work.calls.made(session_id), work.calls.scoring(session_id)
    spent = {variant_id: Spent.at(prices) for variant_id in variant_ids}
    for index, reply in made.items():
        spent[variant_ids[index]].test.add(reply)
    for index, replies in scoring.items():
        for reply in replies:
            spent[variant_ids[index]].scorer.add(reply)
    return spent


def _end(how: str, done: int, total: int) -> str:
    if not done:
        return f"{how} before the first of {counted(total, 'answer')}."
    return f"{how} after {done} of {counted(total, 'answer')}. {_GOES_ON}"


@contextmanager
def _session(context: Context, skill: Skill, prompt_hash: str) -> Iterator[str]:
    """The session that the calls belong to; yields its id."""
    session = SessionRecord(
        id=new_id(),
        skill=skill.name,
        original_prompt_hash=prompt_hash,
        triggered_at=context.clock(),
        trigger_reason="manual",
        base_version=context.skill(skill.name).prompt_version,
        preset=context.project.settings.preset,
        author="evaluation",
        optimizer="evaluation",
        seed=0,
        state=SessionState.READY,
    )
    with context.store.unit_of_work() as work:
        for earlier in work.sessions.evaluations(skill.name):
            if earlier.state.is_open and session.triggered_at - earlier.triggered_at > _LONGEST:
                reason = "Its process was killed."
                work.sessions.end(earlier.id, SessionState.CANCELLED, reason, session.triggered_at)
        work.sessions.add(session)
    store = context.store
    try:
        yield session.id
    except BaseException as error:
        reason = "The evaluation was interrupted."
        with suppress(StoreError), store.cleaning_up(error), store.unit_of_work() as work:
            work.sessions.end(session.id, SessionState.CANCELLED, reason, context.clock())
        raise
    reason = "The evaluation has ended."
    with store.unit_of_work() as work:
        work.sessions.end(session.id, SessionState.KEPT, reason, context.clock())
