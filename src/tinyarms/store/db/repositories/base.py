"""The base of the repositories, and the conversion of records to rows and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Table, update

from tinyarms.core.errors import ConflictError
from tinyarms.skills.execution import ModelReply
from tinyarms.skills.prompt import Prompt

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Record = TypeVar("Record", bound=DataclassInstance)


class Repository:
    """Works on the connection of one unit of work."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _update_one(
        self, table: Table, where: ColumnElement[bool], row_name: str, columns: Mapping[str, Any]
    ) -> None:
        """Update one row. Raises `ConflictError` if it does not exist."""
        changed = self._connection.execute(update(table).where(where).values(**columns))
        if changed.rowcount != 1:
            raise ConflictError(f"There is no {row_name} any more.", "Look again, then repeat it.")


def to_row(record: DataclassInstance) -> dict[str, Any]:
    """The record's fields as columns, for records whose fields match the columns."""
    return {field.name: _plain(getattr(record, field.name)) for field in fields(record)}


def from_row(cls: type[Record], row: Row[Any]) -> Record:
    """The inverse of `to_row`. Columns without a field are ignored."""
    mapping = row._mapping
    return cls(**{field.name: mapping[field.name] for field in fields(cls)})


def prompt_columns(prompt: Prompt) -> dict[str, Any]:
    """The columns `demonstrations` and `calibration`; each table names the text's column itself."""
    return {
        "demonstrations": [
            {"inputs": dict(demonstration.inputs), "output": demonstration.output}
            for demonstration in prompt.demonstrations
        ],
        "calibration": dict(prompt.calibration),
    }


def prompt_from(text: str, row: Row[Any]) -> Prompt:
    """The inverse of `prompt_columns`."""
    return Prompt.from_dict(
        {"text": text, "demonstrations": row.demonstrations, "calibration": row.calibration}
    )


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
