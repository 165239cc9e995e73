"""The inputs of a task as a caller gives them, and as they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

from tinyarms.core.errors import UsageError
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.picture_inputs import picture_form, read_inputs
from tinyarms.skills.input_names import by_their_names
from tinyarms.skills.skill import Skill

GivenInput: TypeAlias = str | bytes | Path
"""A text; or for a picture its bytes, a data URL, or the path of a file on this machine. A text is
never taken for a path."""


def kept_inputs(context: Context, skill: Skill, inputs: Mapping[str, GivenInput]) -> dict[str, str]:
    """The inputs in the skill's order, which is the order a prompt shows them in, by its names.

    A picture is opened, and read if the skill's model gets it in words; what is kept of it is its
    hash, size, path and text. Raises `UsageError` unless they are the skill's inputs, by name,
    `PictureError` for a picture that cannot be opened, and `ConfigError` if the model could not get
    it.
    """
    if not isinstance(inputs, Mapping):
        raise UsageError(
            f"{skill.name}: the inputs are a {type(inputs).__name__}, not names with their values.",
            f"Give each input by its name: {skill.inputs_in_words}.",
        )
    given = skill.without_empty(by_their_names(inputs, skill.inputs))
    wrong = skill.wrong_inputs(given)
    if wrong is not None:
        raise UsageError(f"{skill.name} {wrong}.", f"Its inputs are: {skill.inputs_in_words}.")
    kept: dict[str, str] = {}
    for name in skill.inputs:
        if name not in given:
            continue
        value = given[name]
        if name in skill.pictures:
            picture_form(skill, name, context.model_settings(skill.model))
            kept[name] = context.pictures.from_caller(value, name).stored
        elif isinstance(value, str):
            kept[name] = value
        else:
            raise UsageError(f"{skill.name}: the input {name!r} is no text.", "Give a text.")
    if not skill.pictures:
        return kept
    return read_inputs(skill, context.model_settings(skill.model), context.pictures, kept)
