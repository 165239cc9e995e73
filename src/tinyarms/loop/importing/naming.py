"""The name of a skill whose import gives it none."""

from __future__ import annotations

import unicodedata
from pathlib import Path

from tinyarms.exchange.incoming.records import Imported

_SAY_NOTHING = frozenset(
    {"config", "data", "dataset", "datasets", "download", "downloads", "eval", "evals", "examples"}
    | {"export", "exports", "file", "files", "input", "items", "program", "prompt", "prompts"}
    | {"promptfoo", "promptfooconfig", "records", "rows", "run", "runs", "samples", "state"}
    | {"test", "tests", "tmp", "train", "untitled", "validation"}
)
"""Names of files and folders that other tools give to any content."""
_LONGEST = 60
"""Most characters of a proposed name."""


def as_name(text: str) -> str:
    """The text as a name of a skill; empty if it has no Latin letter or digit.

    Letters lose their accents: a skill's name has only ASCII.

    Examples
    --------
    >>> from tinyarms.loop.importing.naming import as_name
    >>> as_name("Café & Tickets_2024")
    'cafe-tickets-2024'
    """
    letters = unicodedata.normalize("NFKD", text.casefold())
    plain = (c for c in letters if not unicodedata.combining(c))
    kept = "".join(c if c.isascii() and c.isalnum() else "-" for c in plain)
    return "-".join(filter(None, kept.split("-")))[:_LONGEST].rstrip("-")


def proposed_name(path: Path, imported: Imported) -> str:
    """A name after the file, the prompt inside it, its folder, or what the skill does, the first
    that says something; empty if none does."""
    path = path.absolute()
    file = as_name(path.stem if path.is_file() else path.name)
    prompt = next((as_name(prompt.name) for prompt in imported.prompts if prompt.name), "")
    folder = as_name(path.parent.name) if path.is_file() else ""
    described = as_name(" ".join(imported.description.split()[:4]))
    names = [name for name in (file, prompt, folder, described) if name]
    return next((name for name in names if name not in _SAY_NOTHING), "")
