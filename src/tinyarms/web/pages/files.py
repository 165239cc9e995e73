"""The files that pages use."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

from tinyarms.web.assets.rendering import FILES
from tinyarms.web.refusal import Refused
from tinyarms.web.security.access import open_to_all

router = APIRouter(include_in_schema=False)


@router.get("/assets/{name}", dependencies=[open_to_all()])
def asset(name: str) -> Response:
    """A script, a style or a picture of the pages."""
    if name not in FILES:
        raise Refused(404, "not_found", "There is no such file.")
    # Names of vendored files carry their version; the others may change with the next release.
    age = "max-age=31536000, immutable" if ".min." in name else "no-cache"
    return FileResponse(FILES[name], headers={"cache-control": age})
