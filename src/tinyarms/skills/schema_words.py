"""What a JSON schema does not allow, in words of JSON and YAML."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tinyarms.core.text import shorten

if TYPE_CHECKING:
    from jsonschema.exceptions import _Error

_KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}


def schema_problem(error: _Error) -> str:
    """The place, the value there, and what is allowed.

    Examples
    --------
    >>> from jsonschema import Draft202012Validator
    >>> from tinyarms.skills.schema_words import schema_problem
    >>> schema = {"properties": {"age": {"type": "integer"}}, "required": ["name"]}
    >>> for error in Draft202012Validator(schema).iter_errors({"age": None}):
    ...     print(schema_problem(error))
    age is null, and must be a whole number
    the value lacks the key name
    """
    place = ".".join(map(str, error.absolute_path)) or "the value"
    given = shorten(json.dumps(error.instance, ensure_ascii=False, default=str), 40)
    allowed: Any = error.validator_value
    if error.validator == "required" and isinstance(error.instance, dict):
        missing = next((key for key in allowed if key not in error.instance), "")
        return f"{place} lacks the key {missing}"
    if error.validator == "type" and isinstance(allowed, str | list):
        kinds = [allowed] if isinstance(allowed, str) else allowed
        words = " or ".join(_KINDS.get(str(kind), str(kind)) for kind in kinds)
        return f"{place} is {given}, and must be {words}"
    if error.validator in ("enum", "const"):
        choices = shorten(json.dumps(allowed, ensure_ascii=False, default=str), 100)
        return f"{place} is {given}, and must be {choices}"
    if error.validator in ("anyOf", "oneOf", "allOf", "not"):
        return f"{place} cannot be {given}"
    rule = shorten(json.dumps(allowed, ensure_ascii=False, default=str), 60)
    return f"{place} is {given}, which `{error.validator}: {rule}` does not allow"
