"""The options of `tinyarms skill add`, as the values that they stand for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tinyarms.core.errors import UsageError
from tinyarms.loop.importing.naming import as_name


def name_of(source: Path | None) -> str:
    """A name for the skill of a file; empty without a file, or if its name has no Latin letter."""
    return "" if source is None else as_name(source.stem)


def output_of(text: str | None) -> Mapping[str, Any] | None:
    """`output:` of what the option says; `None`: the rows decide. Raises `UsageError`."""
    kind, _, rest = (text or "labels").partition(":")
    if kind == "labels":
        return {"labels": [part.strip() for part in rest.split(",")]} if rest else None
    if kind == "text" and not rest:
        return {"text": True}
    if kind == "pattern" and rest:
        return {"pattern": rest}
    if kind == "json_schema" and rest:
        return {"json_schema": _read_schema(Path(rest))}
    raise UsageError(
        f"--output {text!r} is no kind of output.",
        "Write labels, text, labels:A,B, pattern:REGEX or json_schema:FILE.",
    )


def _read_schema(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).", "Check the path.") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not JSON ({error}).", "Correct it.") from None


def prompt_of(text: str | None) -> str | None:
    """The text, or that of the file of this name. Raises `UsageError`."""
    if text is None or "\n" in text or len(text) > 200:
        return text
    path = Path(text)
    try:
        is_file = path.is_file()
        return path.read_text(encoding="utf-8-sig") if is_file else text
    except (OSError, ValueError) as error:
        raise UsageError(f"{text}: cannot be read ({error}).", "Check the path.") from None
