"""Helpers that write a line of text."""

from __future__ import annotations

import re


def one_line(text: str) -> str:
    """The text without line ends, its words one space apart."""
    return " ".join(text.split())


def shorten(text: str, width: int, mark: str = "…") -> str:
    """The text, or its beginning and `mark` where it has more than `width` characters.

    Examples
    --------
    >>> from tinyarms.core.text import shorten
    >>> shorten("a long sentence", 8)
    'a long …'
    """
    return text if len(text) <= width else text[: width - len(mark)] + mark


_SHOWN_CONTROLS = "\n\t"
_SHOWN_FORMATS = "\u00ad\u200c\u200d"
"""A soft hyphen and the joiners that scripts and emoji need. They do not reorder or hide text."""
_UNSEEN_MARKS = "\u200e\u200f\u061c\ufeff"
"""Direction marks and the byte order mark, which ordinary text may contain."""


class _Visible(dict[int, str]):
    """For `str.translate`: characters that could drive or deceive a terminal become �."""

    def __missing__(self, code: int) -> str:
        import unicodedata

        char = chr(code)
        is_risky = unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        if char in _UNSEEN_MARKS:
            self[code] = ""
        elif is_risky and char not in _SHOWN_CONTROLS + _SHOWN_FORMATS:
            self[code] = "�"
        else:
            self[code] = char
        return self[code]


_VISIBLE = _Visible()


def visible(text: str) -> str:
    """The text without control characters and without characters that reorder or hide text.

    Examples
    --------
    >>> from tinyarms.core.text import visible
    >>> visible("a\\x1b[2Jb \\u202egood")
    'a�[2Jb �good'
    """
    return text if text.isascii() and text.isprintable() else text.translate(_VISIBLE)


_DRIVING = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]|\r(?!\n)"


def harmless(text: str) -> str:
    """The text with � for what drives a terminal or reorders text; all else stays as it is.

    For a text that goes to another program, which may need its byte order mark, joiners and line
    ends.

    Examples
    --------
    >>> from tinyarms.core.text import harmless
    >>> harmless("a\\x1b[2Jb\\r\\n")
    'a�[2Jb\\r\\n'
    """
    return text if text.isascii() and text.isprintable() else re.sub(_DRIVING, "�", text)


_UNSTORABLE = r"[\x00\ud800-\udfff]"


def storable(text: str) -> str:
    """The text with � for what no database, file or request can hold: NUL and lone surrogates.

    Examples
    --------
    >>> from tinyarms.core.text import storable
    >>> storable("good \\ud83d")
    'good �'
    """
    return text if text.isascii() and "\0" not in text else re.sub(_UNSTORABLE, "�", text)


def escaped(json_text: str) -> str:
    """JSON text in which these characters are escaped; its value is the same."""
    if json_text.isascii() and json_text.isprintable():
        return json_text
    return "".join(
        char if char == "\n" or visible(char) == char else _escape(char) for char in json_text
    )


def _escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def without_login(url: str) -> str:
    """The URL with `***` for a user name and password, and for the values of its query, any of
    which may be a key.

    Examples
    --------
    >>> from tinyarms.core.text import without_login
    >>> without_login("https://ada:secret@example.org/v1")
    'https://***@example.org/v1'
    >>> without_login("https://example.org/v1?key=secret")
    'https://example.org/v1?key=***'
    """
    scheme, separator, rest = url.partition("://")
    if not separator:
        return url
    # A password that nobody has escaped may hold any of `/?@`.
    login, at, after = rest.rpartition("@")
    if at and (not re.search("[/?]", login) or ":" in login.partition("/")[0]):
        rest = after
    else:
        at = ""
    rest, mark, query = rest.partition("?")
    query = "&".join(re.sub("=.*", "=***", part, flags=re.DOTALL) for part in query.split("&"))
    return f"{scheme}://{'***@' if at else ''}{rest}{mark}{query}"


def url_secrets(url: str) -> list[str]:
    """The texts of a URL that no message may show, in each form in which a server may quote them:
    the password, the login as HTTP sends it, and the values of the query.

    Examples
    --------
    >>> from tinyarms.core.text import url_secrets
    >>> url_secrets("https://ada:s3cr3t@example.org/v1?key=abc")
    ['s3cr3t', 'YWRhOnMzY3IzdA==', 'abc']
    """
    from base64 import b64encode
    from urllib.parse import parse_qsl, unquote, urlsplit

    parts = urlsplit(url)
    found: list[str] = []
    if parts.password:
        password = unquote(parts.password)
        login = f"{unquote(parts.username or '')}:{password}"
        found += [parts.password, password, b64encode(login.encode()).decode()]
    for part in parts.query.split("&"):
        found.append(part.partition("=")[2])
    found += [value for _, value in parse_qsl(parts.query)]
    return [secret for secret in dict.fromkeys(found) if secret]


def check_url(url: str) -> None:
    """Raises `ValueError`, with what to write, unless it is an address of a server.

    Examples
    --------
    >>> from tinyarms.core.text import check_url
    >>> check_url("localhost:8000")
    Traceback (most recent call last):
    ValueError: 'localhost:8000' is no URL: write http://HOST:PORT/v1, or https://HOST/v1
    """
    from urllib.parse import urlsplit

    shown = repr(shorten(without_login(url), 60))
    remedy = "write http://HOST:PORT/v1, or https://HOST/v1"
    if not url.isprintable() or " " in url:
        raise ValueError(f"{shown} has a blank or a character that no URL may have: {remedy}")
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
        is_address = is_address and parts.port != 0
    except ValueError as error:
        raise ValueError(f"{shown} is no URL ({error}): {remedy}") from None
    if not is_address:
        raise ValueError(f"{shown} is no URL: {remedy}")


_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[1-9][0-9]{0,4})?")


def check_origin(origin: str) -> None:
    """Raises `ValueError`, with what to write, unless browsers send the text as `Origin`.

    Examples
    --------
    >>> from tinyarms.core.text import check_origin
    >>> check_origin("http://127.0.0.1:3000")
    >>> check_origin("https://a.example/")
    Traceback (most recent call last):
    ValueError: 'https://a.example/' is no origin: write it as https://host or http://host:port
    """
    is_origin = _ORIGIN.fullmatch(origin) is not None
    if not is_origin or re.fullmatch("http:.*:80|https:.*:443", origin):
        raise ValueError(
            f"{shorten(origin, 60)!r} is no origin: write it as https://host or http://host:port"
        )


def cluster_address(address: str) -> str:
    """The address of a Ray cluster. Raises `ValueError`, with what to write, if it is none.

    Examples
    --------
    >>> from tinyarms.core.text import cluster_address
    >>> cluster_address("10.0.0.5:6379"), cluster_address("ray://10.0.0.5:10001")
    ('10.0.0.5:6379', 'ray://10.0.0.5:10001')
    >>> cluster_address("auto")
    Traceback (most recent call last):
    ValueError: 'auto' is no address of a cluster: write HOST:PORT or ray://HOST:PORT
    """
    from urllib.parse import urlsplit

    mistake = (
        f"{shorten(address, 60)!r} is no address of a cluster: write HOST:PORT or ray://HOST:PORT"
    )
    try:
        parts = urlsplit(address if "://" in address else f"//{address}")
        is_address = bool(parts.hostname and parts.port) and parts.scheme in ("", "ray")
    except ValueError:
        raise ValueError(mistake) from None
    if not is_address or parts.path or parts.query or "@" in parts.netloc or " " in address:
        raise ValueError(mistake)
    return address


def host_only(url: str) -> str:
    """The URL with `***` in place of its path, which may be a secret.

    Examples
    --------
    >>> from tinyarms.core.text import host_only
    >>> host_only("https://hooks.example.org/services/T0/B1/x?key=y")
    'https://hooks.example.org/***'
    """
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(without_login(url))
    except ValueError:
        return "***"
    return f"{parts.scheme}://{parts.netloc}/***" if parts.netloc else "***"


def counted(n: int, noun: str) -> str:
    """A count with its noun.

    Examples
    --------
    >>> from tinyarms.core.text import counted
    >>> counted(1, "gate"), counted(3, "gate")
    ('1 gate', '3 gates')
    """
    return f"{n} {noun}{'' if n == 1 else 's'}"
