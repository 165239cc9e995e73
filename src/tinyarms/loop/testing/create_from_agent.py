"""Start a live test of prompts that an agent wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tinyarms.core.errors import PromptError
from tinyarms.evolution.guards.rules import ACCEPTED, GuardContext, verdict
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import SILENT, Listener
from tinyarms.loop.releasing.versions import parse_prompt
from tinyarms.loop.testing.create import Created, GivenPrompt, start_test_of
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.skills.prompt_file import parse_prompt_file


def create_from_agent(
    context: Context, name: str, texts: Sequence[str], listener: Listener = SILENT
) -> Created:
    """Begin a session with these texts as its variants A, B …, and start its live test.

    The guards of a search read them first: what a writing model may not propose, an agent may not
    either. A text is a prompt without front matter. Raises `PromptError` for one that a guard
    rejects or that cannot be a prompt, and the errors of `create_variants`.
    """

    def read(version: PromptVersion) -> list[GivenPrompt]:
        return _given(context, name, version, texts)

    return start_test_of(context, name, len(texts), read, listener)


def _given(
    context: Context, name: str, version: PromptVersion, texts: Sequence[str]
) -> list[GivenPrompt]:
    skill = context.skill(name).skill
    examples = context.example_set(skill).offered
    accepted: list[Prompt] = []
    given = []
    for number, text in enumerate(texts, start=1):
        what = f"prompt {number}"
        written = parse_prompt_file(text, what)
        # Before anything else: front matter can name files of this machine.
        if written != Prompt(written.text):
            raise PromptError(f"{what}: has front matter.", "Send only the text of the prompt.")
        prompt = parse_prompt(text, Path(what), skill, context.pictures)
        found = verdict(prompt, GuardContext(version.prompt, accepted, examples))
        if found != ACCEPTED:
            raise PromptError(
                f"{what}: the guard {found} rejects it.",
                f"If it is meant so, a person can test it: tinyarms prompt create {name}",
            )
        accepted.append(prompt)
        given.append(GivenPrompt(what, prompt, "Written by an agent."))
    return given
