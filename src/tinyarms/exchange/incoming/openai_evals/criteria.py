"""The testing criteria of an eval of the platform as checks of its rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tinyarms.exchange.incoming.openai_evals.forms import list_of, turns_of
from tinyarms.exchange.incoming.placeholders import from_mustache
from tinyarms.exchange.incoming.records import Check, Listed, Rewritten
from tinyarms.exchange.incoming.templates import Unfilled, filled
from tinyarms.exchange.tables.table import Json

_PLACEHOLDER = re.compile(r"\{\{\s*(item|sample)\.([A-Za-z0-9_.]+)\s*\}\}")
_CHECK_OF_OPERATION = {"eq": "equals", "ne": "equals", "like": "contains", "ilike": "icontains"}


@dataclass(frozen=True)
class Right:
    """The expected output of a row."""

    text: str


Criterion = Callable[[Mapping[str, Json]], Iterator[Check | Listed | Right]]
"""From the values of a row to its checks."""


def own_placeholders(text: str, where: str, rewritten: list[Rewritten]) -> str:
    """A text with `{{name}}` for `{{ item.name }}`, and `{{answer}}` for the output."""

    def replace(match: re.Match[str]) -> str:
        name = "answer" if match[1] == "sample" else match[2].replace(".", "_")
        after = f"{{{{{name}}}}}"
        rewritten.append(Rewritten(where, match.group(), after))
        return after

    return _PLACEHOLDER.sub(replace, text)


@dataclass(frozen=True)
class Criteria:
    """Reads the criteria; what is not carried over is listed."""

    found: list[Criterion]
    listed: list[Listed]
    rewritten: list[Rewritten]

    def add(self, criterion: Mapping[str, Json], where: str) -> None:
        """Read one of them."""
        kind, name = str(criterion.get("type")), str(criterion.get("name") or "")
        what = f"{kind} {name}".strip()
        match kind:
            case "string_check":
                self._string_check(criterion, where, what)
            case "label_model" | "score_model":
                self._model(criterion, where, what)
            case "text_similarity":
                self.listed.append(Listed(where, what, "there is no such scorer"))
                self.found.append(_proposal(self._text(criterion, "reference", where)))
            case "multi" if isinstance(graders := criterion.get("graders"), Mapping):
                for key, inner in graders.items():
                    if isinstance(inner, Mapping):
                        self.add({"name": key, **inner}, where)
                self.listed.append(Listed(where, f"the formula of {what}", "checks are weighted"))
            case _:
                why = "code is not run" if kind == "python" else "there is no such scorer"
                self.listed.append(Listed(where, what, why))

    def _string_check(self, criterion: Mapping[str, Json], where: str, what: str) -> None:
        operation = str(criterion.get("operation"))
        check = _CHECK_OF_OPERATION.get(operation)
        if check is None:
            self.listed.append(Listed(where, what, "its operation is not known"))
            return
        reference = self._text(criterion, "reference", where)
        looked_at = from_mustache(self._text(criterion, "input", where), where).names
        if "answer" not in looked_at:
            self.listed.append(Listed(where, what, "it does not look at the output"))
            return
        self.found.append(_string_check(check, reference, operation == "ne", where, what))

    def _model(self, criterion: Mapping[str, Json], where: str, what: str) -> None:
        rubric, at_least = self._rubric(criterion, where), _passing_grade(criterion)
        if rubric is None:
            self.listed.append(Listed(where, what, "it has no text to grade by"))
            return
        check = Check("judge", rubric, where=where, at_least=at_least)
        self.found.append(lambda row: iter([check]))

    def _rubric(self, criterion: Mapping[str, Json], where: str) -> str | None:
        turns = turns_of(criterion.get("input"))
        if turns is None:
            return None
        texts = (own_placeholders(turn.text, where, self.rewritten) for turn in turns)
        text = "\n\n".join(texts)
        passing = criterion.get("passing_labels")
        if isinstance(passing, list) and passing:
            labels = ", ".join(map(str, list_of(criterion.get("labels")) or passing))
            right = ", ".join(map(str, passing))
            text += f"\n\nOf these labels: {labels}, the answer should get {right}."
        names = from_mustache(text, where).names
        return text if "answer" in names or not names else f"{text}\n\nAnswer: {{{{answer}}}}"

    def _text(self, criterion: Mapping[str, Json], key: str, where: str) -> str:
        return own_placeholders(str(criterion.get(key) or ""), where, self.rewritten)


def _passing_grade(criterion: Mapping[str, Json]) -> float | None:
    """The grade, from 0 to 1, from which a `score_model` holds; `None`: it names none."""
    threshold, bounds = criterion.get("pass_threshold"), criterion.get("range") or [0, 1]
    numbers = [threshold, *(bounds if isinstance(bounds, list) else [])]
    if len(numbers) != 3 or not all(isinstance(n, int | float) for n in numbers):
        return None
    least, low, high = map(float, numbers)
    grade = (least - low) / (high - low) if high > low else 0.0
    return round(grade, 4) if 0 < grade <= 1 else None


def _string_check(check: str, reference: str, negated: bool, where: str, what: str) -> Criterion:
    def of(row: Mapping[str, Json]) -> Iterator[Check | Listed | Right]:
        try:
            value = filled(reference, row)
        except Unfilled as error:
            yield Listed(where, what, str(error))
            return
        if not negated:
            yield Right(value)
        as_expected = check == "equals" and not negated
        yield Check(check, None if as_expected else value, negated, 1.0, where)

    return of


def _proposal(reference: str) -> Criterion:
    def of(row: Mapping[str, Json]) -> Iterator[Check | Listed | Right]:
        try:
            yield Right(filled(reference, row))
        except Unfilled:
            return

    return of
