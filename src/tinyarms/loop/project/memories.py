"""The memories of the project's prompts, each read from the database once.

The arrays behind a memory are only loaded where a prompt has one. A memory that changes in the
database, because a user is forgotten, reaches every running process within two seconds.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from tinyarms.core.clock import Clock
from tinyarms.core.errors import ConflictError, StoreError
from tinyarms.core.ids import user_hash
from tinyarms.loop.project.standby import Standby
from tinyarms.loop.project.unread_words import readable
from tinyarms.skills.example import Example, remembered
from tinyarms.skills.explanation import Explanation
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.skill import Skill
from tinyarms.store.db.database import Store
from tinyarms.store.db.repositories.memories import Stamp
from tinyarms.store.db.unit_of_work import UnitOfWork

if TYPE_CHECKING:
    from tinyarms.memory.memory import Memory

KEPT = 16
"""Most memories that a process keeps open. Higher: more memory, fewer reads for many skills with
live tests."""

CHECK_AFTER = timedelta(seconds=2)
"""Age at which an open memory is compared with the database. A longer one saves a short query, and
a forgotten user's examples are recalled longer by processes that run."""
_PATIENCE_S = 0.1
_FIRST_PATIENCE_S = 2.0
"""Seconds that a task waits for the database before it takes the open memory; without an open one,
before it takes the copy on disk. Higher: more tasks wait, for memories that are up to date."""

_Key = tuple[str, str]
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class _Open:
    """A memory in use."""

    memory: Memory
    stamp: Stamp | None
    """That of the database when it was read; `None`: it is not stored."""
    checked_at: datetime


@dataclass
class Memories:
    """Opens memories and keeps those that were used last."""

    store: Store
    clock: Clock
    examples: Callable[[Skill], Sequence[Example]]
    """The examples of a skill, in case that a memory is not in the database."""
    of_file: Callable[[Skill], Sequence[Example]]
    """Those of its file, in case that the database does not answer."""
    standby: Standby
    _open: dict[_Key, _Open] = field(default_factory=dict)
    _held: dict[str, Memory] = field(default_factory=dict)
    """Skill → the memory of its search."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def recalled(
        self, skill: Skill, prompt: Prompt, inputs: Mapping[str, str], user: str | None
    ) -> Prompt:
        """The prompt for the inputs of a user's task, with what it takes from its memory."""
        prompt = readable(skill, prompt)
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

        prompt = readable(skill, prompt)
        retrieve = prompt.retrieve
        memory = None if retrieve is None else self.of(skill, retrieve.snapshot)
        return explained(prompt, memory, inputs, label_logprobs, skill.memory_of(user_hash(user)))

    def recalled_for_example(
        self, skill: Skill, prompt: Prompt, inputs: Mapping[str, str], user: str = ""
    ) -> Prompt:
        """The prompt for the inputs of an example, whose right output must not be shown: neither
        it nor a near copy of it is recalled, and the verbalizer reads as if it had not seen it.
        `user`: the hash of the example's user, who is shown the same."""
        prompt = readable(skill, prompt)
        if prompt.verbalizer is not None:
            prompt = replace(prompt, verbalizer=prompt.verbalizer.for_example(inputs))
        if prompt.retrieve is None:
            return prompt
        from tinyarms.memory.recall import recalled

        memory = self.of(skill, prompt.retrieve.snapshot)
        return recalled(prompt, memory, inputs, memory.copies(inputs), skill.memory_of(user))

    def hold(self, skill: Skill, memory: Memory) -> None:
        """Keep a memory open that is not stored, while a search of the skill runs."""
        self._held[skill.name] = memory

    def let_go(self, skill: Skill) -> None:
        """The inverse of `hold`."""
        self._held.pop(skill.name, None)

    def close(self, skill: str) -> None:
        """Read the skill's memories again at their next use."""
        with self._lock:
            for key in [key for key in self._open if key[0] == skill]:
                del self._open[key]

    def of(self, skill: Skill, snapshot: str) -> Memory:
        """The memory of this snapshot.

        If it is not in the database, or damaged there, it is made of the gold examples that the
        skill has now, and stored: a prompt is served all the same. Where a user was forgotten, it
        has the examples that are left.
        """
        key, held = (skill.name, snapshot), self._held.get(skill.name)
        if held is not None and held.snapshot == snapshot:
            return held
        with self._lock:
            opened = self._open.pop(key, None)
            opened = None if opened is None else self._checked(key, opened)
            self._open[key] = opened = opened or self._read(skill, snapshot)
            while len(self._open) > KEPT:
                del self._open[next(iter(self._open))]
        return opened.memory

    def keep(self, skill: Skill, memory: Memory) -> None:
        """Store the memory, unless it is stored.

        Raises `ConflictError` if an example of it was deleted meanwhile, as when its user is
        forgotten.
        """
        ids, content = tuple(row.id for row in memory.examples), memory.to_bytes()
        with self.store.unit_of_work(durable=True) as work:
            check_there(work, skill.name, memory)
            if work.memories.example_ids(skill.name, memory.snapshot) != ids:
                # It is not there, or a user was forgotten whose examples are there again.
                work.memories.delete(skill.name, memory.snapshot)
                work.memories.add(skill.name, memory.snapshot, ids, content, self.clock())
        held = self._held.get(skill.name)
        if held is not None and held.snapshot == memory.snapshot:
            self.let_go(skill)  # From now on, that of the database counts.

    def _checked(self, key: _Key, opened: _Open) -> _Open | None:
        """The open memory; `None` if it is not that of the database any more."""
        now = self.clock()
        if timedelta(0) <= now - opened.checked_at < CHECK_AFTER:
            return opened
        try:
            stamp = self._ask(lambda work: work.memories.stamp(*key), _PATIENCE_S)
        except StoreError:
            stamp = opened.stamp
        return replace(opened, checked_at=now) if stamp == opened.stamp else None

    def _read(self, skill: Skill, snapshot: str) -> _Open:
        from tinyarms.memory.memory import Memory

        def read(work: UnitOfWork) -> tuple[Stamp | None, bytes | None]:
            stored = work.memories
            return stored.stamp(skill.name, snapshot), stored.find(skill.name, snapshot)

        try:
            stamp, content = self._ask(read, _FIRST_PATIENCE_S)
        except StoreError as error:
            return _Open(self._without_database(skill, snapshot, error), None, self.clock())
        name, why = f"the memory {snapshot[:8]} of {skill.name}", "it is not in the database"
        if content is not None:
            try:
                return _Open(Memory.from_bytes(content, name), stamp, self.clock())
            except StoreError as error:
                why = error.message
        message = "The present examples take the place of %s: %s"
        logging.getLogger("tinyarms").warning(message, name, why)
        memory = Memory.of(remembered(self.examples(skill), "selection"), skill.contract.labels)
        return _Open(memory, self._put(skill.name, snapshot, memory), self.clock())

    def _without_database(self, skill: Skill, snapshot: str, error: StoreError) -> Memory:
        """The copy on disk, or else what the examples file has now; nothing is stored."""
        from tinyarms.memory.memory import Memory

        name = f"the memory {snapshot[:8]} of {skill.name}"
        copied = self.standby.copies.memory(skill.name, snapshot)
        with suppress(StoreError):
            if copied is not None:
                return Memory.from_bytes(copied, name)
        message = "The examples of the file take the place of %s: %s"
        logging.getLogger("tinyarms").warning(message, name, error)
        examples = remembered(self.of_file(skill), "selection")
        return Memory.of(examples, skill.contract.labels)

    def _ask(self, read: Callable[[UnitOfWork], _Result], seconds: float) -> _Result:
        def reading() -> _Result:
            with self.store.read_now() as work:
                return read(work)

        return reading() if self.store.read_only else self.standby.reading.ask(reading, seconds)

    def _put(self, skill: str, snapshot: str, memory: Memory) -> Stamp | None:
        """Store the memory in the place of the lost one, so that it does not change again."""
        if self.store.read_only:
            return None
        ids = tuple(row.id for row in memory.examples)

        def put() -> Stamp | None:
            with self.store.write_now(durable=True) as work:
                work.memories.delete(skill, snapshot)
                work.memories.add(skill, snapshot, ids, memory.to_bytes(), self.clock())
                return work.memories.stamp(skill, snapshot)

        with suppress(StoreError):
            return self.standby.writing.ask(put, _FIRST_PATIENCE_S)
        return None


def check_there(work: UnitOfWork, skill: str, memory: Memory) -> None:
    """Raise `ConflictError` if an example of the memory is not there any more."""
    if not work.examples.ids(skill).issuperset(row.id for row in memory.examples):
        raise ConflictError(
            f"An example of {skill} that a prompt should remember was deleted.",
            "Run the same command again.",
        )
