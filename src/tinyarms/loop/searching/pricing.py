"""The prices of a search's models, by role, and what its calls will cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from tinyarms.core.errors import ConfigError, ExampleError
from tinyarms.core.prices import FREE, UNKNOWN_PRICES, Money, Price, RolePrices, money
from tinyarms.core.settings import Judge, ModelSettings
from tinyarms.loop.calling.budget import NO_COST, dollars_of
from tinyarms.loop.calling.scoring import judge_model
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.grading import grade_request
from tinyarms.loop.project.picture_inputs import measured_view
from tinyarms.loop.searching.scorer_calls import ScorerCalls, scorer_calls
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelRequest, build_request
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.request_size import planned_prompt_tokens
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import Cost, SessionRecord

_MEASURED = 20
"""Examples whose requests an estimate measures. Higher: it is a little more exact."""


def role_prices(
    context: Context, skill: Skill, writer: str, examples: Sequence[Example]
) -> RolePrices:
    """What calls of the search's models cost now. A role that is not called costs nothing.

    `examples`: those of the search; their checks may ask a judge.
    """
    judge = judge_of(context, skill)
    graded = FREE if judge is None else context.price(judge.model)
    scorer = scorer_calls(skill, examples)
    scored = FREE if scorer is None else context.price(scorer.model)
    task = context.price(skill.model)
    return RolePrices(
        task=task,
        writer=task if writer == skill.model else context.price(writer),
        judge=graded,
        scorer=scored,
    )


def prices_of(context: Context, session: SessionRecord) -> RolePrices:
    """The prices of a session's calls: those when it began, or else, not known then, today's."""
    plan = session.search
    if plan is not None and plan.prices != UNKNOWN_PRICES:
        return plan.prices
    skill = context.skill(session.skill).skill
    writer = context.writer_name(skill) if plan is None else plan.writer
    try:
        examples = context.example_set(skill, sync=False).usable
        return role_prices(context, skill, writer, examples)
    except (ConfigError, ExampleError):  # the model or the file is not there any more
        return UNKNOWN_PRICES


def judge_of(context: Context, skill: Skill) -> Judge | None:
    """The judge that grades the skill's finalists."""
    return context.skill(skill.name).judge or context.project.settings.judge


class NotPriced(ConfigError):
    """Money is limited, and what a search costs is not known."""


def check_priced(
    context: Context, skill: Skill, writer: str, limit: float | None, prices: RolePrices
) -> None:
    """Raises `NotPriced` if money is limited and the price of a model is not known.

    `limit`: in US dollars; `None`: money is not limited.
    """
    if limit is None:
        return
    judge = judge_of(context, skill)
    names = [skill.model, writer, *([judge.model] if judge else [])]
    # A scorer that asks no judge is free.
    names += [judge_model(skill)] if prices.scorer is None else []
    unknown = [name for name in dict.fromkeys(names) if context.price(name) is None]
    if unknown:
        listed = ", ".join(f"models.{name}" for name in unknown)
        raise NotPriced(
            f"The budget of ${limit:g} cannot be kept: the price of {listed} is not known.",
            f"Add `prices: {{input: …, output: …}}` to models.{unknown[0]} in config.yaml, in "
            "dollars per million tokens.",
        )


def estimated_money(
    prices: RolePrices,
    tasks: tuple[int, Cost],
    writes: tuple[int | None, Cost],
    grades: tuple[int, Cost],
    scores: tuple[int, Cost, Price | None] = (0, Cost(0, 0, 0), FREE),
) -> Money:
    """The money for so many calls of each mean cost; unknown where a number or price is.

    `scores`: the calls of the scorer and their price.
    """

    def amount(calls: int | None, cost: Cost, price: Price | None) -> float | None:
        if calls == 0 or (price is not None and price.is_free):
            return 0.0
        dollars = dollars_of(cost, price)
        return None if calls is None or dollars is None else calls * dollars

    graded, scored = amount(*grades, prices.judge), amount(*scores)
    judge = None if graded is None or scored is None else graded + scored
    return money(amount(*tasks, prices.task), amount(*writes, prices.writer), judge)


def task_cost_by_texts(
    skill: Skill, settings: ModelSettings, prompt: Prompt, examples: Iterable[Example]
) -> Cost:
    """The cost of a task call by the sizes of the texts and pictures, before the first call.

    `settings`: of the skill's model. Raises `ConfigError` if it cannot be given the pictures.
    """
    view = measured_view(skill, settings)
    return cost_by_texts(
        [
            build_request(skill.contract, prompt, example.inputs, view)
            for example in islice(examples, _MEASURED)
        ]
    )


def judge_cost_by_texts(judge: Judge | None, examples: Iterable[Example]) -> Cost:
    """The cost of a grade by the sizes of the texts, with the expected outputs as answers."""
    if judge is None:
        return cost_by_texts([])
    return cost_by_texts(
        [
            grade_request(judge.rubric, example.inputs, example.expected)
            for example in islice(examples, _MEASURED)
        ]
    )


NOT_SCORED: tuple[int, Cost, Price | None] = (0, NO_COST, FREE)
"""The estimate of a scorer that asks no model."""


def scorer_estimate(
    context: Context, scorer: ScorerCalls, outputs: int
) -> tuple[int, Cost, Price | None]:
    """The calls of the scorer for so many outputs, the mean cost of one, and their price."""
    cost = cost_by_texts(scorer.requests)
    return scorer.of(outputs), cost, context.price(scorer.model)


def scoring_cost(scorer: ScorerCalls) -> Cost:
    """The mean cost of the scorer's calls for one output, by the sizes of the texts."""
    each, n = cost_by_texts(scorer.requests), scorer.of_an_output
    return Cost((each.tokens or 0) * n, None, (each.completion_tokens or 0) * n)


def with_scorer_seconds(
    skill: Skill, seconds: float | None, scores: tuple[int, Cost, Price | None], task: Cost
) -> float | None:
    """The seconds of a search and of its scorer's calls; `None`: not known.

    `task`: the cost of a task call. The speed of the scorer's judge is known if it is the model
    that runs the tasks.
    """
    calls, cost, _ = scores
    if not calls or seconds is None:
        return seconds
    if judge_model(skill) != skill.model or not (task.seconds and task.tokens and cost.tokens):
        return None
    return seconds + calls * task.seconds * cost.tokens / task.tokens


def cost_by_texts(requests: Sequence[ModelRequest]) -> Cost:
    """The mean cost of these calls with replies as long as they may be; unknown without calls."""
    if not requests:
        return Cost(None, None)
    prompts = sum(map(planned_prompt_tokens, requests))
    replies = sum(request.max_tokens for request in requests)
    n = len(requests)
    return Cost((prompts + replies) / n, None, replies / n)
