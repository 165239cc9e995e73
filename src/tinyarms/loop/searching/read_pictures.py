"""Read the text in the pictures of a search's examples, before its first call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener, Progress
from tinyarms.loop.project.picture_inputs import read_inputs
from tinyarms.skills.example import Example
from tinyarms.skills.skill import Skill


def read_pictures(
    context: Context, skill: Skill, examples: Sequence[Example], listener: Listener
) -> tuple[Example, ...]:
    """The examples with the text of those pictures that the skill's model gets in words.

    Each picture is read once; later searches take its text from the database. Raises
    `PictureError` if a picture is gone, and `ConfigError`.
    """
    if not skill.pictures:
        return tuple(examples)
    settings = context.model_settings(skill.model)
    total = sum(_has_picture(skill, example) for example in examples)
    read: list[Example] = []
    done = 0
    for example in examples:
        inputs = read_inputs(skill, settings, context.pictures, example.inputs)
        read.append(replace(example, inputs=inputs))
        if _has_picture(skill, example):
            done += 1
            listener.progress(Progress("reading pictures", done, total))
    return tuple(read)


def _has_picture(skill: Skill, example: Example) -> bool:
    return any(name in example.inputs for name in skill.pictures)
