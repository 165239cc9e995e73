"""Run the service until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address

import uvicorn

from tinyarms.core.ending import Ending
from tinyarms.core.errors import ServiceError, UsageError
from tinyarms.loop.api import TinyArms
from tinyarms.web.app import make_app
from tinyarms.web.connections import Limited, LimitedH11
from tinyarms.web.jobs import Jobs
from tinyarms.web.security.caller import Caller
from tinyarms.web.settings import WebSettings

GRACE_S = 1
"""Seconds that open requests may take after the service was told to end. Higher: longer answers
are finished, and Ctrl-C takes longer."""
CALLS_S = 0.5
"""Seconds after which calls of models are ended then, below `GRACE_S`: whoever waits for one is
still told to try again. Higher: slower models still answer."""
_STEP_S = 0.1
"""Seconds that a job has then to end at its next step. Higher: more jobs say themselves how they
ended, and others are told of it later."""
BACKGROUND_S = 0.2
"""Seconds that work in the background may take then, such as ballots of slow models. Higher: more
is done, and less is left to the next process."""


@dataclass(frozen=True)
class Listening:
    """Where the service listens."""

    url: str
    """The address that the pages and the API are below."""
    link: str
    """Signs the browser of the project's owner in, once, within 10 minutes."""
    is_local: bool
    """Whether only this machine reaches it."""


def run_service(arms: TinyArms, host: str, port: int, tell: Callable[[Listening], None]) -> None:
    """Serve the project at an address until SIGINT or SIGTERM. `tell` is called once it answers.

    `port` 0: any free one. Raises `UsageError` for an address that is not this machine's, and
    `ServiceError` for a port that is taken.
    """
    listening = _listen(host, port)
    with listening:
        settings = WebSettings(
            host, listening.getsockname()[1], arms.settings().prompt_evolution.server
        )
        app = make_app(arms, settings)
        code = app.state.service.sessions.new_code(Caller("release", None, "owner"))
        is_local = ip_address(listening.getsockname()[0]).is_loopback
        where = Listening(settings.url, f"{settings.url}/sign-in/{code}", is_local)
        config = uvicorn.Config(
            app,
            log_config=None,
            http=_http_of(settings),
            ws="none",  # There is none; an upgrade is refused as any other request.
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.server.proxies),
            forwarded_allow_ips=list(settings.server.proxies),
            timeout_graceful_shutdown=GRACE_S,
        )
        # What strangers send is answered, and not logged.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        server = _Server(config, arms, app.state.service.jobs, lambda: tell(where))
        server.run(sockets=[listening])
        server.ending.close()


def fastest() -> type[Limited]:
    """What reads connections: with httptools, if it is installed."""
    try:
        from tinyarms.web.fast_connections import LimitedHttptools
    except ImportError:
        return LimitedH11
    return LimitedHttptools


def _http_of(settings: WebSettings) -> type[asyncio.Protocol]:
    """The protocol with the settings' number of connections; uvicorn makes one for each."""
    most = settings.server.max_connections
    return type("_LimitedHttp", (fastest(),), {"most_connections": most})


class _Server(uvicorn.Server):
    """Ends soon and quietly: no signal is raised again, so that the project is closed afterwards.

    `begun` is called once it answers.
    """

    def __init__(
        self, config: uvicorn.Config, arms: TinyArms, jobs: Jobs, begun: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._arms, self._jobs, self._begun = arms, jobs, begun
        self.ending = Ending(partial(arms.close, BACKGROUND_S))

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        # What is loaded stays. To search it for cycles again would hold up the first page.
        gc.freeze()
        if self.started:
            self._begun()

    def handle_exit(self, sig: int, frame: object) -> None:
        super().handle_exit(sig, frame)  # type: ignore[arg-type]
        # Whatever is cut off from now on is no error of the service.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        # At once, so that whoever listens to a job hears its end within the grace.
        threading.Thread(target=self._end_work, daemon=True).start()
        self.ending.begin(0)
        self._captured_signals.clear()

    def _end_work(self) -> None:
        self._jobs.stop_all()
        time.sleep(CALLS_S)
        while True:
            self._arms.stop_calls()
            self._jobs.give_up(_STEP_S)  # A job may make another call before its next step.


def _listen(host: str, port: int) -> socket.socket:
    try:
        address = ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError as error:
        raise UsageError(
            f"{host!r} is no address of this machine.", "Try 127.0.0.1, or 0.0.0.0 for all."
        ) from error
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # With the protocol named, asyncio lets no answer's end wait for the caller's next packet.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((str(address), port))
        listening.listen(1024)
    except OSError as error:
        listening.close()
        reason = (error.strerror or str(error)).lower()
        raise ServiceError(
            f"{host}:{port}: nothing can listen there ({reason}).", "Give another --port."
        ) from error
    return listening
