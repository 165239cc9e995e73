"""`python -m tools.reference` writes the references in `docs/`, the pages of `--help`, and the JSON
schemas of a project's files."""

from __future__ import annotations

import sys

from tools.reference.answers import json_reference
from tools.reference.commands import command_reference
from tools.reference.help_pages import help_pages
from tools.reference.licences import licence_reference
from tools.reference.schemas import FOLDER, config_schema, constants_schema, example_schema
from tools.reference.settings import settings_reference
from tools.reference.sources import ROOT

PAGES = {
    "docs/cli.md": command_reference,
    "docs/skills.md": settings_reference,
    "docs/json.md": json_reference,
    "docs/licences.md": licence_reference,
    "src/tinyarms/cli/help_pages.txt": help_pages,
    f"{FOLDER}/config.json": config_schema,
    f"{FOLDER}/constants.json": constants_schema,
    f"{FOLDER}/example.json": example_schema,
}
"""Path of a file → the function that generates its text."""


def main() -> None:
    """Write every page, and print which of them changed."""
    for path, make in PAGES.items():
        file, text = ROOT / path, make()
        changed = not file.exists() or file.read_text(encoding="utf-8") != text
        file.write_text(text, encoding="utf-8")
        sys.stdout.write(f"{path}: {'written' if changed else 'current'}\n")


if __name__ == "__main__":
    main()
