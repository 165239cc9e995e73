"""The example skills of a new project as data sets, and prompts that a person wrote for them.

As with the other data sets, a searched project has no `test` examples; the accuracy on them is read
once for each result.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from search.dataset import Dataset
from search.model import MODEL
from tinyarms.core.settings import ModelSettings
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.skills.example import Example, Split
from tinyarms.skills.execution import InputView
from tinyarms.store.project.starter import write_starter

STARTER_SKILLS = ("file-naming", "audio-actions", "markdown-analysis")
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


def starter_datasets(folder: Path) -> list[Dataset]:
    """The example skills that can evolve; a project is written into the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    write_starter(folder, ModelSettings(kind="embedded", model=MODEL))
    context = open_project(folder, {"TINYARMS_HOME": str(folder)})
    try:
        return [_dataset(context, name) for name in STARTER_SKILLS]
    finally:
        context.close()


def _dataset(context: Context, name: str) -> Dataset:
    skill = context.skill(name).skill
    examples = context.examples(skill)
    assert skill.scorer is not None and not skill.scorer_options

    def of(split: Split) -> tuple[Example, ...]:
        return tuple(example for example in examples if example.split == split)

    return Dataset(
        name=name,
        description=skill.description,
        contract=skill.contract,
        scorer_name=skill.scorer,
        first_prompt=active_version(context, name).prompt.text,
        held_out=of("test"),
        search=of("search"),
        selection=of("selection"),
        human_prompts=BY_HAND.get(name, ()),
        success_at=skill.success_at,
        view=InputView(skill.inputs, skill.optional),
        is_public=True,
        is_starter=True,
    )
