"""What a reader found in the files of another tool, in the terms of this one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, NamedTuple

from tinyarms.exchange.tables.table import Json as Json


@dataclass(frozen=True)
class Listed:
    """A part that is not carried over."""

    where: str
    """`file, line N`, as `Source.place` writes it."""
    what: str
    """The part in a few words, in the terms of the other tool."""
    why: str
    """The reason, as a sentence without its full stop."""
    is_row: bool = False
    """Whether it is a whole row."""


@dataclass(frozen=True)
class Rewritten:
    """A text that comes in in another form, such as a placeholder."""

    where: str
    before: str
    after: str


@dataclass(frozen=True)
class Check:
    """One thing that an output must be, or must not be.

    `kind` and `value` are those of the scorer `checks` (`tinyarms.skills.checks`).
    """

    kind: str
    value: Json = None
    negated: bool = False
    weight: float = 1.0
    where: str = ""
    at_least: float | None = None
    """Lowest grade, in [0, 1], at which a rubric holds; `None`: the scorer's own."""


class Row(NamedTuple):
    """One example. Files have millions, and a dataclass takes five times as long to make."""

    inputs: Mapping[str, Json]
    """The name of each input and its value. A nested mapping becomes inputs `outer_inner`."""
    where: str
    """`file, line N`, or `file, row N`."""
    expected: Json = None
    """The right output; `None`: there is none."""
    split: str | None = None
    """The name of its split in the other tool; `None`: it has none."""
    id: str | None = None
    """Its id in the other tool; `None`: one is made from the inputs."""
    checks: tuple[Check, ...] = ()
    """What its output must be, beside or instead of `expected`."""
    metadata: Mapping[str, Json] = MappingProxyType({})
    """What people noted about it; it stays in the examples file, where nothing reads it."""
    success_at: float | None = None
    """Lowest share of its checks, in (0, 1], that makes an output right; `None`: all of them."""


@dataclass(frozen=True)
class Turn:
    """A message of a chat prompt."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True)
class FoundDemonstration:
    """A worked example inside a prompt."""

    inputs: Mapping[str, Json]
    output: Json


@dataclass(frozen=True)
class FoundPrompt:
    """A prompt, with placeholders `{{name}}` (`tinyarms.exchange.incoming.placeholders`)."""

    turns: tuple[Turn, ...]
    """A text prompt is one user turn."""
    where: str
    name: str = ""
    demonstrations: tuple[FoundDemonstration, ...] = ()
    json_schema: Mapping[str, Json] | None = None
    """The schema that its outputs keep; `None`: none is named."""


@dataclass(frozen=True)
class FoundModel:
    """A model that the other tool called."""

    name: str
    """Its name there, e.g. `openai:gpt-4.1-mini`."""
    where: str
    kind: Literal["openai", "ollama"]
    """What runs it: a server with an OpenAI-compatible API, or Ollama."""
    model: str
    """The server's name for it."""
    base_url: str | None = None
    api_key_env: str | None = None


@dataclass(frozen=True)
class Imported:
    """Everything that a reader found.

    `rows` streams: it is called once, and gives rows, and what it lists or rewrites on its way, in
    the order of the file. It raises `ImportRefused` if the rest cannot be read; then nothing of the
    import stays.
    """

    format: str
    rows: Callable[[], Iterator[Row | Listed | Rewritten]]
    prompts: tuple[FoundPrompt, ...] = ()
    """The first one becomes the skill's prompt; the others are kept as files beside it."""
    models: tuple[FoundModel, ...] = ()
    """The first one runs a new skill."""
    judge_model: FoundModel | None = None
    """The model that grades by rubrics; `None`: the skill's own."""
    labels: tuple[str, ...] = ()
    """The outputs that the other tool declares; empty: the rows decide."""
    json_schema: Mapping[str, Json] | None = None
    """The schema of every output."""
    description: str = ""
    """What the skill does, in a sentence."""
    listed: tuple[Listed, ...] = ()
    rewritten: tuple[Rewritten, ...] = ()
    keeps_splits: bool = False
    """Whether a person said the split of each row; otherwise all rows together decide whether their
    splits can be used."""
    notes: tuple[str, ...] = ()
    """Other sentences for people, each with its full stop."""


@dataclass(frozen=True)
class Columns:
    """Which columns or fields to read, where a person has said so."""

    inputs: Mapping[str, str] = field(default_factory=dict)
    """Input name → column. Empty: the reader chooses."""
    expected: str | None = None
    split: str | None = None
    sheet: str | None = None
    """The sheet of a workbook; `None`: the first that has a table."""
    encoding: str | None = None
    """The encoding of a text file; `None`: found out."""
    delimiter: str | None = None
    """What separates the cells of a CSV; `None`: found out."""

    @property
    def are_given(self) -> bool:
        """Whether a person named any column."""
        return bool(self.inputs or self.expected or self.split)
