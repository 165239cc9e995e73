"""What is said while the pictures of a search's examples are read."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from tinyarms.core.settings import ModelSettings
from tinyarms.loop.project.listener import Progress, Silent
from tinyarms.loop.searching.read_pictures import read_pictures
from tinyarms.skills.contract import Text
from tinyarms.skills.example import Example
from tinyarms.skills.skill import PictureInput, Skill


class Hears(Silent):
    def __init__(self) -> None:
        self.steps: list[Progress] = []

    def progress(self, progress: Progress) -> None:
        self.steps.append(progress)


def test_nothing_is_said_where_no_example_has_a_picture() -> None:
    skill = Skill(
        name="file-naming",
        description="Name it.",
        inputs=("content", "picture"),
        contract=Text(),
        model="small",
        scorer=None,
        optional=frozenset({"content", "picture"}),
        pictures={"picture": PictureInput()},
    )
    context: Any = SimpleNamespace(
        model_settings=lambda name: ModelSettings(kind="embedded", model=name), pictures=None
    )
    examples = [Example(str(n), {"content": f"note {n}"}, "note", "search") for n in range(3)]
    listener = Hears()
    read = read_pictures(context, skill, examples, listener)
    assert [example.inputs for example in read] == [example.inputs for example in examples]
    assert listener.steps == []
