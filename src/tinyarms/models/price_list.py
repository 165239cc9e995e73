"""What a model costs: as `config.yaml` says, else nothing on this machine, else the price list.

The list is the installed release of the package `genai-prices`. Nothing is downloaded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from tinyarms.core.prices import FREE, LongPromptPrice, Price
from tinyarms.core.settings import ModelSettings
from tinyarms.models.addresses import server_address
from tinyarms.models.registry import is_local

if TYPE_CHECKING:
    from genai_prices.types import ModelPrice, Tier, TieredPrices

_LIST = "genai-prices"
_OLLAMA_CLOUD = ("-cloud", ":cloud")
"""How the names of models end that an Ollama server on this machine only passes on."""


@dataclass(frozen=True)
class SourcedPrice:
    """A price and where it comes from."""

    price: Price | None
    """`None`: not known."""
    source: Literal["by_hand", "this_machine", "list"]
    """`by_hand`: `prices:` of the model in config.yaml. `list`: the price list, even if it does not
    have the model."""


def price_of(settings: ModelSettings, environ: Mapping[str, str], now: datetime) -> Price | None:
    """The price of the model at this time; `None`: not known."""
    return sourced_price(settings, environ, now).price


def sourced_price(
    settings: ModelSettings, environ: Mapping[str, str], now: datetime
) -> SourcedPrice:
    """The price of the model at this time, and where it comes from."""
    if settings.prices is not None:
        return SourcedPrice(settings.prices, "by_hand")
    if settings.kind == "embedded" or is_local(settings, environ):
        is_passed_on = settings.kind == "ollama" and settings.model.endswith(_OLLAMA_CLOUD)
        return SourcedPrice(None, "list") if is_passed_on else SourcedPrice(FREE, "this_machine")
    address = server_address(settings, environ)
    listed = None if address is None else listed_price(settings.model, address, now)
    return SourcedPrice(listed, "list")


def list_name() -> str:
    """The name and the version of the price list."""
    return f"{_LIST} {version(_LIST)}"


def listed_price(model: str, base_url: str, now: datetime) -> Price | None:
    """The price in the list for a model at an address; `None`: it is not in the list.

    A price list for other units than tokens and calls is not known either.
    """
    # Imported here: the list takes a moment to read.
    from genai_prices.data_snapshot import get_snapshot

    try:
        _, entry = get_snapshot().find_provider_model(model, None, None, base_url)
    except LookupError:
        return None
    return _price(entry.get_prices(now))


def _price(listed: ModelPrice) -> Price | None:
    """The entry in our form; `None` if the prices of prompts or replies are missing."""
    base = (listed.input_mtok, listed.output_mtok)
    if base[0] is None or base[1] is None or listed.output_reasoning_mtok is not None:
        return None
    cached, per_1000 = listed.cache_read_mtok, _at(listed.requests_kcount, 0)
    steps = sorted({tier.start for price in (*base, cached) for tier in _tiers(price)})
    return Price(
        input=_known(base[0], 0),
        output=_known(base[1], 0),
        cached_input=_at(cached, 0),
        request=(per_1000 or 0.0) / 1000,
        long_prompts=tuple(
            LongPromptPrice(
                above=start,
                input=_known(base[0], start),
                output=_known(base[1], start),
                cached_input=_at(cached, start),
            )
            for start in steps
        ),
    )


def _tiers(price: Decimal | TieredPrices | None) -> list[Tier]:
    return [] if price is None or isinstance(price, Decimal) else price.tiers


def _known(price: Decimal | TieredPrices, start: int) -> float:
    """Dollars per million tokens of a prompt that reaches the tier from `start` tokens on."""
    if isinstance(price, Decimal):
        return float(price)
    reached = [tier.price for tier in price.tiers if tier.start <= start]
    return float(reached[-1] if reached else price.base)


def _at(price: Decimal | TieredPrices | None, start: int) -> float | None:
    return None if price is None else _known(price, start)
