"""`foreign`: llama.cpp's server of the installed package, as if a stranger ran it.

    python benchmarks/run.py foreign --data DIR

A server process of its own loads SmolLM2-135M. tinyArms knows it only as `kind: openai`, behind a
proxy that answers 404 for everything but chat completions and the list of models. The prompts that
people wrote for SST-2 are scored on it and on the embedded model with the same held-out rows; then
each seed searches with 600 task calls on the foreign server alone, which is worker and writer. The
replies are stored, and so are finished runs: the same command resumes.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from statistics import mean
from time import monotonic

from bars import Bar, Report, table
from foreign.llama_server import llama_server
from foreign.proxy import ChatOnlyProxy
from foreign.stand_in_server import PlainStandIn, stand_in_server
from search.contest import Row, measure, once
from search.dataset import Dataset, read_known, task_request
from search.model import CONTEXT_WINDOW, MODEL
from search.ours import evolved_as_configured, write_project
from search.progress import note
from search.searched_row import searched_row
from tinyarms.core.settings import ModelSettings
from tinyarms.evolution.scoring.calibration import fit_calibration, label_shares
from tinyarms.models.base import Model
from tinyarms.models.recording import KeepingModel
from tinyarms.models.registry import make_model
from tinyarms.skills.execution import ModelReply, read_reply
from tinyarms.skills.prompt import Prompt

DATASET = "sst2"
PROMPTS = 10
CALLS = 600
MOST_APART = 0.01
"""Largest difference in accuracy between the kinds, for each prompt."""
LEAST_ACCURACY = 0.68
EMBEDDED, FOREIGN, SEARCHED = "embedded", "foreign", "after the search"
CALIBRATED = ", calibrated"
_SKILL = "task"


@dataclass(frozen=True)
class Kinds:
    """The same weights, asked in two ways."""

    embedded: Model
    foreign: Model
    foreign_entry: Mapping[str, str]
    """The foreign server's entry under `models:`."""


def run(options: argparse.Namespace) -> Report:
    """The prompts on both kinds, then one search for each seed; finished ones are not repeated."""
    dataset = _dataset(options)
    work = (options.work / ("foreign-stand-in" if options.stand_in else "foreign")).absolute()
    calls, count = options.calls or CALLS, options.limit or len(dataset.held_out)
    with _kinds(dataset, work, options.stand_in) as kinds:
        scored = [
            row
            for number, prompt in enumerate(dataset.human_prompts[:PROMPTS], start=1)
            for row in _scored_rows(dataset, kinds, number, prompt, count, work)
        ]
        seeds = range(1, options.seeds + 1)
        searched = [_searched_row(dataset, kinds, work, calls, seed) for seed in seeds]
    return report(scored, searched)


def _dataset(options: argparse.Namespace) -> Dataset:
    if options.data is None:
        sys.exit("foreign needs --data: a folder with sst2.tsv and sst2.prompts.txt")
    (dataset,) = read_known(options.data, [DATASET])
    if len(dataset.human_prompts) < PROMPTS:
        sys.exit(f"{options.data}/{DATASET}.prompts.txt has fewer than {PROMPTS} prompts.")
    return dataset


@contextmanager
def _kinds(dataset: Dataset, work: Path, stand_in: bool) -> Iterator[Kinds]:
    """Both kinds, with one thread and one slot each; their replies are kept in the folder."""
    work.mkdir(parents=True, exist_ok=True)
    server = stand_in_server(dataset) if stand_in else llama_server()
    with server as served, ChatOnlyProxy(served.address, served.api_key) as proxy:
        entry = {"kind": "openai", "model": MODEL, "base_url": proxy.url}
        environ = {**os.environ, "TINYARMS_CACHE": str(work / "cache")}
        foreign = make_model(MODEL, ModelSettings.model_validate(entry), work, environ)
        embedded = PlainStandIn(dataset) if stand_in else _embedded(work)
        kinds = Kinds(
            KeepingModel(embedded, work / f"{EMBEDDED}.jsonl"),
            KeepingModel(foreign, work / f"{FOREIGN}.jsonl"),
            entry,
        )
        try:
            yield kinds
        finally:
            kinds.embedded.close()
            kinds.foreign.close()


def _embedded(work: Path) -> Model:
    settings = ModelSettings(
        kind="embedded", model=MODEL, context_window=CONTEXT_WINDOW, threads=1, slots=1
    )
    return make_model(MODEL, settings, work, os.environ)


def _scored_rows(
    dataset: Dataset, kinds: Kinds, number: int, text: str, count: int, work: Path
) -> list[Row]:
    """A prompt on the first held-out rows, on both kinds: as answered, and calibrated.

    Both kinds get each request in turn, because what is in a server's cache changes
    log-probabilities by several hundredths.
    """
    examples, prompt = dataset.held_out[:count], Prompt(text)

    @cache
    def replies() -> Mapping[str, list[ModelReply]]:
        note(f"prompt {number} of {PROMPTS}")
        requests = [task_request(dataset, prompt, e.inputs) for e in examples]
        pairs = [(kinds.embedded.complete(r), kinds.foreign.complete(r)) for r in requests]
        return {EMBEDDED: [pair[0] for pair in pairs], FOREIGN: [pair[1] for pair in pairs]}

    def row(kind: str, calibrated: str, right: Sequence[bool]) -> Row:
        seconds = round(sum(reply.latency_ms for reply in replies()[kind]) / 1000, 1)
        shown, right = prompt.to_dict(), tuple(right)
        return Row(DATASET, kind + calibrated, number, 0, count, 0, seconds, shown, right, "")

    def answered(kind: str) -> Row:
        outputs = [read_reply(dataset.contract, prompt, r).output for r in replies()[kind]]
        pairs = zip(examples, outputs, strict=True)
        return row(kind, "", [o is not None and dataset.scorer(e, o) >= 0.5 for e, o in pairs])

    def calibrated(kind: str) -> Row:
        """Fitted on the rows themselves, which are the same for both kinds."""
        logprobs = [reply.label_logprobs for reply in replies()[kind]]
        known = [values for values in logprobs if values is not None]
        if len(known) < count:
            note(f"  {kind}: {count - len(known)} replies have no log-probabilities")
            return row(kind, CALIBRATED, [False] * count)
        expected = [example.expected for example in examples]
        fit = fit_calibration(known, expected, label_shares(expected, dataset.labels))
        return row(kind, CALIBRATED, fit.correct)

    name = work / "prompts" / f"{number}-{count}"
    return [
        once(name.with_name(f"{name.name}-{kind}{suffix}.json"), partial(make, kind))
        for kind in (EMBEDDED, FOREIGN)
        for suffix, make in (("", answered), ("-calibrated", calibrated))
    ]


def _searched_row(dataset: Dataset, kinds: Kinds, work: Path, calls: int, seed: int) -> Row:
    folder = work / f"{calls}-seed{seed}"

    def make() -> Row:
        note(f"seed {seed}: {calls} task calls on the {FOREIGN} server")
        began = monotonic()
        project = folder / "run"
        shutil.rmtree(project, ignore_errors=True)
        entry = {**kinds.foreign_entry, "recording": str(folder / "replies.jsonl")}
        write_project(project, {_SKILL: dataset}, model=entry)
        prompt, view, memory = evolved_as_configured(project, _SKILL, "promptbreeder", calls, seed)
        shutil.rmtree(project)
        return searched_row(
            view,
            prompt,
            lambda found: measure(dataset, kinds.foreign, found, memory),
            dataset=DATASET,
            contestant=SEARCHED,
            seed=seed,
            budget=calls,
            began=began,
        )

    return once(folder / "row.json", make)


def report(scored: Sequence[Row], searched: Sequence[Row]) -> Report:
    """The tables and the bars.

    `scored`: the rows of the prompts, on both kinds. `searched`: one row for each seed.
    """
    of = {(row.contestant, row.seed): row.accuracy for row in scored}
    numbers = sorted({row.seed for row in scored})
    names = (EMBEDDED, FOREIGN, EMBEDDED + CALIBRATED, FOREIGN + CALIBRATED)
    lines: list[tuple[object, ...]] = [
        (number, *(f"{of[name, number]:.3f}" for name in names)) for number in numbers
    ]
    bars = []
    shown = [table(("prompt", *names), lines)]
    for calibrated in ("", CALIBRATED):
        apart = [abs(of[EMBEDDED + calibrated, n] - of[FOREIGN + calibrated, n]) for n in numbers]
        worst = round(max(apart), 4)
        shown.append(
            f"accuracy{calibrated}: {mean(apart):.4f} apart on average, {worst:.4f} at most "
            f"({len(numbers)} prompts, n={len(scored[0].right)})"
        )
        name = f"largest difference of a prompt's accuracy on the two kinds{calibrated}"
        bars.append(Bar(name, worst, f"<= {MOST_APART}", worst <= MOST_APART))
    found: list[tuple[object, ...]] = [
        (r.seed, f"{r.accuracy:.3f}", len(r.right), r.task_calls, r.writer_calls, r.seconds, r.note)
        for r in searched
    ]
    head = ("seed", "held out", "n", "task", "writer", "seconds", "note")
    accuracy = round(mean(row.accuracy for row in searched), 4)
    name = f"held-out accuracy after a search on the foreign server, mean of {len(searched)} seeds"
    bars.append(Bar(name, accuracy, f">= {LEAST_ACCURACY}", accuracy >= LEAST_ACCURACY))
    return Report("\n\n".join([*shown, table(head, found)]), tuple(bars))
