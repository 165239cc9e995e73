"""Reads and writes prompt files: Markdown, optionally with YAML front matter."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from io import StringIO
from typing import TYPE_CHECKING, Any

from tinyarms.core.errors import PromptError
from tinyarms.skills.prompt import Demonstration, Prompt, Retrieval
from tinyarms.skills.verbalizer import Verbalizer
from tinyarms.skills.verbalizer_text import lines_of, summary, table_of

if TYPE_CHECKING:
    from tinyarms.core.yaml_values import Document, Place

_FENCE = "---"
"""The line before and after the front matter."""
_OF_THE_PROMPT = ("demonstrations", "calibration", "retrieve", "verbalizer", "words_from")
"""Keys of the front matter that change what is sent to the model."""
_MAX_RETRIEVED = 64
"""Most demonstrations that a prompt may take from its memory for a task. Higher: longer calls."""

_DEMONSTRATIONS = "demonstrations: a list of {inputs: {name: text}, output: text}."
_RETRIEVE = (
    "retrieve: {demonstrations: number, nearest_last: true, prior_weight: number, snapshot: hash}."
)

_OF_A_VERBALIZER = ("model", "labels", "words", "without")
_VERBALIZER = "A search writes it; remove it if the labels or the model have changed."

_WORDS_FROM = "words_from: [name of an input, …]."

_HINTS = {"calibration": "calibration: {label: number}.", "retrieve": _RETRIEVE}


def prompt_path(skill: str, number: int) -> str:
    """The file of a released prompt version, relative to the project's folder.

    The first version keeps the path that `config.yaml` gives it.

    Examples
    --------
    >>> from tinyarms.skills.prompt_file import prompt_path
    >>> prompt_path("file-naming", 2)
    'skills/file-naming-v2.md'
    """
    return f"skills/{skill}-v{number}.md"


def parse_prompt_file(content: str, where: str) -> Prompt:
    """Read a prompt file: Markdown, optionally with YAML front matter.

    The front matter may have `demonstrations` (a list of `inputs` and `output`), `calibration`
    (label: bias), `retrieve` (what the prompt takes from its memory), `verbalizer` (what the
    model's words tell about the labels) and `words_from` (the inputs whose words the answer is made
    of). Other keys are for people and are ignored. Raises
    `PromptError` if the prompt is empty or the front matter is broken; `where` names the file in
    the message.

    Examples
    --------
    >>> from tinyarms.skills.prompt_file import format_prompt_file, parse_prompt_file
    >>> content = "---\\ncalibration:\\n  good: -0.5\\n---\\nIs the review good or bad?\\n"
    >>> prompt = parse_prompt_file(content, where="skills/review.md")
    >>> prompt.text, prompt.calibration
    ('Is the review good or bad?', {'good': -0.5})
    >>> format_prompt_file(prompt) == content
    True
    """
    if "\0" in content:
        line = content.count("\n", 0, content.index("\0")) + 1
        raise PromptError(f"{where}, line {line}: it has the character NUL.", "Remove it.")
    document, body = _split(content, where)
    text = body.strip()
    if not text:
        raise PromptError(f"{where}: the prompt is empty.", "Write the instruction as Markdown.")
    if document is None:
        return Prompt(text, (), {}, None)
    front = _FrontMatter(document, where)
    return Prompt(
        text,
        front.demonstrations(),
        front.calibration(),
        front.retrieval(),
        front.verbalizer(),
        front.words_from(),
    )


def front_matter(content: str) -> Mapping[str, Any]:
    """The keys of a prompt file's front matter that are for people. Raises `PromptError`."""
    document, _ = _split(content, "")
    values = {} if document is None else document.values
    return {k: v for k, v in values.items() if k not in _OF_THE_PROMPT}


def _split(content: str, where: str) -> tuple[Document | None, str]:
    """Front matter and the rest."""
    body = content.replace("\r\n", "\n")
    if not body.startswith(_FENCE + "\n"):
        return None, body
    head, fence, rest = f"{body[len(_FENCE) :]}\n".partition(f"\n{_FENCE}\n")
    if not fence:
        raise PromptError(f"{where}: the front matter has no end.", "Close it with '---'.")
    return _read_front_matter(head, where), rest


def format_prompt_file(prompt: Prompt, meta: Mapping[str, Any] | None = None) -> str:
    """The inverse of `parse_prompt_file`. The keys of `meta` come first in the front matter."""
    tables = None if prompt.verbalizer is None else _verbalizer_front(prompt.verbalizer)
    return _formatted(prompt, meta, tables)


def readable_prompt_file(prompt: Prompt) -> str:
    """The prompt file for people who read it or compare two: one line in place of a verbalizer's
    hundreds, which changes when one of them does.

    Examples
    --------
    >>> from tinyarms.skills.prompt import Prompt
    >>> from tinyarms.skills.prompt_file import readable_prompt_file
    >>> from tinyarms.skills.verbalizer import Verbalizer
    >>> words = {"Great": (-0.5, 0.5), "Sorry": (0.5, -0.5)}
    >>> prompt = Prompt("Good or bad?", verbalizer=Verbalizer(("bad", "good"), words))
    >>> print(readable_prompt_file(prompt), end="")
    ---
    verbalizer: 2 words (5796246c). For bad "Sorry"; for good "Great".
    ---
    Good or bad?
    """
    verbalizer = prompt.verbalizer
    return _formatted(prompt, None, None if verbalizer is None else summary(verbalizer))


def _formatted(prompt: Prompt, meta: Mapping[str, Any] | None, verbalizer: Any) -> str:
    front = dict(meta or {})
    front.update({k: v for k, v in prompt.to_dict().items() if k != "text"})
    if verbalizer is not None:
        front["verbalizer"] = verbalizer
    if not front and not prompt.text.strip().startswith(_FENCE):
        return prompt.text.strip() + "\n"
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    quoted = _quoted(front)
    # ruamel.yaml loses or adds a space where it folds some double-quoted texts, and a verbalizer
    # in one line stays one.
    yaml.width = sys.maxsize if _has_quotes(quoted) or isinstance(verbalizer, str) else 100
    out = StringIO()
    yaml.dump(quoted, out)
    return f"{_FENCE}\n{out.getvalue()}{_FENCE}\n{prompt.text.strip()}\n"


def _verbalizer_front(verbalizer: Verbalizer) -> dict[str, Any]:
    from ruamel.yaml.scalarstring import LiteralScalarString

    return {
        **({"model": verbalizer.model_tag} if verbalizer.model_tag else {}),
        "labels": list(verbalizer.labels),
        "words": LiteralScalarString(lines_of(verbalizer.words)),
        "without": LiteralScalarString(lines_of(verbalizer.without)),
    }


def _quoted(value: Any) -> Any:
    """Double-quote text with line ends or other control characters: no other style keeps all."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

    if isinstance(value, Mapping):
        return {_quoted(key): _quoted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_quoted(item) for item in value]
    if isinstance(value, LiteralScalarString):
        return value
    if isinstance(value, str) and not value.isprintable():
        return DoubleQuotedScalarString(value)
    return value


def _has_quotes(value: Any) -> bool:
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(value, Mapping):
        return any(_has_quotes(each) for pair in value.items() for each in pair)
    if isinstance(value, list):
        return any(map(_has_quotes, value))
    return isinstance(value, DoubleQuotedScalarString)


def _read_front_matter(text: str, where: str) -> Document:
    from tinyarms.core.yaml_syntax import YamlProblem
    from tinyarms.core.yaml_values import read_document

    try:
        # Every scalar is a text, so that a label `no` or `1.0` does not change.
        document = read_document(text, texts_only=True)
        for problem in document.problems:
            raise problem
    except YamlProblem as problem:
        key = "".join(f"{part}: " for part in problem.place)
        message = f"{where}, line {problem.line}: front matter: {key}{problem.message}."
        raise PromptError(message, problem.hint) from problem
    return document


@dataclass(frozen=True)
class _FrontMatter:
    """Reads the keys of the front matter that belong to the prompt. Raises `PromptError`."""

    document: Document
    where: str

    def demonstrations(self) -> tuple[Demonstration, ...]:
        """`demonstrations`: a list of `inputs` and `output`."""
        given = self._of("demonstrations", list, "a list", _DEMONSTRATIONS) or []
        return tuple(self._demonstration(n, each) for n, each in enumerate(given))

    def _demonstration(self, number: int, given: Any) -> Demonstration:
        place: Place = ("demonstrations", number)
        if not isinstance(given, dict):
            raise self._wrong(place, "must be a mapping of `inputs` and `output`", _DEMONSTRATIONS)
        for key in ("inputs", "output"):
            if key not in given:
                raise self._wrong((*place, key), "is missing", _DEMONSTRATIONS)
        inputs, output = given["inputs"], given["output"]
        if not isinstance(inputs, dict):
            raise self._wrong((*place, "inputs"), "must be a mapping", _DEMONSTRATIONS)
        for name, value in inputs.items():
            if not isinstance(value, str):
                raise self._wrong((*place, "inputs", name), "must be text", _DEMONSTRATIONS)
        if not isinstance(output, str):
            raise self._wrong((*place, "output"), "must be text", _DEMONSTRATIONS)
        return Demonstration(inputs, output)

    def calibration(self) -> dict[str, float]:
        """`calibration`: a number for each label."""
        given = self._of("calibration", dict, "a mapping", _HINTS["calibration"]) or {}
        return {k: self._number(("calibration", k), v) for k, v in given.items()}

    def retrieval(self) -> Retrieval | None:
        """`retrieve`: what the prompt takes from its memory."""
        given = self._of("retrieve", dict, "a mapping", _RETRIEVE)
        if not given:
            return None
        known = [field.name for field in fields(Retrieval)]
        for key in given:
            if key not in known:
                close = get_close_matches(key, known, n=1)
                meant = f"Did you mean {close[0]}? " if close else ""
                raise self._wrong(("retrieve", key), "unknown key", meant + _RETRIEVE)
        snapshot = given.get("snapshot")
        if not isinstance(snapshot, str) or not snapshot:
            hint = f"A search writes it. {_RETRIEVE}"
            raise self._wrong(("retrieve", "snapshot"), "is missing", hint)
        count = self._number(("retrieve", "demonstrations"), given.get("demonstrations", "0"))
        if not 0 <= count <= _MAX_RETRIEVED or count != int(count):
            what = f"must be a whole number from 0 to {_MAX_RETRIEVED}"
            raise self._wrong(("retrieve", "demonstrations"), what, _RETRIEVE)
        weight = self._number(("retrieve", "prior_weight"), given.get("prior_weight", "0"))
        if weight < 0:
            raise self._wrong(("retrieve", "prior_weight"), "must be 0 or more", _RETRIEVE)
        last = given.get("nearest_last", "true")
        if last not in ("true", "false"):
            raise self._wrong(("retrieve", "nearest_last"), "must be true or false", _RETRIEVE)
        return Retrieval(int(count), last == "true", weight, snapshot)

    def verbalizer(self) -> Verbalizer | None:
        """`verbalizer`: the model's tag, the labels, and two tables of numbers as texts."""
        given = self._of("verbalizer", dict, "a mapping", _VERBALIZER)
        if not given:
            return None
        unknown = [key for key in given if key not in _OF_A_VERBALIZER]
        if unknown:
            what = f"is no key of a verbalizer (those are {', '.join(_OF_A_VERBALIZER)})"
            raise self._wrong(("verbalizer", unknown[0]), what, _VERBALIZER)
        tag = given.get("model") or ""
        if not isinstance(tag, str):
            raise self._wrong(("verbalizer", "model"), "must be a model's tag", _VERBALIZER)
        labels = given.get("labels") or None
        if not isinstance(labels, list) or not all(isinstance(each, str) for each in labels):
            raise self._wrong(("verbalizer", "labels"), "must be a list of labels", _VERBALIZER)
        words = self._table("words", given.get("words"), len(labels))
        if not words:
            raise self._wrong(("verbalizer", "words"), "is missing", _VERBALIZER)
        without = self._table("without", given.get("without"), len(labels))
        return Verbalizer(tuple(labels), words, without, model_tag=tag)

    def words_from(self) -> tuple[str, ...]:
        """`words_from`: a list of inputs, each once."""
        given = self._of("words_from", list, "a list of inputs", _WORDS_FROM) or []
        if not all(isinstance(each, str) for each in given):
            raise self._wrong(("words_from",), "must be a list of inputs", _WORDS_FROM)
        return tuple(dict.fromkeys(given))

    def _table(self, name: str, given: Any, columns: int) -> dict[str, tuple[float, ...]]:
        if given in (None, ""):
            return {}
        if not isinstance(given, str):
            raise self._wrong(("verbalizer", name), "must be text", _VERBALIZER)
        try:
            return table_of(given, columns)
        except ValueError as error:
            raise self._wrong(("verbalizer", name), str(error), _VERBALIZER) from error

    def _of(self, key: str, kind: type, name: str, hint: str) -> Any:
        """The value of a key; `None` if there is none."""
        value = self.document.values.get(key)
        if value in (None, "", "~", "null"):
            return None
        if not isinstance(value, kind):
            raise self._wrong((key,), f"must be {name}", hint)
        return value

    def _number(self, place: Place, value: Any) -> float:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if not math.isfinite(number):
            raise self._wrong(place, "must be a finite number", _HINTS[str(place[0])])
        return number

    def _wrong(self, place: Place, what: str, hint: str) -> PromptError:
        key, line = ".".join(map(str, place)), self.document.line(place)
        return PromptError(f"{self.where}, line {line}: {key}: {what}.", hint)
