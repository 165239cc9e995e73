"""Whether a request comes from a page that may ask: its Host, Origin and Sec-Fetch-Site."""

from __future__ import annotations

from collections.abc import Mapping
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


def check_source(method: str, headers: Mapping[str, list[str]], settings: WebSettings) -> None:
    """Raise `Refused` unless the request may come from where it says that it comes from.

    `headers`: by their names in small letters. A name that an attacker's page resolved to this
    machine is not in `Host`'s list; a page of another site is told by `Origin`, or where a browser
    leaves that out, by `Sec-Fetch-Site`. A link that somebody follows is allowed: it changes
    nothing, and the cookie does not come along.
    """
    hosts = headers.get("host", [])
    if len(hosts) != 1 or host_name(hosts[0]) not in settings.hosts:
        raise Refused(
            421,
            "host",
            "The service is not reached by this name.",
            "Add it to server.hosts in config/constants.yaml.",
        )
    origins, allowed = headers.get("origin", []), settings.server.origins
    own = {f"http://{hosts[0].lower()}", f"https://{hosts[0].lower()}"}
    for origin in origins:
        if origin.lower() not in own and origin not in allowed:
            raise Refused(
                403,
                "origin",
                "Pages of this origin may not call the service.",
                "Add it to server.origins in config/constants.yaml.",
            )
    site = (headers.get("sec-fetch-site") or ["none"])[-1]
    if site in ("same-origin", "none") or any(origin in allowed for origin in origins):
        return
    follows_link = headers.get("sec-fetch-mode") == ["navigate"] and method in ("GET", "HEAD")
    if not follows_link or headers.get("sec-fetch-dest") != ["document"]:
        raise Refused(403, "origin", "Pages of another site may not call the service.", "")
