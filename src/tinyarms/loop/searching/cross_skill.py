"""Cross-skill learning: a new search starts from what won in other skills' searches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tinyarms.evolution.cross_skill import worded
from tinyarms.evolution.guards.rules import GuardContext, bad_mutation_prompt
from tinyarms.evolution.problem import Inherited
from tinyarms.skills.contract import Contract
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.unit_of_work import UnitOfWork

_NOTHING = GuardContext(incumbent=Prompt(""), living=(), examples=())
_MOST_INHERITED = 5
"""Most mutation prompts, and most sentences, taken from one operator of one search. Higher: more
weak ones among them."""


def inherit(work: UnitOfWork, skill: str, contract: Contract) -> tuple[Inherited, ...]:
    """The lessons from the last search of each other skill, for the plan of a new session.

    Texts that a guard rejects are left out, because they are sent to the writer unchanged.
    """
    return tuple(
        Inherited(
            operator=record.operator,
            tries=record.proposals,
            wins=record.beat_parent,
            mutation_prompts=tuple(_best(record.mutation_prompts)),
            sentences=tuple(
                sentence
                for template in _best(record.sentences)
                if (sentence := worded(template, contract)) is not None
            ),
            source=f"{other} (session {record.session_id[:8]})",
        )
        for other, record in work.operators.of_other_skills(skill)
    )


def sources_of(inherited: Sequence[Inherited]) -> tuple[str, ...]:
    """The distinct skills and sessions that the lessons came from."""
    return tuple(dict.fromkeys(lesson.source for lesson in inherited))


def _best(wins: Mapping[str, int]) -> list[str]:
    best = sorted(wins, key=lambda text: (-wins[text], text))[:_MOST_INHERITED]
    return [text for text in best if not bad_mutation_prompt(text, _NOTHING)]
