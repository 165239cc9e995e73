"""The memories of the project's prompts, each read from the database once.

The arrays behind a memory are only loaded where a prompt has one.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from tinyarms.core.clock import Clock
from tinyarms.core.errors import StoreError
from tinyarms.core.ids import user_hash
from tinyarms.skills.example import Example
from tinyarms.skills.explanation import Explanation
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.skill import Skill
from tinyarms.store.db.database import Store

if TYPE_CHECKING:
    from tinyarms.memory.memory import Memory

KEPT = 16
"""Most memories that a process keeps open. Higher: more memory, fewer reads for many skills with
live tests."""

_Key = tuple[str, str]


@dataclass
class Memories:
    """Opens memories and keeps those that were used last."""

    store: Store
    clock: Clock
    examples: Callable[[Skill], Sequence[Example]]
    """The examples of a skill, in case that a memory is not in the database."""
    _open: dict[_Key, Memory] = field(default_factory=dict)
    _held: dict[str, Memory] = field(default_factory=dict)
    """Skill → the memory of its search."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def recalled(
        self, skill: Skill, prompt: Prompt, inputs: Mapping[str, str], user: str | None
    ) -> Prompt:
        """The prompt for the inputs of a user's task, with what it takes from its memory."""
        if prompt.retrieve is None:
            return prompt
        from tinyarms.memory.recall import recalled

        memory = self.of(skill, prompt.retrieve.snapshot)
        return recalled(prompt, memory, inputs, user=skill.memory_of(user_hash(user)))

    def explained(
        self,
        skill: Skill,
        prompt: Prompt,
        inputs: Mapping[str, str],
        label_logprobs: Mapping[str, float] | None,
        user: str | None,
    ) -> Explanation:
        """What the prompt takes from its memory for a user's task.

        `label_logprobs`: those of the model's reply; `None`: not known.
        """
        from tinyarms.memory.explanation import explained

        retrieve = prompt.retrieve
        memory = None if retrieve is None else self.of(skill, retrieve.snapshot)
        return explained(prompt, memory, inputs, label_logprobs, skill.memory_of(user_hash(user)))

    def recalled_for_example(
        self, skill: Skill, prompt: Prompt, inputs: Mapping[str, str], user: str = ""
    ) -> Prompt:
        """The prompt for the inputs of an example, whose right output must not be shown: neither
        the example nor a near copy of it is recalled.

        `user`: the hash of the example's user, who is shown the same.
        """
        if prompt.retrieve is None:
            return prompt
        from tinyarms.memory.recall import recalled

        memory = self.of(skill, prompt.retrieve.snapshot)
        return recalled(prompt, memory, inputs, memory.copies(inputs), skill.memory_of(user))

    def hold(self, skill: Skill, memory: Memory) -> None:
        """Keep a memory open that is not stored, while a search of the skill runs."""
        self._held[skill.name] = memory

    def close(self, skill: str) -> None:
        """Read the skill's memories again at their next use."""
        with self._lock:
            for key in [key for key in self._open if key[0] == skill]:
                del self._open[key]

    def of(self, skill: Skill, snapshot: str) -> Memory:
        """The memory of this snapshot.

        If it is not in the database, or damaged there, it is made of the gold examples that the
        skill has now: a prompt is served all the same.
        """
        key, held = (skill.name, snapshot), self._held.get(skill.name)
        if held is not None and held.snapshot == snapshot:
            return held
        with self._lock:
            memory = self._open.pop(key, None) or self._read(skill, snapshot)
            self._open[key] = memory
            while len(self._open) > KEPT:
                del self._open[next(iter(self._open))]
        return memory

    def keep(self, skill: Skill, memory: Memory) -> None:
        """Store the memory, unless it is stored."""
        ids = tuple(row.id for row in memory.examples)
        with self.store.unit_of_work(durable=True) as work:
            work.memories.add(skill.name, memory.snapshot, ids, memory.to_bytes(), self.clock())

    def _read(self, skill: Skill, snapshot: str) -> Memory:
        from tinyarms.memory.memory import Memory

        with self.store.read() as work:
            content = work.memories.find(skill.name, snapshot)
        name, why = f"the memory {snapshot[:8]} of {skill.name}", "it is not in the database"
        if content is not None:
            try:
                return Memory.from_bytes(content, name)
            except StoreError as error:
                why = error.message
        logging.getLogger("tinyarms").warning(
            "The present examples take the place of %s: %s", name, why
        )
        return Memory.of(remembered(self.examples(skill), "selection"), skill.contract.labels)


def remembered(
    examples: Sequence[Example], last_split: Literal["search", "selection"]
) -> list[Example]:
    """The examples that a memory may hold: gold ones, never of the split `test`.

    `last_split`: `search` while a search runs; `selection` once its finalists are chosen.
    """
    splits = ("search",) if last_split == "search" else ("search", "selection")
    return [e for e in examples if e.origin == "gold" and e.split in splits]
