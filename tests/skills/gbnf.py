"""Parses llama.cpp's grammar format as strictly as its own parser, to check our grammars."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<literal>"(?:[^"\\]|\\.)*")
      | (?P<cls>\[(?:[^\]\\]|\\.)*\])
      | (?P<repeat>\{\d+,\d*\})
      | (?P<mark>[()|])
    )\s*""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", "\\": "\\", '"': '"', "[": "[", "]": "]"}


def accepts(grammar: str, text: str) -> bool:
    """Whether a grammar of one rule, `root`, derives the text as a whole."""
    return re.fullmatch(_to_regex(grammar), text) is not None


def _to_regex(grammar: str) -> str:
    assert "\n" not in grammar
    name, _, body = grammar.partition(" ::= ")
    assert name == "root"
    out, at, repeatable = "", 0, False
    while at < len(body):
        token = _TOKEN.match(body, at)
        assert token is not None, f"no grammar from here: {body[at:]!r}"
        at = token.end()
        kind, said = token.lastgroup, token.group(token.lastgroup or 0)
        if kind == "literal":
            out += f"(?:{''.join(map(re.escape, _chars(said[1:-1])))})"
        elif kind == "cls":
            out += _class(said[1:-1])
        elif kind == "repeat":
            assert repeatable
            out += said
        else:
            out += {"(": "(?:"}.get(said, said)
        repeatable = kind in ("literal", "cls") or said == ")"
    return out


def _class(inside: str) -> str:
    negated = inside.startswith("^")
    chars = _chars(inside[negated:], mark_escaped=True)
    out, at = "", 0
    while at < len(chars):
        low = chars[at][-1]
        if chars[at + 1 : at + 2] == ["-"] and at + 2 < len(chars):
            out += f"{re.escape(low)}-{re.escape(chars[at + 2][-1])}"
            at += 3
        else:
            out += re.escape(low)
            at += 1
    assert out, "an empty class"
    return f"[{'^' if negated else ''}{out}]"


def _chars(text: str, mark_escaped: bool = False) -> list[str]:
    """Its characters, escapes undone; with `mark_escaped`, those keep a backslash before them."""
    chars, at = [], 0
    while at < len(text):
        if text[at] != "\\":
            chars.append(text[at])
            at += 1
            continue
        mark = "\\" if mark_escaped else ""
        if text[at + 1] == "x":
            chars.append(mark + chr(int(text[at + 2 : at + 4], 16)))
            at += 4
        else:
            chars.append(mark + _PLAIN_ESCAPES[text[at + 1]])
            at += 2
    return chars
