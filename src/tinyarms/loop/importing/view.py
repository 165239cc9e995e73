"""What an import brought in, in answers for people and programs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tinyarms.core.text import counted

PartKind = Literal["row", "duplicate", "part"]
"""`row`: a row that cannot be an example; `left_out` counts these. `duplicate`: a row that is there
already; `duplicates` counts these. `part`: anything else, such as a prompt or a check."""


@dataclass(frozen=True)
class ListedPart:
    """A part that was not carried over."""

    where: str
    """`file, line N`."""
    what: str
    """The part, in the terms of the other tool."""
    why: str
    """The reason."""
    kind: PartKind
    """What it is, and so by which number it is counted."""


@dataclass(frozen=True)
class RewrittenPart:
    """A text that came in in another form, such as a placeholder."""

    where: str
    """`file, line N` of its first occurrence."""
    before: str
    """As it was."""
    after: str
    """As it is now."""


@dataclass(frozen=True)
class ImportedPrompt:
    """A prompt that came in."""

    name: str
    """Its name in the other tool; empty: it has none."""
    file: str
    """Its file, relative to the project's folder."""


@dataclass(frozen=True)
class ImportView:
    """The result of an import."""

    skill: str
    """The skill that the examples belong to."""
    format: str
    """The format that was read."""
    source: str
    """The file or folder that was imported."""
    dry_run: bool
    """Whether nothing was written."""
    is_new: bool
    """Whether the skill was made; otherwise its examples were added to."""
    rows: int
    """Number of examples that came in."""
    with_expected: int
    """How many of them have an expected output."""
    duplicates: int
    """Number of rows that were left out because the same inputs and output are there already; the
    first of them are among `listed`."""
    left_out: int
    """Number of rows that cannot be examples; they are among `listed`."""
    splits: Mapping[str, int]
    """Split → number of examples."""
    labels: Mapping[str, int]
    """Expected output → number of examples, if there are few different ones; else empty."""
    inputs: tuple[str, ...]
    """Names of the skill's inputs."""
    output: str
    """Kind of the output contract."""
    scorer: str | None
    """The scorer; `None`: users alone judge."""
    checks: Mapping[str, int]
    """Kind of check → number of examples that have it; for the scorer `checks`."""
    rubrics: tuple[str, ...]
    """The different rubrics by which a judge model grades; at most 50 are named."""
    prompts: tuple[ImportedPrompt, ...]
    """The prompts; the first is that of the skill."""
    models: tuple[str, ...]
    """Models that were declared, by their names under `models:`."""
    model: str
    """The model that runs the skill."""
    files: tuple[str, ...]
    """The files that were written, relative to the project's folder."""
    rewritten: tuple[RewrittenPart, ...]
    """What came in in another form, each kind once; at most 200 are named."""
    listed: tuple[ListedPart, ...]
    """What did not come in; at most 1000 are named."""
    listed_n: int
    """Number of parts that did not come in."""
    notes: tuple[str, ...]
    """Other sentences about the import, such as remarks on rows that came in."""


def cannot_be_examples(n: int) -> str:
    """How many rows cannot be examples.

    Examples
    --------
    >>> from tinyarms.loop.importing.view import cannot_be_examples
    >>> cannot_be_examples(1), cannot_be_examples(2)
    ('1 row cannot be an example', '2 rows cannot be examples')
    """
    return f"{counted(n, 'row')} cannot be {'an example' if n == 1 else 'examples'}"
