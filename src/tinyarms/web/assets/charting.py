"""What the pictures and the tree of a page are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinyarms.loop.reporting.course import CourseView
from tinyarms.loop.reporting.population import CandidateView, PopulationView, RefusedCandidate
from tinyarms.loop.reporting.results import ResultsView
from tinyarms.loop.reporting.vote_course import VoteCourseView


@dataclass(frozen=True)
class Branch:
    """A candidate with those that were made from it."""

    candidate: CandidateView
    below: tuple[Branch, ...]
    refused: tuple[RefusedCandidate, ...]
    """The proposals to change it that the guards threw out, newest first."""


def tree(view: PopulationView) -> tuple[Branch, ...]:
    """The candidates below their parents; the best first."""
    candidates = view.candidates
    ids = {each.id for each in candidates}
    refused: dict[str | None, list[RefusedCandidate]] = {}
    for proposal in view.refused:
        refused.setdefault(proposal.parent, []).append(proposal)
    below: dict[str | None, list[CandidateView]] = {}
    for each in candidates:
        below.setdefault(each.parent if each.parent in ids else None, []).append(each)

    def branches(parent: str | None) -> tuple[Branch, ...]:
        found = sorted(
            below.pop(parent, ()), key=lambda c: (c.accuracy is None, -(c.accuracy or 0))
        )
        return tuple(
            Branch(each, branches(each.id), tuple(refused.get(each.id, ()))) for each in found
        )

    return branches(None)


def course_chart(view: CourseView) -> dict[str, Any]:
    """What the script needs to draw the accuracy over time."""
    return {
        "kind": "course",
        "points": [
            [
                (point.begins + (point.ends - point.begins) / 2).isoformat(),
                point.accuracy,
                *(point.interval or (None, None)),
                point.n,
            ]
            for point in view.points
            if point.n
        ],
        "releases": [[release.at.isoformat(), release.version] for release in view.releases],
    }


def lead_chart(view: ResultsView) -> dict[str, Any] | None:
    """What the script needs to draw the leads against the boundaries; `None`: there are none."""
    standings = view.standings
    if standings is None or not any(standings.leads.values()):
        return None
    last = max(len(standings.promote_at), *(len(path) for path in standings.leads.values()))
    return {
        "kind": "lead",
        "unit": unit_of(view) + "s",
        "leads": standings.leads,
        "promote_at": standings.promote_at,
        "keep_below": standings.keep_below,
        "last": last,
    }


def unit_of(view: ResultsView) -> str:
    """What a live test counts: `vote`, or `outcome` in single mode."""
    return "outcome" if view.rule == "single_mode" else "vote"


def posterior_chart(course: VoteCourseView, unit: str) -> dict[str, Any] | None:
    """What the script needs to draw the posteriors over the votes; `None` before the first."""
    if not course.votes:
        return None
    return {
        "kind": "posterior",
        "unit": unit + "s",
        "votes": course.votes,
        "arms": [
            {
                "name": f"Variant {arm.letter}" if arm.letter else "In production",
                "means": arm.means,
                "intervals": arm.intervals,
            }
            for arm in course.arms
        ],
    }
