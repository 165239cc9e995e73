"""A column that stores a typed value as JSON."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Dialect, TypeDecorator

from tinyarms.core.errors import StoreError

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_EXCERPT = 80
"""Most characters of a value that an error message quotes."""


class TypedJson(TypeDecorator[Any]):
    """A frozen dataclass, or a collection of plain values, as JSON; `None` is SQL's NULL.

    Reading a row with unknown keys or values of other types raises `StoreError`.
    """

    impl = JSON(none_as_null=True)
    cache_ok = True

    where = ""
    """Table and column, for messages."""

    def __init__(self, kind: Any) -> None:
        """`kind`: the value's type, as pydantic's `TypeAdapter` takes it."""
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        return self._adapter.dump_python(value, mode="json")

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        from pydantic import ValidationError

        if value is None:
            return None
        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            first = error.errors()[0]
            place = "".join(f".{part}" for part in first["loc"])
            excerpt = json.dumps(value, ensure_ascii=False)[:_EXCERPT]
            raise StoreError(
                f"{self.where}: a value cannot be read: {place.lstrip('.') or 'it'}: "
                f"{first['msg']}.",
                f"The value of this row begins with {excerpt}. Restore a backup, or use the "
                "version of tinyarms that wrote it.",
            ) from error

    @cached_property
    def _adapter(self) -> TypeAdapter[Any]:
        # Made when a value is first read or written, because opening a store needs none.
        from pydantic import ConfigDict, TypeAdapter

        # With `| None`, because pydantic accepts no configuration for a bare dataclass.
        return TypeAdapter(self.kind | None, config=ConfigDict(extra="forbid"))
