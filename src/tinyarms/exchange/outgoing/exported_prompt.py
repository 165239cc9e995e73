"""A prompt that tinyArms found, with its demonstrations and its contract. It needs only Python.

From a program: `messages(text="…")` gives the chat to send, `parse(reply)` checks the reply, and
`run(url, text="…")` does both with a server that speaks the OpenAI API. From a shell, this prints
the chat, or with --url the answer (the key of the server is taken from OPENAI_API_KEY):

    python FILE text="…" [--url http://localhost:11434/v1] [--model NAME]
"""

import json
import os
import re
import sys
import unicodedata
import urllib.request
from typing import Any

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
_TYPES: dict[str, Any] = {
    "string": str,
    "array": list,
    "object": dict,
    "boolean": bool,
    "null": type(None),
    "number": (int, float),
    "integer": int,
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
        value = json.loads(text)
        _check(value, CONTRACT["json_schema"], "the answer")
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
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
    return parse(answer["choices"][0]["message"]["content"])


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


def _check(value: object, schema: object, where: str) -> None:
    """Check the type, the choices, the required keys and the items; other keywords are not read."""
    if not isinstance(schema, dict):
        return
    kinds = schema.get("type", [])
    names = [kinds] if isinstance(kinds, str) else kinds
    fits = [isinstance(value, _TYPES[name]) for name in names if name in _TYPES]
    is_wrong_truth = isinstance(value, bool) and "boolean" not in names
    if fits and (not any(fits) or is_wrong_truth):
        raise ValueError(f"{where} is no {' or '.join(names)}")
    if "enum" in schema and value not in schema["enum"]:
        raise ValueError(f"{where} is none of {schema['enum']}")
    if isinstance(value, dict):
        for key in schema.get("required", []):
            if key not in value:
                raise ValueError(f"{where} lacks {key!r}")
        for key, item in value.items():
            _check(item, schema.get("properties", {}).get(key), f"{where}, {key!r}")
    if isinstance(value, list):
        for number, item in enumerate(value, start=1):
            _check(item, schema.get("items"), f"{where}, item {number}")


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
