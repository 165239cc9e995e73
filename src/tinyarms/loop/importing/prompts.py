"""The prompts of another tool as prompts of a skill."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tinyarms.core.text import storable
from tinyarms.exchange.incoming.records import FoundPrompt, Imported
from tinyarms.loop.importing.decide import Decision
from tinyarms.loop.importing.report import Report
from tinyarms.loop.importing.rows import stored_text
from tinyarms.skills.prompt import Demonstration, Prompt
from tinyarms.skills.template import variables

_WHO = {"user": "User", "assistant": "Assistant"}


def usable_prompts(
    imported: Imported, inputs: Collection[str], report: Report
) -> tuple[FoundPrompt, ...]:
    """The prompts that come in, each text once.

    A prompt that names what no row has is listed. `inputs`: those of the rows; empty: there are no
    rows, so a prompt may name anything.
    """
    kept: dict[str, FoundPrompt] = {}
    for prompt in imported.prompts:
        text = prompt_text(prompt)
        unknown = [n for n in variables(text) if inputs and n not in inputs]
        if not text:
            report.list(prompt.where, "a prompt", "it is empty")
        elif unknown:
            report.list(prompt.where, "a prompt", f"no row has {', '.join(unknown)}")
        elif text in kept and not prompt.demonstrations:
            schema = "" if prompt.json_schema == kept[text].json_schema else ", with another schema"
            report.list(prompt.where, "a prompt", f"its text is that of {kept[text].where}{schema}")
        else:
            kept[text] = prompt
    return tuple(kept.values())


def prompt_text(prompt: FoundPrompt) -> str:
    """The turns as one text, which is sent as one user turn: the instruction, then the inputs.

    Earlier turns of a conversation are named by who speaks.
    """
    texts = [storable(turn.text).strip() for turn in prompt.turns]
    if any(turn.role == "assistant" for turn in prompt.turns):
        texts = [
            f"{_WHO[turn.role]}: {text}" if turn.role in _WHO else text
            for turn, text in zip(prompt.turns, texts, strict=True)
        ]
    return "\n\n".join(text for text in texts if text)


def as_prompt(prompt: FoundPrompt, inputs: Sequence[str]) -> Prompt:
    """The prompt with its worked examples, as far as these have the skill's inputs."""
    demonstrations = []
    for shown in prompt.demonstrations:
        given = ((name, stored_text(value)) for name, value in shown.inputs.items())
        texts = {name: text for name, text in given if name in inputs and text is not None}
        if texts and shown.output is not None:
            demonstrations.append(Demonstration(texts, stored_text(shown.output) or ""))
    return Prompt(prompt_text(prompt), tuple(demonstrations))


def first_prompt(decision: Decision, description: str) -> Prompt:
    """A prompt where none came in: what the skill does, and what an output looks like."""
    asked = decision.contract.wording() or "Write the output for the input."
    what = f"{description.rstrip('.')}." if description else ""
    return Prompt(f"{what} {asked}".strip())
