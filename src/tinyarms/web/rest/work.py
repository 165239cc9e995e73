"""What takes minutes: searches, measurements, live tests. Each begins a job, which is watched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response, StreamingResponse

from tinyarms.core.errors import UsageError
from tinyarms.core.text import visible
from tinyarms.loop.api import TinyArms
from tinyarms.web.answers import answer
from tinyarms.web.jobs import Job, Jobs, Work
from tinyarms.web.refusal import Refused
from tinyarms.web.repeats import CountsOnce, RequestId
from tinyarms.web.rest.bodies import Compare, Evaluate, Evolve, Refresh, Variants
from tinyarms.web.rest.parameters import AnyId, SkillName
from tinyarms.web.security.access import Arms, Editor, OpenJobs, Releaser, Spender, Viewer

router = APIRouter(prefix="/v1", tags=["jobs"], route_class=CountsOnce)

HEARTBEAT_S = 10.0
"""Seconds after which a stream without news says that it lives. Higher: proxies may end it."""


def known_writer(arms: TinyArms, name: str | None) -> None:
    """Raise `UsageError` unless the project declares the model."""
    models = arms.settings().models
    if name is not None and name not in models:
        raise UsageError(f"There is no model {visible(name)!r}.", f"Declared: {', '.join(models)}.")


@router.post("/skills/{skill}/evolve", status_code=202)
def evolve(
    caller: Spender, arms: Arms, jobs: OpenJobs, id: RequestId, skill: SkillName, body: Evolve
) -> Response:
    """Search for better prompts and start their live test."""
    known_writer(arms, body.writer)
    # Refuses at once what cannot be searched.
    arms.estimate(skill, **body.options())

    def work(job: Job) -> object:
        options = body.options()
        return arms.evolve(
            skill,
            seed=body.seed,
            force=body.force,
            restart=body.restart,
            listener=job,
            **options,
        )

    return _begun(jobs, "evolve", skill, work, id)


@router.post("/skills/{skill}/evaluate", status_code=202)
def evaluate(
    caller: Spender, arms: Arms, jobs: OpenJobs, id: RequestId, skill: SkillName, body: Evaluate
) -> Response:
    """Measure a prompt on the skill's examples: a version, or a text."""
    if body.prompt is not None and body.version is not None:
        raise UsageError("A version and a prompt are given.", "Give one of them.")
    text = body.prompt
    if text is not None:
        return _begun(
            jobs,
            "evaluate",
            skill,
            lambda job: arms.evaluate_text(skill, text, split=body.split, n=body.n, listener=job),
            id,
        )
    return _begun(
        jobs,
        "evaluate",
        skill,
        lambda job: arms.evaluate(skill, body.version, split=body.split, n=body.n, listener=job),
        id,
    )


@router.post("/skills/{skill}/compare", status_code=202)
def compare(
    caller: Spender, arms: Arms, jobs: OpenJobs, id: RequestId, skill: SkillName, body: Compare
) -> Response:
    """Measure two versions on the same examples."""
    return _begun(
        jobs,
        "compare",
        skill,
        lambda job: arms.compare(
            skill, body.before, body.after, split=body.split, n=body.n, listener=job
        ),
        id,
    )


@router.post("/skills/{skill}/variants", status_code=202)
def variants(
    caller: Editor, arms: Arms, jobs: OpenJobs, id: RequestId, skill: SkillName, body: Variants
) -> Response:
    """Start a live test of prompts that people wrote."""
    prompts = body.prompts
    return _begun(
        jobs,
        "create",
        skill,
        lambda job: arms.create_from_texts(skill, prompts, listener=job),
        id,
    )


@router.post("/skills/{skill}/refresh", status_code=202)
def refresh(
    caller: Releaser, arms: Arms, jobs: OpenJobs, id: RequestId, skill: SkillName, body: Refresh
) -> Response:
    """Give the prompt in production a memory of the present gold examples."""
    return _begun(
        jobs,
        "refresh",
        skill,
        lambda job: arms.refresh(
            skill, demonstrations=body.demonstrations, yes=body.yes, listener=job
        ),
        id,
    )


@router.post("/doctor", status_code=202)
def doctor(caller: Spender, arms: Arms, jobs: OpenJobs, id: RequestId) -> Response:
    """Check everything that the project needs; each model is really asked."""
    return _begun(jobs, "doctor", None, lambda job: arms.doctor(listener=job), id)


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
    caller: Viewer,
    jobs: OpenJobs,
    job_id: AnyId,
    last_event_id: Annotated[str, Header(pattern=r"^[0-9]{1,12}$")] = "0",
) -> StreamingResponse:
    """The job's events as they happen: `estimate`, `progress`, `note`; then how it ended."""
    stream = _stream(known_job(jobs, job_id), int(last_event_id))
    return StreamingResponse(stream, media_type="text/event-stream")


def known_job(jobs: Jobs, id: str) -> Job:
    """The job. Raises `Refused` (404) if there is none."""
    try:
        return jobs.get(id)
    except UsageError as error:
        raise Refused(404, "not_found", error.message, error.hint) from error


def _begun(jobs: Jobs, what: str, skill: str | None, work: Work, id: str | None) -> Response:
    job = jobs.start(what, skill, work, id)
    return answer(job.view(), 202, {"location": f"/v1/jobs/{job.id}"})


def _stream(job: Job, last: int) -> Iterator[str]:
    while True:
        is_over = job.state != "running"
        news = job.events_after(last, HEARTBEAT_S)
        for event in news:
            last = event.number
            yield f"id: {event.number}\nevent: {event.kind}\ndata: {json.dumps(event.data)}\n\n"
        if is_over:
            return
        if not news:
            yield ": alive\n\n"
