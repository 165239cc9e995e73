"""Prompts that improve themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tinyarms.core.errors import TinyArmsError

if TYPE_CHECKING:
    from tinyarms.loop.api import TinyArms

__all__ = ["TinyArms", "TinyArmsError"]


def __getattr__(name: str) -> Any:
    # `import tinyarms` costs nothing; the facade brings the database and the models along.
    if name == "TinyArms":
        from tinyarms.loop.api import TinyArms

        return TinyArms
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
