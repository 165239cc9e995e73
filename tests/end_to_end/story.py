"""The story's project with a simulated model: rules of thumb instead of a network.

`python -m tests.end_to_end.story` is `tests.forks` with that model.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from tests import forks
from tinyarms.core.ids import derived_random
from tinyarms.core.settings import ModelSettings
from tinyarms.demo import year
from tinyarms.demo.captions import CAPTIONED
from tinyarms.demo.week import SKILL
from tinyarms.demo.world import PHASES
from tinyarms.loop.project import context
from tinyarms.loop.project.config_files import edit_constants
from tinyarms.models.base import Model
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.store.project.starter import starter_examples

_WRITTEN = (
    "Give the file a name that its owner would look for.",
    "Write a name for the file in lower case.",
    "Think of the words that somebody would search for.",
    "Choose the few words that tell the file from all others.",
)
_CAPTIONS, _SHOWN, _OTHERS_SHOWN, _NONE_SHOWN = 0.92, 0.9, 0.45, 0.2
"""How able it is: on captions; where a file of the same season is shown; and where not."""


class SimulatedModel:
    """Knows the right names, and gives them where the prompt shows how such files are named."""

    name = "simulated"
    slots = 1

    def __init__(self) -> None:
        season_of = {kind: n for n, season in enumerate(PHASES) for kind in season.kinds}
        examples = [*CAPTIONED, *starter_examples(SKILL, ("file_name", "content"))]
        self._known = {
            example.inputs["content"]: (example.id, example.expected, season_of.get(example.kind))
            for example in examples
        }

    def complete(self, request: ModelRequest) -> ModelReply:
        if request.completion is not None:
            return ModelReply(_WRITTEN[request.seed % len(_WRITTEN)], 120, 20, 9.0)
        *shown, (example_id, expected, season) = [
            self._known[turn.content.rpartition("Content: ")[2].removesuffix("\nOutput:")]
            for turn in request.messages
            if turn.role == "user"
        ]
        seasons = {season for _, _, season in shown}
        able = _OTHERS_SHOWN if shown else _NONE_SHOWN
        able = _CAPTIONS if season is None else _SHOWN if season in seasons else able
        noise = derived_random("noise", example_id, request.messages[0].content).random()
        luck = derived_random("luck", example_id).random()
        right = (luck if noise > 0.1 else noise * 10) < able
        return ModelReply(expected if right else "some-file", 60, 8, 40.0)

    def close(self) -> None:
        pass


def make_model(name: str, settings: ModelSettings, root: Path, *_: Any, **more: Any) -> Model:
    return SimulatedModel()


def edit_without_memory(folder: Path, edit: Callable[[Any], None]) -> None:
    """With a memory the prompts are right in all seasons, and too few releases happen."""

    def both(settings: Any) -> None:
        edit(settings)
        settings["evolution"]["memory"] = False

    edit_constants(folder, both)


if __name__ == "__main__":
    context.make_model = make_model
    year.edit_constants = edit_without_memory
    import_module("tinyarms.cli.year")
    forks.serve()
