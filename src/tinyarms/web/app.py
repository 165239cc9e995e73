"""The app: all routes, what every request passes, and the shape of errors."""

from __future__ import annotations

import importlib.metadata

from fastapi import FastAPI

from tinyarms.loop.api import TinyArms
from tinyarms.web import operations, pages, reference, signing_in
from tinyarms.web.problems import answer_errors
from tinyarms.web.rest import skills
from tinyarms.web.security.access import Service
from tinyarms.web.security.guard import Guard
from tinyarms.web.security.limits import Rates
from tinyarms.web.security.sessions import Sessions
from tinyarms.web.settings import WebSettings

DESCRIPTION = (
    "Everything that the command line does, for programs. The fields of the answers are those that "
    "`--json` prints. Errors are `application/problem+json`."
)


def make_app(arms: TinyArms, settings: WebSettings) -> FastAPI:
    """The service on an open project, which the caller opens and closes."""
    app = FastAPI(
        title="tinyArms",
        version=importlib.metadata.version("tinyarms"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
    )
    app.state.service = Service(arms, settings, Sessions(), Rates(settings.server.requests_per_s))
    for router in (
        operations.router,
        signing_in.router,
        reference.router,
        skills.router,
        pages.router,
    ):
        # Flat, so that a test can read each route, with its role, from `app.routes`.
        app.router.routes.extend(router.routes)
    answer_errors(app)
    app.add_middleware(Guard, settings=settings)
    return app
