"""The first prompt with a memory of the given examples, as `tinyarms prompt refresh` gives it.

There is no search. The calls are those of the refresh's own gate.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from search.code_version import ROOT, code_hash
from search.contest import Found
from search.counter import Counter
from search.dataset import Dataset
from search.nearest import demonstrations_of
from search.ours import ROOMS, TenthsOnStderr, project_of
from tinyarms.loop.opening import open_project
from tinyarms.loop.refreshing.refresh import refresh
from tinyarms.loop.releasing.versions import active_version
from tinyarms.models.base import Model


@dataclass(frozen=True)
class Refreshed:
    """A refresh of the first prompt."""

    name: str = "refreshed"
    is_random: bool = False
    needs_model: bool = True
    takes_calls: bool = False

    @property
    def code(self) -> str:
        """Hash of the rooms that decide what a refreshed prompt answers, and of this file."""
        return code_hash(*(ROOT / "src" / "tinyarms" / room for room in ROOMS), Path(__file__))

    def fits(self, dataset: Dataset) -> bool:
        return True

    def find(self, dataset: Dataset, model: Model, calls: int, seed: int, folder: Path) -> Found:
        skill = project_of(dataset, folder)
        counter = Counter(model, dataset)
        environ = {"TINYARMS_HOME": str(folder), "TINYARMS_CACHE": str(folder / "cache")}
        with patch("tinyarms.loop.project.context.make_model", lambda *_, **__: counter):
            context = open_project(folder, environ)
            try:
                shown = demonstrations_of(dataset)
                view = refresh(
                    context,
                    skill,
                    demonstrations=shown,
                    confirmed=True,
                    listener=TenthsOnStderr(),
                )
                prompt = active_version(context, skill).prompt
                memory = None
                if prompt.retrieve is not None:
                    config = context.skill(skill).skill
                    memory = context.memories.of(config, prompt.retrieve.snapshot)
            finally:
                context.close()
        shutil.rmtree(folder)
        return Found(prompt, counter.counts, view.result, memory=memory)
