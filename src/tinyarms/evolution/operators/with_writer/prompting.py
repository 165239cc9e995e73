"""Requests to a tiny writer: worked examples that the writer continues.

A model of 135M to 360M parameters cannot follow a request written for a large model. Given three
worked examples and the beginning of a fourth, it writes usable instructions. Its text ends at the
end of the line.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from tinyarms.core.text import one_line
from tinyarms.evolution.constants import (
    EXAMPLE_CHARACTERS,
    WRITER_MAX_TOKENS,
    WRITER_TEMPERATURE,
)
from tinyarms.evolution.operators.base import OperatorInput
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.picture import in_words

Text = Generator[ModelRequest, str, str]
"""Yields one request to the writer and returns its text."""


def completed(inputs: OperatorInput, text: str) -> Text:
    """Have the writer continue the text up to the end of the line; quotes around it are removed."""
    continuation = yield ModelRequest(
        completion=text,
        max_tokens=WRITER_MAX_TOKENS,
        temperature=WRITER_TEMPERATURE,
        seed=inputs.rng.randrange(2**31),
        stop=("\n",),
    )
    return continuation.strip().strip('"')


def after_worked(
    labels: Sequence[str], worked: Sequence[Sequence[str]], given: Sequence[str]
) -> str:
    """Worked blocks of labelled lines, followed by a block whose last line is left to the writer.

    `worked`: for each block, one text per label; `given`: one text per label except the last.
    """
    blocks = [
        "\n".join(f"{label}: {text}" for label, text in zip(labels, texts, strict=True))
        for texts in worked
    ]
    unfinished = [f"{label}: {one_line(text)}" for label, text in zip(labels, given, strict=False)]
    return "\n\n".join([*blocks, "\n".join([*unfinished, f"{labels[-1]}:"])])


def shown_inputs(example: Example) -> str:
    """The inputs of an example on one short line."""
    return "; ".join(one_line(in_words(value)) for value in example.inputs.values())[
        :EXAMPLE_CHARACTERS
    ]
