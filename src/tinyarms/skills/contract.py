"""Output contracts: what a skill's output must look like. Evolution never changes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from tinyarms.core.errors import ContractViolation
from tinyarms.core.json_words import json_problem, no_constant
from tinyarms.core.text import shorten, storable
from tinyarms.skills.comparison import label_key
from tinyarms.skills.grammar import labels_grammar, pattern_grammar
from tinyarms.skills.json_schemas import in_order, validate
from tinyarms.skills.patterns import matches_whole
from tinyarms.skills.schema_words import schema_problem


@dataclass(frozen=True)
class Constraint:
    """A contract in the forms that servers can enforce; each server uses the form it supports."""

    grammar: str | None = None
    """A GBNF grammar, for llama.cpp."""
    schema: Mapping[str, Any] | None = None
    """A JSON schema, for Ollama, vLLM and OpenAI."""
    choices: tuple[str, ...] = ()
    """The allowed outputs, if they are few."""
    regex: str | None = None
    """A regular expression that the whole output matches."""


class Contract(Protocol):
    """The form that an output must have."""

    @property
    def kind(self) -> str:
        """The kind's key under `output:` in `config.yaml`, e.g. `labels`."""
        ...

    @property
    def max_tokens(self) -> int:
        """The most tokens that the model may generate for one output."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The allowed outputs; empty for a contract without a list of outputs."""
        ...

    def constraint(self) -> Constraint | None:
        """What the server should enforce; `None` for free text.

        With `choices` or a `regex`, its `schema` describes a string: a server that supports only
        JSON schemas wraps the answer in JSON, and the client unwraps it.
        """
        ...

    def parse(self, text: str) -> str:
        """The output in its canonical form. Raises `ContractViolation`."""
        ...

    def wording(self) -> str:
        """The contract in one sentence, which a prompt may include; empty if there is none."""
        ...


@dataclass(frozen=True)
class Labels:
    """The output is exactly one of a few labels.

    Case, spaces, enclosing quotes and the Unicode form do not matter.

    Examples
    --------
    >>> from tinyarms.skills.contract import Labels
    >>> contract = Labels(("positive", "negative"))
    >>> contract.parse('"Positive" ')
    'positive'
    >>> contract.parse("It is positive.")
    Traceback (most recent call last):
    tinyarms.core.errors.ContractViolation: 'It is positive.' is none of: positive, negative.
    >>> contract.wording()
    'Answer with exactly one of: positive, negative.'
    """

    labels: tuple[str, ...]
    max_tokens: int = 16
    kind: str = field(default="labels", init=False)

    def constraint(self) -> Constraint:
        return self._constraint

    @cached_property
    def _constraint(self) -> Constraint:
        return Constraint(
            grammar=labels_grammar(self.labels),
            schema={"type": "string", "enum": list(self.labels)},
            choices=self.labels,
        )

    def parse(self, text: str) -> str:
        label = self._by_key.get(label_key(text))
        if label is None:
            raise ContractViolation(f"{_short(text)} is none of: {', '.join(self.labels)}.")
        return label

    @cached_property
    def _by_key(self) -> Mapping[str, str]:
        return {label_key(label): label for label in self.labels}

    def wording(self) -> str:
        return f"Answer with exactly one of: {', '.join(self.labels)}."


@dataclass(frozen=True)
class Pattern:
    """The whole output matches a regular expression.

    Examples
    --------
    >>> from tinyarms.skills.contract import Pattern
    >>> contract = Pattern("[a-z]+(-[a-z]+){1,4}")
    >>> contract.parse("red-bridge-in-fog")
    'red-bridge-in-fog'
    >>> contract.constraint().grammar
    'root ::= ([a-z]){1,} (("-" ([a-z]){1,})){1,4}'
    """

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
        answer = _unquote(text)
        if not matches_whole(self.pattern, answer):
            raise ContractViolation(f"{_short(text)} does not match {self.pattern}.")
        return answer

    def wording(self) -> str:
        return f"Answer in the form {self.pattern}."


@dataclass(frozen=True)
class JsonSchema:
    """The output is a JSON value that a schema accepts.

    Examples
    --------
    >>> from tinyarms.skills.contract import JsonSchema
    >>> contract = JsonSchema({"type": "object", "properties": {"name": {"type": "string"}}})
    >>> contract.parse('{"name":  "bridge"}')
    '{"name": "bridge"}'
    """

    schema: Mapping[str, Any]
    max_tokens: int = 128
    kind: str = field(default="json_schema", init=False)
    labels: tuple[str, ...] = field(default=(), init=False)

    def constraint(self) -> Constraint:
        return Constraint(schema=self.schema)

    def parse(self, text: str) -> str:
        # Imported here, so that a project without such a contract does not pay for it.
        import jsonschema

        try:
            value = json.loads(text, parse_constant=no_constant)
            validate(self.schema, value)
            # 1e999 is read as infinity, which JSON cannot hold.
            ordered = in_order(self.schema, value)
            output = json.dumps(ordered, ensure_ascii=False, allow_nan=False)
        except jsonschema.ValidationError as error:
            raise ContractViolation(
                f"{_short(text)}: {shorten(schema_problem(error), 200)}."
            ) from error
        except json.JSONDecodeError as error:
            what = json_problem(error)
            raise ContractViolation(f"{_short(text)} is not JSON: {what}.") from error
        except (ValueError, OverflowError) as error:
            raise ContractViolation(f"{_short(text)} has a number JSON cannot hold.") from error
        except RecursionError as error:
            raise ContractViolation(f"{_short(text)} is nested too deeply.") from error
        return storable(output)

    def wording(self) -> str:
        keys = ", ".join(self.schema.get("properties", {}))
        return f"Answer with a JSON object that has the keys {keys}." if keys else "Answer in JSON."


@dataclass(frozen=True)
class Text:
    """The output is any text that is not empty."""

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


def contract_entry(contract: Contract) -> dict[str, Any]:
    """A contract as `output:` of `config.yaml` writes it.

    Examples
    --------
    >>> from tinyarms.skills.contract import Labels, contract_entry
    >>> contract_entry(Labels(("positive", "negative")))
    {'labels': ['positive', 'negative'], 'max_tokens': 16}
    """
    value: Any = True
    if contract.labels:
        value = list(contract.labels)
    elif isinstance(contract, Pattern):
        value = contract.pattern
    elif isinstance(contract, JsonSchema):
        value = dict(contract.schema)
    return {contract.kind: value, "max_tokens": contract.max_tokens}


_QUOTED = 200
"""Most characters of an output that a violation quotes; what it quotes is all that is kept of the
output. Higher: longer messages."""


def _unquote(text: str) -> str:
    stripped = text.strip()
    if len(stripped) >= 2 and stripped[0] == stripped[-1] == '"':
        return stripped[1:-1]
    return stripped


def _short(text: str) -> str:
    return repr(shorten(text, _QUOTED))
