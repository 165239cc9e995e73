"""Take one person's examples out of verbalizers.

Beside its weights, a verbalizer has a line for each example of its fit, under a hash of the
example's inputs. The lines of the person's examples go; the weights are sums over all examples, and
stay until the next search.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tinyarms.core.text import counted
from tinyarms.skills.prompt import PromptVersion
from tinyarms.skills.verbalizer import key_of


@dataclass(frozen=True)
class VerbalizerTraces:
    """The lines of one person's examples in the verbalizers of a skill."""

    keys: frozenset[str]
    """The hashes under which verbalizers know the examples."""

    @staticmethod
    def of(inputs: Collection[Mapping[str, str]]) -> VerbalizerTraces:
        """Those of the examples with these inputs."""
        return VerbalizerTraces(frozenset(map(key_of, inputs)))

    def file(self, content: str) -> str:
        """A prompt file, or another text that contains one, without them."""
        if not any(key in content for key in self.keys):
            return content
        keys = "|".join(sorted(self.keys))
        return re.sub(rf'^ *"(?:{keys})"[-+.e0-9 ]*\n', "", content, flags=re.MULTILINE)

    def data(self, value: Any) -> Any:
        """JSON data without them."""
        if isinstance(value, str):
            return self.file(value)
        if isinstance(value, list):
            return [self.data(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {key: self.data(each) for key, each in value.items() if key not in self.keys}

    def in_weights(self, version: PromptVersion) -> str | None:
        """How many of the examples the version's weights were fitted on, in words; `None`: none."""
        verbalizer = version.prompt.verbalizer
        theirs = 0 if verbalizer is None else len(self.keys.intersection(verbalizer.without))
        if verbalizer is None or not theirs:
            return None
        return (
            f"{version.path}: the weights of its verbalizer were fitted on "
            f"{counted(len(verbalizer.without), 'example')}, {theirs} of them of the user. The "
            f"next search fits others: tinyarms prompt evolve {version.skill}"
        )
