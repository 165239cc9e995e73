"""`search`: prompt optimizers with the same 135M model as worker and writer, same calls, same rows.

    python benchmarks/run.py search --data DIR               # sst2, subj, agnews: hours, resumes
    python benchmarks/run.py search --data DIR --quick       # sst2, one seed: about 15 minutes
    python benchmarks/run.py search --data FILE.tsv --labels a,b --prompt "Is it a or b?"
    python benchmarks/run.py search --data gsm8k.jsonl --limit 20 --calls 60 --seeds 1
    python benchmarks/run.py search --skills                 # example skills, against people

Every finished run (data set, contestant, budget, seed) is a file under `--work` and is not
repeated; delete it to repeat the run. One model process serves all contestants, and one counter
counts their calls. Held-out rows are read once for each final prompt. Our curve comes from separate
runs with smaller budgets, known from the start.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bars import Report
from search import report
from search.contest import Contestant, Found, Row, measure, once
from search.contestants import QUICK, all_contestants
from search.counter import Counts
from search.dataset import KNOWN, Dataset, read_file, read_known
from search.model import Remembering, open_model
from search.peer import PeerFailed
from search.progress import note
from search.skills import run_skills
from search.stand_in import StandIn
from tinyarms.core.errors import TinyArmsError
from tinyarms.models.base import Model
from tinyarms.skills.prompt import Prompt

CALLS = 1000
QUICK_CALLS = 200
SKILL_CALLS = 600
CURVE = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75)
QUICK_CURVE = (0.5,)


def run(options: argparse.Namespace) -> Report:
    """All unfinished runs, then the report; Ctrl-C reports the finished runs."""
    if options.skills:
        calls = options.calls or (QUICK_CALLS if options.quick else SKILL_CALLS)
        model = _model(options, ())
        try:
            return run_skills(_work(options), model, 1 if options.quick else options.seeds, calls)
        finally:
            model.close()
    plan = _plan(options)
    missing: list[str] = []
    rows: list[Row] = []
    model = _model(options, plan.datasets)
    try:
        for job in _jobs(plan):
            rows += _row(job, model, plan, missing)
    except KeyboardInterrupt:
        note("stopped: the report has the finished runs; the same command resumes the rest")
    finally:
        model.close()
    return _report(plan, rows, missing)


@dataclass(frozen=True)
class _Plan:
    datasets: list[Dataset]
    contestants: list[Contestant]
    seeds: int
    calls: int
    curve: tuple[float, ...]
    work: Path
    quick: bool


@dataclass(frozen=True)
class _Job:
    dataset: Dataset
    contestant: Contestant
    seed: int
    budget: int

    @property
    def folder_name(self) -> str:
        name = f"{self.contestant.name}-{self.budget}-seed{self.seed}"
        return f"{self.dataset.name}-{self.dataset.fingerprint}/{name}"


@dataclass(frozen=True)
class _FirstPrompt:
    """The common start of all contestants."""

    name: str = report.INCUMBENT
    is_ours: bool = False

    def find(self, dataset: Dataset, model: Model, calls: int, seed: int, folder: Path) -> Found:
        return Found(Prompt(dataset.first_prompt), Counts())


def _plan(options: argparse.Namespace) -> _Plan:
    work = _work(options)
    known = {c.name: c for c in all_contestants(options.work.absolute() / "environments")}
    names = options.optimizers or (QUICK if options.quick else tuple(known))
    for name in names:
        if name not in known:
            sys.exit(f"--optimizers: {name} is none of {', '.join(known)}")
    return _Plan(
        datasets=_datasets(options),
        contestants=[known[name] for name in names],
        seeds=1 if options.quick else options.seeds,
        calls=options.calls or (QUICK_CALLS if options.quick else CALLS),
        curve=QUICK_CURVE if options.quick else CURVE,
        work=work,
        quick=options.quick,
    )


def _datasets(options: argparse.Namespace) -> list[Dataset]:
    if options.data is None:
        sys.exit("search needs --data: a folder with sst2.tsv and its like, or a file")
    if options.data.is_dir():
        return read_known(options.data, options.only or (["sst2"] if options.quick else [*KNOWN]))
    labels = options.labels or ()
    known = KNOWN.get(options.data.stem)
    if known and not labels and options.prompt is None and options.limit is None:
        return read_known(options.data.parent, [options.data.stem])
    return [read_file(options.data, labels, options.prompt, options.limit)]


def _jobs(plan: _Plan) -> Iterator[_Job]:
    """Seed by seed, so that a table over all data sets is available early; the curves come last."""
    for dataset in plan.datasets:
        yield _Job(dataset, _FirstPrompt(), 0, 0)
    for seed in range(1, plan.seeds + 1):
        for dataset in plan.datasets:
            for contestant in plan.contestants:
                if contestant.name == report.HUMAN and not dataset.human_prompts:
                    continue
                yield _Job(dataset, contestant, seed, plan.calls)
    ours = [c for c in plan.contestants if c.name in (report.OURS, report.UNCALIBRATED)][:1]
    for share in plan.curve:
        for seed in range(1, plan.seeds + 1):
            for dataset in plan.datasets:
                for contestant in ours:
                    yield _Job(dataset, contestant, seed, max(1, round(share * plan.calls)))


def _row(job: _Job, model: Model, plan: _Plan, missing: list[str]) -> list[Row]:
    """The stored row, or a new one; none if the contestant cannot run."""
    try:
        return [once(plan.work / job.folder_name / "row.json", lambda: _new_row(job, model, plan))]
    except (PeerFailed, TinyArmsError) as error:
        note(f"  {error}")
        missing.append(f"{job.folder_name}: {error}")
        return []


def _new_row(job: _Job, model: Model, plan: _Plan) -> Row:
    note(f"{job.folder_name}: {job.budget} task calls")
    folder = plan.work.absolute() / job.folder_name
    shutil.rmtree(folder, ignore_errors=True)
    began = monotonic()
    found = job.contestant.find(job.dataset, model, job.budget, job.seed, folder / "run")
    right = measure(job.dataset, model, found.prompt)
    return Row(
        dataset=job.dataset.name,
        contestant=job.contestant.name,
        seed=job.seed,
        budget=job.budget,
        task_calls=found.counts.task,
        writer_calls=found.counts.writer,
        seconds=round(monotonic() - began, 1),
        prompt=found.prompt.to_dict(),
        right=right,
        note=found.note,
    )


def _model(options: argparse.Namespace, datasets: Sequence[Dataset]) -> Model:
    inner: Model = StandIn(datasets) if options.stand_in else open_model(options.work)
    return Remembering(inner, _work(options) / "replies.db")


def _work(options: argparse.Namespace) -> Path:
    work: Path = options.work / ("search-stand-in" if options.stand_in else "search")
    return work


def _report(plan: _Plan, rows: Sequence[Row], missing: Sequence[str]) -> Report:
    sizes = ", ".join(f"{d.name} {len(d.held_out)} held out" for d in plan.datasets)
    parts = [
        f"{sizes}; {plan.calls} task calls; {plan.seeds} seeds",
        report.accuracy_table(rows, plan.calls),
    ]
    if prompts := report.prompts_table(rows, plan.calls):
        parts += ["Prompts handed over:", prompts]
    if curve := report.curve_table(rows):
        parts += ["Ours with smaller budgets:", curve]
    if plan.quick:
        parts.append("--quick: fewer calls, seeds, data sets and peers than the whole benchmark.")
    parts += [f"Not run: {line}" for line in missing]
    return Report("\n\n".join(parts), report.bars(rows, plan.calls))
