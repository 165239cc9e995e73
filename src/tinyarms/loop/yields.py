"""What each operator has yielded in a search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tinyarms.evolution.candidate import Proposal
from tinyarms.loop.views import OperatorView
from tinyarms.store.records import OperatorRecord


def operator_yield(session_id: str, proposals: Sequence[Proposal]) -> list[OperatorRecord]:
    """For each operator: its proposals, the guards' rejections, children that beat the parent."""
    found: dict[str, list[Proposal]] = {}
    for proposal in proposals:
        found.setdefault(proposal.operator, []).append(proposal)
    return [
        OperatorRecord(
            session_id=session_id,
            operator=operator,
            proposals=len(made),
            accepted=sum(each.verdict == "accepted" for each in made),
            rejected=dict(Counter(e.verdict for e in made if e.verdict != "accepted")),
            beat_parent=sum(each.beat_parent is True for each in made),
        )
        for operator, made in found.items()
    ]


def operator_views(operators: Sequence[OperatorRecord]) -> tuple[OperatorView, ...]:
    """The yield of each operator."""
    return tuple(
        OperatorView(
            operator=found.operator,
            proposals=found.proposals,
            accepted=found.accepted,
            rejected=found.rejected,
            beat_parent=found.beat_parent,
        )
        for found in operators
    )
