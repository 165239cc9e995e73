"""The columns of a table: by what a person named, else by their names, else by their values."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tinyarms.core.errors import UsageError
from tinyarms.exchange.incoming.column_roles import Roles, named_inputs, roles_of
from tinyarms.exchange.incoming.records import Columns

TEXTS = ["The invoice is wrong.", "I cannot sign in.", "Where is it?", "Black screen", "Twice!"]


def roles(given: Columns | None = None, /, **columns: list[object]) -> Roles:
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    return roles_of(tuple(columns), rows, given or Columns(), "rows.csv")


@pytest.mark.parametrize(
    ("text", "label", "split"),
    [
        ("text", "label", "split"),
        ("Customer text", "Category", "Split"),
        ("review", "sentiment", "subset"),
        ("user_message", "correct_label", "dataset_split"),
        ("Kundentext", "Empfänger", "Teil"),
        ("item.ticket_text", "item.correct_label", "item.split"),
        ("問い合わせ", "部署", "分割"),
    ],
)
def test_names_or_values_tell_the_columns_apart(text: str, label: str, split: str) -> None:
    found = roles(
        **{
            "id": list(range(5)),
            label: ["billing", "account", "Billing", "account", None],
            "Checked on": [f"2025-04-0{n}" for n in range(1, 6)],
            text: TEXTS,
            split: ["train", "train", "test", "test", "train"],
        }
    )
    assert list(found.inputs.values()) == [text]
    assert (found.expected, found.split, found.id) == (label, split, "id")
    assert found.unused == ("Checked on",)


def test_several_inputs_are_kept_in_their_order() -> None:
    found = roles(question=TEXTS, context=TEXTS, answer=["yes", "no", "yes", "no", "yes"])
    assert dict(found.inputs) == {"question": "question", "context": "context"}
    assert found.expected == "answer"


def test_a_table_of_one_column_has_no_answer() -> None:
    assert roles(text=TEXTS) == Roles({"text": "text"}, None, None, None)
    assert roles(label=TEXTS) == Roles({"label": "label"}, None, None, None)


def test_what_a_person_names_is_used() -> None:
    given = Columns(inputs={"body": "label"}, expected="text")
    found = roles(given, text=TEXTS, label=TEXTS)
    assert dict(found.inputs) == {"body": "label"}
    assert found.expected == "text"


@pytest.mark.parametrize(
    "given", [Columns(expected="lable"), Columns(split="x"), Columns(inputs={"a": "txt"})]
)
def test_a_column_that_is_not_there_is_refused_with_the_nearest(given: Columns) -> None:
    with pytest.raises(UsageError, match="there is no column"):
        roles(given, text=TEXTS, label=TEXTS)


def test_a_split_is_told_by_its_values_although_its_name_says_nothing() -> None:
    assert roles(text=TEXTS, where=["train", "dev", "test", "train", "dev"]).split == "where"
    assert roles(text=TEXTS, split=["left", "right", "left", "left", "right"]).split is None


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["a.b", "c.b"], {"a_b": "a.b", "c_b": "c.b"}),
        (["text", "Text "], {"text": "text", "Text": "Text "}),
        (["問題", "文章"], {"input": "問題", "input_2": "文章"}),
    ],
)
def test_inputs_get_names_that_a_prompt_can_show(
    columns: list[str], names: Mapping[str, str]
) -> None:
    assert named_inputs(columns) == names
