"""The cache of the prompts that serve a project's skills, one per process."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.records import HoldbackRecord, VariantRecord
from tinyarms.store.project.config import CONFIG


@dataclass(frozen=True)
class OpenHoldback:
    """An open holdback, and the prompt that keeps a share of the tasks."""

    record: HoldbackRecord
    reference: PromptVersion


@dataclass(frozen=True)
class SingleTest:
    """The data of a live test in single mode that routing needs."""

    session_id: str
    variants: Mapping[str, VariantRecord]
    probabilities: Mapping[str, float]


@dataclass(frozen=True)
class CachedPrompt:
    """A skill's prompt in production, and the other data that routing needs."""

    version: PromptVersion
    test: SingleTest | None
    asks: bool
    """Whether a live test with ballots is open."""
    holdback: OpenHoldback | None
    """The newest promotion's holdback; `None` while a test in single mode serves the tasks."""
    files: tuple[object, object]
    """The result of `file_stamps` when the store was read."""
    refreshed_at: datetime
    """When the store was read, or when it was last found not to answer."""
    news: int = 0
    """The number `Store.news` before that: with another one, it must be read again."""
    cut_off: bool = False
    """Whether it did not answer then."""


def file_stamps(root: Path, version: PromptVersion) -> tuple[object, object]:
    """Stamps of `config.yaml` and of the version's prompt file, which change when it is written."""
    return _stamp(root, CONFIG), _stamp(root, version.path)


def _stamp(root: Path, path: str) -> object:
    """`None` if there is no file. Every lookup calls this, so the path is joined as a string."""
    try:
        stat = os.stat(os.path.join(root, path))  # noqa: PTH116, PTH118
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
