"""A new project: the config files, four example skills and their examples."""

from __future__ import annotations

import os
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from ruamel.yaml.comments import CommentedMap

from tinyarms.core.errors import ConfigError
from tinyarms.core.settings import ModelSettings
from tinyarms.skills.example import Example, parse_examples
from tinyarms.store.project.config import CONFIG
from tinyarms.store.project.files import inside, write_atomically
from tinyarms.store.project.yaml_edit import edit_text, put

IGNORE = ".gitignore"
_IGNORED = """\
# What users sent and what tinyArms keeps about it is no source.
/tinyarms.db*
/.tinyarms/
"""


def write_starter(root: Path, model: ModelSettings) -> list[Path]:
    """Write the starter into `root`, every skill on `model`; returns the paths, sorted.

    A `.gitignore` that is there stays as it is. Raises `ConfigError` if another file exists, and
    `StoreError` if one cannot be written or a link leads out of the folder.
    """
    contents = dict(_texts(files("tinyarms.store.project") / "starter", ""))
    contents[CONFIG] = edit_text(contents[CONFIG], lambda config: _use(model, config), CONFIG)
    paths = {inside(root, name): text for name, text in sorted(contents.items())}
    existing = next((path for path in paths if os.path.lexists(path)), None)
    if existing is not None:
        raise ConfigError(
            f"{existing} is here already; nothing was changed.",
            "Name another folder: tinyarms init FOLDER",
        )
    if not os.path.lexists(root / IGNORE):
        paths[root / IGNORE] = _IGNORED
    # `config.yaml` makes a folder a project, so it comes last.
    for path in sorted(paths, key=lambda path: path == root / CONFIG):
        write_atomically(path, paths[path])
    return sorted(paths)


def write_schemas(root: Path) -> list[Path]:
    """Write the JSON schemas by which editors check the project's files; returns the paths, sorted.

    Older ones are replaced. Raises `StoreError` if one cannot be written.
    """
    texts = _texts(files("tinyarms.store.project") / "starter" / "schemas", "schemas/")
    paths = {inside(root, name): text for name, text in sorted(texts)}
    for path, text in paths.items():
        write_atomically(path, text)
    return list(paths)


def starter_examples(skill: str, inputs: tuple[str, ...]) -> list[Example]:
    """The starter's examples of a skill, even if a project has changed them. All are texts."""
    name = f"examples/{skill}.jsonl"
    rows = (files("tinyarms.store.project") / "starter" / name).read_text(encoding="utf-8")
    return parse_examples(rows.split("\n"), inputs, name, read_inputs=lambda given, where: given)


def _use(model: ModelSettings, config: CommentedMap) -> None:
    settings = CommentedMap(model.model_dump(exclude_defaults=True))
    put(config, "models", CommentedMap({model.model: settings}))
    for skill in config["skills"].values():
        skill["model"] = model.model


def _texts(folder: Traversable, prefix: str) -> list[tuple[str, str]]:
    texts: list[tuple[str, str]] = []
    for entry in folder.iterdir():
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            texts += _texts(entry, f"{name}/")
        elif not entry.name.startswith("."):
            texts.append((name, entry.read_text(encoding="utf-8")))
    return texts
