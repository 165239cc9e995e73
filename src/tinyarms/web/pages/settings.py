"""The settings in force, and what a check of the project finds."""

from __future__ import annotations

from functools import partial
from itertools import groupby

from fastapi import APIRouter, Request
from fastapi.responses import Response

from tinyarms.loop.api import TinyArms
from tinyarms.web.jobs import Job
from tinyarms.web.pages.show import PageRoute, back, show
from tinyarms.web.security.access import Arms, OpenJobs, Spender, Viewer

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/settings")
def settings(request: Request, caller: Viewer, arms: Arms, jobs: OpenJobs) -> Response:
    """Each setting with where it comes from; the latest check of this service."""
    rows = arms.setting_rows()
    check = next((job.view() for job in jobs.all() if job.what == "doctor"), None)
    return show(
        request,
        caller,
        "settings.html",
        "Settings",
        every_s=2 if check is not None and check.state == "running" else None,
        groups=[(name, list(of)) for name, of in groupby(rows, lambda row: row.group)],
        changed=[row for row in rows if row.changed],
        warnings=arms.settings().warnings,
        check=check,
    )


@router.post("/settings/check")
def check(caller: Spender, arms: Arms, jobs: OpenJobs) -> Response:
    """Check everything that the project needs; each model is really asked."""
    jobs.start("doctor", None, partial(_doctor, arms))
    return back("/settings", "begun")


def _doctor(arms: TinyArms, job: Job) -> object:
    return arms.doctor(listener=job)
