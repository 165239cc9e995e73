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
