"""Check a skill's entry in `config.yaml`, and make the `Skill` that it declares."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tinyarms.core.errors import ConfigError
from tinyarms.core.settings import MAX_COUNT, Judge, MemorySettings, Online
from tinyarms.skills.comparison import label_key
from tinyarms.skills.contract import Contract, JsonSchema, Labels, Pattern, Text
from tinyarms.skills.json_schemas import check_schema
from tinyarms.skills.scorers import make_scorer
from tinyarms.skills.skill import MAX_PIXELS, PictureInput, Skill


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class OutputModel(_Model):
    """`output:`: exactly one kind of contract. Each key with an example is a kind."""

    labels: list[str] | None = Field(default=None, examples=[["billing", "shipping", "other"]])
    """Exactly one of these labels, at least two."""
    pattern: str | None = Field(default=None, examples=["[a-z0-9]+(-[a-z0-9]+){1,5}"])
    """Text that matches this regular expression of Python as a whole. A text on which that takes
    more than a second does not keep the contract."""
    json_schema: dict[str, Any] | None = Field(
        default=None,
        examples=[
            {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
        ],
    )
    """A JSON value that validates against this schema."""
    text: Literal[True] | None = Field(default=None, examples=[True])
    """`true`: any text that is not empty."""
    max_tokens: int | None = Field(default=None, ge=1, le=MAX_COUNT)
    """Longest output in tokens. Left out: the default of its kind."""

    @model_validator(mode="after")
    def _check(self) -> OutputModel:
        kinds = CONTRACT_EXAMPLES
        if sum(getattr(self, kind) is not None for kind in kinds) != 1:
            raise ValueError(f"must have exactly one of {', '.join(kinds)}")
        if self.labels is not None:
            _check_labels(self.labels)
        if self.json_schema is not None:
            _check_schema(self.json_schema)
        try:
            self.contract().constraint()
        except ConfigError as error:
            raise ValueError(str(error).removeprefix("scorer: ")) from error
        return self

    def contract(self) -> Contract:
        """The contract; if `max_tokens` is left out, with the default of its kind."""
        limit = {} if self.max_tokens is None else {"max_tokens": self.max_tokens}
        if self.labels is not None:
            return Labels(tuple(self.labels), **limit)
        if self.pattern is not None:
            return Pattern(self.pattern, **limit)
        if self.json_schema is not None:
            return JsonSchema(self.json_schema, **limit)
        return Text(**limit)


CONTRACT_EXAMPLES: Mapping[str, Any] = {
    key: field.examples[0] for key, field in OutputModel.model_fields.items() if field.examples
}
"""Kind of contract (a key of `output:`) → an example of its value."""


class InputModel(_Model):
    """The long form of an input."""

    type: Literal["text", "image", "transcript"] = "text"
    """What the input contains. `text` and `transcript`: text. `image`: a picture, given as a path,
    as bytes or as a data URL."""
    optional: bool = False
    """Whether the input may be left out."""
    max_pixels: int | None = Field(default=None, ge=10_000, le=MAX_COUNT)
    """`image`: a larger picture is scaled down to this many pixels before it is sent or read. Left
    out: 2,000,000."""
    text_from: Literal["ocr"] | None = None
    """`image`: `ocr` reads the text of the picture on this machine (`tinyarms[images]`) where the
    model cannot see. With it, a picture is sent only to a model with `capabilities: {images:
    true}`."""

    @model_validator(mode="after")
    def _check(self) -> InputModel:
        for key in ("max_pixels", "text_from"):
            if self.type != "image" and getattr(self, key) is not None:
                raise ValueError(f"`{key}` belongs to an input of the type image")
        return self

    def picture(self) -> PictureInput:
        """The picture that an input of the type `image` holds."""
        return PictureInput(self.max_pixels or MAX_PIXELS, self.text_from)


class ScorerModel(_Model):
    """`scorer:`; a bare name is a scorer without options."""

    name: str
    """Name of a scorer, or `module:function`."""
    pattern: str | None = None
    """`regex`: the regular expression of Python to search for."""
    rubric: str | None = None
    """`judge`: the question by which the output is graded."""
    model: str | None = None
    """`judge` and `checks`: the model that grades, a name under `models:`; the skill's own model
    if left out."""
    timeout_s: float | None = Field(default=None, gt=0, le=3600)
    """`module:function`: most seconds for one output, 10 if left out. An output that takes longer
    could not be scored."""
    memory_mb: int | None = Field(default=None, ge=64, le=1_048_576)
    """`module:function`: most memory of its process in MiB, 4096 if left out."""

    @model_validator(mode="after")
    def _check(self) -> ScorerModel:
        try:
            if self.name == "judge":
                if self.rubric is None:
                    raise ValueError("the scorer judge needs `rubric`")
            elif ":" not in self.name:
                make_scorer(self.name, self.options(), "scorer")
        except ConfigError as error:
            raise ValueError(str(error).removeprefix("scorer: ")) from error
        return self

    def options(self) -> dict[str, Any]:
        """The options that are set."""
        return self.model_dump(exclude={"name"}, exclude_none=True)


class SkillModel(_Model):
    """One entry under `skills:`. The keys that only a release writes are for people and are
    ignored."""

    description: str
    """What the skill does, in a sentence. The search reads it."""
    prompt_template: str
    """Path of the prompt file in production, relative to the project's folder. A promotion
    changes it."""
    prompt_version: int = Field(default=1, ge=1, le=MAX_COUNT)
    """Number of the version in production. A promotion changes it."""
    model: str
    """The model that runs the skill: a name under `models:`."""
    inputs: dict[str, InputModel]
    """The skill's inputs: a list of names, or names with their `type`."""
    needs_one_of: list[str] = []
    """Optional inputs of which at least one must be given."""
    output: OutputModel
    """The output contract: what an output must look like."""
    scorer: ScorerModel | None = None
    """How an output is scored against an example: the name of a scorer, or a mapping with its
    options. Left out: users alone decide a live test."""
    success_at: float = Field(default=0.5, gt=0, le=1)
    """Lowest score, in (0, 1], at which an output counts as a success."""
    examples: str | None = None
    """Path of the examples (JSONL), relative to the project's folder."""
    evolvable: bool = True
    """`false`: the prompt is never evolved."""
    reason: str = ""
    """Why the skill is not evolvable; shown when an evolution is refused."""
    approval: Literal["required", "none"] = "none"
    """`required`: no prompt of this skill goes into production before a person has approved it
    (`tinyarms prompt approve`). The prompt that is in production when this is switched on counts as
    approved."""
    judge: Judge | None = None
    """The judge of this skill's variants. Left out: the project's `judge`."""
    online: Online | None = None
    """What grades a sample of this skill's tasks in the background. Left out: nothing does."""
    memory: MemorySettings | None = None
    """What this skill's prompts remember. Left out: the project's `memory`."""
    evolved_at: Any = None
    """Time of the last release. A release writes it and the next three keys for people to read."""
    previous_accuracy: Any = None
    """Accuracy of the version before, in [0, 1]: on held-out examples, else on its tasks."""
    current_accuracy: Any = None
    """Accuracy of the version in production on held-out examples, in [0, 1]."""
    evolution_history: Any = None
    """Every version with its period in production, its accuracy and its source."""

    @field_validator("inputs", mode="before")
    @classmethod
    def _accept_names(cls, value: Any) -> Any:
        if isinstance(value, str | int | float):
            raise ValueError(f"must be a list, for example [{value}]")
        return {name: {} for name in value} if isinstance(value, list) else value

    @field_validator("inputs")
    @classmethod
    def _check_names(cls, value: dict[str, InputModel]) -> dict[str, InputModel]:
        if not value:
            raise ValueError("must name at least one input")
        for name in value:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise ValueError(f"{name!r} must be letters from A to Z, digits and underscores")
        return value

    @model_validator(mode="after")
    def _check_needs_one_of(self) -> SkillModel:
        optional = [name for name, given in self.inputs.items() if given.optional]
        wrong = next((name for name in self.needs_one_of if name not in optional), None)
        if wrong is not None:
            raise ValueError(f"needs_one_of: {wrong!r} is not an input with `optional: true`")
        if len(optional) == len(self.inputs) and not self.needs_one_of:
            raise ValueError(
                "all inputs are optional: name in `needs_one_of` those of which one must be given"
            )
        return self

    @field_validator("online")
    @classmethod
    def _check_online(cls, value: Online | None) -> Online | None:
        if value is not None and value.json_schema is not None:
            _check_schema(value.json_schema)
        if value is not None and value.pattern is not None:
            try:
                make_scorer("regex", {"pattern": value.pattern}, "online")
            except ConfigError as error:
                raise ValueError(error.message.removeprefix("online: ")) from error
        return value

    @field_validator("scorer", mode="before")
    @classmethod
    def _accept_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    def skill(self, name: str, memory: MemorySettings | None = None, model_tag: str = "") -> Skill:
        """The skill that it declares.

        `memory`: the project's setting; `None`: the default. `model_tag`: that of its model; empty:
        not known.
        """
        return Skill(
            name=name,
            description=self.description,
            inputs=tuple(self.inputs),
            model=self.model,
            contract=self.output.contract(),
            scorer=None if self.scorer is None else self.scorer.name,
            scorer_options={} if self.scorer is None else self.scorer.options(),
            success_at=self.success_at,
            examples=self.examples,
            evolvable=self.evolvable,
            reason=self.reason,
            optional=frozenset(name for name, given in self.inputs.items() if given.optional),
            needs_one_of=tuple(self.needs_one_of),
            pictures={
                n: given.picture() for n, given in self.inputs.items() if given.type == "image"
            },
            memory_share=(self.memory or memory or MemorySettings()).share,
            model_tag=model_tag,
        )


def _check_labels(labels: list[str]) -> None:
    by_key: dict[str, str] = {}
    for label in labels:
        key = label_key(label)
        if not key:
            raise ValueError(f"the label {label!r} is empty")
        if key in by_key:
            raise ValueError(f"the labels {by_key[key]!r} and {label!r} look the same")
        by_key[key] = label
    if len(by_key) < 2:
        raise ValueError("labels must be at least two different texts")


def _check_schema(schema: dict[str, Any]) -> None:
    try:
        check_schema(schema)
    except ValueError as error:
        raise ValueError(f"json_schema: {error}") from error
