"""The page of the API, `/docs`, and what it is made of. Nothing of it comes from elsewhere."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response

from tinyarms.web.openai_api.errors import PATHS
from tinyarms.web.problems import PROBLEM_JSON
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
    return JSONResponse(described(request.app))


_ERRORS = {
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail", "hint", "kind"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string", "description": "What happened, and where."},
            "hint": {"type": "string", "description": "What to do; may be empty."},
            "kind": {"type": "string", "description": "The kind of error: docs/json.md."},
            "skill": {
                "type": "string",
                "description": "The only skill that cannot be used; left out: it concerns more.",
            },
        },
    },
    "OpenAIError": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["message", "type", "param", "code"],
                "properties": {
                    "message": {"type": "string"},
                    "type": {"type": "string"},
                    "param": {"type": ["string", "null"]},
                    "code": {"type": "string"},
                },
            }
        },
    },
}


_CANNOT_NOW = (
    "The service cannot now. 503: the database or the model is away, or `config.yaml` or "
    "`config/constants.yaml` has a mistake (kind `config`), which `detail` names with its file and "
    "line, and `hint` how to mend it. Send the request again after `Retry-After`."
)


def described(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI description of the app, with the errors as they are answered."""
    if app.openapi_schema is not None:
        return app.openapi_schema
    document: dict[str, Any] = app.openapi()
    schemas = document["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas |= _ERRORS
    document["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    problem = {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    openai = {"application/json": {"schema": {"$ref": "#/components/schemas/OpenAIError"}}}
    for path, operations in document["paths"].items():
        # Hosts, origins and sizes are refused before a route: always with a problem.
        content = {**problem, **(openai if path.startswith(PATHS) else {})}
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"] |= {
                "4XX": {"description": "The request cannot be carried out.", "content": content},
                "5XX": {"description": _CANNOT_NOW, "content": content},
            }
    return document


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
