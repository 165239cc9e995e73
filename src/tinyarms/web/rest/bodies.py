"""What requests contain: contents only, never a path, an address or a declaration."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from tinyarms.core.errors import UsageError
from tinyarms.core.ids import LONGEST_ID
from tinyarms.core.settings import OptimizerName
from tinyarms.loop.serving.given_inputs import GivenInput

Id: TypeAlias = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
Text: TypeAlias = Annotated[str, Field(max_length=10_000_000)]
ModelName: TypeAlias = Annotated[str, Field(min_length=1, max_length=LONGEST_ID)]
Split: TypeAlias = Literal["search", "selection", "test"]


class Body(BaseModel):
    """The object of a request. An unknown field is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)


class Binary(Body):
    """Bytes: a picture where a data URL is not at hand, or a content that is no text."""

    base64: Text
    """The bytes."""


Inputs: TypeAlias = dict[str, Text | Binary]
"""Each input by its name: a text; or for a picture a data URL or its bytes."""


class Run(Body):
    """A task."""

    skill: Id
    inputs: Inputs
    task_id: Id | None = None
    """Your own id; the same id counts once."""
    user: Id | None = None
    """Only from an application: whose task it is."""
    expected: Text | None = None
    """The right output, if it is known; the scorer compares."""
    explain: bool = False


class Begin(Body):
    """A task that the caller runs with a model of its own."""

    skill: Id
    inputs: Inputs
    task_id: Id | None = None
    user: Id | None = None


class Finish(Body):
    """What the caller's model answered."""

    skill: Id
    inputs: Inputs
    output: Text
    latency_ms: Annotated[float, Field(ge=0, le=1e12, strict=False)] | None = None
    expected: Text | None = None
    user: Id | None = None


class Feedback(Body):
    """How a task went: one of the two fields."""

    success: bool | None = None
    correction: Text | None = None
    feedback_id: Id | None = None
    """Your own id; the same id counts once."""
    user: Id | None = None


class Vote(Body):
    """The answer to a ballot."""

    choice: Id | None
    """`A`, `B` …, `none`, or null to skip."""
    skill: Id | None = None
    vote_id: Id | None = None
    user: Id | None = None


class ForUser(Body):
    """Whom a request is for."""

    user: Id | None = None


class Annoyance(Body):
    """Whether voting was annoying; null: the user skipped the question."""

    annoyed: bool | None
    user: Id | None = None


class Search(Body):
    """The options of a search; what is left out, the settings choose."""

    variants: Annotated[int, Field(ge=1, le=26)] | None = None
    seed: Annotated[int, Field(ge=-(2**31), lt=2**31)] | None = None
    optimizer: OptimizerName | None = None
    preset: Literal["default", "original"] | None = None
    writer: ModelName | None = None
    """The writing model: a name under `models:` of the project."""
    prompts: list[Text] = Field(default=[], max_length=26)
    """For the first population: the texts of prompt files."""
    budget_calls: Annotated[int, Field(ge=1, le=10**9)] | None = None
    budget_tokens: Annotated[int, Field(ge=1, le=10**12)] | None = None
    budget_seconds: Annotated[float, Field(gt=0, le=1e9, strict=False)] | None = None
    budget_money: Annotated[float, Field(gt=0, le=1e9, strict=False)] | None = None

    def options(self) -> dict[str, Any]:
        """The options that `estimate` takes too."""
        names = Search.model_fields.keys() - {"seed", "prompts"}
        return {name: getattr(self, name) for name in names} | {"manual_texts": self.prompts}


class Evolve(Search):
    """A search."""

    force: bool = False
    restart: bool = False


class Evaluate(Body):
    """Which prompt to measure, and on which examples."""

    version: Annotated[int, Field(ge=1, le=10**9)] | None = None
    prompt: Text | None = None
    """The text of a prompt file, in place of a version."""
    split: Literal["search", "selection", "test", "all"] | None = None
    n: Annotated[int, Field(ge=1, le=10**9)] | None = None


class Compare(Body):
    """Two prompts to measure on the same examples: versions, or the texts of prompt files."""

    before: Annotated[int, Field(ge=1, le=10**9)] | Text
    after: Annotated[int, Field(ge=1, le=10**9)] | Text
    split: Literal["search", "selection", "test", "all"] | None = None
    n: Annotated[int, Field(ge=1, le=10**9)] | None = None


class Variants(Body):
    """Prompts that people wrote: the texts of prompt files."""

    prompts: Annotated[list[Text], Field(min_length=1, max_length=26)]


class Promote(Body):
    """The variant to put into production, by its letter or name."""

    variant: Id


class Review(Body):
    """The answer to a proposal."""

    answer: Literal["approve", "refuse"]
    proposal: Id | None = None
    """Its id; left out: the only one that waits."""


class Rollback(Body):
    """The version whose text returns; left out: the one before."""

    to: Annotated[int, Field(ge=1, le=10**9)] | None = None


class Refresh(Body):
    """The options of a refresh."""

    demonstrations: Annotated[int, Field(ge=1, le=1000)] | None = None
    yes: bool = False


class ExampleRow(Body):
    """An example, as a row of an examples file."""

    inputs: Inputs
    expected: Text | None = None
    split: Split | None = None


class NewRows(Body):
    """Examples to add: all, or none."""

    rows: Annotated[list[ExampleRow], Field(min_length=1, max_length=100_000)]
    skip: bool = False
    """Leave out rows that cannot be examples."""


class Shares(Body):
    """The shares of search, selection and test; null: the splits that the file has now."""

    shares: tuple[float, float, float] | None = Field(default=None, strict=False)


class Reviewed(Body):
    """Example id → `gold` or `drop`."""

    answers: Annotated[dict[str, Literal["gold", "drop"]], Field(min_length=1, max_length=100_000)]


class Check(Body):
    """The skills to check; left out: all."""

    skills: Annotated[list[Id], Field(max_length=1000)] | None = None


class CheckAgainst(Check):
    """The commit with whose prompts those of now are compared, on the same examples."""

    against: Annotated[str, Field(max_length=200, pattern=r"^[A-Za-z0-9][A-Za-z0-9._/~^@{}-]*$")]
    """A branch, a tag or a commit of the project's repository."""
    split: Literal["search", "selection", "test", "all"] | None = None
    n: Annotated[int, Field(ge=1, le=10**9)] | None = None


class Forecast(Body):
    """The limit of votes of the live test; left out: that of the settings."""

    votes: Annotated[int, Field(ge=1, le=5000)] | None = None


class Doctor(Body):
    """How much is asked of each model."""

    calls: Annotated[int, Field(ge=0, le=1000)] = 10
    """Most calls a skill to check its contract."""
    timeout_s: Annotated[float, Field(gt=0, le=3600, strict=False)] = 60.0
    """Longest time for all calls to one model, in seconds."""


class Forget(Body):
    """The user whose data is deleted."""

    user: Id
    dry_run: bool = False


class Prune(Body):
    """Whether rows are only counted."""

    dry_run: bool = False


def given(inputs: Mapping[str, str | Binary]) -> dict[str, GivenInput]:
    """The inputs as the facade takes them. Raises `UsageError` for bytes that are not base64."""
    return {name: content_of(name, value) for name, value in inputs.items()}


def content_of(name: str, value: str | Binary) -> str | bytes:
    """A text, or bytes. Raises `UsageError` for what is not base64."""
    if isinstance(value, str):
        return value
    try:
        return base64.b64decode(value.base64, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UsageError(f"{name}: its bytes are not base64.", "Encode them again.") from error
