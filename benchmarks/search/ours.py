"""The product's own searches, run as a user runs them: a project, and `evolve`.

The project has no `test` examples, so no held-out row is read before the end. The result is the
search's best variant, or the incumbent if it found nothing better.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from search.code_version import ROOT, code_hash
from search.contest import Found
from search.counter import Counter
from search.dataset import Dataset
from search.model import MODEL
from search.progress import note
from tinyarms.core.settings import Evolution, ModelSettings
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Estimate, Progress
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.searching.answer import EvolveView
from tinyarms.loop.searching.request import BudgetOverride, SearchRequest
from tinyarms.loop.searching.run import evolve
from tinyarms.memory.memory import Memory
from tinyarms.models.base import Model
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file
from tinyarms.store.project.files import write_atomically
from tinyarms.store.project.starter import write_starter

_SKILL = "task"
ROOMS = ("evolution", "skills", "memory", "models", "stats")
"""The packages of tinyArms whose code decides what a search finds."""


@dataclass(frozen=True)
class Ours:
    """An optimizer of the product, with or without label calibration and memory."""

    name: str
    optimizer: str
    calibration: bool = True
    memory: bool = True
    is_random: bool = True
    needs_model: bool = True
    takes_calls: bool = True

    @property
    def code(self) -> str:
        """Hash of the rooms of the product that decide what a search finds, and of this file."""
        rooms = (ROOT / "src" / "tinyarms" / room for room in ROOMS)
        return code_hash(*rooms, Path(__file__))

    def fits(self, dataset: Dataset) -> bool:
        return True

    def find(self, dataset: Dataset, model: Model, calls: int, seed: int, folder: Path) -> Found:
        skill = project_of(dataset, folder)
        write_settings(folder, self.calibration, self.memory)
        counter = Counter(model, dataset)
        prompt, view, memory = evolved(folder, skill, counter, self.optimizer, calls, seed)
        shutil.rmtree(folder)
        said = "" if view.variants else "nothing better found"
        return Found(prompt, counter.counts, said, memory=memory)


def project_of(dataset: Dataset, folder: Path) -> str:
    """Write a project with the data set, without held-out rows; the name of its skill."""
    if dataset.is_starter:
        write_starter(folder, ModelSettings(kind="embedded", model=MODEL))
        without_test(folder / "examples" / f"{dataset.name}.jsonl")
        return dataset.name
    write_project(folder, {_SKILL: dataset})
    return _SKILL


def evolved(
    folder: Path, skill: str, model: Model, optimizer: str, calls: int, seed: int
) -> tuple[Prompt, EvolveView, Memory | None]:
    """Evolve a skill of the project in the folder: the best variant, or else the incumbent, with
    the search's answer and the prompt's memory.

    `model` answers in place of all models of the project.
    """
    with patch("tinyarms.loop.project.context.make_model", lambda *_, **__: model):
        return evolved_as_configured(folder, skill, optimizer, calls, seed)


def evolved_as_configured(
    folder: Path, skill: str, optimizer: str, calls: int, seed: int
) -> tuple[Prompt, EvolveView, Memory | None]:
    """Like `evolved`, with the models that the project's own configuration names."""
    environ = {"TINYARMS_HOME": str(folder), "TINYARMS_CACHE": str(folder / "cache")}
    context = open_project(folder, environ)
    try:
        request = SearchRequest(
            skill=skill,
            seed=seed,
            variants=1,
            optimizer=optimizer,
            budget=BudgetOverride(calls=calls),
            # The probe has its own benchmark; the peers spend their whole budget too.
            force=True,
        )
        view = evolve(context, request, TenthsOnStderr())
        best = _best_variant(context, view.session_id) or active_version(context, skill).prompt
        if best.retrieve is None:
            return best, view, None
        config = context.skill(skill).skill
        return best, view, context.memories.of(config, best.retrieve.snapshot)
    finally:
        context.close()


def _best_variant(context: Context, session_id: str) -> Prompt | None:
    """The variant that the search ranks first; `None` if it found nothing better."""
    with context.store.read() as work:
        found = work.experiments.variants(session_id)
    return next((variant.prompt for variant in found if variant.variant_letter == "A"), None)


def write_settings(folder: Path, calibration: bool, memory: bool) -> None:
    """What a contestant sets; everything else has its default."""
    evolution = {"label_calibration": calibration}
    if "memory" in Evolution.model_fields:
        evolution["memory"] = memory
    constants = {"prompt_evolution": {"evolution": evolution}}
    # JSON is valid YAML, and needs no special quoting.
    write_atomically(folder / "config" / "constants.yaml", json.dumps(constants))


def without_test(path: Path) -> None:
    """Remove the held-out rows from an examples file."""
    rows = [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
    kept = [line for line in rows if json.loads(line)["split"] != "test"]
    write_atomically(path, "\n".join(kept) + "\n")


def write_project(
    folder: Path, skills: Mapping[str, Dataset], model: Mapping[str, Any] | None = None
) -> None:
    """A project with these skills, without held-out rows.

    `model`: the entry of its model under `models:`; left out: the embedded one.
    """
    config = {
        "models": {MODEL: model or {"kind": "embedded", "model": MODEL}},
        "skills": {name: _declared(name, dataset) for name, dataset in skills.items()},
    }
    write_atomically(folder / "config.yaml", json.dumps(config, indent=2))
    for name, dataset in skills.items():
        rows = [
            {"id": e.id, "inputs": dict(e.inputs), "expected": e.expected, "split": e.split}
            for e in dataset.given
        ]
        first = format_prompt_file(Prompt(dataset.first_prompt))
        write_atomically(folder / "skills" / f"{name}.md", first)
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        write_atomically(folder / "examples" / f"{name}.jsonl", lines)


def _declared(name: str, dataset: Dataset) -> dict[str, Any]:
    output: dict[str, Any] = {"labels": list(dataset.labels)}
    if not dataset.labels:
        output = {"text": True, "max_tokens": dataset.contract.max_tokens}
    return {
        "description": dataset.description,
        "prompt_template": f"skills/{name}.md",
        "model": MODEL,
        "inputs": ["text"],
        "output": output,
        "scorer": dataset.scorer_name,
        "examples": f"examples/{name}.jsonl",
    }


@dataclass
class TenthsOnStderr:
    """Reports each tenth of a search on stderr."""

    _last: tuple[str, int] = ("", -1)

    def estimate(self, estimate: Estimate) -> None:
        pass

    def progress(self, progress: Progress) -> None:
        if progress.tenth != self._last:
            self._last = progress.tenth
            best = progress.best
            so_far = "" if best is None else f", best {best:.3f} (n={progress.best_n})"
            self.note(f"{progress.label}: {progress.done} of {progress.total}{so_far}")

    def note(self, text: str) -> None:
        note(f"  {text}")


class Lasting:
    """A model that stays open when a project closes it."""

    def __init__(self, inner: Model) -> None:
        self.name, self.slots = inner.name, inner.slots
        self.complete = inner.complete

    def close(self) -> None:
        pass
