"""Prompt templates: `{{variable}}` is replaced literally. There is no logic in a template."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from tinyarms.core.errors import PromptError

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


def variables(text: str) -> tuple[str, ...]:
    """The names of the variables in `text`, each once, in order of appearance."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def check_variables(text: str, inputs: Sequence[str], where: str) -> None:
    """Raise `PromptError` if `text` names a variable that is not among `inputs`."""
    unknown = [name for name in variables(text) if name not in inputs]
    if unknown:
        raise PromptError(
            f"{where}: the template names {{{{{unknown[0]}}}}}, which is no input of the skill.",
            f"Its inputs are: {', '.join(inputs)}.",
        )


def split_frame(text: str) -> tuple[str, str]:
    """Split a template into the instruction and the frame that holds the inputs.

    The frame begins at the first line that has a variable. Search rewrites the instruction
    only; a template without variables is all instruction and gets the standard frame.
    """
    lines = text.splitlines(keepends=True)
    for index, line in enumerate(lines):
        if _VARIABLE.search(line):
            return "".join(lines[:index]).strip(), "".join(lines[index:]).strip()
    return text.strip(), ""


def join_frame(instruction: str, frame: str) -> str:
    """The inverse of `split_frame`."""
    return f"{instruction.strip()}\n\n{frame}".strip() if frame else instruction.strip()


def standard_frame(inputs: Sequence[str]) -> str:
    """The frame of a template that has no variables: a line for each input, then `Output:`."""
    if len(inputs) == 1:
        return f"Input: {{{{{inputs[0]}}}}}\nOutput:"
    lines = [f"{name.replace('_', ' ').capitalize()}: {{{{{name}}}}}" for name in inputs]
    return "\n".join([*lines, "Output:"])


def render(text: str, inputs: Mapping[str, str]) -> str:
    """Fill the template. Text that came in through an input is never filled again."""
    instruction, frame = split_frame(text)
    whole = join_frame(instruction, frame or standard_frame(list(inputs)))

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in inputs:
            raise PromptError(
                f"The template needs {{{{{name}}}}}, which was not given.",
                f"Given: {', '.join(inputs) or 'nothing'}.",
            )
        return inputs[name]

    return _VARIABLE.sub(fill, whole)


def render_turn(text: str, inputs: Mapping[str, str]) -> str:
    """Only the frame, filled: what a demonstration's user turn and the last turn show."""
    _, frame = split_frame(text)
    return render(frame or standard_frame(list(inputs)), inputs)
