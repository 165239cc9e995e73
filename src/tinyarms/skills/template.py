"""Prompt templates: an input replaces each `{{variable}}` literally. Templates have no logic."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from tinyarms.core.errors import PromptError

_VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")


def variables(text: str) -> tuple[str, ...]:
    """The names of the variables in `text`, in order of first appearance."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def check_variables(text: str, inputs: Sequence[str], where: str) -> None:
    """Raise `PromptError` if `text` names a variable that is not among `inputs`."""
    unknown = [name for name in variables(text) if name not in inputs]
    if unknown:
        raise PromptError(
            f"{where}: the template names {{{{{unknown[0]}}}}}, "
            "which is not an input of the skill.",
            f"Its inputs are: {', '.join(inputs)}.",
        )


_FOREIGN = re.compile(
    r"\{\{\{\s*\w+\s*\}\}\}"  # Mustache, not escaped
    r"|\{\{[^{}\n]{1,80}\}\}|\{[%#][^{}\n]{1,80}[%#]\}"  # Jinja, Nunjucks, Handlebars
    r"|\$?\{([A-Za-z_]\w*)\}|<<\s*([A-Za-z_]\w*)\s*>>"  # f-strings, shells, and others
)


def foreign_marks(text: str, inputs: Collection[str]) -> tuple[str, ...]:
    """The marks in `text` that are placeholders in other tools, and plain text here.

    A name in single braces or angles counts only if it is that of an input.

    Examples
    --------
    >>> from tinyarms.skills.template import foreign_marks
    >>> foreign_marks("Sort {text}, {{ text }} and {{text|upper}}; {json}", ["text"])
    ('{text}', '{{text|upper}}')
    """
    marks = []
    for match in _FOREIGN.finditer(text):
        name = match.group(1) or match.group(2)
        if not _VARIABLE.fullmatch(match.group()) and (name is None or name in inputs):
            marks.append(match.group())
    return tuple(dict.fromkeys(marks))


def foreign_marks_problem(text: str, inputs: Sequence[str]) -> str:
    """A sentence about the marks of other tools in a template; empty if it has none."""
    marks = foreign_marks(text, inputs)
    if not marks:
        return ""
    return (
        f"The prompt has {', '.join(marks[:3])}, which the model gets as it is written: an input "
        f"is named as {{{{{inputs[0]}}}}}, and templates have no logic."
    )


def split_frame(text: str) -> tuple[str, str]:
    """Split a template into the instruction and the frame that holds the inputs.

    The frame begins at the first line that has a variable. Search rewrites the instruction only. A
    template without variables has no frame and gets the standard one.

    Examples
    --------
    >>> from tinyarms.skills.template import split_frame
    >>> split_frame("Name the file.\\n\\nFile: {{file_name}}\\nName:")
    ('Name the file.', 'File: {{file_name}}\\nName:')
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
    """The frame of a template that has no variables: a line for each input, then `Output:`.

    Examples
    --------
    >>> from tinyarms.skills.template import standard_frame
    >>> print(standard_frame(["file_name", "content"]))
    File name: {{file_name}}
    Content: {{content}}
    Output:
    """
    if len(inputs) == 1:
        return f"Input: {{{{{inputs[0]}}}}}\nOutput:"
    lines = [f"{name.replace('_', ' ').capitalize()}: {{{{{name}}}}}" for name in inputs]
    return "\n".join([*lines, "Output:"])


def render(text: str, inputs: Mapping[str, str], names: Sequence[str] = ()) -> str:
    """Fill the template. Variables inside an input's text are not filled.

    `names`: all inputs of the skill; empty: those that are given. An optional input that is not
    given leaves no trace: a line whose variables are all absent is dropped. Raises `PromptError` if
    the template names a variable that is not an input.

    Examples
    --------
    >>> from tinyarms.skills.template import render
    >>> print(render("Name it: {{content}}", {"content": "A {{red}} bridge"}))
    Name it: A {{red}} bridge
    >>> print(render("Name it.", {"content": "A bridge"}, names=("file_name", "content")))
    Name it.
    <BLANKLINE>
    Content: A bridge
    Output:
    """
    all_names = names or tuple(inputs)
    instruction, frame = split_frame(text)
    template = join_frame(instruction, frame or standard_frame(all_names))

    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in inputs and name not in all_names:
            raise PromptError(
                f"The template needs {{{{{name}}}}}, which was not given.",
                f"Given: {', '.join(inputs) or 'nothing'}.",
            )
        return inputs.get(name, "")

    return _VARIABLE.sub(fill, _without_absent(template, inputs, all_names))


def render_turn(text: str, inputs: Mapping[str, str], names: Sequence[str] = ()) -> str:
    """Fill the frame only, for the user turns after the first one."""
    _, frame = split_frame(text)
    return render(frame or standard_frame(names or tuple(inputs)), inputs, names)


def _without_absent(template: str, inputs: Mapping[str, str], names: Collection[str]) -> str:
    """The template without the lines whose variables are all inputs that are not given."""
    absent = set(names) - set(inputs)
    if not absent:
        return template
    lines = template.splitlines(keepends=True)
    kept = (line for line in lines if not variables(line) or set(variables(line)) - absent)
    return "".join(kept).strip()
