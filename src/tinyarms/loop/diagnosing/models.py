"""Ask each model, and see whether its replies keep the skills' contracts."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from tinyarms.core.errors import TinyArmsError
from tinyarms.loop.diagnosing.asked_model import AskedModel, asked_model
from tinyarms.loop.diagnosing.contracts import contract_findings
from tinyarms.loop.diagnosing.finding import DoctorFinding, checked, found_error, not_checked
from tinyarms.loop.diagnosing.skills import TriedSkill
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener, Progress
from tinyarms.models.findings import findings_of
from tinyarms.skills.execution import Message, ModelRequest

Role = Literal["skill", "writer", "judge"]

_CHAT = ModelRequest(messages=(Message("user", "Reply with one word: yes"),), max_tokens=64)
_COMPLETION = ModelRequest(completion="The capital of France is", max_tokens=8, stop=("\n",))


def model_findings(
    context: Context,
    name: str,
    tried: Sequence[TriedSkill],
    timeout_s: float,
    listener: Listener,
) -> Iterator[DoctorFinding]:
    """Ask a model once, and then about the inputs of those skills that it runs.

    Parameters
    ----------
    tried
        The skills to try; those of other models are ignored.
    timeout_s
        Seconds for all calls to the model together.
    """
    roles = roles_of(context, name)
    own = [skill for skill in tried if skill.skill.model == name and skill.inputs]
    if context.project.models[name].kind == "replay":
        with asked_model(context, name, timeout_s):
            yield DoctorFinding("models", "ok", "It answers from a recording.", name)
        return
    total = 1 + sum(len(skill.inputs) for skill in own)
    listener.progress(Progress(f"Asking {name}", 0, total))
    try:
        with asked_model(context, name, timeout_s) as asked:
            seconds = _probe(asked, is_writer="writer" in roles)
            contracts: list[DoctorFinding] = []
            done = 1
            for skill in own:
                listener.progress(Progress(f"Asking {name}", done, total))
                subject, finding = "the contract", contract_findings(asked, skill)
                contracts += checked("contracts", subject, finding, skill.skill.name)
                done += len(skill.inputs)
            yield DoctorFinding("models", "ok", _in_words(context, asked, seconds), name)
            yield from contracts
    except TinyArmsError as error:
        remedy = "Correct its entry under `models:` in config.yaml."
        found = found_error("models", error, name, remedy=remedy)
        yield found if roles else _unused(found)
        if own:
            skills = ", ".join(skill.skill.name for skill in own)
            why = f"the model {name} does not answer."
            remedy = f"Mend models.{name} first."
            yield not_checked("contracts", f"the contract of {skills}", why, remedy=remedy)


def roles_of(context: Context, name: str) -> tuple[Role, ...]:
    """What the project uses the model for; empty if for nothing."""
    settings = context.project.settings
    roles: list[Role] = []
    for config in context.project.skills.values():
        skill = config.skill
        judge = config.judge or settings.judge
        if skill.model == name:
            roles.append("skill")
        if skill.evolvable and skill.scorer is not None and context.writer_name(skill) == name:
            roles.append("writer")
        if name in (skill.scorer_options.get("model"), judge and judge.model):
            roles.append("judge")
    return tuple(dict.fromkeys(roles))


def _unused(found: DoctorFinding) -> DoctorFinding:
    return replace(
        found,
        level="warning",
        what=f"{found.what} No skill uses it.",
        remedy=f"{found.remedy.rstrip('.')}. Or remove models.{found.where}.",
    )


def _probe(asked: AskedModel, is_writer: bool) -> float:
    """The seconds of a first reply. Raises `ModelError`."""
    started = time.perf_counter()
    asked.complete(_CHAT)
    seconds = time.perf_counter() - started
    if is_writer:
        asked.complete(_COMPLETION)
    return seconds


def _in_words(context: Context, asked: AskedModel, seconds: float) -> str:
    answered = f"It answered in {seconds:.1f} s."
    at_once = asked.model.slots
    answered += f" {'One call is' if at_once == 1 else f'{at_once} calls are'} made at once."
    findings = findings_of(context.model_settings(asked.name), context.environ)
    if findings.context_tokens is not None:
        answered += f" A call may have {findings.context_tokens} tokens."
    if not asked.left_out:
        return answered
    features = ", ".join(sorted(asked.left_out))
    return f"{answered} Its server does not take {features}, so requests are sent without."
