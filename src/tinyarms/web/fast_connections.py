"""Connections that httptools reads, and h11 from the first unusual request on.

httptools reads a request in a fifth of the time that h11 takes. What is unusual about one, it reads
otherwise, or not at all: then h11 reads the connection from there on, and answers as it does where
httptools is not installed.
"""

from __future__ import annotations

from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tinyarms.web.connections import Limited, LimitedH11

MOST_HEAD_BYTES = 65_536
"""Longest head of a request, chunk size or trailer, as of h11. Higher: more memory for each
connection."""
MOST_WAITING = 100
"""Most requests of one connection that wait for the answer to an earlier one. Higher: more memory
for each connection."""


class _Unusual(Exception):
    """A head that is not one of the many."""


class _Reader(HttpToolsProtocol):
    """uvicorn's protocol, which hands over what httptools reads otherwise than h11."""

    most_connections: int
    _begun: bytes | None = b""
    """What has arrived of a head since it began; `None` after it, and where its beginning is not
    known because it came in one piece with an earlier request."""
    _is_between = True
    """Whether no message has begun since the last one ended."""
    _unread = 0
    """Bytes since the last one that was part of a body, or the last of a head."""
    _is_refused = False
    """Whether nothing more is read, and the connection ends with the next answer."""

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._is_refused:
            return
        if self._is_between:
            self._begun = data
        elif self._begun is not None:
            self._begun += data
        self._unread += len(data)
        try:
            self.parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._read_otherwise()
            return
        if self._unread > MOST_HEAD_BYTES:
            self._read_otherwise()

    def on_message_begin(self) -> None:
        self._is_between = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        if self._is_unusual():
            raise _Unusual
        # The target is split as by h11: httptools would leave the host of an absolute one out.
        target, self.url = self.url, b"/"
        raw_path, _, query = target.partition(b"?")
        path = raw_path.decode("ascii")
        super().on_headers_complete()
        self.scope["path"] = unquote(path) if "%" in path else path
        self.scope["raw_path"], self.scope["query_string"] = raw_path, query
        self.headers = []  # Trailers are no headers.
        self._begun, self._unread = None, 0

    def on_chunk_header(self) -> None:
        self._unread = 0

    def on_body(self, body: bytes) -> None:
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_between, self._unread = True, 0
        super().on_message_complete()

    def _is_unusual(self) -> bool:
        hosts = 0
        for name, value in self.headers:
            if name == b"host":
                hosts += 1
            elif name == b"transfer-encoding" and value.lower() != b"chunked":
                return True
            if value.endswith((b" ", b"\t")):
                return True  # h11 leaves them out.
        return (
            hosts != 1
            or not self.url.startswith(b"/")
            or not self.url.isascii()
            or self.parser.get_http_version() != "1.1"
            or self.parser.should_upgrade()
            or len(self.pipeline) >= MOST_WAITING
        )

    def _read_otherwise(self) -> None:
        """Let h11 read the request anew. Refuse it if its beginning is not known, or if it is being
        carried out."""
        if self._begun is not None and (self.cycle is None or self.cycle.response_complete):
            self._hand_over(self._begun)
        elif self.cycle is None or self.cycle.response_complete or self._is_alone():
            self.send_400_response("")
        else:
            # After the answers to the requests before it.
            self._is_refused, self.cycle.keep_alive = True, False

    def _is_alone(self) -> bool:
        """Whether what is wrong is in the body of the only request, which has no answer yet."""
        return self.cycle.more_body and not self.cycle.response_started and not self.pipeline

    def _hand_over(self, data: bytes) -> None:
        self.connections.discard(self)
        other = LimitedH11(self.config, self.server_state, self.app_state)
        other.most_connections = self.most_connections
        self.transport.set_protocol(other)
        other.connection_made(self.transport)
        other.data_received(data)


class LimitedHttptools(Limited, _Reader):
    """A connection that httptools reads."""
