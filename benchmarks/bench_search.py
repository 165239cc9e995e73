"""`search`: prompt optimizers with the same 135M model as worker and writer, same calls, same rows.

    python benchmarks/run.py search --data DIR               # sst2, subj, agnews: hours, resumes
    python benchmarks/run.py search --data DIR --quick       # sst2, one seed: about 15 minutes
    python benchmarks/run.py search --data FILE.tsv --labels a,b --prompt "Is it a or b?"
    python benchmarks/run.py search --data gsm8k.jsonl --limit 20 --calls 60 --seeds 1
    python benchmarks/run.py search --skills                 # example skills, against people
    python benchmarks/run.py search --data DIR --only sst2-shuffled --optimizers ours
    python benchmarks/run.py search --report                 # the committed figures, no model

One model process serves all contestants, and one counter counts their calls. Held-out rows are read
once for each result. Our curve comes from separate runs with smaller budgets, known from the start.

Every finished run (data set, contestant, budget, seed) is a folder under `--work`, named after the
code that made it, and a line of `benchmarks/search/figures.jsonl`, which is committed (of data that
not everybody has, and of `--stand-in`, a line of `figures.jsonl` under `--work`). A run with either
is not repeated on the same code; delete both to repeat it. An unfinished run goes on by its stored
replies; to finish it on another machine, copy `replies.db` from `--work`.
"""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bars import Report
from search import figures as kept
from search import report
from search.contest import CannotRun, Contestant, Row, measure, measure_answers, once
from search.contestants import QUICK, SKILLS, all_contestants, peers
from search.dataset import KNOWN, SHUFFLED, Dataset, read_file, read_known
from search.figures import Figure, Results
from search.human_prompts import FirstPrompt
from search.model import NoModel, Remembering, open_model
from search.progress import note
from search.required import Contest, required_bars
from search.skills import STARTER_SKILLS, starter_datasets
from search.stand_in import StandIn
from tinyarms.core.errors import TinyArmsError
from tinyarms.models.base import Model

CALLS = 1000
QUICK_CALLS = 200
SKILL_CALLS = 600
CURVE = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75)
QUICK_CURVE = (0.5,)


def run(options: argparse.Namespace) -> Report:
    """All unfinished runs, then the report; Ctrl-C reports the finished runs."""
    if options.report:
        return _committed_report(options)
    plan = _plan(options)
    missing: list[str] = []
    rows: list[Row] = []
    figures: list[Figure] = []
    with closing(_model(options, plan)) as model:
        try:
            for job in _jobs(plan):
                _do(job, model, plan, rows, figures, missing)
        except KeyboardInterrupt:
            note("stopped: the report has the finished runs; the same command resumes the rest")
    return _report(plan, rows, figures, missing)


@dataclass(frozen=True)
class _Plan:
    datasets: list[Dataset]
    contestants: list[Contestant]
    seeds: int
    calls: int
    curve: tuple[float, ...]
    work: Path
    quick: bool
    is_stand_in: bool

    @property
    def needs_model(self) -> bool:
        return any(contestant.needs_model for contestant in self.contestants)

    def figures_of(self, dataset: Dataset) -> Path:
        """The file for the figures of a data set."""
        is_committed = dataset.is_public and not self.is_stand_in
        return kept.FIGURES if is_committed else self.work / kept.FIGURES.name


@dataclass(frozen=True)
class _Job:
    dataset: Dataset
    contestant: Contestant
    seed: int
    budget: int

    @property
    def run(self) -> tuple[str, str, int, int]:
        return self.dataset.name, self.contestant.name, self.budget, self.seed

    @property
    def folder_name(self) -> str:
        name = f"{self.contestant.name}-{self.budget}-seed{self.seed}-{self.contestant.code}"
        return f"{self.dataset.name}-{self.dataset.fingerprint}/{name}"


def _plan(options: argparse.Namespace) -> _Plan:
    work = _work(options)
    known = {c.name: c for c in all_contestants(work.absolute().parent / "environments")}
    usual = SKILLS if options.skills else QUICK if options.quick else tuple(known)
    names = options.optimizers or usual
    for name in names:
        if name not in known:
            sys.exit(f"--optimizers: {name} is none of {', '.join(known)}")
    full = SKILL_CALLS if options.skills else CALLS
    curve = () if options.skills else QUICK_CURVE if options.quick else CURVE
    return _Plan(
        datasets=_datasets(options),
        contestants=[known[name] for name in names],
        seeds=1 if options.quick else options.seeds,
        calls=options.calls or (QUICK_CALLS if options.quick else full),
        curve=curve,
        work=work,
        quick=options.quick,
        is_stand_in=options.stand_in,
    )


def _datasets(options: argparse.Namespace) -> list[Dataset]:
    if options.skills:
        return _skills(options)
    if options.data is None:
        sys.exit("search needs --data: a folder with sst2.tsv and its like, or a file")
    if options.data.is_dir():
        return read_known(options.data, options.only or (["sst2"] if options.quick else [*KNOWN]))
    labels = options.labels or ()
    known = KNOWN.get(options.data.stem)
    if known and not labels and options.prompt is None and options.limit is None:
        return read_known(options.data.parent, [options.data.stem])
    return [read_file(options.data, labels, options.prompt, options.limit)]


def _skills(options: argparse.Namespace) -> list[Dataset]:
    names = options.only or STARTER_SKILLS
    for name in names:
        if name not in STARTER_SKILLS:
            sys.exit(f"--only: {name} is none of {', '.join(STARTER_SKILLS)}")
    found = starter_datasets(_work(options).absolute() / "starter")
    return [dataset for dataset in found if dataset.name in names]


def _jobs(plan: _Plan) -> Iterator[_Job]:
    """Seed by seed, so that a table over all data sets is available early; the curves come last."""
    for dataset in plan.datasets if plan.needs_model else ():
        yield _Job(dataset, FirstPrompt(), 0, 0)
    for seed in range(plan.seeds + 1):
        for dataset in plan.datasets:
            for contestant in plan.contestants:
                if contestant.fits(dataset) and contestant.is_random == (seed > 0):
                    yield _Job(dataset, contestant, seed, plan.calls * contestant.takes_calls)
    ours = [c for c in plan.contestants if c.name in (report.OURS, report.UNCALIBRATED)][:1]
    for share in plan.curve:
        for seed in range(1, plan.seeds + 1):
            for dataset in plan.datasets:
                for contestant in ours:
                    yield _Job(dataset, contestant, seed, max(1, round(share * plan.calls)))


def _do(
    job: _Job,
    model: Model,
    plan: _Plan,
    rows: list[Row],
    figures: list[Figure],
    missing: list[str],
) -> None:
    """Add the job's row and figure to the lists: the stored ones, or else new ones.

    A figure from another machine has no row. A contestant that cannot run is added to `missing`.
    """
    path = plan.work / job.folder_name / "row.json"
    code, data = job.contestant.code, job.dataset.fingerprint
    file = plan.figures_of(job.dataset)
    figure = kept.find(kept.read_figures(file), job.run, code, data)
    if figure is None or path.exists():
        try:
            row = once(path, lambda: _new_row(job, model, plan))
        except (CannotRun, TinyArmsError) as error:
            note(f"  {error}")
            missing.append(f"{job.folder_name}: {error}")
            return
        rows.append(row)
        if figure is None:
            figure = kept.figure_of(row, code, data)
            kept.add_figure(file, figure)
    figures.append(figure)


def _new_row(job: _Job, model: Model, plan: _Plan) -> Row:
    note(f"{job.folder_name}: {job.budget} task calls")
    folder = plan.work.absolute() / job.folder_name
    shutil.rmtree(folder, ignore_errors=True)
    began = monotonic()
    found = job.contestant.find(job.dataset, model, job.budget, job.seed, folder / "run")
    if found.answer:
        right = measure_answers(job.dataset, found.answer)
    else:
        assert found.prompt is not None
        right = measure(job.dataset, model, found.prompt, found.memory)
    return Row(
        dataset=job.dataset.name,
        contestant=job.contestant.name,
        seed=job.seed,
        budget=job.budget,
        task_calls=found.counts.task,
        writer_calls=found.counts.writer,
        seconds=round(monotonic() - began, 1),
        prompt=found.prompt.to_dict() if found.prompt else {},
        right=right,
        note=found.note,
        tokens=found.counts.tokens,
    )


def _model(options: argparse.Namespace, plan: _Plan) -> Model:
    if not plan.needs_model:
        return NoModel()
    inner: Model = StandIn(plan.datasets) if options.stand_in else open_model(options.work)
    return Remembering(inner, _work(options) / "replies.db")


def _work(options: argparse.Namespace) -> Path:
    work: Path = options.work / ("search-stand-in" if options.stand_in else "search")
    return work


def _report(
    plan: _Plan, rows: Sequence[Row], figures: Sequence[Figure], missing: Sequence[str]
) -> Report:
    results = Results(figures, {c.name: c.code for c in (FirstPrompt(), *plan.contestants)})
    budgets = {dataset.name: plan.calls for dataset in plan.datasets}
    sizes = ", ".join(f"{d.name} {len(d.held_out)} held out" for d in plan.datasets)
    parts = [
        f"{sizes}; {plan.calls} task calls; {plan.seeds} seeds",
        report.accuracy_table(results, budgets),
    ]
    if prompts := report.prompts_table(rows, plan.calls):
        parts += ["Prompts handed over:", prompts]
    if curve := report.curve_table(results):
        parts += ["Ours with smaller budgets:", curve]
    if plan.quick:
        parts.append("--quick: fewer calls, seeds, data sets and peers than the whole benchmark.")
    parts += [f"Not run: {line}" for line in missing]
    return Report("\n\n".join(parts), report.bars(results, budgets))


def _committed_report(options: argparse.Namespace) -> Report:
    """The report of the figures in the file, whatever code made them, without a model."""
    environments = options.work.absolute() / "environments"
    contestants = (FirstPrompt(), *all_contestants(environments))
    file = _work(options) / kept.FIGURES.name if options.stand_in else kept.FIGURES
    place = {contestant.name: n for n, contestant in enumerate(contestants)}
    figures = sorted(kept.read_figures(file), key=lambda f: place.get(f.contestant, len(place)))
    results = Results(figures, {c.name: c.code for c in contestants})
    calls, skill_calls = options.calls or CALLS, options.calls or SKILL_CALLS
    skills = dict.fromkeys(STARTER_SKILLS, skill_calls)
    budgets: Mapping[str, int] = dict.fromkeys([*KNOWN, *SHUFFLED], calls) | skills
    contest = Contest(
        results=results,
        datasets=tuple(KNOWN),
        peers=(report.HUMAN, *(peer.name for peer in peers(environments))),
        calls=calls,
        skill_calls=skill_calls,
        shuffled=tuple(SHUFFLED),
    )
    parts = [f"Figures of {file}", report.accuracy_table(results, budgets)]
    if curve := report.curve_table(results):
        parts += ["Ours with smaller budgets:", curve]
    return Report("\n\n".join(parts), required_bars(contest))
