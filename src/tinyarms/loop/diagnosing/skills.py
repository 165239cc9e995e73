"""Check each skill by its files and its rows, without a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tinyarms.core.errors import ConfigError, PromptError
from tinyarms.loop.approving.waiting import waiting
from tinyarms.loop.diagnosing.finding import DoctorFinding, checked, found_error
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.unread_words import REMEDY, misfit
from tinyarms.loop.releasing.versions import check_prompt
from tinyarms.skills.example_set import ExampleSet
from tinyarms.skills.execution import InputView
from tinyarms.skills.input_words import can_limit
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.skill import Skill
from tinyarms.skills.template import foreign_marks_problem

if TYPE_CHECKING:
    from tinyarms.experiments.gate_outlook import GateOutlook


@dataclass(frozen=True)
class TriedSkill:
    """What a skill's model can be asked to see whether it keeps the contract."""

    skill: Skill
    inputs: tuple[Mapping[str, str], ...]
    """Of its examples that are not held out; without any, made-up ones."""
    prompts: tuple[Prompt, ...]
    """Its prompt for each of the inputs, with what it takes from its memory."""
    view: InputView
    """How the inputs are shown to the model."""


@dataclass(frozen=True)
class SkillChecks:
    """What was found out about a skill without a model."""

    findings: tuple[DoctorFinding, ...]
    tried: TriedSkill | None
    """`None` if its prompt cannot be used."""


def check_skill(context: Context, name: str, most_inputs: int | None) -> SkillChecks:
    """Check a skill by its files and rows. Nothing is written and no model is called.

    `most_inputs`: most inputs to try it on; `None`: only its prompt is checked.
    """
    skill = context.skill(name).skill
    prompts: list[Prompt] = []
    found = checked("prompts", "the prompt", _prompt(context, name, prompts), name)
    found += checked("prompts", "what waits for approval", _waiting(context, name), name)
    if most_inputs is None:
        return SkillChecks(tuple(found), None)
    # Imported here: the search and the statistics take a second.
    from tinyarms.loop.diagnosing.examples import example_findings, search_findings, vote_findings

    sets: list[ExampleSet] = []
    gates: list[GateOutlook] = []
    examples = example_findings(context, skill, sets)
    found += checked("examples", "the examples", examples, name)
    if skill.evolvable and prompts and sets:
        search = search_findings(context, skill, gates)
        found += checked("examples", "what a search needs", search, name)
    for gate in gates:
        found += checked("votes", "the votes", vote_findings(context, name, gate), name)
    inputs = _inputs(skill, sets[0] if sets else None, most_inputs)
    if not prompts:
        return SkillChecks(tuple(found), None)
    [prompt], memories = prompts, context.memories
    recalled = tuple(memories.recalled_for_example(skill, prompt, each) for each in inputs)
    tried = TriedSkill(skill, inputs, recalled, context.input_view(skill))
    return SkillChecks(tuple(found), tried)


def _prompt(context: Context, name: str, prompts: list[Prompt]) -> Iterator[DoctorFinding]:
    try:
        prompts.append(check_prompt(context, name))
    except (PromptError, ConfigError) as error:
        yield found_error("prompts", error, name)
    else:
        yield DoctorFinding("prompts", "ok", "The prompt can be used.", name)
        skill = context.skill(name).skill
        if why := misfit(skill, prompts[0]):
            what = f"Its verbalizer reads no reply: {why}."
            remedy = REMEDY.format(skill=name)
            yield DoctorFinding("prompts", "warning", what, name, remedy)
        if prompts[0].words_from and not can_limit(skill.contract):
            what = "`words_from` has no effect: the skill's `output` is no pattern with words."
            remedy = "Remove it, or give the skill an `output` with a `pattern`."
            yield DoctorFinding("prompts", "warning", what, name, remedy)
        if problem := foreign_marks_problem(prompts[0].text, skill.inputs):
            yield DoctorFinding(
                "prompts", "warning", problem, name, "Write each as an input, or leave it out."
            )


def _waiting(context: Context, name: str) -> Iterator[DoctorFinding]:
    for view in waiting(context, [name]):
        what = f"{view.what} waits for a person to approve it."
        yield DoctorFinding("prompts", "warning", what, name, f"tinyarms prompt review {name}")


def _inputs(skill: Skill, found: ExampleSet | None, most: int) -> tuple[Mapping[str, str], ...]:
    usable = () if found is None else found.usable
    seen = [example.inputs for example in usable if example.split != "test"]
    return tuple(seen[:most] or [{name: name for name in skill.inputs}][:most])
