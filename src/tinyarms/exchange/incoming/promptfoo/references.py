"""What a text in a promptfoo config refers to: a file, a glob, code, an address, or nothing."""

from __future__ import annotations

import re
from typing import Literal

from tinyarms.core.errors import ImportRefused

Kind = Literal["text", "file", "glob", "code", "remote"]
CODE_SUFFIXES = (".js", ".cjs", ".mjs", ".ts", ".cts", ".mts", ".py", ".rb", ".go", ".sh")
_CODE = re.compile(
    rf"^(?:file://)?[^\n]*(?:{'|'.join(map(re.escape, CODE_SUFFIXES))})(?::[\w.]+)?$"
)
_COMMANDS = ("exec:", "python:", "javascript:", "golang:", "ruby:", "webhook:", "package:")
_REMOTE = re.compile(r"^(?!file://)[a-z][a-z0-9+.-]*://", re.IGNORECASE)
FILE = "file://"


def kind_of(text: str, *, bare_files: tuple[str, ...] = ()) -> Kind:
    """What a text refers to.

    `bare_files`: endings of file names that need no `file://`.
    """
    line = text.strip()
    if "\n" in line or not line:
        return "text"
    if line.startswith(_COMMANDS):
        return "code"
    if _CODE.match(line) and (line.startswith(FILE) or bare_files) and " " not in line:
        return "code"
    if _REMOTE.match(line) and " " not in line:
        return "remote"
    is_file = line.startswith(FILE) or (
        bool(bare_files) and line.endswith(bare_files) and " " not in line and "{{" not in line
    )
    if not is_file:
        return "text"
    return "glob" if re.search(r"[*?\[]", line) else "file"


def path_of(text: str) -> str:
    """The path of a text that refers to a file or a glob."""
    return text.strip().removeprefix(FILE)


def remote(where: str, what: str) -> ImportRefused:
    """The refusal of what is on the net."""
    return ImportRefused(
        f"{where}: {what} is on the net, and nothing is fetched.",
        "Save it as a file beside the config, and name that.",
    )
