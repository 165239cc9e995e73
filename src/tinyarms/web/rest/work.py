"""What takes minutes: searches, measurements, live tests. Each begins a job, which is watched."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import Response, StreamingResponse

from tinyarms.core.errors import UsageError
from tinyarms.web.answers import answer
from tinyarms.web.jobs import Job, Jobs, Work
from tinyarms.web.refusal import Refused
from tinyarms.web.repeats import CountsOnce, RequestId
from tinyarms.web.rest.bodies import (
    Check,
    CheckAgainst,
    Compare,
    Doctor,
    Evaluate,
    Evolve,
    Forecast,
    Refresh,
    Variants,
)
from tinyarms.web.rest.parameters import AnyId, SkillName, known_skills
from tinyarms.web.security.access import (
    Arms,
    Editor,
    OpenJobs,
    Releaser,
    Spender,
    Viewer,
    is_still_known,
)

router = APIRouter(prefix="/v1", tags=["jobs"], route_class=CountsOnce)

HEARTBEAT_S = 10.0
"""Seconds after which a stream without news says that it lives. Higher: proxies may end it."""
KNOWN_S = 1.0
"""Seconds between two looks whether the token or session of a listener is still good. Higher: one
that was revoked hears more."""
LOOK_S = 0.2
"""Seconds between two looks of a stream for news. Higher: news comes later."""


@dataclass(frozen=True)
class Begin:
    """Begins the job of a request: the same one whenever it is sent again with its key."""

    jobs: Jobs
    id: str | None

    def __call__(self, what: str, skill: str | None, work: Work) -> Response:
        """The answer: the job, and where it is watched."""
        job = self.jobs.start(what, skill, work, self.id)
        return answer(job.view(), 202, {"location": f"/v1/jobs/{job.id}"})


async def _begin(jobs: OpenJobs, id: RequestId) -> Begin:
    return Begin(jobs, id)


Begins: TypeAlias = Annotated[Begin, Depends(_begin)]


@router.post("/skills/{skill}/evolve", status_code=202)
def evolve(caller: Spender, arms: Arms, begin: Begins, skill: SkillName, body: Evolve) -> Response:
    """Search for better prompts and start their live test."""
    arms.check_declared(body.writer)
    options = body.options()
    arms.estimate(skill, **options)  # Refuses at once what cannot be searched.

    def work(job: Job) -> object:
        return arms.evolve(
            skill,
            seed=body.seed,
            force=body.force,
            restart=body.restart,
            listener=job,
            **options,
        )

    return begin("evolve", skill, work)


@router.post("/skills/{skill}/evaluate", status_code=202)
def evaluate(
    caller: Spender, arms: Arms, begin: Begins, skill: SkillName, body: Evaluate
) -> Response:
    """Measure a prompt on the skill's examples: a version, or a text."""
    text, version = body.prompt, body.version
    if text is not None and version is not None:
        raise UsageError("A version and a prompt are given.", "Give one of them.")

    def work(job: Job) -> object:
        if text is None:
            return arms.evaluate(skill, version, split=body.split, n=body.n, listener=job)
        return arms.evaluate_text(skill, text, split=body.split, n=body.n, listener=job)

    return begin("evaluate", skill, work)


@router.post("/skills/{skill}/compare", status_code=202)
def compare(
    caller: Spender, arms: Arms, begin: Begins, skill: SkillName, body: Compare
) -> Response:
    """Measure two prompts on the same examples."""
    return begin(
        "compare",
        skill,
        lambda job: arms.compare_texts(
            skill, body.before, body.after, split=body.split, n=body.n, listener=job
        ),
    )


@router.post("/check", status_code=202)
def check(caller: Spender, arms: Arms, begin: Begins, body: CheckAgainst) -> Response:
    """Compare the project's prompts with those of another commit, on the same examples."""
    names = known_skills(arms, body.skills) or ()

    def work(job: Job) -> object:
        view = arms.check(body.against, names, split=body.split, n=body.n, listener=job)
        return {"ok": not view.worse, **vars(view)}

    return begin("check", None, work)


@router.post("/skills/{skill}/variants", status_code=202)
def variants(
    caller: Editor, arms: Arms, begin: Begins, skill: SkillName, body: Variants
) -> Response:
    """Start a live test of prompts that people wrote."""
    return begin("create", skill, lambda job: arms.create_from_texts(skill, body.prompts, job))


@router.post("/skills/{skill}/refresh", status_code=202)
def refresh(
    caller: Releaser, arms: Arms, begin: Begins, skill: SkillName, body: Refresh
) -> Response:
    """Give the prompt in production a memory of the present gold examples."""
    return begin(
        "refresh",
        skill,
        lambda job: arms.refresh(
            skill, demonstrations=body.demonstrations, yes=body.yes, listener=job
        ),
    )


@router.post("/skills/{skill}/forecast", status_code=202)
def forecast(
    caller: Spender, arms: Arms, begin: Begins, skill: SkillName, body: Forecast | None = None
) -> Response:
    """Predict the results of a live test with the current settings. No model is called."""
    votes = None if body is None else body.votes
    return begin("forecast", skill, lambda job: arms.simulate(skill, votes, listener=job))


@router.post("/monitor/check", status_code=202)
def check_for_drop(caller: Spender, arms: Arms, begin: Begins, body: Check) -> Response:
    """Check the skills for a drop."""
    names = known_skills(arms, body.skills)
    return begin("monitor", None, lambda job: {"skills": arms.monitor(names, listener=job)})


@router.post("/monitor/evolve", status_code=202)
def evolve_on_drop(caller: Spender, arms: Arms, begin: Begins, body: Check) -> Response:
    """Check the skills for a drop, and search for better prompts for those that are due."""
    names = known_skills(arms, body.skills)
    return begin(
        "monitor", None, lambda job: {"skills": arms.monitor(names, evolve=True, listener=job)}
    )


@router.post("/doctor", status_code=202)
def doctor(caller: Spender, arms: Arms, begin: Begins, body: Doctor | None = None) -> Response:
    """Check everything that the project needs; each model is really asked."""
    asked = body or Doctor()

    def work(job: Job) -> object:
        view = arms.doctor(calls=asked.calls, timeout_s=asked.timeout_s, listener=job)
        return {"ok": view.ok, **vars(view)}

    return begin("doctor", None, work)


@router.get("/jobs")
def all_jobs(caller: Viewer, jobs: OpenJobs) -> Response:
    """The jobs of this service, newest first."""
    return answer({"items": [job.view() for job in jobs.all()], "next": None})


@router.get("/jobs/{job_id}")
def one_job(caller: Viewer, jobs: OpenJobs, job_id: AnyId) -> Response:
    """A job: its progress, and in the end its result or error."""
    return answer(known_job(jobs, job_id).view())


@router.post("/jobs/{job_id}/stop")
def stop(caller: Spender, jobs: OpenJobs, job_id: AnyId) -> Response:
    """Let a job end at its next step. A search can be resumed: evolve the skill again."""
    job = known_job(jobs, job_id)
    jobs.stop(job.id)
    return answer(job.view())


@router.get(
    "/jobs/{job_id}/events",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
def events(
    request: Request,
    caller: Viewer,
    jobs: OpenJobs,
    job_id: AnyId,
    last_event_id: Annotated[str, Header(pattern=r"^[0-9]{1,12}$")] = "0",
) -> StreamingResponse:
    """The job's events as they happen: `estimate`, `progress`, `note`; then how it ended."""
    may_listen = partial(is_still_known, request)
    stream = events_of(known_job(jobs, job_id), int(last_event_id), may_listen)
    return StreamingResponse(stream, media_type="text/event-stream")


def known_job(jobs: Jobs, id: str) -> Job:
    """The job. Raises `Refused` (404) if there is none."""
    try:
        return jobs.get(id)
    except UsageError as error:
        raise Refused(404, "not_found", error.message, error.hint) from error


async def events_of(
    job: Job, last: int, may_listen: Callable[[], bool] = lambda: True
) -> AsyncIterator[str]:
    """The job's events after the number `last`, as server-sent events, until it has ended, or the
    caller may not listen any more.

    It looks again and again, so that a listener holds no thread of the service.
    """
    quiet_s, looked_s = 0.0, 0.0
    while True:
        if looked_s >= KNOWN_S:
            looked_s = 0.0
            if not may_listen():
                return
        is_over = job.state != "running"
        for event in job.events_after(last, 0.0):
            last, quiet_s = event.number, 0.0
            yield f"id: {event.number}\nevent: {event.kind}\ndata: {json.dumps(event.data)}\n\n"
        if is_over:
            return
        if quiet_s >= HEARTBEAT_S:
            quiet_s = 0.0
            yield ": alive\n\n"
        await asyncio.sleep(LOOK_S)
        quiet_s, looked_s = quiet_s + LOOK_S, looked_s + LOOK_S
