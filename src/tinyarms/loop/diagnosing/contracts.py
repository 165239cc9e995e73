"""See whether a model's replies keep a skill's contract."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from tinyarms.core.errors import ConfigError, ModelError, PictureError
from tinyarms.loop.diagnosing.asked_model import AskedModel
from tinyarms.loop.diagnosing.finding import DoctorFinding, found_error, not_checked
from tinyarms.loop.diagnosing.skills import TriedSkill
from tinyarms.loop.project.unread_words import REMEDY, misfit, unread_why
from tinyarms.skills.execution import build_request, read_reply

_LOG = "Look into the server's log."


def contract_findings(asked: AskedModel, tried: TriedSkill) -> Iterator[DoctorFinding]:
    """Whether the replies to a skill's prompt keep its contract."""
    skill = tried.skill
    violations: list[str] = []
    n_cut_off = 0
    failures: list[ModelError] = []
    lacks: set[str] = set()
    unread: list[str] = []
    replies = 0
    for prompt, inputs in zip(tried.prompts, tried.inputs, strict=True):
        try:
            request = build_request(skill.contract, prompt, inputs, tried.view)
            reply = asked.complete(request)
        except (ConfigError, PictureError) as error:
            yield found_error("contracts", error, skill.name)
            return
        except ModelError as error:
            failures.append(error)
            if asked.over.is_set() or error.concerns == "server":
                break
            continue
        replies += 1
        lacks |= asked.lacks(request)
        unread += [why] if (why := unread_why(skill, prompt, reply.listed)) else []
        violation = read_reply(skill.contract, prompt, reply).violation
        if violation is not None:
            violations.append(violation)
            n_cut_off += reply.completion_tokens >= request.max_tokens + asked.reasoning_tokens
    if violations:
        remedy = _remedy(skill.contract.constraint() is not None, lacks)
        if n_cut_off == len(violations):
            limit = skill.contract.max_tokens
            remedy = f"They were cut off at `output.max_tokens` ({limit}): raise it."
        yield _broken(skill.name, violations, replies, remedy)
    if unread and misfit(skill, tried.prompts[0]) is None:
        what = f"{len(unread)} of {replies} replies are not read by its verbalizer: {unread[0]}."
        remedy = REMEDY.format(skill=skill.name)
        yield DoctorFinding("prompts", "warning", what, skill.name, remedy)
    if failures and not replies and asked.over.is_set():
        subject, first = f"the contract of {skill.name}", failures[0]
        yield not_checked("contracts", subject, first.message, skill.name, first.hint)
    elif failures:
        yield _failed(skill.name, failures, replies)
    if replies and not violations:
        kept = f"{replies} of {replies} replies keep the contract."
        yield DoctorFinding("contracts", "ok", kept, skill.name)


def _failed(name: str, failures: Sequence[ModelError], replies: int) -> DoctorFinding:
    if not replies:
        return found_error("contracts", failures[0], name, remedy=_LOG)
    calls = replies + len(failures)
    what = f"{len(failures)} of {calls} calls failed: {failures[0].message}"
    return DoctorFinding("contracts", "warning", what, name, failures[0].hint or _LOG)


def _broken(name: str, violations: Sequence[str], replies: int, remedy: str) -> DoctorFinding:
    return DoctorFinding(
        "contracts",
        "error" if len(violations) == replies else "warning",
        f"{len(violations)} of {replies} replies break the contract: {violations[0]}",
        name,
        remedy,
    )


def _remedy(has_format: bool, lacks: Collection[str]) -> str:
    """What to do about broken contracts. `lacks`: what the server does not take."""
    if has_format and "json_object" in lacks:
        return (
            "The server enforces no format: say in the prompt what to answer, or use a server that "
            "takes `response_format`."
        )
    if has_format:
        return (
            "The server does not enforce the format that it was sent: say in the prompt what to "
            "answer, raise `output.max_tokens`, or set `server:` of the model to its real kind."
        )
    return "Raise `output.max_tokens`, or use a larger model."
