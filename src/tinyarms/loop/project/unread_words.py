"""Why a prompt's verbalizer does not read a reply: its text counts then, and somebody should know.

The usual reasons are a label that was renamed, and another model or server than the one on whose
replies the verbalizer was fitted.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import replace

from tinyarms.skills.execution import Execution
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.skill import Skill
from tinyarms.skills.verbalizer import LEAST_LISTED_SHARE

REMEDY = (
    "Did another model or server take its place, or did a label change? Search again: tinyarms "
    "prompt evolve {skill}, or remove `verbalizer` and `calibration` from the prompt's file."
)
_MOST_TOLD = 1000
"""Most warnings of a process of which it is remembered that they were given."""


def misfit(skill: Skill, prompt: Prompt) -> str | None:
    """Why the verbalizer reads no reply at all; `None`: it was fitted on replies of the skill's
    model, and for its labels, or there is none."""
    verbalizer = prompt.verbalizer
    if verbalizer is None:
        return None
    if set(verbalizer.labels) != set(skill.contract.labels):
        return f"its labels are not those of {skill.name}"
    fitted, now = verbalizer.model_tag, skill.model_tag
    if fitted and now and fitted != now:
        return f"it was fitted on replies of {fitted}, and {skill.name} has {now}"
    return None


def readable(skill: Skill, prompt: Prompt) -> Prompt:
    """The prompt, without a verbalizer that reads no reply and what was fitted together with it."""
    if misfit(skill, prompt) is None:
        return prompt
    retrieve = None if prompt.retrieve is None else replace(prompt.retrieve, prior_weight=0.0)
    return replace(prompt, verbalizer=None, calibration={}, retrieve=retrieve)


def unread_why(skill: Skill, prompt: Prompt, listed: Mapping[str, float]) -> str | None:
    """Why the verbalizer does not read a reply; `None`: it does, or there is none.

    `listed`: the words that the model lists at the beginning of its reply.
    """
    if prompt.verbalizer is None:
        return None
    words = prompt.verbalizer.words
    known = sum(word in listed for word in words)
    if known and known >= LEAST_LISTED_SHARE * len(words):
        return misfit(skill, prompt)
    return misfit(skill, prompt) or f"the model lists {known} of its {len(words)} words"


def tell_unread(skill: Skill, prompt: Prompt, execution: Execution) -> None:
    """Warn, once in a process for each prompt, that its verbalizer did not read the reply."""
    why = unread_why(skill, prompt, execution.reply.listed)
    if why is not None and _is_news("unread", skill.name, prompt.hash):
        logging.getLogger("tinyarms").warning(
            "%s: the verbalizer of the prompt does not read a reply, so its text counts, without "
            "calibration and memory: %s. %s",
            *(skill.name, why, REMEDY.format(skill=skill.name)),
        )


def tell_own_model(skill: Skill, prompt: Prompt) -> None:
    """Warn, once in a process for each prompt, that an application that calls a model itself gets
    its text without what the verbalizer would read."""
    if prompt.verbalizer is not None and _is_news("own model", skill.name, prompt.hash):
        logging.getLogger("tinyarms").warning(
            "%s: the prompt has a verbalizer, which reads the words that a model lists, and only "
            "`run` does so. An application that calls a model itself gets its plain text, which is "
            "worse than the prompt was measured. Use `run`, or remove `verbalizer` and "
            "`calibration` from the prompt's file.",
            skill.name,
        )


_told: OrderedDict[tuple[str, ...], None] = OrderedDict()


def _is_news(*what: str) -> bool:
    is_news = what not in _told
    _told[what] = None
    while len(_told) > _MOST_TOLD:
        _told.popitem(last=False)
    return is_news
