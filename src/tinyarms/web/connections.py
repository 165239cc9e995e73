"""Connections of callers: how many, and how long their requests may take to begin."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from tinyarms.web.problems import RETRY_AFTER_S, problem
from tinyarms.web.refusal import Refused
from tinyarms.web.settings import WebSettings

HEAD_S = 20.0
"""Seconds in which the head of a request has to arrive. Higher: slower callers are served, and
those that never end hold more connections."""

if TYPE_CHECKING:
    _Protocol = asyncio.Protocol
else:
    _Protocol = object


class Limited(_Protocol):
    """Before a protocol of uvicorn. Answers what is no HTTP, which reaches no route, with a problem
    like every other mistake; ends a connection whose request does not begin; and limits how many
    are open."""

    most_connections = WebSettings().server.max_connections
    connections: set[Any]
    cycle: Any
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._expect_head()
        self._make_room()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._forget_late()

    def _make_room(self) -> None:
        """If this connection is one too many, end the one that has waited longest for its next
        request; without such a one, refuse this one.

        So whoever opens many, and sends nothing, holds up nobody.
        """
        there = [each for each in self.connections if not each.transport.is_closing()]
        if len(there) <= self.most_connections:
            return
        waiting = [each for each in there if each is not self and each._lacks_head]
        if waiting:
            min(waiting, key=Limited._late_at).transport.close()
            return
        said = f"{self.most_connections} connections are open already."
        hint = "Try again later, or raise server.max_connections in config/constants.yaml."
        headers = {"retry-after": str(RETRY_AFTER_S)}
        self._refuse(Refused(503, "service", said, hint, headers))

    def _late_at(self) -> float:
        """When it would be ended because no request has begun, by the loop's clock. One that has
        had an answer is ended by the keep-alive, and comes last."""
        return inf if self._late is None else self._late.when()

    @property
    def _lacks_head(self) -> bool:
        """Whether no request is being carried out, so that the next one has not begun."""
        return self.cycle is None or self.cycle.response_complete

    def _expect_head(self) -> None:
        if not self._lacks_head or self not in self.connections:
            self._forget_late()
        elif self._late is None:
            self._late = self.loop.call_later(HEAD_S, self._end_late)

    def _end_late(self) -> None:
        self._late = None
        if self._lacks_head and not self.transport.is_closing():
            self.transport.close()

    def _forget_late(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def send_400_response(self, msg: str) -> None:
        refused = Refused(
            400, "usage", "This is no HTTP request.", "Let an HTTP client write it; see /docs."
        )
        self._refuse(refused)

    def _refuse(self, refused: Refused) -> None:
        """Answer what has reached no route, and end the connection."""
        answer = problem(refused)
        reason = HTTPStatus(refused.status).phrase
        lines = [f"HTTP/1.1 {refused.status} {reason}", "connection: close"]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        self.transport.write("\r\n".join([*lines, "", ""]).encode("latin-1") + bytes(answer.body))
        self.transport.close()


class LimitedH11(Limited, H11Protocol):
    """A connection that h11 reads."""
