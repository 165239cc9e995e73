"""The dashboard: pages for people.

Each route says who may see it (`web.security.access.require`) and takes the project as
`arms: Arms`. The routes are on `router` itself, which includes no other router, so that tests find
each of them. No page contains a script or a style: they are files that the service sends.
"""

from fastapi import APIRouter
from fastapi.routing import APIRoute

from tinyarms.web.pages import (
    evolution,
    examples,
    files,
    history,
    live_test,
    overview,
    settings,
    skill,
)

router = APIRouter(include_in_schema=False)
for page in (files, overview, skill, examples, evolution, live_test, history, settings):
    for route in page.router.routes:
        # Probes and previews of links ask by HEAD; a page that is looked at changes nothing.
        if isinstance(route, APIRoute) and route.methods and "GET" in route.methods:
            route.methods.add("HEAD")
    router.routes.extend(page.router.routes)

__all__ = ["router"]
