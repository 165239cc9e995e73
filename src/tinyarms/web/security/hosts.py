"""Whether a request comes from a page that may ask: its Host, Origin and Sec-Fetch-Site."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import urlsplit

from tinyarms.web.refusal import Refused
from tinyarms.web.settings import WebSettings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


def host_name(header: str) -> str | None:
    """The name in a `Host` header without its port, in small letters; `None` if it is malformed.

    Examples
    --------
    >>> from tinyarms.web.security.hosts import host_name
    >>> host_name("LocalHost:8765"), host_name("[::1]:8765"), host_name("a@b"), host_name("")
    ('localhost', '[::1]', None, None)
    """
    try:
        parts = urlsplit(f"//{header}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        return None
    if not name or parts.netloc != header or parts.username is not None or parts.path:
        return None
    return f"[{name}]" if ":" in name else name


Route: TypeAlias = tuple[frozenset[str], re.Pattern[str]]
"""The methods and the paths of a route."""


@dataclass(frozen=True)
class Embedding:
    """What the widget uses of the service, from pages of other sites."""

    calls: tuple[Route, ...] = ()
    """What it asks for, with a token; only in pages of `server.origins`."""
    scripts: tuple[Route, ...] = ()
    """Itself, which holds nothing: browsers do not say which page loads a script."""

    def may_call(self, method: str, path: str) -> bool:
        """Whether pages of `server.origins` may ask for this."""
        return _is_among(method, path, self.calls + self.scripts)

    def may_load(self, method: str, path: str) -> bool:
        """Whether any page may load this as a script."""
        return _is_among(method, path, self.scripts)


def _is_among(method: str, path: str, routes: tuple[Route, ...]) -> bool:
    return any(method in methods and regex.match(path) for methods, regex in routes)


def is_own_origin(origin: str, host: str) -> bool:
    """Whether pages of this origin are those of the service, which was asked for by `host`.

    Examples
    --------
    >>> from tinyarms.web.security.hosts import is_own_origin
    >>> is_own_origin("https://arms.example.org", "arms.example.org")
    True
    >>> is_own_origin("http://127.0.0.1:3000", "127.0.0.1:8765")
    False
    """
    return origin.lower() in (f"http://{host.lower()}", f"https://{host.lower()}")


def check_source(
    method: str,
    path: str,
    headers: Mapping[str, list[str]],
    settings: WebSettings,
    embedding: Embedding,
) -> None:
    """Raise `Refused` unless the request may come from where it says that it comes from.

    `method`: of a preflight, the one that it asks about. `headers`: by their names in small
    letters. A name that an attacker's page resolved to this machine is not in `Host`'s list; a page
    of another site is told by `Origin`, or where a browser leaves that out, by `Sec-Fetch-Site`. A
    link that somebody follows is allowed: it changes nothing, and the cookie does not come along.
    """
    hosts = headers.get("host", [])
    if len(hosts) != 1 or host_name(hosts[0]) not in settings.hosts:
        raise Refused(
            421,
            "host",
            "The service is not reached by this name.",
            "Add it to server.hosts in config/constants.yaml.",
        )
    origins, named = headers.get("origin", []), settings.server.origins
    allowed = named if embedding.may_call(method, path) else ()
    for origin in origins:
        if is_own_origin(origin, hosts[0]) or origin in allowed:
            continue
        if origin in named:
            raise Refused(
                403,
                "origin",
                "Pages of other sites may only show the widget.",
                "Let your server ask for this.",
            )
        raise Refused(
            403,
            "origin",
            "Pages of this origin may not call the service.",
            "To embed the widget in them, add it to server.origins in config/constants.yaml.",
        )
    site = (headers.get("sec-fetch-site") or ["none"])[-1]
    if site in ("same-origin", "none") or any(origin in allowed for origin in origins):
        return
    mode, to = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    follows_link = (mode, to) == (["navigate"], ["document"]) and method in ("GET", "HEAD")
    loads_widget = (mode, to) == (["no-cors"], ["script"]) and embedding.may_load(method, path)
    if not follows_link and not loads_widget:
        raise Refused(403, "origin", "Pages of another site may not call the service.", "")
