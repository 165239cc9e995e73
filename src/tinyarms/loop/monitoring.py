"""Look once at every skill: is it getting worse?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tinyarms.loop.context import Context
from tinyarms.loop.views import SkillCheck


def monitor_once(
    context: Context,
    names: Sequence[str] | None = None,
    evolve: Callable[[SkillCheck], str] | None = None,
) -> list[SkillCheck]:
    raise NotImplementedError
