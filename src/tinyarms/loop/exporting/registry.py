"""The formats of exports, by the names that `--to` takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path

from tinyarms.core.errors import UsageError
from tinyarms.loop.exporting.view import ExportView
from tinyarms.loop.project.context import Context

Write = Callable[[Context, str, str, int | None, Path | None], ExportView]
"""From the project, the skill, the format's name, a prompt version and a file to what was
written."""


@dataclass(frozen=True)
class Format:
    """A format of an export."""

    name: str
    ending: str
    """The end of a file's name, with its dot; empty: it is no file."""
    module: str
    """The module here that writes it, by its function `write`."""
    has_version: bool = False
    """Whether it holds one prompt version, which can be chosen."""


_FORMATS = (
    Format("markdown", ".md", "prompt", True),
    Format("python", ".py", "prompt", True),
    Format("langfuse", ".json", "prompt", True),
    Format("dspy", ".json", "prompt", True),
    Format("langchain", ".json", "prompt", True),
    Format("promptfoo", ".yaml", "prompt", True),
    Format("examples-jsonl", ".jsonl", "rows"),
    Format("examples-csv", ".csv", "rows"),
    Format("tasks-jsonl", ".jsonl", "rows"),
    Format("tasks-parquet", ".parquet", "rows"),
    Format("votes-jsonl", ".jsonl", "rows"),
    Format("votes-parquet", ".parquet", "rows"),
    Format("ledger-csv", ".csv", "rows"),
    Format("mlflow", "", "to_mlflow"),
    Format("opentelemetry", ".jsonl", "to_opentelemetry"),
)
FORMATS = {each.name: each for each in _FORMATS}


def export(
    context: Context, skill: str, to: str, path: Path | None, version: int | None = None
) -> ExportView:
    """Export a skill's data. A folder gets a file whose name says what it holds.

    Raises `UsageError` for an unknown format, version or skill, a missing file and a missing
    package, `ExampleError` for unusable examples, and `StoreError` for a file that cannot be
    written.
    """
    context.skill(skill)
    chosen = FORMATS.get(to)
    if chosen is None:
        close = get_close_matches(to, FORMATS, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise UsageError(f"There is no format {to!r}.", f"{hint}Known: {', '.join(FORMATS)}.")
    if version is not None and not chosen.has_version:
        raise UsageError(f"{to} holds no single version.", "Leave out --version.")
    if path is None and chosen.module in ("prompt", "rows"):
        raise UsageError(f"{to} needs a file.", f"Name it: {skill}{chosen.ending}")
    if path is not None and path.is_dir():
        path = path / _file_name(chosen, skill, version)
    write: Write = import_module(f"{__package__}.{chosen.module}").write
    return write(context, skill, to, version, path)


def _file_name(chosen: Format, skill: str, version: int | None) -> str:
    if chosen.name == "promptfoo":
        return "promptfooconfig.yaml"
    number = f"-v{version}" if version else ""
    kind = chosen.name.partition("-")[0] if chosen.module == "rows" else ""
    return f"{skill}{number}{f'-{kind}' if kind else ''}{chosen.ending or '.json'}"
