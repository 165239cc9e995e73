"""A skill: the unit that evolution improves."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from tinyarms.skills.contract import Contract

COMPARING = ("exact", "labels", "number", "f1", "edit")
"""The scorers that only compare an output with the expected one."""


Given = TypeVar("Given")

MAX_PIXELS = 2_000_000
"""Most pixels of a picture as a model gets it, unless the input says otherwise: small print on a
screenshot stays legible. Higher: more tokens and time for each picture."""


SKILL_NAME = r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}"
"""What a skill may be called. Its name becomes part of files such as skills/<skill>-v2.md, whose
names no system takes beyond 255 bytes."""
SKILL_NAME_REMEDY = "Use up to 100 letters, digits, '-' and '_'."


@dataclass(frozen=True)
class PictureInput:
    """An input that holds a picture."""

    max_pixels: int = MAX_PIXELS
    """A larger picture is scaled down to this many pixels before it is sent or read."""
    text_from: Literal["ocr"] | None = None
    """`ocr`: where the model cannot see, the picture's text is read on this machine."""


@dataclass(frozen=True)
class Skill:
    """A skill as declared in `config.yaml`. Its prompts are kept apart, as prompt versions."""

    name: str
    description: str
    inputs: tuple[str, ...]
    """The names of the inputs, in the order in which a prompt shows them."""
    model: str
    """A name under `models:` in `config.yaml`."""
    contract: Contract
    scorer: str | None
    """The name of the scorer; `None` for a skill that only users can judge."""
    scorer_options: Mapping[str, Any] = field(default_factory=dict)
    success_at: float = 0.5
    """A score of at least this is a success. In (0, 1]."""
    examples: str | None = None
    """Path of the examples file, relative to the project's folder."""
    evolvable: bool = True
    reason: str = ""
    """Why the skill is not evolvable; empty if it is."""
    optional: frozenset[str] = frozenset()
    """The inputs that may be left out."""
    needs_one_of: tuple[str, ...] = ()
    """Optional inputs of which at least one must be given; empty: any may be left out."""
    pictures: Mapping[str, PictureInput] = field(default_factory=dict)
    """The inputs that hold a picture; the others hold text."""
    memory_share: Literal["skill", "user"] = "skill"
    """With whom the remembered examples of a user are shared: with all users of the skill, or with
    nobody. Examples that come from no user are shared with all."""
    model_tag: str = ""
    """What the model is called where it comes from, as in `smollm2:135m`; empty: not known."""

    def memory_of(self, user: str) -> str | None:
        """The user whose examples count beside those of nobody; `None`: the examples of all users
        count. `user`: the hash of a user's name, or empty."""
        return user if self.memory_share == "user" else None

    def without_empty(self, inputs: Mapping[str, Given]) -> dict[str, Given]:
        """The inputs without the optional ones that are an empty text."""
        return {n: v for n, v in inputs.items() if v != "" or n not in self.optional}

    def wrong_inputs(self, given: Collection[str]) -> str | None:
        """What is wrong with a set of given inputs, to follow the skill's name; `None` if nothing
        is.

        Examples
        --------
        >>> from tinyarms.skills.contract import Text
        >>> from tinyarms.skills.skill import Skill
        >>> skill = Skill("greet", "Greet.", ("name", "style"), "tiny", Text(), None,
        ...               optional=frozenset({"style"}))
        >>> skill.wrong_inputs({"style"})
        "lacks the input 'name'"
        >>> skill.wrong_inputs({"name"}) is None
        True
        """
        unknown = [name for name in given if name not in self.inputs]
        if unknown:
            return f"has no input {unknown[0]!r}"
        missing = [n for n in self.inputs if n not in given and n not in self.optional]
        if missing:
            return f"lacks the input {missing[0]!r}"
        if self.needs_one_of and not any(name in given for name in self.needs_one_of):
            return f"needs one of the inputs {' and '.join(map(repr, self.needs_one_of))}"
        return None

    @property
    def inputs_in_words(self) -> str:
        """The names of the inputs for a hint.

        Examples
        --------
        >>> from tinyarms.skills.contract import Text
        >>> from tinyarms.skills.skill import Skill
        >>> Skill("greet", "Greet.", ("name", "style"), "tiny", Text(), None,
        ...       optional=frozenset({"style"})).inputs_in_words
        'name, style (optional)'
        """
        return ", ".join(f"{n} (optional)" if n in self.optional else n for n in self.inputs)

    @property
    def reads_expected(self) -> bool:
        """Whether the scorer needs an expected output."""
        return self.scorer in COMPARING
