"""For whoever runs the service: whether it is well, and its figures."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tinyarms.core.errors import TinyArmsError
from tinyarms.loop.api import TinyArms
from tinyarms.web.answers import answer
from tinyarms.web.jobs import Jobs
from tinyarms.web.security.access import Arms, OpenJobs, open_to_all, require

router = APIRouter(tags=["operations"])

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
"""Seconds of an answer."""


@dataclass
class Figures:
    """The figures of one service, for Prometheus. No name of a user or token is among them."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        of = {"registry": self.registry}
        labels = ("method", "route", "status")
        self.requests = Counter("tinyarms_requests", "Requests.", labels, **of)  # type: ignore[arg-type]
        self.seconds = Histogram(
            "tinyarms_request_seconds",
            "Seconds until the answer began.",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.accuracy = self._gauge("skill_accuracy", "Accuracy of the version in production.")
        self.outcomes = self._gauge("skill_outcomes", "Known outcomes that the accuracy is over.")
        self.version = self._gauge("skill_version", "Number of the version in production.")
        self.jobs = Gauge("tinyarms_jobs", "Jobs that are running.", registry=self.registry)
        self.database = Gauge(
            "tinyarms_database_up", "1 if the database answers.", registry=self.registry
        )

    def text(self, arms: TinyArms, jobs: Jobs) -> bytes:
        """All of them, in the text form of Prometheus."""
        self.jobs.set(sum(job.state == "running" for job in jobs.all()))
        is_up = True
        for skill in arms.skills:
            try:
                stats = arms.stats(skill)
            except TinyArmsError as error:
                is_up = is_up and error.kind not in ("store", "database_damaged")
                continue
            self.outcomes.labels(skill).set(stats.n)
            self.version.labels(skill).set(stats.prompt_version)
            if stats.accuracy is not None:
                self.accuracy.labels(skill).set(stats.accuracy)
        self.database.set(is_up)
        return generate_latest(self.registry)

    def _gauge(self, name: str, words: str) -> Gauge:
        return Gauge(f"tinyarms_{name}", words, ("skill",), registry=self.registry)


class Counted:
    """Counts each request by its route, and the seconds until its answer began."""

    def __init__(self, app: ASGIApp, figures: Figures) -> None:
        self._app, self._figures = app, figures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()

        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                # The path of the route, not of the request: a stranger makes no new series.
                route = getattr(scope.get("route"), "path_format", "none")
                status = str(message["status"])
                self._figures.requests.labels(_method(scope), route, status).inc()
                self._figures.seconds.labels(route).observe(time.monotonic() - began)
            await send(message)

        await self._app(scope, receive, send_counted)


@router.head("/healthz", dependencies=[open_to_all()], include_in_schema=False)
@router.get("/healthz", dependencies=[open_to_all()], summary="Whether the service answers")
def healthz() -> Response:
    """200 while tasks are served, also while the database is away."""
    return answer({"ok": True})


@router.get(
    "/metrics",
    dependencies=[require("view")],
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
)
def metrics(request: Request, arms: Arms, jobs: OpenJobs) -> Response:
    """Requests and their seconds, and the accuracy of each skill."""
    figures: Figures = request.app.state.figures
    return Response(figures.text(arms, jobs), media_type=CONTENT_TYPE_LATEST)


def _method(scope: Any) -> str:
    method = str(scope["method"])
    return method if method in ("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS") else "other"
