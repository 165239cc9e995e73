"""`evolve`: SST-2 as a skill, the embedded model as worker and writer, 1,500 task calls per seed.

Data: `sst2.tsv` (`text<TAB>label`, 0 negative, 1 positive). Rows shuffled with `random.Random(0)`;
the first 200 are held out (`test`), of the rest 200 are `search` and 100 `selection`. The held-out
accuracy is that of the best variant, as the search ranks them: it is read once, at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
from dataclasses import dataclass
from pathlib import Path

from bars import Bar, Report, table
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Estimate, Progress
from tinyarms.loop.searching.answer import EvolveView
from tinyarms.loop.searching.request import BudgetOverride, SearchRequest
from tinyarms.loop.searching.run import evolve
from tinyarms.models.embedded.pull import pull
from tinyarms.stats.binomial import wilson_interval
from tinyarms.store.project.files import write_atomically

SKILL = "sst2"
FIRST_PROMPT = 'Your task is to classify the comment "positive" or "negative".'
DESCRIPTION = "Decide whether a comment from a film review is positive or negative."
LABELS = ("negative", "positive")
CALLS = 1500
HELD_OUT = 200
SEARCH = 200
BAR = 0.70

_CONFIG = f"""\
models:
  smollm2:135m:
    kind: embedded
    model: smollm2:135m
skills:
  {SKILL}:
    description: {DESCRIPTION}
    prompt_template: skills/{SKILL}.md
    model: smollm2:135m
    inputs: [text]
    output:
      labels: [{", ".join(LABELS)}]
    scorer: labels
    examples: examples/{SKILL}.jsonl
"""


def run(options: argparse.Namespace) -> Report:
    """One search per seed, each in its own project under `options.work`."""
    if options.data is None:
        sys.exit("evolve needs --data DIR, a folder with sst2.tsv")
    pull("smollm2:135m", lambda done, total: None)
    rows = [_seed_row(options, seed) for seed in range(1, options.seeds + 1)]
    shown = table(
        ("seed", "before", "after", "95 % interval", "n", "task calls", "writer calls", "best"),
        [row.cells for row in rows],
    )
    bars = [
        Bar(f"held-out accuracy, seed {row.seed}", row.after, f">= {BAR}", row.after >= BAR)
        for row in rows
    ]
    return Report(shown, tuple(bars))


@dataclass(frozen=True)
class _Row:
    seed: int
    before: float
    after: float
    n: int
    calls: int
    writer_calls: int
    prompt: str

    @property
    def cells(self) -> tuple[object, ...]:
        low, high = wilson_interval(round(self.after * self.n), self.n) or (0.0, 1.0)
        return (
            self.seed,
            f"{self.before:.3f}",
            f"{self.after:.3f}",
            f"{low:.3f} to {high:.3f}",
            self.n,
            self.calls,
            self.writer_calls,
            self.prompt[:60],
        )


def _seed_row(options: argparse.Namespace, seed: int) -> _Row:
    """A finished seed is read from its file; an unfinished one is resumed."""
    folder = options.work / f"evolve-{seed}"
    done = folder / "row.json"
    if done.exists():
        return _Row(**json.loads(done.read_text()))
    if not (folder / "config.yaml").exists():
        _write_project(folder, options.data / "sst2.tsv")
    context = open_project(folder, {**os.environ, "TINYARMS_HOME": str(folder)})
    try:
        row = _row(seed, _evolved(context, seed))
    finally:
        context.close()
    write_atomically(done, json.dumps(row.__dict__))
    return row


def _evolved(context: Context, seed: int) -> EvolveView:
    budget = BudgetOverride(calls=CALLS)
    request = SearchRequest(skill=SKILL, seed=seed, variants=1, budget=budget)
    return evolve(context, request, _Stderr(seed))


def _row(seed: int, found: EvolveView) -> _Row:
    spent = found.spent
    gate = found.gate
    if gate is None or gate.incumbent_accuracy is None:
        sys.exit(f"seed {seed}: nothing better was found, so held-out rows were not read")
    best = gate.challengers[0]
    return _Row(
        seed=seed,
        before=gate.incumbent_accuracy,
        after=best.accuracy or 0.0,
        n=best.n,
        calls=int(spent["task_calls"]),
        writer_calls=int(spent["writer_calls"]),
        prompt=found.variants[0].prompt,
    )


def _write_project(folder: Path, data: Path) -> None:
    rows = [line.split("\t") for line in data.read_text().split("\n") if line]
    random.Random(0).shuffle(rows)
    examples = []
    for place, (text, label) in enumerate(rows):
        split = "test" if place < HELD_OUT else "search"
        if place >= HELD_OUT + SEARCH:
            split = "selection"
        example = {
            "id": f"sst2-{place:03}",
            "inputs": {"text": text},
            "expected": LABELS[int(label)],
            "split": split,
        }
        examples.append(json.dumps(example))
    write_atomically(folder / "examples" / f"{SKILL}.jsonl", "\n".join(examples) + "\n")
    write_atomically(folder / "skills" / f"{SKILL}.md", FIRST_PROMPT + "\n")
    write_atomically(folder / "config.yaml", _CONFIG)


@dataclass
class _Stderr:
    """Progress lines on stderr."""

    seed: int
    _last: tuple[str, int] = ("", -1)

    def estimate(self, estimate: Estimate) -> None:
        self.note(f"at most {estimate.task_calls} task calls, {estimate.test_calls} test calls")

    def progress(self, progress: Progress) -> None:
        if progress.tenth != self._last:
            self._last = progress.tenth
            best = progress.best
            so_far = "" if best is None else f", best {best:.3f} (n={progress.best_n})"
            self.note(f"{progress.label}: {progress.done} of {progress.total}{so_far}")

    def note(self, text: str) -> None:
        print(f"seed {self.seed}: {text}", file=sys.stderr, flush=True)
