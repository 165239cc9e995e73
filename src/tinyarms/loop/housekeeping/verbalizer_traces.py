"""Take one person's examples out of verbalizers.

Beside its weights, a verbalizer has a line for each example of its fit, under a hash of the
example's inputs. The lines of the person's examples go; the weights are sums over all examples, and
stay until the next search or, of a refresh that waits, until the next refresh.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from tinyarms.core.text import counted
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.skills.verbalizer import key_of
from tinyarms.store.db.records import SessionRecord, SessionState


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
        examples = self._fitted_on(version.prompt)
        return examples and (
            f"{version.path}: the weights of its verbalizer were fitted on {examples}. The next "
            f"search fits others: tinyarms prompt evolve {version.skill}"
        )

    def in_waiting(self, refresh: SessionRecord) -> str | None:
        """The same of a refresh that waits for approval; `None`: none, or it does not wait."""
        finding = refresh.findings.refresh
        if refresh.state is not SessionState.IN_REVIEW or finding is None or finding.prompt is None:
            return None
        examples, retrieve = self._fitted_on(finding.prompt), finding.prompt.retrieve
        shown = 0 if retrieve is None else retrieve.demonstrations
        return examples and (
            f"The refresh of {refresh.skill} that waits for approval: the weights of its "
            f"verbalizer were fitted on {examples}. Another one fits others: tinyarms prompt "
            f"refresh {refresh.skill} --demonstrations {shown}"
        )

    def _fitted_on(self, prompt: Prompt) -> str | None:
        """`300 examples, 2 of them of the user`; `None`: none of them is."""
        without = {} if prompt.verbalizer is None else prompt.verbalizer.without
        theirs = len(self.keys.intersection(without))
        if not theirs:
            return None
        return f"{counted(len(without), 'example')}, {theirs} of them of the user"
