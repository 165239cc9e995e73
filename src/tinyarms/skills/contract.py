"""Output contracts: what a skill's output must look like. Evolution never changes them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tinyarms.core.errors import ContractViolation
from tinyarms.core.text import shorten
from tinyarms.skills.grammar import labels_grammar, pattern_grammar


@dataclass(frozen=True)
class Constraint:
    """How a server is asked to keep the contract. Each server takes the form it knows."""

    grammar: str | None = None
    """GBNF (llama.cpp)."""
    schema: Mapping[str, Any] | None = None
    """JSON schema (Ollama, vLLM, OpenAI)."""
    choices: tuple[str, ...] = ()
    regex: str | None = None


class Contract(Protocol):
    """What an output must look like."""

    @property
    def kind(self) -> str:
        """`labels`, `pattern`, `json_schema` or `text`."""
        ...

    @property
    def max_tokens(self) -> int:
        """The longest output worth waiting for, in tokens."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The outputs to choose from; empty for every kind but `labels`."""
        ...

    def constraint(self) -> Constraint | None:
        """What the server is asked to enforce; `None` for free text."""
        ...

    def parse(self, text: str) -> str:
        """The output in its canonical form. Raises `ContractViolation`."""
        ...

    def wording(self) -> str:
        """The contract in one sentence, for a prompt to say or not to say."""
        ...


@dataclass(frozen=True)
class Labels:
    """Exactly one of a few labels."""

    labels: tuple[str, ...]
    max_tokens: int = 16
    kind: str = field(default="labels", init=False)

    def constraint(self) -> Constraint:
        return Constraint(
            grammar=labels_grammar(self.labels),
            schema={"type": "string", "enum": list(self.labels)},
            choices=self.labels,
        )

    def parse(self, text: str) -> str:
        said = _unquote(text).casefold()
        for label in self.labels:
            if said == label.casefold():
                return label
        raise ContractViolation(f"{_short(text)} is none of: {', '.join(self.labels)}.")

    def wording(self) -> str:
        return f"Answer with exactly one of: {', '.join(self.labels)}."


@dataclass(frozen=True)
class Pattern:
    """Text that matches a regular expression as a whole."""

    pattern: str
    max_tokens: int = 24
    kind: str = field(default="pattern", init=False)
    labels: tuple[str, ...] = field(default=(), init=False)

    def constraint(self) -> Constraint:
        return Constraint(
            grammar=pattern_grammar(self.pattern),
            schema={"type": "string", "pattern": f"^(?:{self.pattern})$"},
            regex=self.pattern,
        )

    def parse(self, text: str) -> str:
        said = _unquote(text)
        if not re.fullmatch(self.pattern, said):
            raise ContractViolation(f"{_short(text)} does not match {self.pattern}.")
        return said

    def wording(self) -> str:
        return f"Answer in the form {self.pattern}."


@dataclass(frozen=True)
class JsonSchema:
    """A JSON value that validates against a schema."""

    schema: Mapping[str, Any]
    max_tokens: int = 128
    kind: str = field(default="json_schema", init=False)
    labels: tuple[str, ...] = field(default=(), init=False)

    def constraint(self) -> Constraint:
        return Constraint(schema=self.schema)

    def parse(self, text: str) -> str:
        import jsonschema

        try:
            value = json.loads(text)
            jsonschema.validate(value, self.schema)
        except json.JSONDecodeError as error:
            raise ContractViolation(f"{_short(text)} is no JSON: {error}.") from error
        except jsonschema.ValidationError as error:
            raise ContractViolation(f"{_short(text)}: {error.message}.") from error
        return json.dumps(value, ensure_ascii=False, sort_keys=True)

    def wording(self) -> str:
        keys = ", ".join(self.schema.get("properties", {}))
        return f"Answer with a JSON object that has the keys {keys}." if keys else "Answer in JSON."


@dataclass(frozen=True)
class Text:
    """Any text that is not empty."""

    max_tokens: int = 256
    kind: str = field(default="text", init=False)
    labels: tuple[str, ...] = field(default=(), init=False)

    def constraint(self) -> None:
        return None

    def parse(self, text: str) -> str:
        if not text.strip():
            raise ContractViolation("The output is empty.")
        return text.strip()

    def wording(self) -> str:
        return ""


def _unquote(text: str) -> str:
    stripped = text.strip()
    if len(stripped) >= 2 and stripped[0] == stripped[-1] == '"':
        return stripped[1:-1]
    return stripped


def _short(text: str) -> str:
    return repr(shorten(text, 60))
