"""How a browser gets its session: by the link that was printed, or by a token."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from tinyarms.web.pages.show import is_browser
from tinyarms.web.refusal import Refused
from tinyarms.web.security.access import open_to_all, service_of
from tinyarms.web.security.caller import Caller
from tinyarms.web.security.sessions import COOKIE, SESSION_S

router = APIRouter(include_in_schema=False)

_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in · tinyArms</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/style.css">
<main class="narrow">
<h1>Sign in to tinyArms</h1>
{said}<form method="post" action="/sign-in">
<label class="field" for="token">Token
<input id="token" name="token" type="password" autocomplete="off" required autofocus></label>
<p><button>Sign in</button></p>
</form>
<p class="muted">The person who started the service has a link in the terminal. Everybody
else needs a token: <code>tinyarms serve token add</code>.</p>
</main>
</html>
"""


@router.get("/sign-in", dependencies=[open_to_all()])
def sign_in_page() -> HTMLResponse:
    """Where a person enters a token."""
    return HTMLResponse(_PAGE.format(said=""))


@router.get("/sign-in/{code}", dependencies=[open_to_all()])
def redeem(request: Request, code: str) -> Response:
    """The link that was printed: its code works once."""
    session = service_of(request).sessions.redeem(code)
    if session is None:
        return _refused(
            request,
            "This link was used, or is too old.",
            "Start the service again, or sign in with a token at /sign-in.",
        )
    return _begin(request, session)


@router.post("/sign-in", dependencies=[open_to_all()])
def sign_in(request: Request, token: Annotated[str, Form(max_length=200)]) -> Response:
    """Begin a session with a token, which no page and no link holds afterwards."""
    service = service_of(request)
    found = service.arms.find_token(token.strip())
    if found is None:
        return _refused(request, "The token is unknown, revoked or expired.", "Try again.")
    return _begin(request, service.sessions.open(Caller.of(found)))


@router.post("/sign-out", dependencies=[open_to_all()])
def sign_out(request: Request) -> Response:
    """End the session of this browser."""
    session = request.cookies.get(COOKIE)
    if session is not None:
        service_of(request).sessions.close(session)
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def _refused(request: Request, message: str, hint: str) -> Response:
    """A person may try again at once; a program gets the problem of all routes."""
    if not is_browser(request):
        raise Refused(401, "token", message, hint)
    said = f'<p class="warning" role="alert">{message} {hint}</p>\n'
    return HTMLResponse(_PAGE.format(said=said), 401)


def _begin(request: Request, session: str) -> Response:
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        COOKIE,
        session,
        max_age=int(SESSION_S),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer
