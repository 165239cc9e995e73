"""Small pictures that are made here and need no script."""

from __future__ import annotations

from datetime import datetime

from markupsafe import Markup

from tinyarms.core.text import counted
from tinyarms.experiments.evidence import GateEvidence
from tinyarms.loop.reporting.course import CourseView
from tinyarms.stats.binomial import exact_sign_test
from tinyarms.web.assets.figures import percent


def gate(evidence: GateEvidence | None) -> Markup:
    """A bar of the examples on which a challenger and the incumbent differ: those that it won,
    those that it lost, and a line at the wins that the sign test needs."""
    differing = 0 if evidence is None else evidence.wins + evidence.losses
    if evidence is None or not differing:
        return Markup("")
    needed = next((k for k in range(differing + 1) if _passes(k, differing, evidence)), None)
    said = f"Of {counted(differing, 'example')} on which the two differ it won {evidence.wins}"
    asked = f"{needed} are needed" if needed is not None else "no number is enough"
    line = Markup("")
    if needed is not None:
        line = Markup('<line class="bound" x1="{0}" x2="{0}" y1="0" y2="10"/>').format(needed)
    return Markup(
        '<svg class="gate" viewBox="0 0 {n} 10" preserveAspectRatio="none" role="img" '
        'aria-label="{said}; {asked}."><rect class="wins" width="{wins}" y="2" height="6"/>'
        '<rect class="losses" x="{wins}" width="{losses}" y="2" height="6"/>{line}</svg>'
        '<p class="legend">{said}; {asked} (the line).</p>'
    ).format(
        n=differing,
        wins=evidence.wins,
        losses=evidence.losses,
        said=said,
        asked=asked,
        line=line,
    )


def _passes(wins: int, differing: int, evidence: GateEvidence) -> bool:
    return exact_sign_test(wins, differing - wins) <= evidence.threshold


_WIDTH, _HEIGHT, _TOP = 240.0, 56.0, 3.0


def spark(course: CourseView) -> Markup:
    """A small picture of a skill's accuracy: the line, its 95 % interval, and the releases."""
    known = [point for point in course.points if point.interval is not None]
    if not known:
        return Markup("")
    begin = min(course.points[0].begins, known[0].begins)
    span = max((known[-1].ends - begin).total_seconds(), 1.0)

    def x(at: datetime) -> float:
        return round((at - begin).total_seconds() / span * _WIDTH, 1)

    def y(share: float) -> float:
        return round(_TOP + (1 - share) * (_HEIGHT - 2 * _TOP), 1)

    places = [(x(p.begins + (p.ends - p.begins) / 2), p) for p in known]
    line = " ".join(f"{at},{y(p.accuracy or 0.0)}" for at, p in places)
    high = [f"{at},{y(p.interval[1])}" for at, p in places if p.interval]
    low = [f"{at},{y(p.interval[0])}" for at, p in reversed(places) if p.interval]
    marks = Markup("").join(
        Markup('<line class="mark" x1="{0}" x2="{0}" y1="0" y2="{1}"/>').format(x(r.at), _HEIGHT)
        for r in course.releases
        if r.at >= begin
    )
    grid = Markup("").join(
        Markup('<line class="grid" x1="0" x2="{0}" y1="{1}" y2="{1}"/>').format(_WIDTH, y(share))
        for share in (0.0, 0.5, 1.0)
    )
    last_x, last = places[-1]
    return Markup(
        '<svg class="spark" viewBox="0 0 {w:g} {h:g}" preserveAspectRatio="none" role="img" '
        'aria-label="{said}">{grid}{marks}<polygon class="band" points="{band}"/>'
        '<polyline class="line" points="{line}"/>'
        '<circle class="dot" cx="{x}" cy="{y}" r="2.5"/></svg>'
    ).format(
        w=_WIDTH,
        h=_HEIGHT,
        said=f"Share right over the last {course.days} days, now {percent(last.accuracy)}.",
        grid=grid,
        marks=marks,
        band=" ".join([*high, *low]),
        line=line,
        x=last_x,
        y=y(last.accuracy or 0.0),
    )
