"""What the models were asked for today and this month, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tinyarms.core.errors import TinyArmsError
from tinyarms.core.prices import Price
from tinyarms.loop.project.context import Context
from tinyarms.loop.searching.pricing import judge_of, prices_of
from tinyarms.store.db.repositories.usage import CallRole, CallSums
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Spend:
    """The calls of a model in some time."""

    calls: int
    """Number of its calls; cached replies cost none."""
    tokens: int
    """Tokens of prompts and replies."""
    seconds: float
    """Seconds of the model's time."""
    money: float | None
    """US dollars at today's prices, or at those when a search began; `None`: calls were made whose
    price is not known."""


@dataclass(frozen=True)
class ModelSpend:
    """The calls of a model for a skill: of its tasks, searches, gates, refreshes, evaluations and
    of its judge. Searches and grades that are pruned do not count."""

    skill: str
    model: str | None
    """The model's tag, or the name of a judge of live tasks that is no model; `None`: the
    application's own."""
    today: Spend
    """Since midnight UTC."""
    month: Spend
    """Since the first of the month, UTC."""


def spend(context: Context) -> tuple[ModelSpend, ...]:
    """The calls of this month, by skill and model, in the order of the skills and models."""
    now = context.clock()
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    lines = []
    with context.store.read() as work:
        for skill in context.project.names:
            month = _of_skill(context, work, skill, day.replace(day=1))
            today = _of_skill(context, work, skill, day) if month else {}
            lines += [
                ModelSpend(skill, model, today.get(model, _NOTHING), month[model])
                for model in sorted(month, key=lambda model: (model is None, model or ""))
            ]
    return tuple(lines)


_NOTHING = Spend(0, 0, 0.0, 0.0)


def _of_skill(
    context: Context, work: UnitOfWork, skill: str, since: datetime
) -> Mapping[str | None, Spend]:
    found: dict[str | None, Spend] = {}

    def add(model: str | None, sums: CallSums, money: float | None) -> None:
        before = found.get(model, _NOTHING)
        found[model] = Spend(
            before.calls + sums.calls,
            before.tokens + sums.prompt_tokens + sums.completion_tokens,
            before.seconds + sums.seconds,
            None if before.money is None or money is None else before.money + money,
        )

    prices = _prices_of_tags(context)
    for model, sums in work.usage.of_tasks(skill, since).items():
        add(model, sums, _cost(sums, prices.get(model)))
    for judge, sums in work.usage.of_grades(skill, since).items():
        grader = judge.rpartition(":")[0]
        add(_tag(context, grader) or grader, sums, sums.dollars)
    for (session_id, role), sums in work.usage.of_sessions(skill, since).items():
        model, price = _of_role(context, work, session_id, role)
        add(model, sums, _cost(sums, price))
    return found


def _cost(sums: CallSums, price: Price | None) -> float | None:
    """Dollars of the calls; where long prompts have another price, by the mean length."""
    if price is None or not sums.calls:
        return None if sums.calls else 0.0
    means = (sums.prompt_tokens, sums.completion_tokens, sums.cached_tokens)
    return sums.calls * price.of(*(each / sums.calls for each in means))


def _of_role(
    context: Context, work: UnitOfWork, session_id: str, role: CallRole
) -> tuple[str | None, Price | None]:
    """The tag and price of the model that a session called in a role; `None`: not known now."""
    session = work.sessions.get(session_id)
    try:
        skill = context.skill(session.skill).skill
        prices = prices_of(context, session)
        match role:
            case "task":
                return _tag(context, skill.model), prices.task
            case "writer":
                writer = context.writer_name(skill) if session.search is None else None
                name = writer or session.search_plan.writer
                return _tag(context, name), prices.writer
            case "judge":
                judge = judge_of(context, skill)
                return (None if judge is None else _tag(context, judge.model)), prices.judge
    except TinyArmsError:  # the skill or its model is not there any more
        return None, None


def _tag(context: Context, name: str) -> str | None:
    try:
        return context.model_settings(name).model
    except TinyArmsError:
        return None


def _prices_of_tags(context: Context) -> Mapping[str | None, Price | None]:
    """Tag of each model in the config → its price, if all entries with the tag have the same."""
    found: dict[str | None, Price | None] = {}
    for name in context.project.models:
        tag = _tag(context, name)
        price = _price(context, name)
        found[tag] = price if found.get(tag, price) == price else None
    return found


def _price(context: Context, name: str) -> Price | None:
    try:
        return context.price(name)
    except TinyArmsError:
        return None
