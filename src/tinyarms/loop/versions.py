"""The prompt version in production."""

from __future__ import annotations

from tinyarms.loop.context import Context
from tinyarms.skills.prompt import PromptVersion


def active_version(context: Context, name: str) -> PromptVersion:
    """The version in production. A prompt file edited by hand becomes a new version first."""
    raise NotImplementedError
