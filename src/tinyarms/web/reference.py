"""The page of the API, `/docs`, and what it is made of. Nothing of it comes from elsewhere."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response

from tinyarms.web.refusal import Refused
from tinyarms.web.security.access import open_to_all, require

router = APIRouter(include_in_schema=False)

_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>tinyArms: the API</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
<div id="api"></div>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</html>
"""
_START = """\
SwaggerUIBundle({url: "/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null});
"""
_FILES = ("swagger-ui.css", "swagger-ui-bundle.js")


@router.get("/docs", dependencies=[require("view", "application", "vote")])
def page() -> HTMLResponse:
    """The routes, with their fields, for people."""
    return HTMLResponse(_PAGE)


@router.get("/openapi.json", dependencies=[require("view", "application", "vote")])
def description(request: Request) -> JSONResponse:
    """The routes, for programs."""
    document: dict[str, Any] = request.app.openapi()
    return JSONResponse(document)


@router.get("/docs/{name}", dependencies=[open_to_all()])
def asset(name: str) -> Response:
    """A script or style of the page."""
    if name == "start.js":
        return Response(_START, media_type="text/javascript")
    if name not in _FILES:
        raise Refused(404, "not_found", "There is no such file.")
    return FileResponse(_assets() / name, headers={"cache-control": "max-age=3600"})


@cache
def _assets() -> Path:
    package = import_module("fastapi_offline")
    return Path(str(package.__file__)).parent / "static"
