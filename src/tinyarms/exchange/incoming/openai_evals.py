"""The format `openai-evals`: samples of the repository, and evals and runs of the platform."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tinyarms.core.errors import ImportRefused
from tinyarms.exchange.incoming.placeholders import from_mustache
from tinyarms.exchange.incoming.records import (
    Check,
    Columns,
    FoundPrompt,
    Imported,
    Listed,
    Rewritten,
    Row,
    Turn,
)
from tinyarms.exchange.incoming.registry import Format
from tinyarms.exchange.incoming.source import Source, json_value
from tinyarms.exchange.incoming.templates import Unfilled, filled, flat
from tinyarms.exchange.incoming.yaml_text import YamlMap, read_yaml, typed
from tinyarms.exchange.tables.table import Json, as_text

_NAME = "openai-evals"
_SAMPLE = re.compile(r'\A\ufeff?\s*\{(?=[^\n]*"input"\s*:)(?=[^\n]*"ideal"\s*:)')
_ITEM = re.compile(r'\A\ufeff?\s*\{\s*"item"\s*:')
_CRITERIA = re.compile(r'"(?:testing_criteria|input_messages)"\s*:')
_CLASS = re.compile(r"^[ \t]+class:\s*[\"']?evals\.", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{\{\s*(item|sample)\.([A-Za-z0-9_.]+)\s*\}\}")
_LOOKED_AT = 100_000
_INPUT = "input"
_CHECK_OF_CLASS = {"Match": "starts-with", "Includes": "contains", "JsonMatch": "equals"}
"""Class of the repository → the check of its rows."""
_CHECK_OF_OPERATION = {"eq": "equals", "ne": "equals", "like": "contains", "ilike": "icontains"}
_ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}


def _recognises(source: Source) -> float:
    heads = {path: _head(source, path) for path in source.files[:200] if path.suffix in _SUFFIXES}
    top = {path: head for path, head in heads.items() if path.parent == source.root}
    if not any(_has_form(path, head) for path, head in top.items()):
        forms = [path for path, head in heads.items() if _has_form(path, head)]
        if len({path.parent for path in forms}) > 1:
            return 0.0  # a folder of many things
    rows = [head for path, head in heads.items() if path.suffix == ".jsonl"]
    if any(_SAMPLE.match(head) for head in rows):
        return 0.95
    if any(_CRITERIA.search(h) for p, h in heads.items() if p.suffix == ".json"):
        return 0.95
    return 0.9 if any(_CLASS.search(h) for p, h in heads.items() if p.suffix in _YAML) else 0.0


def _has_form(path: Path, head: str) -> bool:
    if path.suffix == ".jsonl":
        return bool(_ITEM.match(head) or _SAMPLE.match(head))
    return path.suffix == ".json" and _CRITERIA.search(head) is not None


_YAML = (".yaml", ".yml")
_SUFFIXES = (*_YAML, ".json", ".jsonl")


def _head(source: Source, path: Path) -> str:
    return source.head(path, _LOOKED_AT)


def _read(source: Source, columns: Columns) -> Imported:
    if columns.are_given:
        raise ImportRefused("An eval names its fields itself.", "Leave out the columns.")
    rows = [path for path in source.files if path.suffix == ".jsonl"]
    items = [path for path in rows if _ITEM.match(_head(source, path))]
    if items or any(
        _CRITERIA.search(_head(source, path)) for path in source.files if path.suffix == ".json"
    ):
        return _Platform(source, items).imported()
    return _repository(source, rows)


@dataclass(frozen=True)
class _Eval:
    """An eval that a registry file names."""

    name: str
    kind: str
    """The class that runs it, e.g. `evals.elsuite.basic.match:Match`."""
    check: str | None
    """The check of its rows; `None`: there is none like it."""
    samples: tuple[Path, ...]
    """The files here that it may name; empty: it names none of them."""
    where: str


def _repository(source: Source, rows: Sequence[Path]) -> Imported:
    """An eval of the repository: samples, and the registry file that names its class."""
    evals = list(_registered(source, rows))
    samples = list(dict.fromkeys(path for each in evals for path in each.samples)) or list(rows)
    if len(samples) != 1:
        names = ", ".join(source.place(path) for path in samples) or "none"
        raise ImportRefused(
            f"{source.path}: one file of samples can come in at a time, here are: {names}.",
            "Name the file.",
        )
    path = samples[0]
    listed = [
        Listed(source.place(other), "the samples", "no eval names them")
        for other in rows
        if other != path
    ]
    own = next((each for each in evals if path in each.samples), None)
    if own is not None and own.check is None:
        listed.append(Listed(own.where, f"the class {own.kind} of {own.name}", _NO_CLASS))
    for other in evals:
        if other is not own:
            why = (
                f"{own.name} is taken"
                if own and path in other.samples
                else "its samples are not here"
            )
            listed.append(Listed(other.where, f"the eval {other.name}", why))
    prompt = _common_turns(source, path)
    check = None if own is None else own.check

    def read() -> Iterator[Row | Listed]:
        for number, sample in _objects(source, path):
            yield _sample_row(sample, prompt, check, source.place(path, number))

    found = FoundPrompt((*prompt, Turn("user", f"{{{{{_INPUT}}}}}")), source.place(path, 1))
    return Imported(_NAME, read, prompts=(found,) if prompt else (), listed=tuple(listed))


def _registered(source: Source, rows: Sequence[Path]) -> Iterator[_Eval]:
    """The evals of the registry files."""
    for path in source.files:
        if path.suffix not in _YAML or not _CLASS.search(_head(source, path)):
            continue
        registry = read_yaml(source.text(path), source.place(path))
        for key, entry in registry.items() if isinstance(registry, YamlMap) else ():
            if not isinstance(entry, YamlMap) or "class" not in entry:
                continue
            given = typed(entry.get("args"))
            args = given if isinstance(given, dict) else {}
            kind = str(entry["class"])
            check = _CHECK_OF_CLASS.get(kind.rpartition(":")[2])
            if check == "contains" and args.get("ignore_case"):
                check = "icontains"
            where = source.place(path, entry.line_of("class"))
            wanted = str(args.get("samples_jsonl") or "")
            yield _Eval(key, kind, check, _named(wanted, rows), where)


def _named(wanted: str, rows: Sequence[Path]) -> tuple[Path, ...]:
    """The files that a path in a registry may name, whose folders are elsewhere."""
    whole = tuple(path for path in rows if path.as_posix().endswith(f"/{wanted.lstrip('/')}"))
    by_name = tuple(path for path in rows if path.name == wanted.rpartition("/")[2])
    return (whole or by_name) if wanted else ()


_NO_CLASS = "it has no scorer here; outputs are compared with `ideal`"


def _objects(source: Source, path: Path) -> Iterator[tuple[int, dict[str, Json]]]:
    """The number of each line that has one, and its object. Raises `ImportRefused`."""
    for number, line in source.lines(path):
        text = line.lstrip("\ufeff")
        if text.strip():
            where = source.place(path, number)
            value = json_value(text, where)
            if not isinstance(value, dict):
                raise ImportRefused(f"{where}: is no object.", "Write one JSON object per line.")
            yield number, value


def _turns(messages: Json) -> list[Turn] | None:
    """The turns of a chat; `None`: it is none."""
    turns = []
    for message in messages if isinstance(messages, list) else ():
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, dict):
            content = content.get("text")
        role = _ROLES.get(str(message.get("role"))) if isinstance(message, dict) else None
        if role is None or not isinstance(content, str):
            return None
        turns.append(Turn(role, content))  # type: ignore[arg-type]
    return turns or None


def _common_turns(source: Source, path: Path) -> tuple[Turn, ...]:
    """The turns before the last one, if they are the same in all rows; else none."""
    common: tuple[Turn, ...] | None = None
    for _, sample in _objects(source, path):
        turns = _turns(sample.get("input"))
        before = tuple(turns[:-1]) if turns and turns[-1].role == "user" else ()
        if common is not None and before != common:
            return ()
        common = before
        if not common:
            return ()
    has_braces = any("{{" in turn.text for turn in common or ())
    return () if has_braces else common or ()


def _sample_row(
    sample: Mapping[str, Json], prompt: tuple[Turn, ...], check: str | None, where: str
) -> Row | Listed:
    given, ideal = sample.get("input"), sample.get("ideal")
    turns = _turns(given)
    if turns is not None:
        shown = turns[-1:] if prompt else turns
        text: Json = "\n\n".join(turn.text for turn in shown)
    elif isinstance(given, str):
        text = given
    else:
        why = "its `input` is no text and no chat of texts"
        return Listed(where, "the row", why, is_row=True)
    answers = [answer for each in _list(ideal) if (answer := as_text(each)) is not None]
    checks = tuple(_checks_of(check, answers, where))
    return Row({_INPUT: text}, where, answers[0] if answers else None, checks=checks)


def _checks_of(check: str | None, answers: Sequence[str], where: str) -> Iterator[Check]:
    """The check that an output passes if it fits one of the right answers."""
    if not answers or (check is None and len(answers) == 1):
        return
    if len(answers) == 1 and check is not None:
        yield Check(check, None if check == "equals" else answers[0], where=where)
    elif check in ("contains", "icontains"):
        yield Check(f"{check}-any", list(answers), where=where)
    else:
        pattern = "|".join(map(re.escape, answers))
        end = "" if check == "starts-with" else "$"
        yield Check("regex", f"^(?:{pattern}){end}", where=where)


def _list(value: Json) -> Sequence[Json]:
    """The value as a list: one that is none is its only item, and nothing is an empty one."""
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


@dataclass
class _Platform:
    """An eval of the platform, with its rows and perhaps a run that has its prompt."""

    source: Source
    items: Sequence[Path]
    listed: list[Listed] = field(default_factory=list)
    rewritten: list[Rewritten] = field(default_factory=list)
    prompts: list[FoundPrompt] = field(default_factory=list)
    criteria: list[Callable[[Mapping[str, Json]], Iterator[Check | Listed | _Right]]] = field(
        default_factory=list
    )
    name: str = ""

    def imported(self) -> Imported:
        """Everything that the files say."""
        for path in self.source.files:
            if path.suffix == ".json" and _CRITERIA.search(_head(self.source, path)):
                self._file(path)
        if not self.items and not self.prompts:
            raise ImportRefused(
                f"{self.source.path}: has an eval without rows.",
                "Put its data beside it, as JSON lines with `item`.",
            )
        return Imported(
            _NAME,
            self._rows,
            prompts=tuple(self.prompts),
            description=self.name,
            listed=tuple(self.listed),
            rewritten=tuple(self.rewritten),
        )

    def _file(self, path: Path) -> None:
        where = self.source.place(path)
        value = json_value(self.source.text(path).lstrip("\ufeff"), where)
        for each in value if isinstance(value, list) else [value]:
            if not isinstance(each, dict):
                continue
            self.name = self.name or str(each.get("name") or "")
            data = each.get("data_source")
            messages = data.get("input_messages") if isinstance(data, dict) else None
            if isinstance(messages, dict):
                self._prompt(messages.get("template"), where)
            criteria = each.get("testing_criteria")
            for number, criterion in enumerate(_list(criteria), start=1):
                place = f"{where}, criterion {number}"
                if isinstance(criterion, dict):
                    self._criterion(criterion, place)
                else:
                    self.listed.append(Listed(place, "a criterion", "it is no object"))

    def _prompt(self, template: Json, where: str) -> None:
        turns = _turns(template)
        if turns is None:
            self.listed.append(Listed(where, "a prompt", "it has a message that is no text"))
            return
        new = tuple(Turn(turn.role, self._text(turn.text, where)) for turn in turns)
        self.prompts.append(FoundPrompt(new, where))

    def _text(self, text: str, where: str) -> str:
        """A text with `{{name}}` for `{{ item.name }}`, and `{{answer}}` for the output."""

        def replace(match: re.Match[str]) -> str:
            name = "answer" if match[1] == "sample" else match[2].replace(".", "_")
            after = f"{{{{{name}}}}}"
            self.rewritten.append(Rewritten(where, match.group(), after))
            return after

        return _PLACEHOLDER.sub(replace, text)

    def _criterion(self, criterion: Mapping[str, Json], where: str) -> None:
        kind, name = str(criterion.get("type")), str(criterion.get("name") or "")
        what = f"{kind} {name}".strip()
        if kind == "string_check":
            check = _CHECK_OF_OPERATION.get(str(criterion.get("operation")))
            if check is None:
                self.listed.append(Listed(where, what, "its operation is not known"))
                return
            reference = self._text(str(criterion.get("reference") or ""), where)
            if (
                "answer"
                not in from_mustache(
                    self._text(str(criterion.get("input") or ""), where), where
                ).names
            ):
                self.listed.append(Listed(where, what, "it does not look at the output"))
                return
            negated = criterion.get("operation") == "ne"
            self.criteria.append(_string_check(check, reference, negated, where, what))
        elif kind in ("label_model", "score_model"):
            rubric = self._rubric(criterion, where)
            if rubric is None:
                self.listed.append(Listed(where, what, "it has no text to grade by"))
            else:
                self.criteria.append(lambda row: iter([Check("judge", rubric, where=where)]))
        else:
            why = "code is not run" if kind == "python" else "there is no such scorer"
            self.listed.append(Listed(where, what, why))
            if kind == "text_similarity":
                reference = self._text(str(criterion.get("reference") or ""), where)
                self.criteria.append(_proposal(reference))

    def _rubric(self, criterion: Mapping[str, Json], where: str) -> str | None:
        turns = _turns(criterion.get("input"))
        if turns is None:
            return None
        text = "\n\n".join(self._text(turn.text, where) for turn in turns)
        passing = criterion.get("passing_labels")
        if isinstance(passing, list) and passing:
            labels = ", ".join(map(str, _list(criterion.get("labels")) or passing))
            right = ", ".join(map(str, passing))
            text += f"\n\nOf these labels: {labels}, the answer should get {right}."
        names = from_mustache(text, where).names
        return text if "answer" in names or not names else f"{text}\n\nAnswer: {{{{answer}}}}"

    def _rows(self) -> Iterator[Row | Listed]:
        for path in self.items:
            for number, value in _objects(self.source, path):
                where = self.source.place(path, number)
                item = value.get("item")
                if not isinstance(item, dict):
                    yield Listed(where, "the row", "it has no `item`", is_row=True)
                    continue
                yield from self._row(item, where)

    def _row(self, item: Mapping[str, Json], where: str) -> Iterator[Row | Listed]:
        checks: list[Check] = []
        expected: Json = None
        for criterion in self.criteria:
            for found in criterion(flat(item)):
                if isinstance(found, Listed):
                    yield Listed(where, found.what, found.why)
                elif isinstance(found, _Right):
                    expected = found.text if expected is None else expected
                else:
                    checks.append(found)
        yield Row(item, where, expected=expected, checks=tuple(checks))


@dataclass(frozen=True)
class _Right:
    """The expected output of a row."""

    text: str


def _string_check(
    check: str, reference: str, negated: bool, where: str, what: str
) -> Callable[[Mapping[str, Json]], Iterator[Check | Listed | _Right]]:
    def of(row: Mapping[str, Json]) -> Iterator[Check | Listed | _Right]:
        try:
            value = filled(reference, row)
        except Unfilled as error:
            yield Listed(where, what, str(error))
            return
        if not negated:
            yield _Right(value)
        as_expected = check == "equals" and not negated
        yield Check(check, None if as_expected else value, negated, 1.0, where)

    return of


def _proposal(
    reference: str,
) -> Callable[[Mapping[str, Json]], Iterator[Check | Listed | _Right]]:
    def of(row: Mapping[str, Json]) -> Iterator[Check | Listed | _Right]:
        try:
            yield _Right(filled(reference, row))
        except Unfilled:
            return

    return of


FORMAT = Format(_NAME, _recognises, _read)
