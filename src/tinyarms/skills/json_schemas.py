"""JSON schemas that other people write: checked when they are read, and bounded when they check.

Nothing is fetched, and neither a pattern nor the schema itself can keep a caller waiting.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from tinyarms.core.errors import CheckTimeout, ContractViolation
from tinyarms.core.text import shorten
from tinyarms.skills.patterns import check_pattern, found_in
from tinyarms.skills.schema_words import schema_problem

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_STEPS = 300_000
"""Most steps to check one value, which take about a second: a keyword is one, a reference
`_STEPS_OF_A_REFERENCE`. Higher: a schema whose parts name each other many times over holds its
caller up longer."""
_STEPS_OF_A_REFERENCE = 30
_MOST_REFERENCES = 20
"""References that are followed from one to the next, to find the order of keys."""
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")
_DATA = ("const", "default", "enum", "examples")
"""Keywords whose values are no schemas."""
_left: ContextVar[list[int]] = ContextVar("steps_left")
Keyword = Callable[[Any, Any, Any, Any], Any]


def validate(schema: Mapping[str, Any], value: Any) -> None:
    """Check a value of JSON against a schema.

    Raises `jsonschema.ValidationError` if the schema does not accept it, `CheckTimeout` if it takes
    too long to know, and `ContractViolation` if a reference leads nowhere.

    Examples
    --------
    >>> from tinyarms.skills.json_schemas import validate
    >>> validate({"type": "string", "pattern": "^(a|aa)+$"}, "a" * 60 + "b")
    Traceback (most recent call last):
    tinyarms.core.errors.CheckTimeout: The pattern ^(a|aa)+$ takes too long on \
'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…'. Write it without repeats inside \
of repeats, such as (a+)+ or (a|aa)*.
    """
    from jsonschema.validators import validator_for
    from referencing import Registry
    from referencing.exceptions import Unresolvable

    token = _left.set([_STEPS])
    try:
        _bounded(validator_for(schema))(schema, registry=Registry()).validate(value)
    except Unresolvable as error:
        raise ContractViolation(
            f"The schema's reference {shorten(str(error.ref), 60)!r} leads nowhere."
        ) from error
    finally:
        _left.reset(token)


def in_order(schema: Mapping[str, Any], value: Any) -> Any:
    """The value with its keys in the order of the schema's `properties`, then by the alphabet.

    So equal values are equal texts, and an answer that a model is shown has the order in which
    servers that enforce the schema let it write.

    Examples
    --------
    >>> from tinyarms.skills.json_schemas import in_order
    >>> in_order({"properties": {"name": {}, "age": {}}}, {"age": 94, "x": 1, "name": "Ann"})
    {'name': 'Ann', 'age': 94, 'x': 1}
    """
    return _in_order(schema, schema, value)


def _in_order(root: Mapping[str, Any], part: object, value: Any) -> Any:
    part = _resolved(root, part)
    if isinstance(value, list):
        items = part.get("items")
        return [_in_order(root, items, each) for each in value]
    if not isinstance(value, dict):
        return value
    declared = part.get("properties")
    declared = declared if isinstance(declared, dict) else {}
    keys = [key for key in declared if key in value]
    keys += sorted(value.keys() - declared.keys())
    return {key: _in_order(root, declared.get(key), value[key]) for key in keys}


def _resolved(root: Mapping[str, Any], part: object) -> Mapping[str, Any]:
    """The part, or what its reference leads to; an empty schema if it is none."""
    for _ in range(_MOST_REFERENCES):
        if not isinstance(part, Mapping):
            return {}
        if "$ref" not in part or "properties" in part:
            return part
        part = _found(root, part["$ref"])
    return {}


@lru_cache(maxsize=16)
def _bounded(kind: type[Validator]) -> type[Validator]:
    """The validator of a draft, whose patterns have a time limit and whose steps are counted."""
    from jsonschema import validators

    keywords: dict[str, Keyword] = dict(kind.VALIDATORS)
    keywords |= {"pattern": _pattern, "patternProperties": _pattern_properties}
    keywords["additionalProperties"] = _additional_properties(keywords["additionalProperties"])
    counted = {
        name: _counted(keyword, _STEPS_OF_A_REFERENCE if name in _REFERENCES else 1)
        for name, keyword in keywords.items()
    }
    bounded: type[Validator] = validators.extend(kind, counted)  # type: ignore[no-untyped-call]
    return bounded


def _counted(keyword: Keyword, steps: int) -> Keyword:
    def apply(validator: Any, value: Any, instance: Any, schema: Any) -> Any:
        left = _left.get()
        left[0] -= steps
        if left[0] < 0:
            raise CheckTimeout(
                "Checking it against the schema takes too long.",
                "Make the schema simpler: its parts name each other many times over.",
            )
        return keyword(validator, value, instance, schema)

    return apply


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[Any]:
    from jsonschema import ValidationError

    if validator.is_type(instance, "string") and not found_in(pattern, instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, parts: Any, instance: Any, schema: Any) -> Iterator[Any]:
    if not validator.is_type(instance, "object"):
        return
    for pattern, part in parts.items():
        for key, value in instance.items():
            if found_in(pattern, key):
                yield from validator.descend(value, part, path=key, schema_path=pattern)


def _additional_properties(plain: Keyword) -> Keyword:
    """The library's keyword, which gets only the properties that no pattern names."""

    def apply(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        patterns = schema.get("patternProperties")
        if patterns and validator.is_type(instance, "object"):
            named = {key for key in instance if any(found_in(each, key) for each in patterns)}
            instance = {key: part for key, part in instance.items() if key not in named}
            schema = {key: part for key, part in schema.items() if key != "patternProperties"}
        yield from plain(validator, value, instance, schema)

    return apply


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raises `ValueError`, with what is wrong, unless values can be checked against the schema.

    Examples
    --------
    >>> from tinyarms.skills.json_schemas import check_schema
    >>> check_schema({"$ref": "https://example.org/schema"})
    Traceback (most recent call last):
    ValueError: the reference 'https://example.org/schema' is not in the schema. Nothing is \
fetched: define it under $defs, and refer to it as #/$defs/NAME
    """
    from jsonschema import SchemaError
    from jsonschema.validators import validator_for

    if not isinstance(schema.get("$schema", ""), str):
        raise ValueError("$schema is not a text")
    try:
        _check_patterns(schema)
        validator_for(schema).check_schema(dict(schema))
    except SchemaError as error:
        raise ValueError(f"it is not a JSON schema: {schema_problem(error)}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply: make it flatter") from error
    if _is_circular(schema):
        raise ValueError(
            "a $ref leads back to itself, so no value could ever be checked: let it "
            "lead to a part below `properties` or `items`"
        )
    for reference in _references(schema):
        if _found(schema, reference) is None:
            raise ValueError(
                f"the reference {reference!r} is not in the schema. Nothing is "
                "fetched: define it under $defs, and refer to it as #/$defs/NAME"
            )


def _check_patterns(schema: Mapping[str, Any]) -> None:
    parts = [part for part in _parts(schema, _DATA) if isinstance(part, dict)]
    by_pattern = [part for part in parts if isinstance(part.get("patternProperties"), dict)]
    if by_pattern and any("unevaluatedProperties" in part for part in parts):
        raise ValueError(
            "unevaluatedProperties and patternProperties cannot be together, because the patterns "
            "would have no time limit: write additionalProperties"
        )
    patterns = [part["pattern"] for part in parts if isinstance(part.get("pattern"), str)]
    for pattern in [*patterns, *(key for part in by_pattern for key in part["patternProperties"])]:
        try:
            check_pattern(pattern)
        except ValueError as error:
            raise ValueError(
                f"{shorten(pattern, 60)!r} is not a regular expression of Python: {error}"
            ) from error


def _references(schema: object) -> Iterator[str]:
    if isinstance(schema, dict):
        for key, value in schema.items():
            if key in _REFERENCES and isinstance(value, str):
                yield value
            else:
                yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)


_IN_PLACE = ("not", "if", "then", "else", "allOf", "anyOf", "oneOf")
"""Keywords whose schemas check the same value, not a part of it."""


def _is_circular(schema: Mapping[str, Any]) -> bool:
    """Whether checking one value never ends: a schema applies itself to the same value again."""
    done: set[int] = set()

    def ends(part: object, path: tuple[int, ...]) -> bool:
        if not isinstance(part, dict) or id(part) in done:
            return True
        if id(part) in path:
            return False
        inner = [part[key] for key in _IN_PLACE if key in part]
        same = [each for value in inner for each in (value if isinstance(value, list) else [value])]
        same += [_found(schema, part[key]) for key in _REFERENCES if key in part]
        good = all(ends(each, (*path, id(part))) for each in same)
        done.add(id(part))
        return good

    return not all(ends(part, ()) for part in _parts(schema))


def _parts(schema: object, without: Collection[str] = ()) -> Iterator[object]:
    """The schema and all that is in it, but for the values of some keywords."""
    yield schema
    if isinstance(schema, dict):
        values = [value for key, value in schema.items() if key not in without]
    else:
        values = schema if isinstance(schema, list) else []
    for value in values:
        yield from _parts(value, without)


def _found(schema: Mapping[str, Any], reference: object) -> object:
    """What a reference points to within the schema; `None` if it is not there."""
    if not isinstance(reference, str):
        return None
    from referencing import Registry
    from referencing.exceptions import Unresolvable
    from referencing.jsonschema import DRAFT202012

    resource = DRAFT202012.create_resource(schema)
    resolver = Registry[Any]().resolver_with_root(resource)
    try:
        return resolver.lookup(reference).contents
    except (Unresolvable, ValueError, TypeError, AttributeError):
        return None
