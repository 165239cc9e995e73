"""Addresses of servers: how people write them, and what is meant."""

from __future__ import annotations

import ipaddress
import re
import urllib.request
from collections.abc import Mapping
from urllib.parse import urlsplit

from tinyarms.core.settings import ModelSettings
from tinyarms.core.text import without_login

OLLAMA_PORT = 11434
_ENDPOINT = re.compile(r"/(chat/completions|completions|models)$")
"""What people copy with the base URL."""


def server_address(settings: ModelSettings, environ: Mapping[str, str]) -> str | None:
    """The server's base URL, without a slash at its end; `None` for a model without a server.

    Of several servers, the first: what it is found to take holds for all of them.
    An address without a path gets `/v1`. Ollama without `base_url` is where `OLLAMA_HOST` says.
    """
    if settings.kind in ("embedded", "replay"):
        return None
    if settings.base_url is not None or settings.urls:
        return with_version(settings.base_url or settings.urls[0])
    return _ollama_address(environ.get("OLLAMA_HOST", "")) if settings.kind == "ollama" else None


def server_addresses(settings: ModelSettings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The base URLs of all servers of the model; none for a model without a server."""
    first = server_address(settings, environ)
    return tuple(map(with_version, settings.urls)) or (() if first is None else (first,))


def with_version(url: str) -> str:
    """The base URL that is meant: with `/v1` where there is no path, and without an endpoint.

    Examples
    --------
    >>> from tinyarms.models.addresses import with_version
    >>> with_version("http://127.0.0.1:8000"), with_version("https://x.org/v1/chat/completions/")
    ('http://127.0.0.1:8000/v1', 'https://x.org/v1')
    """
    url = _ENDPOINT.sub("", url.rstrip("/"))
    return url if urlsplit(url).path else f"{url}/v1"


def is_loopback(host: str | None) -> bool:
    """Whether a host is this machine: `localhost`, 127.x.x.x or ::1."""
    if host is None:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


def proxy_of(url: str) -> str | None:
    """The variable and the address of the proxy that a call to this URL goes through.

    `HTTPS_PROXY (http://10.0.0.1:3128)`; `None`: it goes through none.
    """
    parts = urlsplit(url)
    if parts.hostname is None or urllib.request.proxy_bypass(parts.hostname):
        return None
    proxies = urllib.request.getproxies()
    for scheme in (parts.scheme, "all"):
        if scheme in proxies:
            return f"{scheme.upper()}_PROXY ({without_login(proxies[scheme])})"
    return None


def _ollama_address(host: str) -> str:
    """The base URL for a value of `OLLAMA_HOST`, as Ollama's own client reads it."""
    host = host.strip().strip("\"'")
    scheme, separator, rest = host.rpartition("://")
    default = {"http": 80, "https": 443}.get(scheme, OLLAMA_PORT) if separator else OLLAMA_PORT
    place, slash, path = rest.partition("/")
    try:
        parts = urlsplit(f"//{place}")
        name, port = parts.hostname or "127.0.0.1", parts.port or default
    except ValueError:
        name, port = "127.0.0.1", OLLAMA_PORT
    if name in ("0.0.0.0", "::"):  # a server listens there; nobody can be asked there
        name = "127.0.0.1"
    name = f"[{name}]" if ":" in name else name
    path = f"{slash}{path}".rstrip("/")
    return f"{scheme or 'http'}://{name}:{port}{path}/v1"
