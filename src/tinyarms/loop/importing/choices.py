"""What a person chose for a new skill, in place of what is proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from tinyarms.core.errors import UsageError
from tinyarms.core.settings import ModelSettings
from tinyarms.core.text import one_line, shorten
from tinyarms.loop.importing.decide import Decision
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.starter import settings_of_tag
from tinyarms.skills.contract import Contract
from tinyarms.skills.skill import COMPARING
from tinyarms.store.project.skill_model import OutputModel, ScorerModel

NO_SCORER = "none"
"""In place of a scorer's name: users alone judge."""


@dataclass(frozen=True)
class Choices:
    """Whatever is `None` is proposed by the rows."""

    description: str | None = None
    """What the skill does, in a sentence."""
    output: Mapping[str, Any] | None = None
    """`output:` of its entry, such as `{"labels": ["good", "bad"]}`."""
    scorer: str | None = None
    """Name of a scorer without options, or `NO_SCORER`."""
    prompt: str | None = None
    """The text of its first prompt."""
    model: tuple[str, ModelSettings] | None = None
    """A model to declare, with its name."""


NO_CHOICES = Choices()


def chosen(decision: Decision, choices: Choices) -> Decision:
    """The decision with what a person chose. Raises `UsageError` for what no skill can have."""
    if choices.output is not None:
        contract = contract_of(choices.output)
        scorer = decision.scorer
        if scorer in COMPARING:
            scorer = "labels" if contract.kind == "labels" else "exact"
        decision = replace(decision, output=dict(choices.output), contract=contract, scorer=scorer)
    if choices.scorer is None or choices.scorer == decision.scorer_name:
        return decision
    # Only the scorer `checks` reads the checks of the rows, and only it gives parts of 1 to outputs
    # that are wrong.
    if choices.scorer == "checks":
        return replace(decision, scorer="checks", keeps_checks=True, success_at=1.0)
    decision = replace(decision, keeps_checks=False, success_at=None)
    if choices.scorer == NO_SCORER:
        return replace(decision, scorer=None)
    try:
        ScorerModel(name=choices.scorer)
    except ValidationError as error:
        raise UsageError(f"No skill can have this scorer: {_why(error)}.") from error
    return replace(decision, scorer=choices.scorer)


def undeclared(context: Context, model: str) -> tuple[str, ModelSettings] | None:
    """A model to declare, with its name; `None` if it is declared already.

    `model`: a name under `models:`, or as `tinyarms init --model` names it. Raises `UsageError` for
    a model that is nowhere.
    """
    known = context.project.models
    return None if model in known else (model, settings_of_tag(model, context.environ, known))


def contract_of(output: Mapping[str, Any]) -> Contract:
    """The contract of `output:` of an entry. Raises `UsageError` for what no skill can have."""
    try:
        return OutputModel.model_validate(dict(output)).contract()
    except ValidationError as error:
        raise UsageError(f"No skill can have this output: {_why(error)}.") from error


def _why(error: ValidationError) -> str:
    message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
    return shorten(one_line(message), 200).rstrip(".")
