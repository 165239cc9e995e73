"""The settings of a running service."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from tinyarms.core.settings import Server

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""Names of this machine in a `Host` header."""
PORT = 8765
"""Where the service listens unless told otherwise."""


@dataclass(frozen=True)
class WebSettings:
    """Where a service listens, and what it allows."""

    host: str = "127.0.0.1"
    port: int = PORT
    server: Server = field(default_factory=Server)
    """The `server:` settings of the project."""

    @cached_property
    def hosts(self) -> frozenset[str]:
        """The names, without ports, by which it may be asked for."""
        own = {self.host, f"[{self.host}]"} - {"0.0.0.0", "[0.0.0.0]", "::", "[::]"}
        return frozenset(name.lower() for name in (*LOOPBACK, *own, *self.server.hosts))

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
