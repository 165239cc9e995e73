"""`learning`: the calls that a search saves by starting from other skills' results.

    python benchmarks/run.py learning --data DIR       # each data set, taught by the others
    python benchmarks/run.py learning --skills         # the example skills
    python benchmarks/run.py learning --data DIR --quick

The same search of a skill runs twice: *alone*, and *taught*, in a project whose other skills have
been searched before, one after the other, each with the full number of calls. The calls of the
others are not counted, because those searches would run anyway. A search knows its budget from the
start, so each point of a curve is a separate run. Held-out rows are read once per final prompt.
Every finished run is a file under `--work`; delete it to repeat the run.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import monotonic

from bars import Bar, Report, table
from search.contest import Row, measure, once, paired_interval
from search.dataset import KNOWN, Dataset, read_known
from search.model import MODEL, Remembering, open_model
from search.ours import Lasting, evolved, without_test, write_project
from search.progress import note
from search.searched_row import searched_row
from search.skills import STARTER_SKILLS, starter_datasets
from search.stand_in import StandIn
from tinyarms.core.settings import ModelSettings
from tinyarms.memory.memory import Memory
from tinyarms.models.base import Model
from tinyarms.skills.prompt import Prompt
from tinyarms.store.project.starter import write_starter

CALLS = 600
QUICK_CALLS = 200
CURVE = (0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
QUICK_CURVE = (0.5, 1.0)
ALONE, TAUGHT = "alone", "taught"


@dataclass(frozen=True)
class School:
    """The skills of one project."""

    names: tuple[str, ...]
    write: Callable[[Path], None]
    """Writes the project, without held-out rows, into a folder."""
    measure: Callable[[str, Prompt, Memory | None], tuple[bool, ...]]
    """(skill, prompt, what it remembers) → for each held-out row whether it is a success."""


def run(options: argparse.Namespace) -> Report:
    """All unfinished runs, then the report; Ctrl-C reports the finished runs."""
    calls = options.calls or (QUICK_CALLS if options.quick else CALLS)
    seeds = 1 if options.quick else options.seeds
    work = options.work.absolute() / ("learning-stand-in" if options.stand_in else "learning")
    datasets = [] if options.skills else _datasets(options)
    inner: Model = StandIn(datasets) if options.stand_in else open_model(options.work)
    model = Remembering(inner, work / "replies.db")
    school = _starter(work, model) if options.skills else _of_data(datasets, model)
    budgets = [max(1, round(share * calls)) for share in (QUICK_CURVE if options.quick else CURVE)]
    rows: list[Row] = []
    try:
        for seed in range(1, seeds + 1):
            for name in school.names:
                rows += [_row(school, model, work, name, seed, b, calls, ALONE) for b in budgets]
                rows += [_row(school, model, work, name, seed, b, calls, TAUGHT) for b in budgets]
    except KeyboardInterrupt:
        note("stopped: the report has the finished runs; the same command resumes the rest")
    finally:
        model.close()
    return Report(_table(rows), _bars(rows, calls))


def _datasets(options: argparse.Namespace) -> list[Dataset]:
    if options.data is None or not options.data.is_dir():
        sys.exit("learning needs --data DIR, a folder with sst2.tsv and its like, or --skills")
    names = options.only or [*KNOWN]
    if len(names) < 2:
        sys.exit("learning needs two data sets or more: each learns from the others")
    return read_known(options.data, names)


def _of_data(datasets: Sequence[Dataset], model: Model) -> School:
    known = {dataset.name: dataset for dataset in datasets}
    return School(
        names=tuple(known),
        write=lambda folder: write_project(folder, known),
        measure=lambda name, *of: measure(known[name], model, *of),
    )


def _starter(work: Path, model: Model) -> School:
    datasets = {dataset.name: dataset for dataset in starter_datasets(work / "starter")}

    def write(folder: Path) -> None:
        write_starter(folder, ModelSettings(kind="embedded", model=MODEL))
        for name in STARTER_SKILLS:
            without_test(folder / "examples" / f"{name}.jsonl")

    return School(
        names=STARTER_SKILLS,
        write=write,
        measure=lambda name, *of: measure(datasets[name], model, *of),
    )


def _row(
    school: School,
    model: Model,
    work: Path,
    name: str,
    seed: int,
    budget: int,
    calls: int,
    way: str,
) -> Row:
    """One search of a skill, alone or taught by full searches of the others."""
    folder = work / name / f"{way}-{budget}of{calls}-seed{seed}"

    def make() -> Row:
        note(f"{name}: {way}, seed {seed}, {budget} task calls")
        began, project = monotonic(), folder / "run"
        shutil.rmtree(project, ignore_errors=True)
        school.write(project)
        for other in school.names if way == TAUGHT else ():
            if other != name:
                evolved(project, other, Lasting(model), "promptbreeder", calls, seed)
        prompt, view, memory = evolved(project, name, Lasting(model), "promptbreeder", budget, seed)
        shutil.rmtree(project)
        return searched_row(
            view,
            prompt,
            lambda found: school.measure(name, found, memory),
            dataset=name,
            contestant=way,
            seed=seed,
            budget=budget,
            began=began,
            remark=", ".join(view.learned_from),
        )

    return once(folder / "row.json", make)


def _table(rows: Sequence[Row]) -> str:
    """Mean held-out accuracy over the seeds, by budget."""
    budgets = sorted({row.budget for row in rows})
    lines: list[tuple[object, ...]] = []
    for name in _names(rows):
        for way in (ALONE, TAUGHT):
            curve = _curve(rows, name, way)
            shown = [f"{curve[b]:.3f}" if b in curve else "-" for b in budgets]
            lines.append((name, way, *shown))
    return table(("skill", "search", *(f"{b} calls" for b in budgets)), lines)


def _bars(rows: Sequence[Row], calls: int) -> tuple[Bar, ...]:
    bars: list[Bar] = []
    for name in _names(rows):
        alone, taught = _curve(rows, name, ALONE), _curve(rows, name, TAUGHT)
        if calls not in alone or calls not in taught:
            continue
        target = alone[calls]
        needed = _reached(alone, target) or calls
        reached = _reached(taught, target)
        saved = needed - (reached or calls)
        said = f"{name}: calls saved to {target:.3f} ({needed} alone, {reached or 'never'} taught)"
        bars.append(Bar(said, saved, ">= 0", reached is not None and saved >= 0))
        low = min(_gain(rows, name, calls))
        bars.append(
            Bar(f"{name}: upper 95 % end of taught - alone, worst seed", low, ">= 0", low >= 0)
        )
    return tuple(bars)


def _reached(curve: dict[int, float], target: float) -> int | None:
    """The fewest calls that reach this accuracy."""
    return min((budget for budget, accuracy in curve.items() if accuracy >= target), default=None)


def _gain(rows: Sequence[Row], name: str, calls: int) -> list[float]:
    """For each seed the upper end of the 95 % interval of the accuracy gained by being taught."""
    found = {(r.contestant, r.seed): r for r in rows if (r.dataset, r.budget) == (name, calls)}
    seeds = sorted({seed for way, seed in found if (TAUGHT, seed) in found and way == ALONE})
    return [
        round(paired_interval(found[ALONE, seed].right, found[TAUGHT, seed].right)[1], 4)
        for seed in seeds
    ]


def _curve(rows: Sequence[Row], name: str, way: str) -> dict[int, float]:
    found = [row for row in rows if (row.dataset, row.contestant) == (name, way)]
    return {
        budget: mean(row.accuracy for row in found if row.budget == budget)
        for budget in sorted({row.budget for row in found})
    }


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.dataset for row in rows))
