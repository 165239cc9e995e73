"""What a writer can do, which decides the operators of a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

Ability = Literal["completion", "reflection", "merging"]
"""`completion`: it continues worked examples; every writer can. `reflection`: it writes several
marked proposals that quote the failures it was shown. `merging`: it does so for two prompts that
are good at different examples."""

COMPLETES: tuple[Ability, ...] = ("completion",)
"""The abilities of a base model or a tiny one."""

_IN_WORDS = {
    "completion": "continues worked examples",
    "reflection": "reflects on failures",
    "merging": "merges prompts",
}


def abilities_text(abilities: Sequence[Ability]) -> str:
    """`continues worked examples, reflects on failures`."""
    return ", ".join(_IN_WORDS[ability] for ability in abilities)
