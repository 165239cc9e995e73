"""A prompt that tinyArms found, with its demonstrations and its contract. It needs only Python.

From a program: `messages(text="…")` gives the chat to send, `parse(reply)` checks the reply, and
`run(url, text="…")` does both with a server that speaks the OpenAI API. From a shell, this prints
the chat, or with --url the answer (the key of the server is taken from OPENAI_API_KEY):

    python FILE text="…" [--url http://localhost:11434/v1] [--model NAME]

`parse` accepts what tinyArms accepts, and gives the same text, with two differences that come
from Python's own `re`: a pattern has no time limit, and `\\w`, `\\s` and `\\b` know no combining
marks (an accent that is a character of its own is no letter), but take U+001C to U+001F as white
space.
"""

import json
import os
import re
import sys
import unicodedata
import urllib.parse
import urllib.request
from fractions import Fraction
from typing import Any, NoReturn

# --- the prompt ---
NAME = "review, version 1"
MODEL = "tiny"
INPUTS = ["text"]
OPTIONAL: list[str] = []
TEXT = "Good or bad?\n\nInput: {{text}}\nOutput:"
FRAME = "Input: {{text}}\nOutput:"
DEMONSTRATIONS: list[dict[str, Any]] = []
CONTRACT: dict[str, Any] = {"text": True}
MAX_TOKENS = 16
# --- the prompt ---

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_UNSTORABLE = r"[\x00\ud800-\udfff]"
_TYPES: dict[str, Any] = {
    "string": str,
    "array": list,
    "object": dict,
    "boolean": bool,
    "null": type(None),
    "number": (int, float),
    "integer": (int, float),
}


def messages(**inputs: str) -> list[dict[str, str]]:
    """The chat for these inputs. Raises ValueError if an input is missing or unknown."""
    missing = [name for name in INPUTS if name not in inputs and name not in OPTIONAL]
    unknown = [name for name in inputs if name not in INPUTS]
    if missing or unknown:
        raise ValueError(f"missing: {missing}, unknown: {unknown}; the inputs are {INPUTS}")
    turns: list[dict[str, str]] = []
    for shown in DEMONSTRATIONS:
        text = FRAME if turns else TEXT
        turns.append({"role": "user", "content": _filled(text, shown["inputs"])})
        turns.append({"role": "assistant", "content": shown["output"]})
    turns.append({"role": "user", "content": _filled(FRAME if turns else TEXT, inputs)})
    return turns


def parse(reply: str) -> str:
    """The reply in the form of the contract. Raises ValueError if it breaks the contract."""
    if "labels" in CONTRACT:
        labels = {_key(label): label for label in CONTRACT["labels"]}
        if _key(reply) not in labels:
            raise ValueError(f"{reply[:60]!r} is none of {CONTRACT['labels']}")
        return str(labels[_key(reply)])
    text = reply.strip()
    if "pattern" in CONTRACT:
        if len(text) > 1 and text[0] == text[-1] == '"':
            text = text[1:-1]
        if not re.fullmatch(CONTRACT["pattern"], text):
            raise ValueError(f"{text[:60]!r} does not match {CONTRACT['pattern']}")
    elif "json_schema" in CONTRACT:
        return _json(reply, CONTRACT["json_schema"])
    elif not text:
        raise ValueError("the reply is empty")
    return text


def run(url: str, model: str = MODEL, **inputs: str) -> str:
    """Ask the model behind an OpenAI-compatible API, such as http://localhost:11434/v1."""
    body = {
        "model": model,
        "messages": messages(**inputs),
        "temperature": 0,
        "max_tokens": MAX_TOKENS,
    }
    headers = {"Content-Type": "application/json"}
    if os.environ.get("OPENAI_API_KEY"):
        headers["Authorization"] = "Bearer " + os.environ["OPENAI_API_KEY"]
    address = url.rstrip("/") + "/chat/completions"
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=120) as response:
        answer = json.load(response)
    return parse(re.sub(_UNSTORABLE, "\ufffd", answer["choices"][0]["message"]["content"]))


def _filled(text: str, inputs: dict[str, str]) -> str:
    absent = {name for name in INPUTS if name not in inputs}
    lines = text.splitlines(keepends=True)
    if absent:
        named = [set(_VARIABLE.findall(line)) for line in lines]
        kept = [line for line, names in zip(lines, named) if not names or names - absent]  # noqa: B905
        text = "".join(kept).strip()
    return _VARIABLE.sub(lambda match: inputs.get(match.group(1), ""), text)


def _key(text: str) -> str:
    """A key that is equal for labels that look the same."""
    plain = unicodedata.normalize("NFC", text).strip()
    plain = re.sub("[“”„‟«»″]", '"', re.sub("[‘’‚‛‹›′]", "'", plain))
    plain = re.sub("[\u2010\u2011]", "-", plain)
    plain = re.sub("[\u00ad\u200b\u200e\u200f\u2060\ufeff\u202a-\u202e\u2066-\u2069]", "", plain)
    plain = " ".join(plain.split())
    if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'":
        plain = plain[1:-1].strip()
    return unicodedata.normalize("NFC", plain.casefold())


def _json(reply: str, schema: Any) -> str:
    try:
        value = json.loads(reply, parse_constant=_no_constant)
        _check(value, schema, "the answer")
        ordered = _in_order(value, schema)
        text = json.dumps(ordered, ensure_ascii=False, allow_nan=False)
    except RecursionError as error:
        raise ValueError("the answer is nested too deeply") from error
    except OverflowError as error:
        raise ValueError("the answer has a number that JSON cannot hold") from error
    return re.sub(_UNSTORABLE, "\ufffd", text)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON value")


def _in_order(value: Any, schema: Any) -> Any:
    """The value with its keys in the order of `properties`, then by the alphabet."""
    for _ in range(20):
        if not isinstance(schema, dict) or "$ref" not in schema or "properties" in schema:
            break
        schema = _found(schema["$ref"])
    else:
        schema = {}
    schema = schema if isinstance(schema, dict) else {}
    if isinstance(value, list):
        return [_in_order(item, schema.get("items")) for item in value]
    if not isinstance(value, dict):
        return value
    declared = schema.get("properties", {})
    keys = [key for key in declared if key in value] + sorted(value.keys() - declared.keys())
    return {key: _in_order(value[key], declared.get(key)) for key in keys}


def _found(reference: str) -> Any:
    """What a reference such as `#/$defs/NAME` leads to."""
    part: Any = CONTRACT["json_schema"]
    for step in urllib.parse.unquote(reference.lstrip("#")).split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        part = part[int(name)] if isinstance(part, list) else part[name]
    return part


def _check(value: Any, schema: Any, where: str) -> None:
    """Check a value against a JSON schema. Raises ValueError with what is wrong."""
    if isinstance(schema, bool):
        _must(schema, f"{where} may not be there")
        return
    kinds = schema.get("type", [])
    names = [kinds] if isinstance(kinds, str) else kinds
    is_right = any(_is(value, name) for name in names)
    _must("type" not in schema or is_right, f"{where} is no {' or '.join(names)}")
    if "enum" in schema:
        fits = any(_equal(value, each) for each in schema["enum"])
        _must(fits, f"{where} is none of {schema['enum']}")
    if "const" in schema:
        _must(_equal(value, schema["const"]), f"{where} is not {schema['const']!r}")
    if "$ref" in schema:
        _check(value, _found(schema["$ref"]), where)
    if isinstance(value, str):
        _check_text(value, schema, where)
    elif _is(value, "number"):
        _check_number(value, schema, where)
    elif isinstance(value, list):
        _check_list(value, schema, where)
    elif isinstance(value, dict):
        _check_object(value, schema, where)
    for part in schema.get("allOf", []):
        _check(value, part, where)
    if "anyOf" in schema:
        _must(any(_fits(value, part) for part in schema["anyOf"]), f"{where} fits none of anyOf")
    if "oneOf" in schema:
        fitting = sum(_fits(value, part) for part in schema["oneOf"])
        _must(fitting == 1, f"{where} fits {fitting} of oneOf")
    if "not" in schema:
        _must(not _fits(value, schema["not"]), f"{where} fits what it may not")
    if "if" in schema:
        _check(value, schema.get("then" if _fits(value, schema["if"]) else "else", True), where)


def _must(is_right: bool, problem: str) -> None:
    if not is_right:
        raise ValueError(problem)


def _fits(value: Any, schema: Any) -> bool:
    try:
        _check(value, schema, "")
    except ValueError:
        return False
    return True


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    if name == "integer" and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, _TYPES[name])


def _equal(one: Any, two: Any) -> bool:
    if isinstance(one, list) and isinstance(two, list):
        return len(one) == len(two) and all(_equal(a, b) for a, b in zip(one, two))  # noqa: B905
    if isinstance(one, dict) and isinstance(two, dict):
        return one.keys() == two.keys() and all(_equal(one[key], two[key]) for key in one)
    return bool(isinstance(one, bool) == isinstance(two, bool) and one == two)


def _check_text(value: str, schema: Any, where: str) -> None:
    _check_size(len(value), schema, "Length", f"the length of {where}")
    if "pattern" in schema:
        fits = re.search(schema["pattern"], value) is not None
        _must(fits, f"{where} does not match {schema['pattern']}")


def _check_size(size: int, schema: Any, what: str, where: str) -> None:
    _must(size >= schema.get(f"min{what}", 0), f"{where} is too small")
    _must(size <= schema.get(f"max{what}", size), f"{where} is too large")


def _check_number(value: float, schema: Any, where: str) -> None:
    _must(value >= schema.get("minimum", value), f"{where} is too small")
    _must(value <= schema.get("maximum", value), f"{where} is too large")
    _must("exclusiveMinimum" not in schema or value > schema["exclusiveMinimum"], f"{where} is low")
    _must(
        "exclusiveMaximum" not in schema or value < schema["exclusiveMaximum"], f"{where} is high"
    )
    if "multipleOf" in schema:
        _must(_is_multiple(value, schema["multipleOf"]), f"{where} is no multiple")


def _is_multiple(value: float, of: float) -> bool:
    if not isinstance(of, float):
        return not value % of
    quotient = value / of
    if quotient in (float("inf"), float("-inf")):
        return (Fraction(value) / Fraction(of)).denominator == 1
    return int(quotient) == quotient


def _check_list(value: list[Any], schema: Any, where: str) -> None:
    _check_size(len(value), schema, "Items", f"the number of items of {where}")
    first = schema.get("prefixItems", [])
    for number, item in enumerate(value, start=1):
        part = first[number - 1] if number <= len(first) else schema.get("items", True)
        _check(item, part, f"{where}, item {number}")
    if "contains" in schema:
        fitting = sum(_fits(item, schema["contains"]) for item in value)
        least, most = schema.get("minContains", 1), schema.get("maxContains", fitting)
        _must(least <= fitting <= most, f"{where} has {fitting} of the items that it must contain")
    if schema.get("uniqueItems"):
        pairs = ((a, b) for n, a in enumerate(value) for b in value[:n])
        _must(not any(_equal(a, b) for a, b in pairs), f"{where} has an item twice")


def _check_object(value: dict[str, Any], schema: Any, where: str) -> None:
    _check_size(len(value), schema, "Properties", f"the number of keys of {where}")
    for key in schema.get("required", []):
        _must(key in value, f"{where} lacks {key!r}")
    declared, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for key, item in value.items():
        _check(key, schema.get("propertyNames", True), f"the key {key!r} of {where}")
        parts = [declared[key]] if key in declared else []
        parts += [part for pattern, part in patterns.items() if re.search(pattern, key)]
        for part in parts or [schema.get("additionalProperties", True)]:
            _check(item, part, f"{where}, {key!r}")
    for key, others in schema.get("dependentRequired", {}).items():
        for other in others if key in value else []:
            _must(other in value, f"{where} has {key!r} without {other!r}")
    for key, part in schema.get("dependentSchemas", {}).items():
        if key in value:
            _check(value, part, where)


def _main(words: list[str]) -> None:
    options = {"--url": "", "--model": MODEL}
    inputs: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        name, equals, value = word.partition("=")
        if word in options:
            options[word] = next(rest, "")
        elif equals:
            inputs[name] = value
        else:
            sys.exit(f"{word!r} is no input; write {INPUTS[0]}=TEXT")
    try:
        if options["--url"]:
            print(run(options["--url"], options["--model"], **inputs))  # noqa: T201
        else:
            print(json.dumps(messages(**inputs), ensure_ascii=False, indent=2))  # noqa: T201
    except (ValueError, OSError) as error:
        sys.exit(f"{NAME}: {error}")


if __name__ == "__main__":
    _main(sys.argv[1:])
