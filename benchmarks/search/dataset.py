"""Data sets of the search benchmark, and their split: the same for every contestant.

Rows are shuffled with `random.Random(0)`; the first 200 (of fewer than 400 rows: half) are held
out. The optimizers get the rest; ours takes two thirds as `search` and a third as `selection`
examples, in order.
"""

from __future__ import annotations

import csv
import io
import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tinyarms.core.ids import content_hash
from tinyarms.skills.contract import Contract, Labels, Text
from tinyarms.skills.example import Example, Split
from tinyarms.skills.execution import InputView, Message, ModelRequest, build_request
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.scorers import Scorer, make_scorer

HELD_OUT = 200
_ANSWER_TOKENS = 160
"""For a worked answer that ends in a number."""


@dataclass(frozen=True)
class Dataset:
    """A task for which to find a prompt."""

    name: str
    description: str
    contract: Contract
    scorer_name: str
    first_prompt: str
    held_out: tuple[Example, ...]
    search: tuple[Example, ...]
    selection: tuple[Example, ...]
    human_prompts: tuple[str, ...] = ()
    success_at: float = 0.5
    """A score of at least this is a success."""
    view: InputView = field(default_factory=InputView)
    """How a prompt shows the inputs."""
    is_public: bool = False
    """Whether everybody has these rows, so that its figures may be committed."""
    is_starter: bool = False
    """Whether it is one of the example skills, which bring a project of their own."""

    @property
    def labels(self) -> tuple[str, ...]:
        """The possible answers; empty if the answer is text."""
        return self.contract.labels

    @property
    def given(self) -> tuple[Example, ...]:
        """The examples that an optimizer may read."""
        return (*self.search, *self.selection)

    @property
    def scorer(self) -> Scorer:
        return make_scorer(self.scorer_name, {}, self.name)

    @property
    def fingerprint(self) -> str:
        """8 characters that change with the rows, the labels or the first prompt."""
        rows = [
            [dict(e.inputs), e.expected, dict(e.required), e.forbidden, e.split]
            for e in (*self.held_out, *self.given)
        ]
        return content_hash([rows, self.labels, self.first_prompt])[:8]


@dataclass(frozen=True)
class _Known:
    description: str
    labels: tuple[str, ...]
    first_prompt: str


KNOWN = {
    "sst2": _Known(
        "Decide whether a comment from a film review is positive or negative.",
        ("negative", "positive"),
        'Your task is to classify the comment "positive" or "negative".',
    ),
    "subj": _Known(
        "Decide whether a comment is subjective or objective.",
        ("subjective", "objective"),
        'Your task is to classify the comment "subjective" or "objective".',
    ),
    "agnews": _Known(
        "Say which section of a newspaper a news item belongs to.",
        ("World", "Sports", "Business", "Tech"),
        'Your task is to classify the news item as "World", "Sports", "Tech" or "Business".',
    ),
}
_NUMBER_PROMPT = "Solve the problem step by step and end with the answer as a number."


SHUFFLED = {"sst2-shuffled": "sst2"}
"""Data sets in which nothing can be learned → those whose rows they have with shuffled labels."""


def read_known(folder: Path, names: Sequence[str]) -> list[Dataset]:
    """The data sets of these names in the folder. Ends the program if one is missing."""
    for name in names:
        if name not in (*KNOWN, *SHUFFLED):
            sys.exit(f"--only: {name} is none of {', '.join((*KNOWN, *SHUFFLED))}")
    return [_read_known(folder, name) for name in names]


def _read_known(folder: Path, name: str) -> Dataset:
    source = SHUFFLED.get(name, name)
    known, path = KNOWN[source], folder / f"{source}.tsv"
    rows = _rows(path)
    if name in SHUFFLED:
        answers = [row.answer for row in rows]
        random.Random(1).shuffle(answers)
        rows = [replace(row, answer=answer) for row, answer in zip(rows, answers, strict=True)]
    found = _dataset(path, rows, known.labels, known.first_prompt, known.description)
    return replace(found, name=name, is_public=True)


def read_file(
    path: Path, labels: Sequence[str], prompt: str | None, limit: int | None = None
) -> Dataset:
    """Any TSV or CSV (text, label) or JSONL (`text` and `label`, or `question` and `answer`).

    A first row whose label is `label` is a header and left out. A label is a name or its index in
    `labels`; without `labels`, they are those of the rows, in alphabetical order. With `question`
    and `answer`, the answer ends in a number, and only the number counts.
    """
    rows = _rows(path)[:limit]
    if not rows:
        sys.exit(f"{path}: no rows")
    if rows[0].number:
        return _dataset(path, rows, (), prompt or _NUMBER_PROMPT, prompt or _NUMBER_PROMPT)
    known = tuple(labels) or tuple(sorted({row.answer for row in rows}))
    if len(known) < 2:
        sys.exit(f"{path}: one label only ({known[0]}); is the file sorted, or --limit too small?")
    shown = ", ".join(f'"{label}"' for label in known[:-1])
    first = prompt or f'Your task is to classify the text as {shown} or "{known[-1]}".'
    return _dataset(path, rows, known, first, first)


def task_request(dataset: Dataset, prompt: Prompt, inputs: Mapping[str, str]) -> ModelRequest:
    """A task call: `{prompt}\\n\\nInput: {text}\\nOutput:`, demonstrations as turns before it.

    It is the product's own request; only a prompt with `{{`, which is impossible in the product,
    is used unchanged.
    """
    if "{{" not in prompt.text:
        return build_request(dataset.contract, prompt, inputs, dataset.view)
    stand_in = "The prompt."
    plain = Prompt(stand_in, prompt.demonstrations, prompt.calibration)
    request = build_request(dataset.contract, plain, inputs, dataset.view)
    first = request.messages[0].content.removeprefix(stand_in)
    messages = (Message("user", prompt.text.strip() + first), *request.messages[1:])
    return ModelRequest(
        messages=messages,
        max_tokens=request.max_tokens,
        constraint=request.constraint,
        want_labels=request.want_labels,
    )


@dataclass(frozen=True)
class _Row:
    text: str
    answer: str
    number: bool = False


def _rows(path: Path) -> list[_Row]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix == ".csv":
            rows = [_row(cells) for cells in csv.reader(io.StringIO(text)) if cells]
        else:
            make = _json_row if path.suffix == ".jsonl" else _tsv_row
            rows = [make(line) for line in text.split("\n") if line.strip()]
        return rows[1:] if rows and rows[0].answer == "label" else rows
    except OSError as error:
        sys.exit(f"{path}: cannot be read ({error.strerror})")
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        sys.exit(f"{path}: a row is not understood ({error!r}); see benchmarks/search/dataset.py")


def _tsv_row(line: str) -> _Row:
    return _row(line.rstrip("\r").rsplit("\t", 1))


def _row(cells: Sequence[str]) -> _Row:
    text, label = cells
    return _Row(text, label.strip())


def _json_row(line: str) -> _Row:
    row = json.loads(line)
    if "question" in row:
        return _Row(row["question"], str(row["answer"]).split("####")[-1].strip(), number=True)
    return _Row(str(row["text"]), str(row["label"]).strip())


def _dataset(
    path: Path, rows: Sequence[_Row], labels: tuple[str, ...], first: str, description: str
) -> Dataset:
    shuffled = list(rows)
    random.Random(0).shuffle(shuffled)
    held_out = min(HELD_OUT, len(shuffled) // 2)
    search = held_out + (len(shuffled) - held_out) * 2 // 3
    if search == held_out or search == len(shuffled):
        sys.exit(f"{path}: {len(shuffled)} rows are too few")
    examples = []
    for place, row in enumerate(shuffled):
        split: Split = "test" if place < held_out else "search" if place < search else "selection"
        examples.append(
            Example(
                id=f"{path.stem}-{place:04}",
                inputs={"text": row.text},
                expected=_label(row, labels, path),
                split=split,
            )
        )
    human = path.with_suffix(".prompts.txt")
    lines = human.read_text(encoding="utf-8").split("\n") if human.exists() else []
    return Dataset(
        name=path.stem,
        description=description,
        contract=Labels(labels) if labels else Text(max_tokens=_ANSWER_TOKENS),
        scorer_name="labels" if labels else "number",
        first_prompt=first,
        held_out=tuple(examples[:held_out]),
        search=tuple(examples[held_out:search]),
        selection=tuple(examples[search:]),
        human_prompts=tuple(dict.fromkeys(line.strip() for line in lines if line.strip())),
    )


def _label(row: _Row, labels: tuple[str, ...], path: Path) -> str:
    if row.number or row.answer in labels:
        return row.answer
    if row.answer.isdecimal() and int(row.answer) < len(labels):
        return labels[int(row.answer)]
    sys.exit(f"{path}: the label {row.answer!r} is none of {', '.join(labels)} and no index")
