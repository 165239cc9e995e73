"""The JSON schemas by which editors complete and check a project's files.

Made of the typed settings that the program itself reads; the meanings of keys are the docstrings of
the fields. What the settings check in code, and a schema can say too, is in `_REFINEMENTS`.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel

from tinyarms.skills.skill import SKILL_NAME
from tools.reference.sources import class_of, find_class, load

FOLDER = "src/tinyarms/store/project/starter/schemas"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_ID = "[A-Za-z_][A-Za-z0-9_]*"
_NULL = {"type": "null"}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def _given(key: str) -> dict[str, Any]:
    return {"required": [key], "properties": {key: {"not": _NULL}}}


def _refinements() -> Mapping[str, Mapping[str, Any]]:
    """Class → what is added to its schema; the properties are merged, key by key."""
    kinds = vars(inspect.getmodule(load("OutputModel")))["CONTRACT_EXAMPLES"]
    scorers = vars(inspect.getmodule(load("make_scorer")))["SCORER_NAMES"]
    plain = [name for name in scorers if ":" not in name]
    weights = load("MutationWeights").model_fields
    own = {"type": "string", "pattern": ".+:.+"}
    return {
        "_ConfigModel": {
            "properties": {
                "models": {"minProperties": 1},
                "skills": {
                    "propertyNames": {"pattern": f"^{SKILL_NAME}$"},
                },
            }
        },
        "ModelSettings": {"properties": {"base_url": {"pattern": "^https?://[^ ]+$"}}},
        "OutputModel": {
            "oneOf": [_given(kind) for kind in kinds],
            "properties": {"labels": {"minItems": 2, "uniqueItems": True}},
        },
        "InputModel": {
            "if": {"properties": {"type": {"const": "image"}}, "required": ["type"]},
            "else": {"properties": {"max_pixels": _NULL, "text_from": _NULL}},
        },
        "ScorerModel": {
            "properties": {"name": {"anyOf": [{"enum": plain}, own]}},
            "allOf": [
                {
                    "if": {"properties": {"name": {"const": name}}},
                    "then": _given(option),
                }
                for name, option in (("judge", "rubric"), ("regex", "pattern"))
            ],
        },
        "SkillModel": {
            "properties": {
                "inputs": {
                    "anyOf": [
                        {
                            "type": "array",
                            "items": {"type": "string", "pattern": f"^{_ID}$"},
                            "minItems": 1,
                        },
                        {
                            "type": "object",
                            "additionalProperties": _ref("InputModel"),
                            "propertyNames": {"pattern": f"^{_ID}$"},
                            "minProperties": 1,
                        },
                    ]
                },
                "scorer": {
                    "anyOf": [
                        {"enum": [name for name in plain if name not in ("judge", "regex")]},
                        own,
                        _ref("ScorerModel"),
                        _NULL,
                    ]
                },
            }
        },
        "MutationWeights": {
            "not": {
                "required": list(weights),
                "properties": {name: {"const": 0} for name in weights},
            }
        },
        "EvolutionSettings": {
            "properties": {
                "trigger": {
                    "type": "object",
                    "additionalProperties": False,
                    "deprecated": True,
                    "description": "The first form of `triggers`.",
                    "properties": {
                        "skill_accuracy_threshold": {"type": "number", "minimum": 0, "maximum": 1},
                        "feedback_sample_size": {"type": "integer", "minimum": 1},
                        "evolution_cooldown_hours": {"type": "number", "minimum": 0},
                    },
                }
            }
        },
        "Learning": {
            "properties": {
                "max_share_of_a_user": {
                    "type": "number",
                    "exclusiveMinimum": 0,
                    "maximum": 1,
                    "deprecated": True,
                    "description": "The first name of `max_share_per_user`.",
                }
            }
        },
    }


def config_schema() -> str:
    """The schema of `config.yaml`."""
    return _text("config.yaml of tinyArms", _schema(load("_ConfigModel")))


def constants_schema() -> str:
    """The schema of `config/constants.yaml`."""
    schema = _schema(load("_ConstantsModel"))
    block = schema["properties"]["prompt_evolution"]
    # A block that contains only comments.
    schema["properties"]["prompt_evolution"] = {"anyOf": [block, _NULL]}
    return _text("config/constants.yaml of tinyArms", schema)


def example_schema() -> str:
    """The schema of one row of an examples file."""
    docs = {field.name: field.doc for field in find_class("Example").fields}
    words = {"type": "array", "items": {"type": "string"}}
    types: dict[str, dict[str, Any]] = {
        "id": {"type": ["string", "integer"]},
        "inputs": {
            "type": "object",
            "additionalProperties": {"type": "string"},
            "minProperties": 1,
        },
        "expected": {},
        "split": {"enum": [*get_args(vars(inspect.getmodule(load("Example")))["Split"]), None]},
        "origin": {"enum": list(get_args(vars(inspect.getmodule(load("Example")))["Origin"]))},
        "kind": {"type": "string"},
        "required": {
            "type": "object",
            "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
        },
        "forbidden": words,
    }
    properties = {name: kind | {"description": docs[name]} for name, kind in types.items()}
    schema = {"type": "object", "required": ["inputs", "expected"], "properties": properties}
    return _text("A row of an examples file of tinyArms", schema)


def _text(title: str, schema: Mapping[str, Any]) -> str:
    whole = {"$schema": _DIALECT, "title": title, **schema}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    schema = model.model_json_schema()
    refinements = _refinements()
    definitions = schema.pop("$defs")
    classes = {each.__name__: each for each in _inside(model)}
    for name, definition in ((model.__name__, schema), *definitions.items()):
        _describe(definition, classes[name])
        _refine(definition, refinements.get(name, {}))
    whole: dict[str, Any] = _without_titles(schema | {"$defs": definitions})
    return whole


def _inside(annotation: Any) -> Iterator[type[BaseModel]]:
    """A model and all models inside it."""
    if inspect.isclass(annotation) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from _inside(field.annotation)
    for part in get_args(annotation):
        yield from _inside(part)


def _describe(definition: dict[str, Any], model: type[BaseModel]) -> None:
    """Add the docstrings of the fields."""
    found = class_of(model)
    for field in found.fields:
        if field.doc and field.name in definition["properties"]:
            definition["properties"][field.name]["description"] = field.doc
    definition["description"] = found.doc


def _refine(definition: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if key != "properties":
            definition[key] = value
            continue
        for name, kind in value.items():
            old = definition["properties"].get(name, {})
            if "anyOf" in kind:
                old = {"description": old.get("description", "")}
            definition["properties"][name] = old | kind


def _without_titles(value: Any) -> Any:
    """Without the titles that pydantic makes of names, and with the other spellings of yes."""
    if isinstance(value, list):
        return [_without_titles(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {
        key: _without_titles(item)
        for key, item in value.items()
        if not (key == "title" and isinstance(item, str))
    }
    if kept.get("type") == "boolean" and "const" not in kept:
        del kept["type"]
        kept["enum"] = [True, False, "yes", "no", "on", "off"]
    return kept
