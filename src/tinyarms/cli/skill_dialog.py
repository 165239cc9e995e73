"""The questions of `tinyarms skill add`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import click

from tinyarms.cli.output import say
from tinyarms.cli.skill_options import name_of, output_of
from tinyarms.core.errors import TinyArmsError, UsageError
from tinyarms.core.text import counted
from tinyarms.exchange.incoming.placeholders import input_name
from tinyarms.loop.api import TinyArms
from tinyarms.loop.importing.choices import NO_SCORER
from tinyarms.loop.importing.new_skill import SkillDraft, SkillProposal
from tinyarms.skills.scorers import SCORER_NAMES

_NONE = "-"
_Answer = TypeVar("_Answer")


def ask_all(arms: TinyArms, draft: SkillDraft, is_named: bool) -> SkillDraft:
    """Ask for what no option said; each question proposes an answer.

    An answer that cannot be is asked for again, with the reason.
    """
    if draft.source is None and not draft.input_names:
        draft = _ask_file(arms, draft)
    if not is_named:
        draft = _ask_name(arms, draft)
    if draft.source is None and not draft.input_names:
        draft = _ask_input_names(arms, draft)
    proposal = arms.propose_skill(draft)
    if proposal.columns:
        say(f"{draft.source}: {counted(proposal.view.rows, 'row')} can be examples.")
        say(f"Its columns: {', '.join(proposal.columns)}")
        draft = _ask_columns(arms, draft, proposal)
    draft = _ask_output(arms, draft)
    draft = _ask_scorer(arms, draft)
    return _ask_texts(arms, _ask_model(arms, draft))


def ask(question: str, default: str | None, accept: Callable[[str], _Answer]) -> _Answer:
    """The first answer that `accept` takes; it raises `TinyArmsError` for the others."""
    while True:
        answer = click.prompt(question, default=default, show_default=bool(default))
        try:
            return accept(str(answer).strip())
        except TinyArmsError as error:
            say(str(error))


def _ask_file(arms: TinyArms, draft: SkillDraft) -> SkillDraft:
    def accept(answer: str) -> SkillDraft:
        if answer == _NONE:
            return draft
        path = Path(answer).expanduser()
        name = draft.name or "new-skill"
        arms.propose_skill(replace(draft, source=path, name=_unused(arms, name)))
        return replace(draft, source=path)

    return ask(f"Where are the examples? A file, or {_NONE} for none", None, accept)


def _ask_name(arms: TinyArms, draft: SkillDraft) -> SkillDraft:
    def accept(answer: str) -> SkillDraft:
        named = replace(draft, name=answer)
        # Without its inputs, a skill without a file cannot be proposed yet.
        names = draft.input_names or ("input",)
        arms.propose_skill(named if draft.source else replace(named, input_names=names))
        return named

    return ask("What is the skill called?", draft.name or name_of(draft.source) or None, accept)


def _ask_input_names(arms: TinyArms, draft: SkillDraft) -> SkillDraft:
    def accept(answer: str) -> SkillDraft:
        names = tuple(part.strip() for part in answer.split(","))
        wrong = next((name for name in names if input_name(name) != name), None)
        if wrong is not None:
            raise UsageError(f"{wrong!r} is no name for an input.", "Use letters, digits and '_'.")
        named = replace(draft, input_names=names)
        arms.propose_skill(named)
        return named

    return ask("What goes in? Names, separated by commas", "text", accept)


def _ask_columns(arms: TinyArms, draft: SkillDraft, proposal: SkillProposal) -> SkillDraft:
    def accept_inputs(answer: str) -> SkillDraft:
        columns = [part.strip() for part in answer.split(",")]
        if columns == list(proposal.inputs.values()):
            named = dict(proposal.inputs)
        else:
            named = {input_name(column): column for column in columns}
        changed = replace(draft, columns=replace(draft.columns, inputs=named))
        arms.propose_skill(changed)
        return changed

    if not draft.columns.inputs:
        shown = ", ".join(proposal.inputs.values())
        draft = ask("What goes in? Columns, separated by commas", shown, accept_inputs)
        proposal = arms.propose_skill(draft)

    def accept_expected(answer: str) -> SkillDraft:
        if answer == _NONE and proposal.expected is None:
            return draft
        if answer == _NONE:
            raise UsageError(
                f"{proposal.expected!r} has the right answers, or so it looks.",
                "Take it; where users are to judge, the scorer is none.",
            )
        changed = replace(draft, columns=replace(draft.columns, expected=answer))
        arms.propose_skill(changed)
        return changed

    if draft.columns.expected is None:
        question = "What comes out? The column of right answers"
        return ask(question, proposal.expected or _NONE, accept_expected)
    return draft


def _ask_output(arms: TinyArms, draft: SkillDraft) -> SkillDraft:
    if draft.choices.output is not None:
        return draft

    def accept(answer: str) -> SkillDraft:
        changed = replace(draft, choices=replace(draft.choices, output=output_of(answer)))
        arms.propose_skill(changed)
        return changed

    proposed = arms.propose_skill(draft).output
    default = "text"
    if "labels" in proposed:
        default = f"labels:{','.join(proposed['labels'])}"
    say("An output is one of some labels (labels:A,B), any text (text), or text of a pattern")
    return ask("(pattern:REGEX). Which?", default, accept)


def _ask_scorer(arms: TinyArms, draft: SkillDraft) -> SkillDraft:
    if draft.choices.scorer is not None:
        return draft

    def accept(answer: str) -> SkillDraft:
        changed = replace(draft, choices=replace(draft.choices, scorer=answer))
        arms.propose_skill(changed)
        return changed

    default = arms.propose_skill(draft).view.scorer or NO_SCORER
    names = ", ".join(name for name in SCORER_NAMES if name not in ("regex", "judge"))
    say(f"How is right told? {names}; {NO_SCORER}: users judge.")
    return ask("Scorer", default, accept)


def _ask_model(arms: TinyArms, draft: SkillDraft) -> SkillDraft:
    if draft.model is not None:
        return draft

    def accept(answer: str) -> SkillDraft:
        changed = replace(draft, model=answer)
        arms.propose_skill(changed)
        return changed

    return ask("Which model runs it?", arms.propose_skill(draft).view.model, accept)


def _ask_texts(arms: TinyArms, draft: SkillDraft) -> SkillDraft:
    def accept_description(answer: str) -> SkillDraft:
        return replace(draft, choices=replace(draft.choices, description=answer))

    def accept_prompt(answer: str) -> SkillDraft:
        changed = replace(draft, choices=replace(draft.choices, prompt=answer))
        arms.propose_skill(changed)
        return changed

    if draft.choices.description is None:
        proposed = arms.propose_skill(draft).description
        draft = ask("What does it do, in a sentence?", proposed, accept_description)
    if draft.choices.prompt is None:
        prompt = arms.propose_skill(draft).prompt
        if "\n" in prompt:
            return draft
        return ask("First prompt", prompt, accept_prompt)
    return draft


def _unused(arms: TinyArms, name: str) -> str:
    return name if name not in arms.skills else f"{name}-2"
