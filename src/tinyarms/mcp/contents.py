"""The content of a table that an agent names or hands over."""

from __future__ import annotations

from pathlib import Path

from tinyarms.core.errors import UsageError
from tinyarms.loop.importing.agent_rows import MAX_CONTENT_BYTES, ContentKind

_KINDS: dict[str, ContentKind] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
}
"""Ending of a file → how it is read."""


def file_content(root: Path, name: str) -> tuple[bytes, ContentKind]:
    """The content of a table below the project's folder, and how it is read.

    `name`: relative to `root`. Of a longer file, one byte more than `MAX_CONTENT_BYTES` is read.
    Hidden files, links that lead out and files of other kinds are refused. Raises `UsageError`.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tinyarms.mcp.contents import file_content
    >>> file_content(Path("/"), "etc/passwd")
    Traceback (most recent call last):
    tinyarms.core.errors.UsageError: The file ends in none of .csv, .tsv, .jsonl, .ndjson, .json. \
Name a CSV file or JSON lines.
    """
    path = root / name
    try:
        real = path.resolve(strict=True)
        below = real.relative_to(root.resolve())
    except (OSError, ValueError, RuntimeError):
        raise UsageError(
            "There is no such file below the project's folder.", "Copy it there, or send its text."
        ) from None
    if any(part.startswith(".") for part in below.parts) or not real.is_file():
        raise UsageError("This is no file with rows.", "Name a CSV file or JSON lines.")
    kind = _KINDS.get(real.suffix.lower())
    if kind is None:
        endings = ", ".join(_KINDS)
        raise UsageError(f"The file ends in none of {endings}.", "Name a CSV file or JSON lines.")
    try:
        with real.open("rb") as file:
            return file.read(MAX_CONTENT_BYTES + 1), kind
    except OSError as error:
        raise UsageError(f"The file cannot be read ({error.strerror}).") from None
