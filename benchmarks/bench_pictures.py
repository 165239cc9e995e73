"""`pictures`: the skill `file-naming` names pictures by the text that OCR reads in them.

    python benchmarks/run.py pictures

The embedded model cannot see, so the text of 120 drawn pictures is read on this machine first
(`benchmarks/pictures`). Then each seed searches with 600 task calls on 60 of them, and the other
60, which no search reads, give the accuracy before and after. The replies are stored, and so are
finished runs: the same command resumes.
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import monotonic

from bars import Bar, Report, table
from pictures.render import EXAMPLES, example_row, render
from pictures.scenes import plan
from search.contest import Row, once, paired_interval
from search.model import MODEL, Remembering, open_model
from search.ours import Lasting, TenthsOnStderr, evolved, without_test
from search.progress import note
from search.searched_row import searched_row
from tinyarms.core.settings import ModelSettings
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.searching.read_pictures import read_pictures
from tinyarms.memory.memory import Memory
from tinyarms.memory.recall import recalled
from tinyarms.models.base import Model
from tinyarms.skills.example import Example
from tinyarms.skills.execution import execute
from tinyarms.skills.picture import picture_of
from tinyarms.skills.prompt import Prompt
from tinyarms.store.project.starter import write_starter

SKILL = "file-naming"
PICTURES_SEED = 1
"""Seed of the drawn pictures. Those of seed 0 were read while the skill was made."""
CALLS = 600
LEAST_GAIN = 0.15
_FIRST = "first prompt"
_SEARCHED = "after the search"


def run(options: argparse.Namespace) -> Report:
    """The first prompt, and one search for each seed; finished ones are read from their files."""
    work = (options.work / f"pictures-{PICTURES_SEED}").absolute()
    calls = options.calls or CALLS
    model = Remembering(open_model(options.work, options.threads), work / "replies.db")
    try:
        with _task(work / "project") as task:
            rows = [once(work / "first" / "row.json", lambda: _first_row(task, model))]
            seeds = range(1, options.seeds + 1)
            rows += [_searched_row(task, model, work, calls, seed) for seed in seeds]
            return report(rows, task.ocr)
    finally:
        model.close()


@dataclass(frozen=True)
class _Task:
    """The skill in a project with all pictures, whose texts have been read."""

    context: Context
    test: tuple[Example, ...]
    ocr: str
    """What OCR read, in one line."""

    @property
    def root(self) -> Path:
        return self.context.project.root

    def right(self, model: Model, prompt: Prompt, memory: Memory | None = None) -> tuple[bool, ...]:
        """For each held-out picture, whether the prompt's name for it is a success."""
        skill = self.context.skill(SKILL).skill
        scorer, view = self.context.scorer(skill), self.context.input_view(skill)
        assert scorer is not None
        right = []
        for example in self.test:
            shown = prompt if memory is None else recalled(prompt, memory, example.inputs)
            output = execute(model, skill.contract, shown, example.inputs, view).output
            score = 0.0 if output is None else scorer(example, output)
            right.append(score >= skill.success_at)
        return tuple(right)


@contextmanager
def _task(folder: Path) -> Iterator[_Task]:
    """The project; if it is not there yet, it is written and the pictures are drawn."""
    if not folder.exists():
        note("drawing the pictures")
        unfinished = folder.with_name("unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        write_starter(unfinished, ModelSettings(kind="embedded", model=MODEL))
        render(unfinished / "examples", PICTURES_SEED)
        unfinished.rename(folder)
    context = open_project(folder, {"TINYARMS_HOME": str(folder)})
    try:
        skill = context.skill(SKILL).skill
        read = read_pictures(context, skill, context.examples(skill), TenthsOnStderr())
        test = tuple(example for example in read if example.split == "test")
        yield _Task(context, test, _ocr_in_words(read))
    finally:
        context.close()


def _ocr_in_words(examples: Sequence[Example]) -> str:
    """On how many pictures OCR read what the expected names are made of, as it is written there."""
    scenes = {example_row(scene, n)["id"]: scene for n, scene in enumerate(plan(PICTURES_SEED), 1)}
    pictures = [(scenes[e.id], picture_of(e.inputs["picture"])) for e in examples]
    texts = [(scene, (picture and picture.text) or "") for scene, picture in pictures]
    details = sum(scene.name in text and scene.shown_detail in text for scene, text in texts)
    titles = sum(scene.title in text for scene, text in texts)
    return (
        f"OCR read the name and the number on {details} of {len(texts)} pictures, and what they "
        f"are on {titles}."
    )


def _first_row(task: _Task, model: Model) -> Row:
    began = monotonic()
    prompt = active_version(task.context, SKILL).prompt
    right = task.right(model, prompt)
    seconds = round(monotonic() - began, 1)
    return Row(SKILL, _FIRST, 0, 0, 0, 0, seconds, prompt.to_dict(), right, "")


def _searched_row(task: _Task, model: Model, work: Path, calls: int, seed: int) -> Row:
    folder = work / f"{calls}-seed{seed}"

    def make() -> Row:
        note(f"seed {seed}: {calls} task calls")
        began = monotonic()
        project = folder / "run"
        shutil.rmtree(project, ignore_errors=True)
        shutil.copytree(task.root, project)  # with the texts, so that none is read again
        without_test(project / "examples" / EXAMPLES)
        prompt, view, memory = evolved(project, SKILL, Lasting(model), "promptbreeder", calls, seed)
        shutil.rmtree(project)
        return searched_row(
            view,
            prompt,
            lambda found: task.right(model, found, memory),
            dataset=SKILL,
            contestant=_SEARCHED,
            seed=seed,
            budget=calls,
            began=began,
        )

    return once(folder / "row.json", make)


def report(rows: list[Row], ocr: str) -> Report:
    """The table and a bar for the mean gain.

    `rows`: that of the first prompt, then one for each seed. `ocr`: a line about what was read.
    """
    first, *searched = rows
    lines: list[tuple[object, ...]] = []
    for row in rows:
        low, high = paired_interval(first.right, row.right)
        lines.append(
            (
                row.contestant,
                row.seed or "-",
                f"{row.accuracy:.3f}",
                "-" if row is first else f"{low:+.2f}..{high:+.2f}",
                len(row.right),
                row.task_calls,
                row.writer_calls,
                row.seconds,
            )
        )
    head = ("prompt", "seed", "held out", "gain, 95 %", "n", "task", "writer", "seconds")
    gain = round(mean(row.accuracy for row in searched) - first.accuracy, 4)
    return Report(
        f"{ocr}\n\n{table(head, lines)}",
        (
            Bar(
                f"gain on held-out pictures, mean of {len(searched)} seeds",
                gain,
                f">= {LEAST_GAIN}",
                gain >= LEAST_GAIN,
            ),
        ),
    )
