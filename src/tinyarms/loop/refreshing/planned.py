"""What a refresh would change, and the rows by which its gate compares the two memories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tinyarms.core.errors import ExampleError, UsageError
from tinyarms.core.ids import content_hash
from tinyarms.experiments.refresh_gate import MAX_ROWS
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener
from tinyarms.loop.searching.read_pictures import read_pictures
from tinyarms.memory.memory import Memory
from tinyarms.skills.example import Example, remembered
from tinyarms.skills.prompt import Prompt, Retrieval
from tinyarms.skills.skill import Skill

MAX_DEMONSTRATIONS = 20
"""Most examples that a prompt shows for each task. Higher: longer prompts, slower and dearer."""
PRIOR_WEIGHT = 1.0
"""How much the examples' labels count in a first memory where no weight can be fitted. 1: as if
model and examples were wrong independently."""


@dataclass(frozen=True)
class MemoryChange:
    """How a new memory differs from the old one."""

    remembered: int
    """The number of examples in the new one."""
    added: int
    """Examples that only the new one has."""
    removed: int
    """Examples that only the old one has."""
    changed: int
    """Examples of both whose inputs or answer differ."""

    @property
    def is_none(self) -> bool:
        return not (self.added or self.removed or self.changed)

    @property
    def words(self) -> str:
        """The same in words: `312 examples (30 new, 2 gone, 1 changed)`."""
        counts = ((self.added, "new"), (self.removed, "gone"), (self.changed, "changed"))
        return f"{self.remembered} examples ({', '.join(f'{n} {how}' for n, how in counts if n)})"


@dataclass(frozen=True)
class PlannedRefresh:
    """A refresh before its gate."""

    old: Prompt
    new: Prompt
    memory: Memory
    """What the new prompt remembers."""
    change: MemoryChange
    rows: tuple[Example, ...]
    """The examples on which the gate compares the prompts; none without a scorer."""


def plan_refresh(
    context: Context,
    skill: Skill,
    prompt: Prompt,
    demonstrations: int | None,
    listener: Listener,
) -> PlannedRefresh | None:
    """The refresh of a prompt; `None` if it has no memory and gets none.

    `demonstrations`: how many examples a prompt without a memory shows from now on. Raises
    `UsageError` if it has one already or the number is out of range, and `ExampleError` without
    gold examples.
    """
    retrieve = _retrieval(skill, prompt, demonstrations)
    if retrieve is None:
        return None
    gold = remembered(context.examples(skill), "selection")
    if not gold:
        raise ExampleError(
            f"{skill.name} has no gold examples of the search or the selection to remember.",
            f"Write some to {skill.examples or 'an examples file'}.",
        )
    gold = list(read_pictures(context, skill, gold, listener))
    memory = Memory.of(gold, skill.contract.labels)
    before = None
    if prompt.retrieve is not None:
        before = context.memories.of(skill, prompt.retrieve.snapshot)
    return PlannedRefresh(
        old=prompt,
        new=replace(prompt, retrieve=replace(retrieve, snapshot=memory.snapshot)),
        memory=memory,
        change=_change(before, memory),
        rows=_rows_of_gate(gold, before) if skill.scorer is not None else (),
    )


def _retrieval(skill: Skill, prompt: Prompt, demonstrations: int | None) -> Retrieval | None:
    if demonstrations is None:
        return prompt.retrieve
    if prompt.retrieve is not None:
        raise UsageError(
            f"{skill.name}: its prompt has a memory, and shows "
            f"{prompt.retrieve.demonstrations} examples.",
            "Leave --demonstrations out: a refresh changes only what is remembered.",
        )
    if not 1 <= demonstrations <= MAX_DEMONSTRATIONS:
        raise UsageError(
            f"A prompt cannot show {demonstrations} examples.", f"Give 1 to {MAX_DEMONSTRATIONS}."
        )
    return Retrieval(demonstrations, prior_weight=PRIOR_WEIGHT if skill.contract.labels else 0.0)


def _change(before: Memory | None, after: Memory) -> MemoryChange:
    old = {} if before is None else {row.id: row for row in before.examples}
    new = {row.id: row for row in after.examples}
    both = old.keys() & new.keys()
    return MemoryChange(
        remembered=len(new),
        added=len(new.keys() - old.keys()),
        removed=len(old.keys() - new.keys()),
        changed=sum(
            (dict(old[id].inputs), old[id].expected) != (dict(new[id].inputs), new[id].expected)
            for id in both
        ),
    )


def _rows_of_gate(gold: Sequence[Example], before: Memory | None) -> tuple[Example, ...]:
    """At most `MAX_ROWS`, always the same ones: those that both memories know alike.

    A row that is new, or whose answer was changed, does not judge: if it were wrong, it would speak
    for a memory with others of its kind.
    """
    rows = gold
    if before is not None:
        known = {row.id: (dict(row.inputs), row.expected) for row in before.examples}
        rows = [row for row in gold if known.get(row.id) == (dict(row.inputs), row.expected)]
    return tuple(sorted(rows, key=lambda row: content_hash(row.id))[:MAX_ROWS])
