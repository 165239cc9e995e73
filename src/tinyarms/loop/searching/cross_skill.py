"""Cross-skill learning: what other skills' searches found out, for a search that begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinyarms.evolution.cross_skill import worded
from tinyarms.evolution.problem import Inherited
from tinyarms.skills.contract import Contract
from tinyarms.store.db.unit_of_work import UnitOfWork

_MOST = 5
"""How many mutation prompts, and sentences, of one operator in one search."""


def inherit(work: UnitOfWork, skill: str, contract: Contract) -> tuple[Inherited, ...]:
    """What the last search of each other skill learned, to be kept with the new session."""
    return tuple(
        Inherited(
            operator=found.operator,
            tries=found.proposals,
            wins=found.beat_parent,
            mutation_prompts=tuple(_best(found.mutation_prompts)),
            sentences=tuple(
                sentence
                for each in _best(found.sentences)
                if (sentence := worded(each, contract)) is not None
            ),
            source=f"{other} (session {found.session_id[:8]})",
        )
        for other, found in work.operators.of_other_skills(skill)
    )


def sources_of(inherited: Sequence[Inherited]) -> tuple[str, ...]:
    """The skills and sessions that it came from."""
    return tuple(dict.fromkeys(each.source for each in inherited))


def _best(wins: Mapping[str, int]) -> list[str]:
    return sorted(wins, key=lambda text: (-wins[text], text))[:_MOST]
