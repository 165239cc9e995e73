"""Show what prompt versions remember, and what they take from it for a task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.core.ids import check_ids
from tinyarms.loop.project.context import Context
from tinyarms.loop.reporting.versions import show
from tinyarms.loop.serving.given_inputs import GivenInput, kept_inputs
from tinyarms.skills.execution import Message, build_request
from tinyarms.skills.explanation import Explanation
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class MemoryView:
    """The memory of a prompt version: a fixed snapshot of examples."""

    snapshot: str
    """Hash of the examples: 64 hexadecimal characters."""
    examples: int | None
    """Number of the examples; `None`: the snapshot is not in the database, and the present examples
    take its place."""
    made_at: datetime | None
    """When the snapshot was made; `None` if it is not in the database."""


@dataclass(frozen=True)
class SentMessage:
    """A chat turn as it is sent."""

    role: Literal["system", "user", "assistant"]
    """Whose turn it is."""
    text: str
    """Its text, with `[picture]` in the place of each picture."""


@dataclass(frozen=True)
class RecallView:
    """What a prompt version sends for an input, and what it takes from its memory for it."""

    messages: tuple[SentMessage, ...]
    """The chat turns, in their order."""
    explanation: Explanation
    """The examples that are shown, and what the memory says of the labels. No model was asked."""


def memory_of(context: Context, name: str, version: int | None = None) -> MemoryView | None:
    """The memory of a version, by default of the one in production; `None` if it has none.

    Raises `UsageError` for a version that does not exist.
    """
    found = show(context, name, version)
    with context.store.read() as work:
        return memory_views(work, name, [found.prompt]).get(found.prompt.hash)


def memory_views(work: UnitOfWork, name: str, prompts: list[Prompt]) -> Mapping[str, MemoryView]:
    """Hash of the prompt → its memory, for those of these prompts of the skill that have one."""
    retrieves = {prompt.hash: prompt.retrieve for prompt in prompts if prompt.retrieve}
    if not retrieves:
        return {}
    stored = {record.snapshot: record for record in work.memories.all(name)}
    views = {}
    for hash, retrieve in retrieves.items():
        record = stored.get(retrieve.snapshot)
        views[hash] = MemoryView(
            retrieve.snapshot,
            None if record is None else record.examples,
            None if record is None else record.created_at,
        )
    return views


def recall(
    context: Context,
    name: str,
    inputs: Mapping[str, GivenInput],
    version: int | None = None,
    user: str | None = None,
) -> RecallView:
    """What a version, by default the one in production, sends for a user's inputs.

    No model is asked, and nothing is stored. Raises `UsageError` for inputs that are not the
    skill's and for a version that does not exist.
    """
    check_ids(user=user)
    skill, prompt = context.skill(name).skill, show(context, name, version).prompt
    kept, memories = kept_inputs(context, skill, inputs), context.memories
    recalled = memories.recalled(skill, prompt, kept, user)
    request = build_request(skill.contract, recalled, kept, context.input_view(skill))
    explanation = memories.explained(skill, prompt, kept, None, user)
    return RecallView(tuple(map(_sent, request.messages)), explanation)


def _sent(message: Message) -> SentMessage:
    parts = (part if isinstance(part, str) else "[picture]" for part in message.parts)
    return SentMessage(message.role, "".join(parts))
