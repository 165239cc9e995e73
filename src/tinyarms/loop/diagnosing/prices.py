"""What the calls of each model cost, and whether a limit of money can be kept."""

from __future__ import annotations

from collections.abc import Iterator

from tinyarms.core.errors import ConfigError, ExampleError
from tinyarms.core.prices import Price
from tinyarms.loop.diagnosing.finding import DoctorFinding, found_error
from tinyarms.loop.project.context import Context
from tinyarms.loop.searching.pricing import NotPriced, check_priced, role_prices
from tinyarms.models.price_list import SourcedPrice, list_name, sourced_price


def price_findings(context: Context) -> Iterator[DoctorFinding]:
    """The price of each model, and each skill whose search the limit of money forbids."""
    for name in context.project.models:
        try:
            settings = context.model_settings(name)
            sourced = sourced_price(settings, context.environ, context.clock())
        except ConfigError:  # found with the models
            continue
        yield DoctorFinding("prices", "ok", _in_words(sourced), name)
    limit = context.project.settings.evolution.budget.money
    for name, config in context.project.skills.items():
        skill = config.skill
        if limit is None or not skill.evolvable or skill.scorer is None:
            continue
        try:
            writer = context.writer_name(skill)
            examples = context.example_set(skill, sync=False).usable
            prices = role_prices(context, skill, writer, examples)
            check_priced(context, skill, writer, limit, prices)
        except NotPriced as error:
            yield found_error("prices", error, name)
        except (ConfigError, ExampleError):  # found with the config, or with the examples
            continue


def _in_words(sourced: SourcedPrice) -> str:
    price = sourced.price
    if sourced.source == "this_machine":
        return "Its calls cost nothing: they are answered on this machine."
    if price is None:
        return (
            f"What its calls cost is unknown: the price list ({list_name()}) does not have it, and "
            "it has no `prices:` in config.yaml."
        )
    by = "`prices:` in config.yaml" if sourced.source == "by_hand" else f"the list {list_name()}"
    return f"{_rates(price)}, by {by}."


def _rates(price: Price) -> str:
    if price.is_free:
        return "Its calls cost nothing"
    rates = (
        f"A million tokens cost {_dollars(price.input)} in prompts and {_dollars(price.output)} in "
        "replies"
    )
    if price.request:
        rates += f", and each call {_dollars(price.request)}"
    if price.long_prompts:
        above = min(long.above for long in price.long_prompts)
        rates += f" (prompts of more than {above:,} tokens have other prices)"
    return rates


def _dollars(price: float) -> str:
    """All of its digits: it is a price, not an estimate."""
    return f"${price:.9f}".rstrip("0").rstrip(".")
