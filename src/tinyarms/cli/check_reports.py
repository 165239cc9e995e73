"""The result of a check as JUnit XML, and as Markdown for a job's summary."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from tinyarms.cli.eval_text import difference_lines
from tinyarms.core.text import one_line, shorten, visible
from tinyarms.loop.evaluating.check import CheckedSkill, CheckView
from tinyarms.loop.evaluating.view import ChangedRow

_MOST_ROWS = 10
"""Most rows that each report lists for a skill. Higher: longer reports."""
_CELL = 200
"""Most characters of a text in a table of Markdown."""
_WORDS = {
    "better": "better",
    "worse": "**worse**",
    "cannot_tell": "cannot tell",
    "unchanged": "unchanged",
    "not_compared": "not compared",
}


def junit(view: CheckView, strict: bool) -> str:
    """One test case a skill: a failure if it is worse, or if `strict` and the rows cannot tell."""
    failing = {"worse", "cannot_tell"} if strict else {"worse"}
    failures = sum(skill.status in failing for skill in view.skills)
    skipped = sum(skill.status == "not_compared" for skill in view.skills)
    cases = "".join(_case(skill, skill.status in failing) for skill in view.skills)
    name = _attribute(f"tinyarms check --against {view.against}")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<testsuites>\n<testsuite name={name} tests="{len(view.skills)}" failures="{failures}" '
        f'errors="0" skipped="{skipped}">\n{cases}</testsuite>\n</testsuites>\n'
    )


def markdown(view: CheckView) -> str:
    """A table with a line for each skill, and below it the rows that were lost."""
    lines = [
        f"### Prompts against {_cell(view.against)} ({view.commit[:12]})",
        "",
        "| Skill | Verdict | Before | After | Difference | Rows | p |",
        "|---|---|---|---|---|---|---|",
        *(_line(skill) for skill in view.skills),
        "",
    ]
    for skill in view.skills:
        if skill.comparison is None:
            lines += [f"{_cell(skill.sentence)}", ""]
            continue
        lines += [f"{_cell(skill.skill)}: {_cell(skill.comparison.check.limits)}", ""]
        lost = [row for row in skill.comparison.changed if not row.gained]
        if skill.status == "worse":
            lines += [*_lost(lost[:_MOST_ROWS]), ""]
    return "\n".join([*lines, _cell(view.error_rate), "", ""])


def _case(skill: CheckedSkill, fails: bool) -> str:
    content = ""
    if fails:
        content = (
            f"<failure message={_attribute(skill.sentence)}>{_text(_details(skill))}</failure>"
        )
    elif skill.status == "not_compared":
        content = f"<skipped message={_attribute(skill.sentence)}/>"
    out = f"<system-out>{_text(skill.sentence)}</system-out>"
    name = _attribute(skill.skill)
    return f'<testcase classname="tinyarms.check" name={name}>{content}{out}</testcase>\n'


def _details(skill: CheckedSkill) -> str:
    if skill.comparison is None:
        return ""
    rows = [
        f"lost {row.id}: expected {row.expected!r}, before {row.before!r}, after {row.after!r}"
        for row in skill.comparison.changed
        if not row.gained
    ]
    return "\n".join([*difference_lines(skill.comparison), *rows[:_MOST_ROWS]])


def _line(skill: CheckedSkill) -> str:
    check = None if skill.comparison is None else skill.comparison.check
    cells = [_cell(skill.skill), _WORDS[skill.status]]
    if check is None or check.before is None or check.after is None or check.interval is None:
        return f"| {' | '.join([*cells, '', '', '', '', ''])} |"
    low, high = (100 * end for end in check.interval)
    cells += [
        f"{100 * check.before:.1f} %",
        f"{100 * check.after:.1f} %",
        f"{100 * (check.after - check.before):+.1f} points ({low:+.1f} to {high:+.1f})",
        f"{check.n} ({check.wins} gained, {check.losses} lost)",
        f"{min(check.p_worse, check.p_better):.4f}",
    ]
    return f"| {' | '.join(cells)} |"


def _lost(rows: list[ChangedRow]) -> Iterator[str]:
    yield "| Lost row | Expected | Before | After |"
    yield "|---|---|---|---|"
    for row in rows:
        yield f"| {' | '.join(map(_cell, (row.id, row.expected, row.before, row.after)))} |"


def _cell(text: str) -> str:
    """The text on one line, without what Markdown or HTML would read as more than text."""
    plain = shorten(one_line(visible(text)), _CELL)
    return re.sub(r"([\\`*_\[\]|~#@])", r"\\\1", escape(plain))


def _text(text: str) -> str:
    return escape(_xml(text))


def _attribute(text: str) -> str:
    return quoteattr(_xml(one_line(text)))


def _xml(text: str) -> str:
    """The text without characters that XML cannot hold."""
    return re.sub("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "�", visible(text))
