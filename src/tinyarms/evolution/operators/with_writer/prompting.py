"""What the operators with a tiny writer share: a text of worked examples that it goes on with.

Asked as one asks a large model, a model of 135M to 360M parameters writes film reviews. Given
three worked examples and the beginning of a fourth, it writes usable instructions. Its text is
cut at the line's end.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from tinyarms.evolution.operators.base import Material
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelRequest

Text = Generator[ModelRequest, str, str]
"""Yields one request to the writer and returns its text."""

_TEMPERATURE = 0.9
_MAX_TOKENS = 64
_LONGEST_INPUT = 160


def completed(material: Material, text: str) -> Text:
    """How the writer goes on with the text, to the line's end; without quotes around it."""
    written = yield ModelRequest(
        completion=text,
        max_tokens=_MAX_TOKENS,
        temperature=_TEMPERATURE,
        seed=material.rng.randrange(2**31),
        stop=("\n",),
    )
    return written.strip().strip('"')


def after_worked(
    labels: Sequence[str], worked: Sequence[Sequence[str]], given: Sequence[str]
) -> str:
    """Worked blocks of labelled lines, then a block that lacks the text of its last line.

    `worked`: per block a text for each label; `given`: a text for each label but the last.
    """
    blocks = [
        "\n".join(f"{label}: {text}" for label, text in zip(labels, texts, strict=True))
        for texts in worked
    ]
    begun = [f"{label}: {one_line(text)}" for label, text in zip(labels, given, strict=False)]
    return "\n\n".join([*blocks, "\n".join([*begun, f"{labels[-1]}:"])])


def one_line(text: str) -> str:
    """The text without line ends, its words one space apart."""
    return " ".join(text.split())


def shown_inputs(example: Example) -> str:
    """The inputs of an example on one short line."""
    return "; ".join(one_line(value) for value in example.inputs.values())[:_LONGEST_INPUT]
