"""A skill's latest search: while it runs, and what came of it."""

from __future__ import annotations

from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tinyarms.core.errors import ExperimentError, TinyArmsError
from tinyarms.loop.reporting.population import PopulationView
from tinyarms.web.assets.charting import tree
from tinyarms.web.jobs import Job, Jobs
from tinyarms.web.pages.show import PageRoute, back, show
from tinyarms.web.rest.parameters import SkillName
from tinyarms.web.security.access import Arms, Editor, OpenJobs, Spender, Viewer

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/skills/{skill}/evolution")
def evolution(
    request: Request, caller: Viewer, arms: Arms, jobs: OpenJobs, skill: SkillName
) -> Response:
    """The best so far, what it has cost and may still cost, and the population as a tree."""
    view = arms.population(skill)
    job = _job(jobs, skill)
    try:
        estimate, why_not = arms.estimate(skill), None
    except TinyArmsError as error:
        estimate, why_not = None, error
    try:
        results = arms.results(skill)
    except ExperimentError:
        results = None
    is_begun = job is not None and job.state == "running"
    runs = is_begun or (view is not None and view.running is not None)
    return show(
        request,
        caller,
        "evolution.html",
        f"{skill}: evolution",
        skill=skill,
        every_s=2 if runs else 20,
        view=view,
        runs=runs,
        tree=() if view is None else tree(view),
        job=None if job is None else job.view(),
        results=results,
        estimate=estimate,
        why_not=why_not,
        seconds_left=seconds_left(view) if view is not None and runs else None,
        compared=arms.side_by_side(skill),
    )


@router.post("/skills/{skill}/evolution")
def begin(caller: Spender, arms: Arms, jobs: OpenJobs, skill: SkillName) -> Response:
    """Begin a search, or go on with one that was interrupted."""
    arms.estimate(skill)  # Refuses at once what cannot be searched.
    jobs.start("evolve", skill, partial(_evolve, arms, skill))
    return back(f"/skills/{skill}/evolution", "begun")


@router.post("/skills/{skill}/evolution/stop")
def stop(caller: Spender, arms: Arms, jobs: OpenJobs, skill: SkillName) -> Response:
    """Let the search end at its next step."""
    job = _job(jobs, skill)
    if job is None or job.state != "running":
        raise ExperimentError(
            f"No search of {skill} runs in this service.",
            "A search that another process runs is stopped there; cancelling ends its session.",
        )
    jobs.stop(job.id)
    return back(f"/skills/{skill}/evolution", "stopping")


@router.post("/skills/{skill}/cancel")
def cancel(caller: Editor, arms: Arms, skill: SkillName) -> Response:
    """Cancel the open session; the prompt in production stays."""
    arms.cancel(skill)
    return back(f"/skills/{skill}/evolution", "cancelled")


def _evolve(arms: Arms, skill: str, job: Job) -> object:
    return arms.evolve(skill, listener=job)


def _job(jobs: Jobs, skill: str) -> Job | None:
    """The newest search of the skill that this service has begun."""
    return next((job for job in jobs.all() if (job.what, job.skill) == ("evolve", skill)), None)


def seconds_left(view: PopulationView) -> float | None:
    """About how much longer the budget lasts at the speed so far; `None`: it is not known."""
    if not view.searching or not view.task_calls:
        return None
    left = []
    if view.budget.calls is not None:
        rate = view.spent.seconds / view.task_calls
        left.append((view.budget.calls - view.task_calls) * rate)
    if view.budget.seconds is not None:
        left.append(view.budget.seconds - view.spent.seconds)
    return max(0.0, min(left)) if left else None
