"""The results of a session as one file that opens without a network and without this service."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from markupsafe import Markup

from tinyarms.loop.api import TinyArms
from tinyarms.loop.reporting.results import ResultsView
from tinyarms.web.assets.charting import lead_chart, posterior_chart, tree, unit_of
from tinyarms.web.assets.rendering import ECHARTS, FILES, render

_SCRIPTS = (ECHARTS, "charts.js")


def results_page(arms: TinyArms, view: ResultsView) -> str:
    """The page Test and the page Evolution of a skill in one file, with all that they need.

    A policy in the file lets only its own scripts run, and lets them load nothing.
    """
    skill = view.skill
    course, population = arms.vote_course(skill), arms.population(skill)
    facts: dict[str, Any] = {
        "can": lambda role: False,
        "skill": skill,
        "view": view,
        "course": course,
        "reviews": (),
        "unit": unit_of(view),
        "lead": lead_chart(view),
        "posterior": None if course is None else posterior_chart(course, unit_of(view)),
        "waits": {"ballots": 0},
    }
    parts = [render("test.html", **facts)]
    if population is not None:
        search = {
            "view": population,
            "runs": False,
            "tree": tree(population),
            "job": None,
            "results": view,
            "estimate": None,
            "why_not": None,
            "seconds_left": None,
            "compared": arms.side_by_side(skill),
        }
        parts.append(render("evolution.html", **{**facts, **search}))
    scripts = [FILES[name].read_text(encoding="utf-8") for name in _SCRIPTS]
    return str(
        render(
            "offline.html",
            title=f"{skill}: results",
            style=Markup(FILES["style.css"].read_text(encoding="utf-8")),
            scripts=[Markup(script) for script in scripts],
            allowed=" ".join(f"'sha256-{_digest(script)}'" for script in scripts),
            parts=parts,
        )
    )


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
