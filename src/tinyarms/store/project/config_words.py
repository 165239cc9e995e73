"""One line for a mistake in a config file: where it is, what is allowed, the nearest spelling."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from tinyarms.core.errors import ConfigError, UsageError
from tinyarms.core.text import one_line
from tinyarms.core.yaml_syntax import YamlProblem
from tinyarms.core.yaml_values import Document

_WHOLE, _NUMBER, _TRUTH = "must be a whole number", "must be a number", "must be true or false"
_LIST, _MAPPING = "must be a list, for example [dish]", "must be a mapping of keys to values"
_RULES: Mapping[str, str] = {
    "int_parsing": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "int_parsing_size": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": "must be a finite number",
    "bool_parsing": _TRUTH,
    "bool_type": _TRUTH,
    "string_type": "must be text",
    "list_type": _LIST,
    "tuple_type": _LIST,
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
}
"""Pydantic's kinds of errors, in words of YAML."""
_MOST_PLACES = 3
"""Most places that are named for a key. Higher: longer messages."""
_LIMITS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("must be greater than", "gt"),
    "greater_than_equal": ("must be greater than or equal to", "ge"),
    "less_than": ("must be less than", "lt"),
    "less_than_equal": ("must be less than or equal to", "le"),
}


def problem_error(problem: YamlProblem, path: Path) -> ConfigError:
    """The error of a YAML text that cannot be read, or of one place in it."""
    key = ".".join(map(str, problem.place))
    where = f"{path}, line {problem.line}"
    hint = problem.hint or "Correct it."
    about = one_line(f"{f'{key}: ' if key else ''}{problem.message}.")
    return ConfigError(f"{where}: {about}", one_line(hint))


def model_error(
    first: ErrorDetails,
    document: Document,
    path: Path,
    model: type[BaseModel],
    others: Mapping[str, type[BaseModel]] | None = None,
) -> ConfigError:
    """The error for one of pydantic's. `others`: name → model of files in which a key may belong
    that is unknown here."""
    place = first["loc"]
    key, kind = one_line(".".join(map(str, place))) or "the file", first["type"]
    where = f"{path}, line {document.line(place)}: {key}"
    if kind == "extra_forbidden":
        belongs = _where_it_belongs(str(place[-1]), model, others or {})
        known = near(str(place[-1]), keys_at(model, place[:-1]))
        return ConfigError(f"{where}: unknown key.", belongs or known)
    if kind == "missing":
        example = (
            " In an empty folder, `tinyarms init` writes an example." if len(place) == 1 else ""
        )
        return ConfigError(f"{where}: is missing.", f"Write it.{example}")
    if kind == "value_error":
        # The sentence of a validator of ours.
        text = one_line(str(first["ctx"]["error"])).rstrip(".")
        return ConfigError(f"{where}: {text}.")
    shown = _shown(first["input"], document.shown(place))
    return ConfigError(f"{where}: {_rule(first)}, not {shown}.", _hint(first, model, place))


def near(name: str, known: Collection[str], keys: str = "Known") -> str:
    """A hint: the nearest of the known names, and all of them."""
    close = get_close_matches(name, known, n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    return f"{meant}{keys}: {', '.join(known)}." if known else meant.strip()


def keys_at(annotation: Any, place: Sequence[str | int]) -> list[str]:
    """The keys that a mapping at this place may have."""
    for part in place:
        annotation = _without_none(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            field = annotation.model_fields.get(str(part))
            annotation = None if field is None else field.annotation
        else:
            arguments = get_args(annotation)
            annotation = arguments[-1] if arguments else None
    annotation = _without_none(annotation)
    return sorted(annotation.model_fields) if hasattr(annotation, "model_fields") else []


def _where_it_belongs(
    key: str, model: type[BaseModel], others: Mapping[str, type[BaseModel]]
) -> str:
    """A hint, if a key with exactly this name has its place elsewhere; else empty."""
    places = [f"`{place}`" for place in _places_of(key, model)]
    for file, other in others.items():
        places += [f"`{place}` in {file}" for place in _places_of(key, other)]
    return f"It belongs at {' or '.join(places)}." if 0 < len(places) <= _MOST_PLACES else ""


def _places_of(key: str, model: type[BaseModel], begin: str = "") -> Iterator[str]:
    """Where in the model a key has this name, such as `prompt_evolution.evolution.budget`."""
    for name, field in model.model_fields.items():
        place = f"{begin}{name}"
        if name == key:
            yield place
        inner = _without_none(field.annotation)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _places_of(key, inner, f"{place}.")


def _without_none(annotation: Any) -> Any:
    arguments = get_args(annotation)
    if type(None) not in arguments:
        return annotation
    return next(argument for argument in arguments if argument is not type(None))


def _rule(first: ErrorDetails) -> str:
    kind, context = first["type"], first.get("ctx", {})
    if kind in _LIMITS:
        words, key = _LIMITS[kind]
        return f"{words} {context[key]:.12g}"
    if kind == "literal_error":
        return f"must be {context['expected'].replace('True', 'true')}"
    if kind == "string_pattern_mismatch":
        return f"must match {context['pattern']}"
    return _RULES.get(kind, "has the wrong form")


def _hint(first: ErrorDetails, model: type[BaseModel], place: tuple[str | int, ...]) -> str:
    kind, given = first["type"], first["input"]
    if kind == "literal_error" and isinstance(given, str):
        choices = re.findall(r"'([^']*)'", first["ctx"]["expected"])
        close = get_close_matches(given, choices, n=1)
        return f"Did you mean {close[0]}?" if close else ""
    if kind == "string_type" and isinstance(given, int | float):
        return "In quotes it is text."
    if _RULES.get(kind) == _MAPPING and (keys := keys_at(model, place)):
        return f"Its keys: {', '.join(keys)}."
    return ""


_KINDS: Sequence[tuple[type, str]] = (
    (dict, "a mapping"),
    (list, "a list"),
    (type(None), "nothing"),
)


def _shown(value: Any, written: str | None) -> str:
    """A value as its file shows it, or its kind."""
    if written and value is not None:
        return written
    return next((name for kind, name in _KINDS if isinstance(value, kind)), f"'{value}'")


def unknown_skill(name: str, names: Sequence[str]) -> UsageError:
    """The error for a skill that the project does not have. `names`: those that it has."""
    close = get_close_matches(name, names, n=1)
    hint = f"Did you mean {close[0]}?" if close else f"This project has: {', '.join(names)}."
    if not names:
        hint = "This project has none yet. To make one: tinyarms skill add"
    return UsageError(f"There is no skill {name!r}.", hint)
