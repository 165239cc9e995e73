"""The pictures that the demonstrations of a prompt file name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tinyarms.core.errors import PictureError, PromptError
from tinyarms.loop.project.pictures import Pictures
from tinyarms.skills.forgetting import FORGOTTEN
from tinyarms.skills.picture import picture_of
from tinyarms.skills.prompt import Demonstration, Prompt
from tinyarms.skills.skill import Skill


def with_pictures(prompt: Prompt, skill: Skill, pictures: Pictures, path: Path) -> Prompt:
    """The prompt with what is kept of a picture in place of its path.

    `path`: of the prompt file, for messages. A picture's path is relative to the project's folder.
    Raises `PromptError` for one that cannot be opened, and `ConfigError` without the extra.
    """
    if not skill.pictures or not prompt.demonstrations:
        return prompt
    demonstrations = tuple(_opened(d, skill, pictures, path) for d in prompt.demonstrations)
    return replace(prompt, demonstrations=demonstrations)


def _opened(
    demonstration: Demonstration, skill: Skill, pictures: Pictures, path: Path
) -> Demonstration:
    inputs = dict(demonstration.inputs)
    for name in skill.pictures.keys() & inputs.keys():
        if picture_of(inputs[name]) is not None or inputs[name] == FORGOTTEN:
            continue
        try:
            inputs[name] = pictures.at(pictures.root / inputs[name]).stored
        except PictureError as error:
            raise PromptError(f"{path}: a demonstration: {error.message}", error.hint) from error
    return replace(demonstration, inputs=inputs)
