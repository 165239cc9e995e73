"""Rows of Langfuse, Phoenix, Opik, LangSmith and Braintrust."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.exchange.incoming.found import imported, lines, listed_of, rows_of

LANGFUSE = {
    "datasetId": "d",
    "status": "ACTIVE",
    "input": {"message": "Wrong amount"},
    "expectedOutput": {"team": "billing"},
    "metadata": {"split": "train", "channel": "mail"},
}


def test_langfuse_items_come_from_a_paged_answer(tmp_path: Path) -> None:
    items = [
        LANGFUSE | {"id": "i1"},
        LANGFUSE | {"id": "i2", "status": "ARCHIVED"},
        LANGFUSE | {"id": "i3", "expectedOutput": None, "input": "text only"},
    ]
    (tmp_path / "items.json").write_text(json.dumps({"data": items, "meta": {}}, indent=1))
    found = imported(tmp_path)
    assert found.format == "langfuse"
    assert [(row.id, row.inputs, row.expected, row.split) for row in rows_of(found)] == [
        ("i1", {"message": "Wrong amount"}, "billing", "train"),
        ("i3", {"input": "text only"}, None, "train"),
    ]
    assert listed_of(found) == ["18: the row"]


def test_the_arguments_of_a_call_that_langfuse_traced_are_the_inputs(tmp_path: Path) -> None:
    calls = [
        {"args": [], "kwargs": {"question": "2+2?", "tone": "kind"}},
        {"args": ["2+2?"], "kwargs": {}},
        {"args": ["2+2?"], "kwargs": {"tone": "kind"}},
        {"args": ["2+2?", "kind"], "kwargs": {}},
        {"args": [{"question": "2+2?"}], "kwargs": {}},
        {"args": "2+2?", "kwargs": {}},
    ]
    items = [LANGFUSE | {"id": f"i{n}", "input": call} for n, call in enumerate(calls)]
    (tmp_path / "items.json").write_text(json.dumps({"data": items, "meta": {}}))
    assert [row.inputs for row in rows_of(imported(tmp_path))] == [
        {"question": "2+2?", "tone": "kind"},
        {"input": "2+2?"},
        {"input": "2+2?", "tone": "kind"},
        {"input_1": "2+2?", "input_2": "kind"},
        {"question": "2+2?"},
        {"args": "2+2?", "kwargs": "{}"},
    ]


@pytest.mark.parametrize(
    "content",
    [
        "example_id,input,output,metadata\r\n"
        'x,"{""q"": ""2+2?"", ""n"": null}","{""a"": 4}",{}\r\n',
        "example_id,input_q,input_n,output_a,metadata_m\nx,2+2?,,4,z\n",
    ],
)
def test_phoenix_writes_json_in_cells_or_a_column_for_each_field(
    tmp_path: Path, content: str
) -> None:
    (tmp_path / "dataset.csv").write_text(content, newline="")
    found = imported(tmp_path / "dataset.csv")
    assert found.format == "phoenix"
    assert [(row.id, row.inputs, row.expected) for row in rows_of(found)] == [
        ("x", {"q": "2+2?", "n": ""}, "4")
    ]


@pytest.mark.parametrize(
    "item",
    [
        {"id": "1", "input": "a", "expected_output": "b", "source": "sdk"},
        {"id": "1", "source": "manual", "data": {"input": "a", "expected_output": "b"}},
    ],
)
def test_opik_items(tmp_path: Path, item: object) -> None:
    (tmp_path / "items.json").write_text(json.dumps([item]))
    found = imported(tmp_path)
    assert found.format == "opik"
    assert [(row.id, row.inputs, row.expected) for row in rows_of(found)] == [
        ("1", {"input": "a"}, "b")
    ]


def test_langsmith_examples_have_chats_in_two_forms(tmp_path: Path) -> None:
    human = {"type": "human", "data": {"content": "2+2?"}}
    found = imported(
        lines(
            tmp_path / "examples.jsonl",
            [
                {
                    "inputs": {"messages": [{"role": "user", "content": "2+2?"}]},
                    "outputs": {"output": 4},
                },
                {
                    "inputs": {"messages": [{"type": "system", "content": "Be brief."}, human]},
                    "outputs": {"generation": {"type": "ai", "data": {"content": "4"}}},
                    "metadata": {"dataset_split": ["base", "train", "test"]},
                },
            ],
        )
    )
    assert found.format == "langsmith"
    assert [(row.inputs, row.expected, row.split) for row in rows_of(found)] == [
        ({"message": "2+2?"}, "4", None),
        ({"system": "Be brief.", "message": "2+2?"}, "4", "test"),
    ]
    assert listed_of(found) == ["2: the splits base, train, test"]


def test_braintrust_rows_have_splits_in_their_tags(tmp_path: Path) -> None:
    row = {"id": "r", "span_id": "s", "input": {"review": " Great! "}, "expected": "praise"}
    rows = [row | {"tags": ["html", "Train"]}, row | {"tags": None, "expected": {"a": 1, "b": "x"}}]
    found = imported(lines(tmp_path / "rows.jsonl", rows))
    assert found.format == "braintrust"
    assert [(r.inputs, r.expected, r.split) for r in rows_of(found)] == [
        ({"review": " Great! "}, "praise", "Train"),
        ({"review": " Great! "}, {"a": 1, "b": "x"}, None),
    ]


def constructed(kind: str, text: str) -> dict[str, object]:
    path = ["langchain", "schema", "messages", f"{kind}Message"]
    return {"lc": 1, "type": "constructor", "id": path, "kwargs": {"content": text}}


@pytest.mark.parametrize(
    "outputs",
    [
        {"generations": [{"text": "4", "message": constructed("AI", "4")}]},
        {"generations": [[{"text": "4", "generation_info": None}]], "llm_output": {}},
        {"id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "4"}}]},
        {"messages": [constructed("Human", "2+2?"), constructed("AI", "4")]},
    ],
)
def test_langsmith_keeps_answers_as_the_traced_library_gave_them(
    tmp_path: Path, outputs: object
) -> None:
    row = {"inputs": {"messages": [constructed("Human", "2+2?")]}, "outputs": outputs}
    [found] = rows_of(imported(lines(tmp_path / "examples.jsonl", [row])))
    assert (found.inputs, found.expected) == ({"message": "2+2?"}, "4")


def test_langsmith_and_braintrust_write_json_in_the_cells_of_a_csv(tmp_path: Path) -> None:
    path = tmp_path / "examples.csv"
    path.write_text('id,inputs,outputs\n1,"{""q"": ""x""}","{""a"": ""y""}"\n')
    found = imported(path)
    assert found.format == "langsmith"
    assert [(row.inputs, row.expected) for row in rows_of(found)] == [({"q": "x"}, "y")]
    path = tmp_path / "rows.csv"
    path.write_text(
        'id,input,expected,tags,metadata\n1,"{""q"": ""x""}","""y""",[],{}\n'
        '2,plain,"""said""",[],{}\n'
    )
    found = imported(path)
    assert found.format == "braintrust"
    assert [row.expected for row in rows_of(found)] == ["y", '"said"']


def test_items_of_opik_may_have_fields_of_any_name(tmp_path: Path) -> None:
    items = [
        {"id": f"i{n}", "source": "sdk", "tags": [], "trace_id": None}
        | {"data": {"question": f"q {n}", "label": "ab"[n % 2]}}
        for n in range(6)
    ]
    (tmp_path / "items.json").write_text(json.dumps({"page": 1, "content": items, "columns": []}))
    found = imported(tmp_path / "items.json")
    assert found.format == "opik"
    assert [(row.id, row.inputs, row.expected) for row in rows_of(found)][:2] == [
        ("i0", {"question": "q 0"}, "a"),
        ("i1", {"question": "q 1"}, "b"),
    ]


def test_examples_of_phoenix_may_be_inside_of_its_answer(tmp_path: Path) -> None:
    examples = [
        {"id": f"e{n}", "input": {"question": f"q {n}"}, "output": {"answer": "ab"[n % 2]}}
        | {"metadata": {}, "updated_at": "2026-01-01"}
        for n in range(6)
    ]
    answer = {"data": {"dataset_id": "d", "filtered_splits": [], "examples": examples}}
    (tmp_path / "examples.json").write_text(json.dumps(answer, indent=1))
    rows = rows_of(imported(tmp_path / "examples.json"))
    assert [(row.inputs, row.expected) for row in rows][:2] == [
        ({"question": "q 0"}, "a"),
        ({"question": "q 1"}, "b"),
    ]
