"""`search --skills`: the starter's skills, against random search and prompts by hand.

As with the data sets, the searched project has no `test` examples; the accuracy on them is read
once for each final prompt.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import monotonic

from bars import Bar, Report, table
from search.contest import Row, once, paired_interval
from search.model import MODEL
from search.ours import evolved
from search.progress import note
from tinyarms.core.settings import ModelSettings
from tinyarms.loop.opening import open_project
from tinyarms.loop.releasing.versions import active_version
from tinyarms.models.base import Model
from tinyarms.skills.example import Example
from tinyarms.skills.execution import execute
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.scorers import Scorer
from tinyarms.skills.skill import Skill
from tinyarms.store.project.files import write_atomically
from tinyarms.store.project.starter import write_starter

FIRST = "first-prompt"
SEARCHES = {"ours": "promptbreeder", "ours-random-search": "random_search"}
BY_HAND: Mapping[str, tuple[str, ...]] = {
    "file-naming": (
        "Name the file after what it shows or says. Use two to six lowercase words joined by "
        "hyphens.",
        "Read the content of the file and write a short name for it: the most specific words "
        "first, in lowercase, joined by hyphens. Leave out words such as photo, scan or "
        "screenshot.",
        "Suggest a file name in kebab-case that tells someone who has not opened the file what "
        "is in it: the subject, the place or sender, and the year if there is one.",
    ),
    "audio-actions": (
        "Read what the speaker says and choose the action that is asked for: reminder, message, "
        "calendar, timer, note or none.",
        "What does the speaker want the phone to do? reminder: think of something later. "
        "message: send words to someone. calendar: a date or an appointment. timer: count "
        "minutes. note: write something down. none: nothing.",
        "Classify the spoken request. Somebody who only talks and asks for nothing gets none.",
    ),
}


@dataclass(frozen=True)
class SkillTask:
    """A starter skill and its `test` examples, which no search reads."""

    skill: Skill
    scorer: Scorer
    first: Prompt
    test: tuple[Example, ...]


def run_skills(work: Path, model: Model, seeds: int, calls: int) -> Report:
    """All unfinished runs, then the table and the bars."""
    rows: list[Row] = []
    for name, written in BY_HAND.items():
        task = starter_task(work.absolute() / "skills" / name / "starter", name)
        given = {FIRST: task.first} | {
            f"by-hand-{n}": Prompt(text) for n, text in enumerate(written, start=1)
        }
        for contestant, prompt in given.items():
            rows.append(_given_row(work, model, task, contestant, prompt))
        for seed in range(1, seeds + 1):
            rows += [_searched_row(work, model, task, c, calls, seed) for c in SEARCHES]
    return Report(_table(rows), tuple(bar for name in BY_HAND for bar in _bars(rows, name)))


def starter_task(folder: Path, name: str) -> SkillTask:
    """The starter's skill; a project is written into the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    write_starter(folder, ModelSettings(kind="embedded", model=MODEL))
    context = open_project(folder, {"TINYARMS_HOME": str(folder)})
    try:
        skill = context.skill(name).skill
        scorer = context.scorer(skill)
        assert scorer is not None
        test = tuple(e for e in context.examples(skill) if e.split == "test")
        return SkillTask(skill, scorer, active_version(context, name).prompt, test)
    finally:
        context.close()


def _given_row(work: Path, model: Model, task: SkillTask, contestant: str, prompt: Prompt) -> Row:
    name = task.skill.name

    def make() -> Row:
        note(f"{name}: {contestant}")
        began = monotonic()
        right = measure_skill(model, task, prompt)
        seconds = round(monotonic() - began, 1)
        return Row(name, contestant, 0, 0, 0, 0, seconds, prompt.to_dict(), right, "")

    return once(work / "skills" / name / contestant / "row.json", make)


def _searched_row(
    work: Path, model: Model, task: SkillTask, contestant: str, calls: int, seed: int
) -> Row:
    name = task.skill.name
    folder = work.absolute() / "skills" / name / f"{contestant}-{calls}-seed{seed}"

    def make() -> Row:
        note(f"{name}: {contestant}, seed {seed}, {calls} task calls")
        began = monotonic()
        project = folder / "run"
        shutil.rmtree(project, ignore_errors=True)
        write_starter(project, ModelSettings(kind="embedded", model=MODEL))
        without_test(project / "examples" / f"{name}.jsonl")
        prompt, view = evolved(project, name, Lasting(model), SEARCHES[contestant], calls, seed)
        shutil.rmtree(project)
        return Row(
            dataset=name,
            contestant=contestant,
            seed=seed,
            budget=calls,
            task_calls=int(view.spent["task_calls"]),
            writer_calls=int(view.spent["writer_calls"]),
            seconds=round(monotonic() - began, 1),
            prompt=prompt.to_dict(),
            right=measure_skill(model, task, prompt),
            note="" if view.variants else "nothing better found",
        )

    return once(folder / "row.json", make)


def without_test(path: Path) -> None:
    """Remove the held-out rows from an examples file."""
    rows = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    kept = [line for line in rows if json.loads(line)["split"] != "test"]
    write_atomically(path, "\n".join(kept) + "\n")


def measure_skill(model: Model, task: SkillTask, prompt: Prompt) -> tuple[bool, ...]:
    """For each held-out example, whether the prompt's answer is a success."""
    right = []
    for example in task.test:
        output = execute(model, task.skill.contract, prompt, example.inputs).output
        score = 0.0 if output is None else task.scorer(example, output)
        right.append(score >= task.skill.success_at)
    return tuple(right)


def _table(rows: Sequence[Row]) -> str:
    firsts = {row.dataset: row for row in rows if row.contestant == FIRST}
    lines: list[tuple[object, ...]] = []
    for row in rows:
        low, high = paired_interval(firsts[row.dataset].right, row.right)
        lines.append(
            (
                row.dataset,
                row.contestant,
                row.seed or "-",
                f"{row.accuracy:.3f}",
                f"{low:+.2f}..{high:+.2f}",
                len(row.right),
                row.task_calls,
                row.prompt["text"].replace("\n", " ")[:50],
            )
        )
    head = ("skill", "contestant", "seed", "held out", "gain, 95 %", "n", "task", "prompt")
    return table(head, lines)


def _bars(rows: Sequence[Row], name: str) -> list[Bar]:
    of_skill = [row for row in rows if row.dataset == name]
    ours = _accuracy(of_skill, "ours")
    random_search = _accuracy(of_skill, "ours-random-search")
    by_hand = max(row.accuracy for row in of_skill if row.contestant.startswith("by-hand"))
    return [
        Bar(f"{name}: ours, mean, against {what}", round(ours, 4), f">= {least:.4g}", ours >= least)
        for what, least in (
            ("the best of three by hand", by_hand),
            ("random search", random_search),
        )
    ]


def _accuracy(rows: Sequence[Row], contestant: str) -> float:
    return mean(row.accuracy for row in rows if row.contestant == contestant)


class Lasting:
    """A model that stays open when a project closes it."""

    def __init__(self, inner: Model) -> None:
        self.name, self.slots = inner.name, inner.slots
        self.complete = inner.complete

    def close(self) -> None:
        pass
