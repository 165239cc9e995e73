"""The writer's probe: a few calls that say which operators a writer can do.

It is given a made-up task, and asked for what the operators ask for. A writer that does not return
the proposals in their form, each with a quote from the case that it names, could not do so in a
search either. One good answer in three is enough, because a useful writer may fail now and then:
the search's bandit sees how often. A writer that cannot reflect is not asked to merge. The requests
are always the same, so their replies can be kept.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from tinyarms.evolution.abilities import COMPLETES, Ability
from tinyarms.evolution.constants import REFLECTION_TEMPERATURE
from tinyarms.evolution.guards.rules import unfounded
from tinyarms.evolution.operators.with_writer.marked_proposals import Case, read_proposals
from tinyarms.evolution.operators.with_writer.reflection import (
    Assignment,
    merging_request,
    reflection_request,
)
from tinyarms.skills.execution import ModelRequest

OPERATOR = "writer_probe"
"""Stands in the place of an operator for the probe's calls."""

TRIES = 3
"""Most calls for one ability. Higher: a writer that often fails passes, and one that
cannot do it at all costs more calls."""
_PROPOSALS = 2
_ASSIGNMENT = Assignment(
    task="Say to which desk of a library a question goes.",
    contract="Answer with exactly one of: loans, children, archive.",
    proposals=_PROPOSALS,
)
_INSTRUCTION = "Name the desk for the question of the visitor."
_OTHER = "Questions about old papers go to the archive. Which desk answers the question?"
_LOANS = "May I keep the atlas of rivers until the end of next week?"
_ARCHIVE = "Where do I find the harbour's newspapers from before the war?"
_CHILDREN = "Is there a reading afternoon for my daughter, who is six?"
_FAILED = (
    Case(
        _ARCHIVE,
        (("Answer given", "loans"), ("Right answer", "archive")),
    ),
    Case(
        _CHILDREN,
        (("Answer given", "loans"), ("Right answer", "children")),
    ),
    Case(_LOANS, (("Answer given, and right", "loans"),)),
)
_APART = (
    Case(
        _CHILDREN,
        (
            ("A answers, which is right", "children"),
            ("B answers", "archive"),
            ("Right answer", "children"),
        ),
    ),
    Case(
        _ARCHIVE,
        (
            ("A answers", "loans"),
            ("B answers, which is right", "archive"),
            ("Right answer", "archive"),
        ),
    ),
)


@dataclass(frozen=True)
class _Question:
    ability: Ability
    request: ModelRequest
    cases: tuple[Case, ...]


QUESTIONS = (
    _Question("reflection", reflection_request(_ASSIGNMENT, _INSTRUCTION, _FAILED), _FAILED),
    _Question("merging", merging_request(_ASSIGNMENT, _INSTRUCTION, _OTHER, _APART), _APART),
)
"""In the order in which they are asked."""

Probing = Generator[ModelRequest, str | None, tuple[Ability, ...]]
"""Yields requests, is sent the replies (`None`: there is none), and returns the abilities."""


def probe_writer() -> Probing:
    """Ask for each ability, up to three times, until the writer lacks one."""
    abilities = COMPLETES
    for question in QUESTIONS:
        for seed in range(TRIES):
            reply = yield replace(question.request, temperature=REFLECTION_TEMPERATURE, seed=seed)
            if reply is not None and _is_good(reply, question.cases):
                abilities = (*abilities, question.ability)
                break
        else:
            break
    return abilities


def _is_good(reply: str, cases: tuple[Case, ...]) -> bool:
    """Whether it has the proposals, all different and with quotes that are there."""
    proposals = read_proposals(reply, cases)
    different = {proposal.prompt for proposal in proposals} - {_INSTRUCTION, _OTHER}
    return len(different) >= _PROPOSALS and not any(unfounded(p.quotes) for p in proposals)
