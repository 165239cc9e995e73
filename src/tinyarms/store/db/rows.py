"""Values in columns, and records in rows: the conversion in both directions.

One call converts all rows of a query.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import DateTime, Dialect, Row, String, TypeDecorator

from tinyarms.skills.execution import ModelReply
from tinyarms.skills.prompt import Demonstration, Prompt, Retrieval
from tinyarms.skills.verbalizer import Verbalizer
from tinyarms.store.db.records.session import SessionState

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Record = TypeVar("Record", bound=DataclassInstance)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC, even on databases that store no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone: hand in aware datetimes.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class SessionStateType(TypeDecorator[SessionState]):
    """A session's state, by its value."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: SessionState | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> SessionState | None:
        return None if value is None else SessionState(value)


def to_row(record: DataclassInstance) -> dict[str, Any]:
    """The record's fields as columns, for records whose fields match the columns."""
    return {field.name: _plain(getattr(record, field.name)) for field in fields(record)}


def records_of(
    cls: type[Record], rows: Iterable[Row[Any]], **others: Iterable[Any]
) -> list[Record]:
    """The inverse of `to_row`, for all rows of a query. Columns without a field are ignored.

    `others`: fields that no column has, each with a value for every row.
    """
    names = [field.name for field in fields(cls) if field.name not in others]
    return [
        cls(
            **{name: row._mapping[name] for name in names}, **dict(zip(others, values, strict=True))
        )
        for row, *values in zip(rows, *others.values(), strict=True)
    ]


def record_of(cls: type[Record], row: Row[Any]) -> Record:
    """The same for one row."""
    return records_of(cls, [row])[0]


def prompt_columns(prompt: Prompt) -> dict[str, Any]:
    """The columns of a prompt, without its text, whose column has another name in each table."""
    return {
        "demonstrations": [
            {"inputs": dict(demonstration.inputs), "output": demonstration.output}
            for demonstration in prompt.demonstrations
        ],
        "calibration": dict(prompt.calibration),
        "retrieve": None if prompt.retrieve is None else asdict(prompt.retrieve),
        "verbalizer": None if prompt.verbalizer is None else prompt.verbalizer.to_dict(),
        "words_from": list(prompt.words_from) or None,
    }


def prompts_of(rows: Sequence[Row[Any]], text: str) -> list[Prompt]:
    """The inverse of `prompt_columns`, for all rows of a query. `text`: the text's column."""
    return [
        Prompt(
            text=row._mapping[text],
            demonstrations=tuple(
                Demonstration(shown["inputs"], shown["output"]) for shown in row.demonstrations
            ),
            calibration=row.calibration,
            retrieve=None if row.retrieve is None else Retrieval(**row.retrieve),
            verbalizer=None if row.verbalizer is None else Verbalizer.from_dict(row.verbalizer),
            words_from=tuple(row.words_from or ()),
        )
        for row in rows
    ]


def reply_to_json(reply: ModelReply) -> dict[str, Any]:
    """A reply as JSON. JSON has no infinity, so labels with probability 0 are left out."""
    data = asdict(reply)
    if reply.label_logprobs is not None:
        logprobs = reply.label_logprobs.items()
        data["label_logprobs"] = {label: value for label, value in logprobs if math.isfinite(value)}
    return data


def reply_from_json(data: Mapping[str, Any]) -> ModelReply:
    """The inverse of `reply_to_json`."""
    return ModelReply(**data)


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else value
