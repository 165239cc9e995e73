"""An evaluation as one page that opens offline: no script, and nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from tinyarms.cli.eval_text import (
    accuracy_text,
    cost_text,
    difference_lines,
    heading,
    read_as,
    score_lines,
)
from tinyarms.core.text import visible
from tinyarms.loop.evaluating.view import ComparedView, Confusion, EvalView

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
table { border-collapse: collapse; margin: .5rem 0; }
th, td { border: 1px solid #ccc; padding: .25rem .5rem; text-align: left; vertical-align: top; }
td.n { text-align: right; } td.right { background: #e3f4e3; } td.wrong { background: #fbe3e0; }
td.text { white-space: pre-wrap; overflow-wrap: anywhere; max-width: 22rem; }
.number { font-size: 1.5rem; }
"""


def page(view: EvalView | ComparedView) -> str:
    """The page."""
    body = _compared(view) if isinstance(view, ComparedView) else _evaluated(view)
    title = f"tinyArms: {view.skill}"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" '
        "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>{_text(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"{''.join(body)}</body>\n</html>\n"
    )


def _evaluated(view: EvalView) -> list[str]:
    parts = [f"<h1>{_text(heading(view))}</h1>\n", *_numbers(view)]
    if view.confusion is not None:
        parts += ["<h2>Right and answered labels</h2>\n", _confusion(view.confusion)]
    if view.wrong:
        parts.append(f"<h2>Wrong answers ({len(view.wrong)} of {view.n - view.successes})</h2>\n")
        head = ("Example", "Inputs", "Expected", "Replied", "Score", "Why")
        rows = [
            (
                wrong.id,
                _inputs(wrong.inputs),
                wrong.expected,
                wrong.raw if (read := read_as(view, wrong)) is None else f"{wrong.raw} → {read}",
                f"{wrong.score:.2f}",
                wrong.violation or wrong.reason,
            )
            for wrong in view.wrong
        ]
        parts.append(_table(head, rows))
    if view.left_out_rows:
        parts.append(f"<h2>Not asked or not scored ({view.left_out})</h2>\n")
        left_out = [(row.id, row.why.replace("_", " "), row.reason) for row in view.left_out_rows]
        parts.append(_table(("Example", "What happened", "Reason"), left_out))
    return [*parts, *_paragraphs((*view.notes, *view.needs))]


def _compared(view: ComparedView) -> list[str]:
    title = f"{view.skill}: {view.before.prompt.name} and {view.after.prompt.name}"
    parts = [f"<h1>{_text(title)}</h1>\n"]
    parts.append(f'<p class="number">{_text(view.check.sentence)}</p>\n')
    parts += _paragraphs(difference_lines(view))
    if view.changed:
        head = ("Example", "Inputs", "Expected", "Before", "After", "")
        rows = [
            (
                row.id,
                _inputs(row.inputs),
                row.expected,
                row.before,
                row.after,
                "gained" if row.gained else "lost",
            )
            for row in view.changed
        ]
        parts += ["<h2>Rows that only one of them got right</h2>\n", _table(head, rows)]
    for name, part in (("Before", view.before), ("After", view.after)):
        parts += [f"<h2>{name}: {_text(part.prompt.name)}</h2>\n", *_numbers(part)]
        if part.confusion is not None:
            parts.append(_confusion(part.confusion))
    return [*parts, *_paragraphs(dict.fromkeys((*view.before.notes, *view.after.notes)))]


def _numbers(view: EvalView) -> list[str]:
    broken = f"{view.violations} broke the contract, {view.left_out} could not be asked or scored."
    return [
        f'<p class="number">{_text(accuracy_text(view))}</p>\n',
        *_paragraphs((*score_lines(view), broken, cost_text(view))),
    ]


def _confusion(confusion: Confusion) -> str:
    labels = confusion.labels
    head = "".join(f"<th>{_text(label)}</th>" for label in (*labels, "none"))
    rows = []
    for row, label in enumerate(labels):
        cells = "".join(
            f'<td class="n {_kind(row, column, count)}">{count}</td>'
            for column, count in enumerate(confusion.counts[row])
        )
        rows.append(f"<tr><th>{_text(label)}</th>{cells}</tr>\n")
    return f"<table>\n<tr><th>right \\ answered</th>{head}</tr>\n{''.join(rows)}</table>\n"


def _kind(row: int, column: int, count: int) -> str:
    if not count:
        return ""
    return "right" if row == column else "wrong"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    top = "".join(f"<th>{_text(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f'<td class="text">{_text(cell)}</td>' for cell in row) + "</tr>\n"
        for row in rows
    )
    return f"<table>\n<tr>{top}</tr>\n{body}</table>\n"


def _paragraphs(lines: Iterable[str]) -> list[str]:
    return [f"<p>{_text(line)}</p>\n" for line in lines]


def _inputs(inputs: Mapping[str, str]) -> str:
    return "\n".join(f"{name}: {text}" for name, text in inputs.items())


def _text(text: str) -> str:
    return escape(visible(text))
