"""The formats that can be imported, and which one a file or folder has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module

from tinyarms.core.errors import ImportRefused, UsageError
from tinyarms.exchange.incoming.records import Columns, Imported
from tinyarms.exchange.incoming.source import Source
from tinyarms.exchange.incoming.table_files import check_packed


@dataclass(frozen=True)
class Format:
    """One format of another tool. Its module has it as `FORMAT`."""

    name: str
    """As `--format` names it."""
    recognises: Callable[[Source], float]
    """How surely the source has this format: 0 not at all, 1 surely. It reads little, and raises
    nothing for broken files: a file of which the beginning has the format's form counts."""
    read: Callable[[Source, Columns], Imported]
    """Reads the source. Raises `ImportRefused`."""


_MODULES = {
    "promptfoo": "promptfoo.reader",
    "openai-evals": "openai_evals.reader",
    "langfuse": "services:LANGFUSE",
    "langfuse-prompts": "langfuse_prompts",
    "phoenix": "services:PHOENIX",
    "opik": "services:OPIK",
    "langsmith": "services:LANGSMITH",
    "braintrust": "services:BRAINTRUST",
    "pydantic-evals": "pydantic_evals",
    "dspy": "dspy",
    "table": "table_rows",
}
"""Name of a format → its module here, and its name there if the module has several. The modules are
loaded when something is imported."""

NAMES = tuple(_MODULES)


def format_named(name: str) -> Format:
    """The format of this name. Raises `UsageError`."""
    if name not in _MODULES:
        close = get_close_matches(name, NAMES, n=1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise UsageError(f"There is no format {name!r}.", f"{hint}Known: {', '.join(NAMES)}.")
    module, _, attribute = _MODULES[name].partition(":")
    found: Format = getattr(import_module(f"{__package__}.{module}"), attribute or "FORMAT")
    return found


def format_of(source: Source) -> Format:
    """The format that the source has most surely. Raises `ImportRefused` if it has none."""
    formats = [format_named(name) for name in NAMES]
    scores = [each.recognises(source) for each in formats]
    best = max(range(len(formats)), key=lambda index: scores[index])
    if scores[best] <= 0:
        check_packed(source)
        raise ImportRefused(
            f"{source.path}: has no form that can be imported.",
            f"Name it by --format, one of: {', '.join(NAMES)}.",
        )
    return formats[best]
