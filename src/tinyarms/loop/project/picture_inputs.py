"""Whether a skill's model gets a picture itself or the words that are read from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from tinyarms.core.errors import ConfigError, PictureError
from tinyarms.core.settings import ModelSettings
from tinyarms.loop.project.pictures import Pictures
from tinyarms.skills.execution import InputView, SentPicture
from tinyarms.skills.picture import Picture, in_words, picture_of
from tinyarms.skills.skill import Skill

PictureForm = Literal["picture", "words"]
"""`picture`: it is sent. `words`: its text, read on this machine, is sent in its place."""


def picture_form(skill: Skill, name: str, settings: ModelSettings) -> PictureForm:
    """What the skill's model gets of a picture in the input `name`.

    `settings`: of the model. A picture is sent to a model that is known to see; where that is not
    known, only if the input does not say how else to read it. Raises `ConfigError` if the model
    cannot see and nothing reads the picture.
    """
    sees = _sees(settings)
    if sees:
        return "picture"
    if skill.pictures[name].text_from is not None:
        return "words"
    if sees is None:
        return "picture"
    raise ConfigError(
        f"skills.{skill.name}.inputs.{name}: the model {skill.model} cannot see pictures.",
        "Add `text_from: ocr` to the input and run: pip install 'tinyarms[images]', or name a "
        "model that sees.",
    )


def check_pictures(skill: Skill, settings: ModelSettings) -> None:
    """Raise `ConfigError` if the skill needs a picture that its model could not get."""
    for name in skill.pictures:
        if name not in skill.optional:
            picture_form(skill, name, settings)


def input_view(skill: Skill, settings: ModelSettings, pictures: Pictures) -> InputView:
    """How the skill's inputs are shown to its model, whose settings these are."""

    def show(name: str, value: str) -> str | SentPicture:
        picture = picture_of(value) if name in skill.pictures else None
        if picture is None:
            return in_words(value)
        how = skill.pictures[name]
        if picture_form(skill, name, settings) == "picture":
            return pictures.sent(picture, how)
        return pictures.with_text(picture, how).in_words

    return InputView(skill.inputs, skill.optional, show)


def measured_view(skill: Skill, settings: ModelSettings) -> InputView:
    """As `input_view`, to measure requests: of a picture it has the size, and never its bytes."""

    def show(name: str, value: str) -> str | SentPicture:
        picture = picture_of(value) if name in skill.pictures else None
        if picture is None or picture_form(skill, name, settings) == "words":
            return in_words(value)
        pixels = min(picture.width * picture.height, skill.pictures[name].max_pixels)
        return SentPicture(picture.sha256, "image/png", pixels, _no_bytes)

    return InputView(skill.inputs, skill.optional, show)


def _no_bytes() -> bytes:
    raise PictureError("A picture that is only measured has no bytes.", "Please report it.")


def read_inputs(
    skill: Skill, settings: ModelSettings, pictures: Pictures, inputs: Mapping[str, str]
) -> dict[str, str]:
    """The inputs, with their text in those pictures that the model gets in words.

    Raises `PictureError` if a picture is gone, and `ConfigError`.
    """
    read = dict(inputs)
    for name, how in skill.pictures.items():
        picture = picture_of(inputs[name]) if name in inputs else None
        if picture is not None and picture_form(skill, name, settings) == "words":
            read[name] = pictures.with_text(picture, how).stored
    return read


def has_pictures(
    skill: Skill, settings: ModelSettings, pictures: Pictures, inputs: Mapping[str, str]
) -> bool:
    """Whether the model could be given the pictures among the inputs: the files are where they
    were, or their text was read."""
    for name in skill.pictures.keys() & inputs.keys():
        picture = picture_of(inputs[name])
        if picture is None or _is_read(skill, name, settings, picture):
            continue
        if not pictures.is_there(picture):
            return False
    return True


def _is_read(skill: Skill, name: str, settings: ModelSettings, picture: Picture) -> bool:
    in_words = skill.pictures[name].text_from is not None and not _sees(settings)
    return in_words and picture.text is not None


def _sees(settings: ModelSettings) -> bool | None:
    """Whether a model takes pictures; `None`: not known."""
    return False if settings.kind == "embedded" else settings.capabilities.images
