"""The dashboard: pages for people.

Each route says who may see it (`web.security.access.require`) and takes the project as
`arms: Arms`. The routes are on `router` itself, which includes no other router, so that tests find
each of them. No page contains a script or a style: they are files that the service sends.
"""

from fastapi import APIRouter

router = APIRouter(include_in_schema=False)

__all__ = ["router"]
