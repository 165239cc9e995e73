"""Exports: each format holds what the project has, comes in again, and is whole or not there."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.loop.place import BEGIN, SKILL, V1, Place
from tests.loop.steps import begin, pick
from tinyarms.core.errors import StoreError, UsageError
from tinyarms.core.ids import content_hash
from tinyarms.exchange.incoming.records import Columns, Row
from tinyarms.exchange.incoming.registry import format_of
from tinyarms.exchange.incoming.source import Source
from tinyarms.exchange.outgoing.chat import PromptToExport
from tinyarms.exchange.outgoing.promptfoo import promptfoo
from tinyarms.exchange.outgoing.prompts import dspy, langchain, langfuse, markdown
from tinyarms.exchange.outgoing.python_file import python_file
from tinyarms.loop.exporting.new_file import write_text
from tinyarms.loop.exporting.registry import FORMATS, export
from tinyarms.loop.importing.rows import text_row
from tinyarms.skills.checks import Checks
from tinyarms.skills.contract import Contract, JsonSchema, Labels, Pattern, Text
from tinyarms.skills.example import Example, format_example
from tinyarms.skills.execution import build_request
from tinyarms.skills.prompt import Demonstration, Prompt, PromptVersion
from tinyarms.skills.prompt_file import parse_prompt_file
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import TaskRecord

ODD = [
    '=HYPERLINK("x")',
    "+1",
    "-1",
    "@a",
    "\tx",
    "'=1",
    "''@",
    "NaN",
    "'null",
    "a,b;c\td|e",
    'two "quotes"',
    "line\nline\r\nline",
    "Grüße 🎉 \u200b \u2028",
    " outer ",
    '{"json": [1]}',
    "<b>&amp;</b>",
]
LABELS = Labels(("good", "bad"))
PROMPT = Prompt("Good or bad {in braces}?", (Demonstration({"text": "Awful {x}."}, "bad"),))


def example(number: int, text: str) -> Example:
    split = ("search", "selection", "test")[number % 3]
    return Example(f"e{number}", {"text": text}, ("good", "bad")[number % 2], split)  # type: ignore[arg-type]


def rows_hash(rows: list[tuple[object, ...]]) -> str:
    return content_hash(sorted(map(list, rows), key=str))


def came_in(path: Path) -> list[Row]:
    source = Source(path)
    found = format_of(source).read(source, Columns())
    return [part for part in found.rows() if isinstance(part, Row)]


def row_key(row: Row) -> tuple[object, ...]:
    return (row.id, dict(row.inputs), row.expected, row.split)


def to_export(prompt: Prompt = PROMPT, contract: Contract = LABELS) -> PromptToExport:
    skill = Skill("review", "Judge a review.", ("text",), "tiny", contract, "labels")
    version = PromptVersion("review", 2, prompt, 1, "evolution", BEGIN, "skills/review-v2.md")
    return PromptToExport(skill, version, "smollm2:135m", BEGIN)


@pytest.mark.slow
@pytest.mark.parametrize("to", ["examples-jsonl", "examples-csv", "promptfoo"])
def test_examples_come_in_again_with_the_same_hash(place: Place, to: str) -> None:
    examples = [example(number, text) for number, text in enumerate(ODD)]
    context = place.open()
    file = context.skill(SKILL).skill.examples
    assert file is not None
    (place.root / file).write_text("\n".join(map(format_example, examples)))
    path = place.root / "out" / f"promptfooconfig{FORMATS[to].ending}"
    used = context.example_set(context.skill(SKILL).skill, sync=False).usable
    view = export(context, SKILL, to, path)
    assert view.n == len(used) > 10
    key = [(e.id, dict(e.inputs), e.expected, e.split) for e in used]
    read = came_in(path)
    if to == "promptfoo":  # its tests have no id and no split of their own
        assert rows_hash([k[1:3] for k in key]) == rows_hash([row_key(r)[1:3] for r in read])
    else:
        assert rows_hash(key) == rows_hash([row_key(row) for row in read])
    assert path.stat().st_mode & 0o777 == 0o600


def put_tasks(place: Place) -> list[TaskRecord]:
    tasks = [
        TaskRecord(
            id=f"t{number:02}",
            skill=SKILL,
            inputs={"text": text},
            created_at=BEGIN,
            prompt_version=1,
            output=("good", "bad")[number % 2],
            success=number % 3 == 0,
            latency_ms=12.5,
            user="ada",
        )
        for number, text in enumerate(ODD)
    ]
    with place.open().store.unit_of_work() as work:
        for task in tasks:
            work.tasks.add(task)
    return tasks


@pytest.mark.slow
@pytest.mark.parametrize("to", ["tasks-jsonl", "tasks-parquet"])
def test_tasks_come_in_again_with_the_same_hash(place: Place, to: str) -> None:
    tasks = put_tasks(place)
    path = place.root / f"tasks{FORMATS[to].ending}"
    assert export(place.open(), SKILL, to, path).n == len(tasks)
    source = Source(path)
    columns = Columns(inputs={"text": "inputs.text"}, expected="output")
    found = format_of(source).read(source, columns)
    read = [part for part in found.rows() if isinstance(part, Row)]
    key = [(task.id, dict(task.inputs), task.output) for task in tasks]
    assert rows_hash(key) == rows_hash([(r.id, dict(r.inputs), r.expected) for r in read])
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.slow
@pytest.mark.parametrize("to", ["votes-jsonl", "votes-parquet"])
def test_votes_have_their_ballot_and_what_was_picked(place: Place, to: str) -> None:
    context = begin(place)
    for number in range(3):
        pick(context, number, "A")
    path = place.root / f"votes{FORMATS[to].ending}"
    assert export(place.open(), SKILL, to, path).n == 3
    source = Source(path)
    columns = Columns(inputs={"text": "inputs.text"}, expected="output")
    read = [r for r in format_of(source).read(source, columns).rows() if isinstance(r, Row)]
    assert len(read) == 3
    assert {row.expected for row in read} <= {"good", "bad"}


@pytest.mark.slow
def test_the_ledger_has_a_row_for_each_version(place: Place) -> None:
    path = place.root / "ledger.csv"
    assert export(place.open(), SKILL, "ledger-csv", path).n == 1
    header, first = path.read_text().splitlines()
    assert header.startswith("version,source,parent,active_from")
    assert first.startswith("1,initial,,20")
    assert V1.text in first


def test_a_prompt_file_is_read_again() -> None:
    assert parse_prompt_file(markdown(to_export()), "x.md") == PROMPT


@pytest.mark.parametrize("writer", [langfuse, dspy], ids=["langfuse", "dspy"])
def test_a_prompt_for_another_tool_comes_in_again(tmp_path: Path, writer: object) -> None:
    prompt = to_export(Prompt("Good or bad?\n\nText: {{text}}\nAnswer:", PROMPT.demonstrations))
    (tmp_path / "prompt.json").write_text(writer(prompt))  # type: ignore[operator]
    source = Source(tmp_path)
    found = format_of(source).read(source, Columns())
    [back] = found.prompts
    if writer is dspy:
        assert back.turns[0].text == "Good or bad?\n\nText: {{text}}\nAnswer:"
        assert [(d.inputs, d.output) for d in back.demonstrations] == [
            ({"text": "Awful {x}."}, "bad")
        ]
        assert found.labels == ("good", "bad")
    else:
        sent = [(turn.role, turn.text) for turn in back.turns]
        assert sent == [(m.role, m.content) for m in prompt.messages]


def test_langchain_has_templates_whose_other_braces_are_doubled() -> None:
    prompt = json.loads(langchain(to_export()))
    assert prompt["id"][-1] == "ChatPromptTemplate"
    assert prompt["kwargs"]["input_variables"] == ["text"]
    texts = [m["kwargs"]["prompt"]["kwargs"]["template"] for m in prompt["kwargs"]["messages"]]
    assert "{{in braces}}" in texts[0]
    assert texts[1] == "bad"
    assert texts[2].format(text="Fine") == "Input: Fine\nOutput:"


def test_promptfoo_has_the_checks_of_the_rows() -> None:
    prompt = to_export()
    prompt = replace(prompt, skill=replace(prompt.skill, scorer="checks"))
    row = replace(example(1, "x"), required={"icontains:a": 1.0, 'not-contains-any:["b"]': 2.0})
    config = json.loads(promptfoo(prompt, [row]))
    assert config["tests"][0]["assert"] == [
        {"type": "equals", "value": "bad", "weight": 0.0},
        {"type": "icontains", "value": "a"},
        {"type": "not-contains-any", "value": ["b"], "weight": 2.0},
    ]


def test_checks_come_in_again_from_promptfoo(tmp_path: Path) -> None:
    prompt = to_export()
    prompt = replace(prompt, skill=replace(prompt.skill, scorer="checks", success_at=0.6))
    checks: list[tuple[str, dict[str, float]]] = [
        ("q r", {"equals": 1.0}),
        ("q", {}),
        ("q", {"equals": 2.0, "icontains:q": 1.0}),
        ("q", {"equals:p": 1.0, "equals": 1.0}),
        ("q", {"contains:q": 0.5}),
        ("", {"contains:q": 1.0}),
        ("q", {"not-equals": 1.0}),
        ("q", {"judge>=0.8:Kind?": 1.0, "equals": 1.0}),
    ]
    examples = [
        Example(f"e{n}", {"text": f"t{n}"}, expected, "test", required=required)
        for n, (expected, required) in enumerate(checks)
    ]
    path = tmp_path / "promptfooconfig.yaml"
    path.write_text(promptfoo(prompt, examples))
    read = [text_row(row) for row in came_in(path)]
    assert len(read) == len(examples)
    assert {row.success_at for row in read} == {0.6}
    for before, row in zip(examples, read, strict=True):
        after = replace(before, expected=row.expected or "", required=row.required or {})
        assert after.expected == before.expected
        for output in ("q", "q r", "p", "Q", "x"):
            graded = Checks(lambda *_: 0.75)
            assert graded(after, output) == graded(before, output)


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.parametrize(
    ("contract", "good", "bad"),
    [
        (Labels(("To do", "done")), " “to\u00a0DO” ", "It is done."),
        (Pattern("[a-z]+"), '"abc"', "a b"),
        (JsonSchema(SCHEMA), '{"n":  1}', '{"n": true}'),
        (Text(), " x ", "  "),
    ],
)
def test_the_python_file_sends_and_accepts_what_this_tool_does(
    contract: Contract, good: str, bad: str
) -> None:
    for prompt in (PROMPT, Prompt("Say\n\nFor {{text}}: "), Prompt("No frame 'x' \\ {{ text }}")):
        names: dict[str, object] = {"__name__": "exported"}
        exec(python_file(to_export(prompt, contract)), names)
        sent = build_request(contract, prompt, {"text": "A {{text}} of it"}).messages
        assert names["messages"](text="A {{text}} of it") == [  # type: ignore[operator]
            {"role": m.role, "content": m.content} for m in sent
        ]
        assert names["parse"](good) == contract.parse(good)  # type: ignore[operator]
        with pytest.raises(ValueError):
            names["parse"](bad)  # type: ignore[operator]


@pytest.mark.slow
def test_the_python_file_runs_alone(tmp_path: Path) -> None:
    path = tmp_path / "review.py"
    path.write_text(python_file(to_export()))
    alone = [sys.executable, "-I", "-S", str(path)]
    done = subprocess.run([*alone, "text=Lovely"], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)[-1]["content"] == "Input: Lovely\nOutput:"
    wrong = subprocess.run([*alone, "txt=Lovely"], capture_output=True, text=True, check=False)
    assert wrong.returncode == 1
    assert "missing: ['text']" in wrong.stderr
    assert "Traceback" not in wrong.stderr


def test_a_file_that_cannot_be_finished_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "out.txt"
    path.write_text("old")

    def parts() -> object:
        yield "new"
        raise KeyError("the rows end early")

    with pytest.raises(KeyError):
        write_text(path, parts())  # type: ignore[arg-type]
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(StoreError):
        write_text(path / "below", ["x"])


@pytest.mark.slow
def test_wrong_requests_are_refused_in_one_line(place: Place) -> None:
    context = place.open()
    for to, path, version in (("markdwn", "x", None), ("python", None, None), ("dspy", "x", 9)):
        with pytest.raises(UsageError):
            export(context, SKILL, to, None if path is None else place.root / path, version)
    with pytest.raises(UsageError, match="no single version"):
        export(context, SKILL, "tasks-jsonl", place.root / "x", 1)


@pytest.mark.slow
def test_a_folder_gets_a_file_with_a_telling_name(place: Place) -> None:
    view = export(place.open(), SKILL, "examples-csv", place.root)
    assert view.file == str(place.root / f"{SKILL}-examples.csv")
