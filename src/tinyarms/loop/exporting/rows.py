"""Export examples, tasks, votes and the ledger, row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tinyarms.exchange.outgoing.parquet import Kind, write_parquet
from tinyarms.exchange.outgoing.rows import (
    csv_lines,
    example_cells,
    example_columns,
    example_lines,
    json_lines,
)
from tinyarms.loop.exporting.new_file import new_file, write_text
from tinyarms.loop.exporting.view import ExportView
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.history import HistoryView, history
from tinyarms.skills.picture import all_for_people
from tinyarms.store.db.unit_of_work import UnitOfWork

_TASK: Mapping[str, Kind] = {
    "id": "text",
    "skill": "text",
    "inputs": "inputs",
    "created_at": "time",
    "prompt_version": "count",
    "variant_id": "text",
    "output": "text",
    "violation": "text",
    "latency_ms": "number",
    "model": "text",
    "prompt_tokens": "count",
    "completion_tokens": "count",
    "user": "text",
    "success": "truth",
    "outcome_source": "text",
}
_VOTE: Mapping[str, Kind] = {
    "id": "text",
    "ballot_id": "text",
    "session_id": "text",
    "task_id": "text",
    "inputs": "inputs",
    "created_at": "time",
    "user": "text",
    "answer": "text",
    "position": "count",
    "output": "text",
    "excluded": "text",
}
_LEDGER = (
    "version",
    "source",
    "parent",
    "active_from",
    "active_to",
    "by",
    "accuracy_start",
    "accuracy_end",
    "held_out_before",
    "held_out_after",
    "held_out_n",
    "live_effect",
    "live_low",
    "live_high",
    "calls",
    "tokens",
    "seconds",
    "rolled_back_by",
    "reason",
    "evidence",
    "path",
    "text",
)


@dataclass
class _Counted:
    """Rows, and how many of them have been taken."""

    rows: Iterable[Any]
    n: int = 0

    def __iter__(self) -> Iterator[Any]:
        for row in self.rows:
            self.n += 1
            yield row


def write(
    context: Context, name: str, to: str, version: int | None, path: Path | None
) -> ExportView:
    """Write rows; those of tasks and votes are read from the database while they are written."""
    assert path is not None  # `export` has refused it
    what, _, form = to.partition("-")
    if what == "examples":
        return _examples(context, name, to, path)
    if what == "ledger":
        views = history(context, name)
        cells = [_ledger_cells(view) for view in views]
        write_text(path, csv_lines(_LEDGER, cells))
        return ExportView(name, to, str(path), len(views), "version")
    rows_of, columns, unit = _STREAMS[what]
    with context.store.read() as work:
        rows = _Counted(rows_of(work, name))
        if form == "jsonl":
            write_text(path, json_lines(rows))
        else:
            with new_file(path) as file:
                write_parquet(file, columns, context.skill(name).skill.inputs, rows)
    return ExportView(name, to, str(path), rows.n, unit)


def _examples(context: Context, name: str, to: str, path: Path) -> ExportView:
    skill = context.skill(name).skill
    usable = context.example_set(skill, sync=False).usable
    if to == "examples-jsonl":
        write_text(path, example_lines(usable))
    else:
        write_text(path, csv_lines(example_columns(skill.inputs), example_cells(usable)))
    rules = sum(bool(example.required or example.forbidden) for example in usable)
    notes = (
        (f"A CSV has no place for the required and forbidden words of {rules} of them.",)
        if rules and to == "examples-csv"
        else ()
    )
    return ExportView(name, to, str(path), len(usable), "example", notes)


def _tasks(work: UnitOfWork, skill: str) -> Iterator[Mapping[str, Any]]:
    for task in work.tasks.each(skill):
        yield {**asdict(task), "inputs": all_for_people(task.inputs)}


def _votes(work: UnitOfWork, skill: str) -> Iterator[Mapping[str, Any]]:
    for vote, ballot in work.experiments.each_vote(skill):
        outputs = {option.position: option.output for option in ballot.options}
        yield {
            **asdict(vote),
            "session_id": ballot.session_id,
            "task_id": ballot.task_id,
            "inputs": all_for_people(ballot.inputs),
            "output": None if vote.position is None else outputs.get(vote.position),
        }


_Rows = Callable[[UnitOfWork, str], Iterator[Mapping[str, Any]]]
_STREAMS: Mapping[str, tuple[_Rows, Mapping[str, Kind], str]] = {
    "tasks": (_tasks, _TASK, "task"),
    "votes": (_votes, _VOTE, "vote"),
}


def _ledger_cells(view: HistoryView) -> Mapping[str, Any]:
    held_out, live, spent = view.held_out, view.live, view.spent
    low, high = live.interval if live is not None and live.interval is not None else (None, None)
    return {
        **{name: getattr(view, name) for name in _LEDGER if hasattr(view, name)},
        "active_from": view.active_from.isoformat(),
        "active_to": None if view.active_to is None else view.active_to.isoformat(),
        "held_out_before": None if held_out is None else held_out.before,
        "held_out_after": None if held_out is None else held_out.after,
        "held_out_n": None if held_out is None else held_out.n,
        "live_effect": None if live is None else live.effect,
        "live_low": low,
        "live_high": high,
        "calls": None if spent is None else spent.calls,
        "tokens": None if spent is None else spent.tokens,
        "seconds": None if spent is None else spent.seconds,
    }
