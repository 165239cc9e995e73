"""What a search with a memory costs: its prompts are longer than the one in production."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from tinyarms.core.settings import ModelSettings
from tinyarms.evolution.constants import RETRIEVED_OF_LABELS, RETRIEVED_OF_TEXTS
from tinyarms.evolution.operators.without_model.demonstrations import demonstration
from tinyarms.loop.searching.pricing import task_cost_by_texts
from tinyarms.skills.example import Example, remembered
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import Cost, SessionRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


def remembers(session: SessionRecord) -> bool:
    """Whether the prompts of a session's search may have a memory."""
    plan = session.search
    return plan is not None and plan.evolution.memory and session.optimizer != "original"


def as_searched(skill: Skill, prompt: Prompt, examples: Sequence[Example]) -> Prompt:
    """The prompt with as many retrieved demonstrations as candidates usually show."""
    usual = (RETRIEVED_OF_LABELS if skill.contract.labels else RETRIEVED_OF_TEXTS)[0]
    shown = prompt.retrieve.demonstrations if prompt.retrieve else 0
    return _showing(prompt, max(usual, shown), examples)


def with_retrieval(
    skill: Skill,
    settings: ModelSettings,
    prompt: Prompt,
    known: Cost,
    examples: Sequence[Example],
) -> Cost:
    """What a task call costs with retrieved demonstrations, if it is known what one costs without.

    Tokens and time grow with the length of the prompt: what is shown anew for each task does not
    come from the server's cache. Raises `ConfigError` and `PromptError`.
    """
    shown = prompt.retrieve.demonstrations if prompt.retrieve else 0
    before = _prompt_tokens(skill, settings, _showing(prompt, shown, examples), examples)
    after = _prompt_tokens(skill, settings, as_searched(skill, prompt, examples), examples)
    times = after / before if before and after else 1.0
    replies = known.completion_tokens or 0.0
    return replace(
        known,
        tokens=None if known.tokens is None else (known.tokens - replies) * times + replies,
        seconds=None if known.seconds is None else known.seconds * times,
    )


def _showing(prompt: Prompt, count: int, examples: Sequence[Example]) -> Prompt:
    """The prompt with this many remembered examples of usual length."""
    rows = sorted(remembered(examples, "search"), key=lambda e: sum(map(len, e.inputs.values())))
    first = max(0, (len(rows) - count) // 2)
    shown = tuple(map(demonstration, rows[first : first + count]))
    return replace(prompt, demonstrations=(*prompt.demonstrations, *shown))


def _prompt_tokens(
    skill: Skill, settings: ModelSettings, prompt: Prompt, examples: Iterable[Example]
) -> float | None:
    cost = task_cost_by_texts(skill, settings, prompt, examples)
    return None if cost.tokens is None else cost.tokens - (cost.completion_tokens or 0)


def has_searched(work: UnitOfWork, name: str) -> bool:
    """Whether a search of the skill with a memory has made calls, whose cost is known now."""
    return any(
        remembers(session) and work.calls.counts(session.id)["task_calls"] > 0
        for session in work.sessions.all(name)
    )
