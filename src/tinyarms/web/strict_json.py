"""Bodies that say one thing only: no key twice, no NaN, nothing that parsers read differently."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from tinyarms.core.json_words import RefusedJson, json_problem, no_constant
from tinyarms.skills.example import without_repeats
from tinyarms.web.routes import Handle, LightRoute


class _StrictRequest(Request):
    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = json_of(await self.body())
        return self._json


def json_of(body: bytes) -> Any:
    """The value of a body. Raises `HTTPException` (422) with what is wrong."""
    try:
        text = body.decode("utf-8-sig")  # `json` would guess other encodings.
        return json.loads(text, object_pairs_hook=without_repeats, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        problem = json_problem(error)
    except RefusedJson as error:
        problem = str(error)
    except UnicodeDecodeError:
        problem = "it is not UTF-8"
    except RecursionError:
        problem = "it is nested too deeply"
    except ValueError:
        problem = "a number is too long"
    # The only error that FastAPI lets through while it reads a body.
    raise HTTPException(422, f"The body cannot be read as JSON: {problem}")


def strictly(handle: Handle) -> Handle:
    """The same handler, whose JSON is read by `json_of`."""

    async def handle_strictly(request: Request) -> Response:
        return await handle(_StrictRequest(request.scope, request.receive))

    return handle_strictly


class StrictRoute(LightRoute):
    """A route whose JSON is read strictly."""

    def get_route_handler(self) -> Handle:
        return strictly(super().get_route_handler())
