"""The app: all routes, what every request passes, and the shape of errors."""

from __future__ import annotations

import importlib.metadata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from anyio import to_thread
from fastapi import FastAPI

from tinyarms.core.file_names import FileNames
from tinyarms.core.privacy.masking import mask
from tinyarms.loop.api import TinyArms
from tinyarms.loop.api.elsewhere import for_callers_elsewhere
from tinyarms.web import embedding, operations, pages, reference, signing_in
from tinyarms.web.config_changes import ConfigChanges
from tinyarms.web.jobs import Jobs
from tinyarms.web.openai_api import routes
from tinyarms.web.openai_api.errors import openai_error
from tinyarms.web.operations import Counted, Figures
from tinyarms.web.own_tasks import OwnTasks
from tinyarms.web.pages.show import page_for_people
from tinyarms.web.problems import answer_errors
from tinyarms.web.rest import decisions, examples, imports, skills, tasks, votes, work
from tinyarms.web.security.access import Service, embedding_of
from tinyarms.web.security.guard import Guard
from tinyarms.web.security.limits import Rates
from tinyarms.web.security.sessions import Sessions
from tinyarms.web.settings import WebSettings

THREADS = 200
"""Most requests that are worked on at once. Higher: more memory, and fewer wait for slow models."""
JOB_END_S = 1.0
"""Seconds that jobs are waited for when the service ends. Higher: fewer are interrupted."""
DESCRIPTION = (
    "Everything that the command line does, for programs. The fields of the answers are those that "
    "`--json` prints. Errors are `application/problem+json`."
)


def make_app(arms: TinyArms, settings: WebSettings) -> FastAPI:
    """The service on an open project, which the caller opens and closes."""
    arms = for_callers_elsewhere(arms)
    app = FastAPI(
        title="tinyArms",
        version=importlib.metadata.version("tinyarms"),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.service = Service(
        arms=arms,
        settings=settings,
        sessions=Sessions(),
        rates=Rates(settings.server.requests_per_s),
        jobs=Jobs(FileNames(arms.root)),
        own_tasks=OwnTasks(arms),
        config_changes=ConfigChanges(arms),
    )
    # What applications ask for comes first: each route is compared with the path in turn.
    for router in (
        tasks.router,
        routes.router,
        votes.router,
        operations.router,
        embedding.router,
        signing_in.router,
        reference.router,
        skills.router,
        examples.router,
        imports.router,
        work.router,
        decisions.router,
        pages.router,
    ):
        # Flat, so that a test can read each route, with its role, from `app.routes`.
        app.router.routes.extend(router.routes)
    answer_errors(app, openai_error, page_for_people)
    app.state.figures = Figures()
    app.add_middleware(Guard, settings=settings, embedding=embedding_of(app))
    app.add_middleware(Counted, figures=app.state.figures)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Models are slow, so many requests wait at once, each on a thread."""
    to_thread.current_default_thread_limiter().total_tokens = THREADS
    await to_thread.run_sync(_load_early)
    yield
    app.state.service.jobs.stop_all()
    await to_thread.run_sync(app.state.service.jobs.wait, JOB_END_S)


def _load_early() -> None:
    """Load what the first ballot and the first page would load else, which takes a moment. Done
    before the first request: in a thread beside it, it would make that one slower."""
    import scipy.special  # noqa: F401 - the use cases need it

    mask("@")  # loads the finders
