"""Whether a refresh is due: enough new gold examples that the prompt in production does not
remember."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from tinyarms.core.errors import ConfigError, ExampleError
from tinyarms.experiments.refresh_gate import MIN_ROWS
from tinyarms.loop.project.context import Context
from tinyarms.skills.example import remembered
from tinyarms.skills.skill import Skill
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class DueRefresh:
    """A refresh that is due."""

    new_rows: int
    """Gold examples that the prompt in production does not remember yet."""
    gate_rows: int
    """Rows by which the gate would compare the memories; 0 without a scorer."""

    @property
    def needs_person(self) -> bool:
        """Whether a person has to confirm it."""
        return self.gate_rows < MIN_ROWS


def due_refresh(context: Context, skill: Skill, version: int) -> DueRefresh | None:
    """The refresh that is due by `refresh_after`; `None` if none is. Changes nothing.

    One that was tried is due again after as many new examples as the first. `version`: the one in
    production.
    """
    with context.store.read() as work:
        known, needed = _known(context, work, skill.name, version)
        if not needed or len(work.examples.gold_ids(skill.name) - known) < needed:
            return None
        tried = [s.findings.refresh for s in work.sessions.refreshes(skill.name)]
    gold: list[str] = []
    with suppress(ExampleError, ConfigError):  # The broken file is reported where it is used.
        usable = context.example_set(skill, sync=False).usable
        gold = [example.id for example in remembered(usable, "selection")]
    newest = next((finding for finding in reversed(tried) if finding is not None), None)
    new_rows = len(set(gold) - known)
    if new_rows < needed or (newest is not None and len(gold) - newest.rows < needed):
        return None
    gate_rows = len(gold) - new_rows if skill.scorer is not None else 0
    return DueRefresh(new_rows, gate_rows)


def _known(
    context: Context, work: UnitOfWork, name: str, version: int
) -> tuple[frozenset[str], float]:
    """What the version remembers, and how many new examples make a refresh due; 0: no number
    does."""
    evolution = context.project.settings.evolution
    after = evolution.refresh_after
    found = work.versions.find(name, version) if after and evolution.memory else None
    retrieve = None if found is None else found.prompt.retrieve
    if after is None or retrieve is None:
        return frozenset(), 0
    ids = work.memories.example_ids(name, retrieve.snapshot)
    if ids is None:
        return frozenset(), 0
    needed = after if after >= 1 else after * len(ids)
    return frozenset(ids), max(1.0, needed)
