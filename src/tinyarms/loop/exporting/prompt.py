"""Export a prompt version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tinyarms.exchange.outgoing.chat import PromptToExport
from tinyarms.exchange.outgoing.promptfoo import promptfoo
from tinyarms.exchange.outgoing.prompts import dspy, langchain, langfuse, markdown
from tinyarms.exchange.outgoing.python_file import python_file
from tinyarms.loop.exporting.new_file import write_text
from tinyarms.loop.exporting.view import ExportView
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.versions import show

_WRITERS: Mapping[str, Callable[[PromptToExport], str]] = {
    "markdown": markdown,
    "python": python_file,
    "langfuse": langfuse,
    "dspy": dspy,
    "langchain": langchain,
}


def write(
    context: Context, name: str, to: str, version: int | None, path: Path | None
) -> ExportView:
    """Write a prompt version, by default the one in production."""
    assert path is not None  # `export` has refused it
    prompt = prompt_to_export(context, name, version)
    n, unit = 1, "prompt"
    if to == "promptfoo":
        examples = context.example_set(prompt.skill, sync=False).usable
        text = promptfoo(prompt, examples)
        n, unit = len(examples), "example"
    else:
        text = _WRITERS[to](prompt)
    write_text(path, [text])
    notes = () if to == "markdown" else prompt.lost
    return ExportView(name, to, str(path), n, unit, notes)


def prompt_to_export(context: Context, name: str, version: int | None) -> PromptToExport:
    """A prompt version, by default the one in production. Raises `UsageError`."""
    skill = context.skill(name).skill
    model = context.model_settings(skill.model).model
    return PromptToExport(skill, show(context, name, version), model, context.clock())
