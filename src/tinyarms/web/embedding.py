"""The script that shows thumbs or a ballot in a page of another site."""

from __future__ import annotations

from importlib.resources import files

from fastapi import APIRouter
from fastapi.responses import Response

from tinyarms.web.security.access import open_to_all

router = APIRouter(include_in_schema=False)

_FILE = files("tinyarms") / "web_widget" / "widget.js"
_HEADERS = {"cache-control": "max-age=3600", "cross-origin-resource-policy": "cross-origin"}


@router.get("/widget.js", dependencies=[open_to_all(is_widget=True)])
def widget() -> Response:
    """The same for everybody: what it shows and whom it asks stands in the page."""
    return Response(_FILE.read_bytes(), 200, _HEADERS, "text/javascript")
