"""Decide the inputs, the contract and the scorer of a skill by what was imported."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from tinyarms.core.errors import ImportRefused
from tinyarms.core.text import one_line, shorten
from tinyarms.exchange.incoming.records import FoundPrompt, Imported
from tinyarms.loop.importing.report import Report
from tinyarms.loop.importing.tally import EQUALS_EXPECTED, Tally, label_spellings
from tinyarms.skills.comparison import label_key
from tinyarms.skills.contract import Contract
from tinyarms.skills.skill import COMPARING, Skill
from tinyarms.skills.template import variables
from tinyarms.store.project.skill_model import OutputModel

_JSON_TOKENS = 512
"""Most tokens of an output by an imported JSON schema. Higher: longer answers, and waits."""
_MOSTLY = 0.8
"""Share of the rows from which on an input is one that every row must have."""
_DEFAULT_SUCCESS = 0.5
"""`success_at:` of an entry without it."""
_FEW_WORDS = 4
"""Mean number of words of the expected outputs above which they are compared by their words."""


@dataclass(frozen=True)
class Decision:
    """What the skill is."""

    inputs: tuple[str, ...]
    output: Mapping[str, Any]
    """`output:` of its entry in `config.yaml`."""
    contract: Contract
    scorer: str | Mapping[str, str] | None
    """`scorer:` of its entry."""
    optional: frozenset[str] = frozenset()
    keeps_checks: bool = False
    """Whether the checks of the rows are written into the examples."""
    success_at: float | None = None
    dropped: frozenset[str] = field(default_factory=frozenset)
    """Inputs of the rows that are left out on purpose."""

    @property
    def scorer_name(self) -> str | None:
        """The name of the scorer."""
        return self.scorer["name"] if isinstance(self.scorer, Mapping) else self.scorer

    @property
    def needs_expected(self) -> bool:
        """Whether every example must have an expected output."""
        return self.scorer_name in COMPARING


def decide(
    imported: Imported, prompts: tuple[FoundPrompt, ...], tally: Tally, report: Report
) -> Decision:
    """A new skill. `prompts`: those that come in. Raises `ImportRefused` without any input."""
    inputs, optional = _inputs(prompts, tally, report)
    if not inputs:
        where = prompts[0].where if prompts else imported.format
        raise ImportRefused(
            f"{where}: the prompt shows no variable, and there is no row with one, so that the "
            "skill would have no input.",
            "Write a placeholder such as {{text}} into the prompt.",
        )
    output = _output(imported, prompts, tally, report)
    contract = OutputModel.model_validate(output).contract()
    scorer, keeps = _scorer(tally, contract.kind, output)
    success_at = _success_at(tally, scorer, keeps)
    return Decision(
        inputs=inputs,
        output=output,
        contract=contract,
        scorer=scorer,
        optional=optional,
        keeps_checks=keeps,
        success_at=success_at,
        dropped=frozenset(tally.inputs) - set(inputs),
    )


def of_skill(skill: Skill, tally: Tally, report: Report) -> Decision:
    """A skill that is there. Its examples are added to, and nothing else of it changes."""
    keeps = skill.scorer == "checks"
    if tally.checks and not keeps:
        scorer = skill.scorer or "none"
        kinds = ", ".join(
            kind for kind in tally.checks if kind != EQUALS_EXPECTED or scorer not in COMPARING
        )
        if kinds:
            report.list(skill.name, f"checks of the rows ({kinds})", f"its scorer is {scorer}")
    dropped = frozenset(tally.inputs) - set(skill.inputs)
    if dropped:
        report.note(f"Left out, because {skill.name} has no such input: {_named(dropped)}.")
    return Decision(
        inputs=skill.inputs,
        output={},
        contract=skill.contract,
        scorer=skill.scorer,
        optional=skill.optional,
        keeps_checks=keeps,
        success_at=skill.success_at,
        dropped=dropped,
    )


def _inputs(
    prompts: tuple[FoundPrompt, ...], tally: Tally, report: Report
) -> tuple[tuple[str, ...], frozenset[str]]:
    """The names of the inputs, and those of them that may be left out."""
    used = [name for prompt in prompts for turn in prompt.turns for name in variables(turn.text)]
    if used:
        names = tuple(dict.fromkeys(used))
        graded = [name for name in _of_rubrics(tally) if name not in names]
        unused = [name for name in tally.inputs if name not in (*names, *graded)]
        if unused:
            report.note(f"Left out, because no prompt uses it: {_named(unused)}.")
        own = _of_some(prompts, tally)
        if own:
            report.note(
                f"May be left out, because not every prompt shows it and not every row has it: "
                f"{_named(own)}."
            )
        return (*names, *graded), own | frozenset(graded)
    answers = [name for name in tally.inputs if _is_the_answer(name, tally)]
    if answers:
        report.note(f"Left out, because it is the expected output: {_named(answers)}.")
    names = tuple(name for name in tally.inputs if name not in answers)
    rare = [name for name in names if tally.inputs[name] < _MOSTLY * tally.n]
    if rare:
        report.note(f"May be left out, because not every row has it: {_named(rare)}.")
    return names, frozenset(rare)


def _of_some(prompts: tuple[FoundPrompt, ...], tally: Tally) -> frozenset[str]:
    """The inputs that only some prompts show, and only some rows have."""
    shown = [{n for turn in prompt.turns for n in variables(turn.text)} for prompt in prompts]
    every = frozenset.intersection(*map(frozenset, shown))
    rare = {name for name, n in tally.inputs.items() if n < tally.n}
    return frozenset(rare & (frozenset.union(*map(frozenset, shown)) - every))


def _of_rubrics(tally: Tally) -> list[str]:
    """The inputs that only the judge sees, as a rubric names them."""
    names = dict.fromkeys(name for rubric in tally.rubrics for name in variables(rubric))
    return [name for name in names if name in tally.inputs]


def _is_the_answer(name: str, tally: Tally) -> bool:
    return (
        tally.with_expected > 1
        and tally.repeating[name] == tally.with_expected
        and any(n == tally.n and other != name for other, n in tally.inputs.items())
    )


def _output(
    imported: Imported, prompts: tuple[FoundPrompt, ...], tally: Tally, report: Report
) -> dict[str, Any]:
    """`output:`, the first of: a JSON schema, declared labels, labels of the rows, text."""
    schema = imported.json_schema or next((p.json_schema for p in prompts if p.json_schema), None)
    [(common, n)] = tally.schemas.most_common(1) or [("", 0)]
    if schema is None and common and n == tally.n:
        schema = json.loads(common)
    if isinstance(schema, Mapping):
        output = {"json_schema": dict(schema), "max_tokens": _JSON_TOKENS}
        problem = _problem(output)
        if problem is None:
            return output
        report.list(imported.format, "the JSON schema of the outputs", problem)
    labels = list(imported.labels) or (
        list(label_spellings(tally.outputs).values()) if tally.are_labels else []
    )
    if labels:
        problem = _problem({"labels": labels})
        if problem is None:
            return {"labels": labels}
        report.list(imported.format, "the labels of the outputs", problem)
    return {"text": True}


def _problem(output: Mapping[str, Any]) -> str | None:
    """Why it is no contract."""
    try:
        OutputModel.model_validate(output)
    except ValidationError as error:
        message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        return shorten(one_line(message), 160)
    return None


def is_kept_by_contract(value: str, output: Mapping[str, Any]) -> bool:
    """Whether every output passes the check `is-json`, because the contract has its schema.

    `value`: that of the check; empty: any JSON passes.
    """
    schema = output.get("json_schema")
    return schema is not None and (not value or bool(json.loads(value) == schema))


def _scorer(
    tally: Tally, kind: str, output: Mapping[str, Any]
) -> tuple[str | Mapping[str, str] | None, bool]:
    """`scorer:`, and whether the rows keep their checks."""
    checks = Counter({check: n for check, n in tally.checks.items() if check != EQUALS_EXPECTED})
    if all(is_kept_by_contract(value, output) for value in tally.schemas):
        checks.pop("is-json", None)
    if len(tally.rubrics) == 1 and tally.grade_of_all is not None and checks.total() == tally.n:
        return {"name": "judge", "rubric": next(iter(tally.rubrics))}, False
    if checks:
        return "checks", True
    if not tally.with_expected:
        return None, False
    if kind == "labels":
        return "labels", False
    is_long = tally.words > _FEW_WORDS * tally.with_expected
    return "f1" if is_long and kind == "text" and not tally.checks else "exact", False


def _success_at(tally: Tally, scorer: str | Mapping[str, str] | None, keeps: bool) -> float | None:
    """`success_at:`; `None`: it stays 0.5. It holds for all rows, so a threshold of some counts
    only if the others have the same."""
    if not tally.checks or scorer is None or not (keeps or isinstance(scorer, Mapping)):
        return None
    shared = next(iter(tally.thresholds)) if len(tally.thresholds) == 1 else None
    if shared is None:
        shared = 1.0 if keeps else tally.grade_of_all
    return None if shared == _DEFAULT_SUCCESS else shared


def is_respelled(before: str, after: str) -> bool:
    """Whether a label changed by more than blanks around it."""
    return before.strip() != after and label_key(before) == label_key(after)


def _named(names: Any) -> str:
    return ", ".join(sorted(names))
