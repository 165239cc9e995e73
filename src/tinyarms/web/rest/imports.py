"""Skills and examples that come in as the contents of files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import Field

from tinyarms.exchange.incoming.records import Columns
from tinyarms.loop.importing.choices import Choices
from tinyarms.loop.importing.new_skill import SkillDraft
from tinyarms.web.answers import answer
from tinyarms.web.repeats import CountsOnce
from tinyarms.web.rest.bodies import Binary, Body, Id, ModelName, Text, content_of
from tinyarms.web.security.access import Arms, Releaser

router = APIRouter(prefix="/v1", tags=["imports"], route_class=CountsOnce)

ContentName = Annotated[str, Field(min_length=1, max_length=100)]
MOST_CONTENTS = 1000
Scoring = Literal["exact", "labels", "number", "f1", "keywords", "edit", "checks", "none"]
"""The scorers without options. One of Python code is declared in `config.yaml` only."""


class Contents(Body):
    """The contents of files, and how their rows are read."""

    contents: dict[ContentName, Text | Binary] = Field(default={}, max_length=MOST_CONTENTS)
    """By a name such as `rows.csv` or `promptfooconfig.yaml`, by which they find one another."""
    format: Id | None = None
    """What they are; left out: recognised."""
    inputs: dict[Id, Id] = Field(default={}, max_length=1000)
    """Of a table: the name of an input, and the column that it is in."""
    expected: Id | None = None
    """Of a table: the column of the right outputs."""
    split: Id | None = None
    """Of a table: the column of the split."""
    encoding: Id | None = None
    """Of contents that are bytes."""
    sheet: Id | None = None
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    model: ModelName | None = None
    """The model of a new skill: a name under `models:` of the project."""
    dry_run: bool = False
    """Whether only to say what would come in."""

    def sent(self) -> dict[str, str | bytes]:
        """The contents. Raises `UsageError` for what is not base64."""
        return {name: content_of(name, value) for name, value in self.contents.items()}

    def columns(self) -> Columns:
        """Which columns to read."""
        return Columns(
            self.inputs, self.expected, self.split, self.sheet, self.encoding, self.delimiter
        )


class Import(Contents):
    """Files of another tool, as examples of a skill."""

    skill: Id
    """The skill; one that is not there is made."""


class Output(Body):
    """What an output must look like: one of the four."""

    labels: Annotated[list[Text], Field(max_length=10_000)] | None = None
    pattern: Text | None = None
    json_schema: dict[str, Any] | None = None
    text: Literal[True] | None = None
    max_tokens: Annotated[int, Field(ge=1, le=10**6)] | None = None


class NewSkill(Contents):
    """A new skill. What is left out is proposed by the contents."""

    skill: Id
    """Its name."""
    input_names: list[Id] = Field(default=[], max_length=1000)
    """Without contents: the names of its inputs."""
    description: Text | None = None
    """What it does, in a sentence."""
    output: Output | None = None
    scoring: Scoring | None = None
    """How right is told; none: users judge."""
    prompt: Text | None = None
    """The first prompt."""

    def draft(self) -> SkillDraft:
        """The skill as far as it was said."""
        output = None if self.output is None else self.output.model_dump(exclude_none=True)
        return SkillDraft(
            name=self.skill,
            format=self.format,
            columns=self.columns(),
            input_names=tuple(self.input_names),
            model=self.model,
            choices=Choices(self.description, output, self.scoring, self.prompt),
        )


@router.post("/skills")
def new_skill(caller: Releaser, arms: Arms, body: NewSkill) -> Response:
    """Make a skill of your examples: its entry, first prompt and examples; all of them, or none.

    It serves tasks at once. `added` is null if nothing was written.
    """
    proposal, added = arms.add_skill_of_contents(body.draft(), body.sent(), dry_run=body.dry_run)
    return answer({"proposal": proposal, "added": added})


@router.post("/import")
def bring_in(caller: Releaser, arms: Arms, body: Import) -> Response:
    """Bring in the contents of another tool's files as examples of a skill; all, or nothing.

    Nothing of them is run, and what cannot come in is listed, such as the models that they name.
    """
    return answer(
        arms.import_contents(
            body.sent(),
            body.skill,
            format=body.format,
            columns=body.columns(),
            model=body.model,
            dry_run=body.dry_run,
        )
    )
