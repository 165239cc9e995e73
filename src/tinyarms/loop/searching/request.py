"""A request for a search."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from tinyarms.core.errors import UsageError
from tinyarms.core.settings import Budget
from tinyarms.loop.releasing.prompt_texts import PromptText
from tinyarms.monitoring.verdict import TriggerNumbers


@dataclass(frozen=True, kw_only=True)
class BudgetOverride:
    """Limits that replace those of the settings; `None` keeps the setting."""

    calls: int | None = None
    """Most task calls, at least 1."""
    tokens: int | None = None
    """Most tokens over all calls, at least 1."""
    seconds: float | None = None
    """Most seconds of model time over all calls, above 0."""
    money: float | None = None
    """Most US dollars over all calls, above 0."""

    def applied_to(self, budget: Budget) -> Budget:
        """The budget with these limits. Raises `UsageError` for a limit out of range."""
        limits = {unit: limit for unit, limit in vars(self).items() if limit is not None}
        try:
            return Budget.model_validate({**budget.model_dump(), **limits})
        except ValidationError as error:
            wrong = error.errors()[0]
            unit = wrong["loc"][0]
            problem = wrong["msg"].removeprefix("Input should be ")
            raise UsageError(
                f"The budget of {limits[str(unit)]} {unit} is out of range.",
                f"It must be {problem}.",
            ) from None


def override_of(
    calls: int | None, tokens: int | None, seconds: float | None, money: float | None
) -> BudgetOverride:
    """The limits of a request, in the order of the options."""
    return BudgetOverride(calls=calls, tokens=tokens, seconds=seconds, money=money)


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """The trigger of a search."""

    reason: str = "manual"
    """`accuracy_drop`, `drift`, `scheduled`, or `manual` for a person."""
    numbers: TriggerNumbers | None = None
    """The trigger's readings; `None` if a person begins the search."""


@dataclass(frozen=True, kw_only=True)
class SearchRequest:
    """A search for better prompts. `None` means that the settings choose."""

    skill: str
    """Name of the skill."""
    seed: int | None = None
    """Seed of the search: the same seed, settings and replies give the same result. `None`: 0 for a
    new search of a person. Another new search gets the number of the skill's earlier sessions."""
    variants: int | None = None
    """Variants to bring to the live test, 1 to 26."""
    optimizer: str | None = None
    """Name of the optimizer."""
    preset: Literal["default", "original"] | None = None
    """The preset: rules of the search and of the test."""
    writer: str | None = None
    """The writer: a name under `models:`."""
    manual: tuple[Path | PromptText, ...] = ()
    """Prompt files, or the texts of such files, for the first population, in addition to earlier
    versions that people wrote."""
    budget: BudgetOverride = BudgetOverride()
    """Limits of this search. By default, the original preset has no limit of calls."""
    force: bool = False
    """Whether to search even if the headroom probe sees no room for a better prompt."""
    restart: bool = False
    """Whether to drop an unfinished search instead of resuming it."""
    trigger: Trigger = Trigger()
    """What begins the search."""
