"""Take one person's texts out of prompts, prompt files and other stored data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tinyarms.core.errors import PromptError
from tinyarms.skills.picture import identities, picture_of
from tinyarms.skills.prompt import Demonstration, Prompt
from tinyarms.skills.prompt_file import format_prompt_file, front_matter, parse_prompt_file

FORGOTTEN = "[forgotten]"
"""Replaces a person's text."""
_LEAST_QUOTED = 20
"""Fewest characters of a text that is searched for within other texts. Lower: more chance
matches."""


@dataclass(frozen=True)
class PersonTexts:
    """The texts that a person sent to one skill."""

    inputs: Collection[Mapping[str, str]]
    """The inputs of tasks and examples."""
    labels: Collection[str] = ()
    """The skill's labels: outputs that any task may have, and that say nothing about a person."""

    def prompt(self, prompt: Prompt) -> Prompt:
        """The prompt with the person's demonstrations replaced."""
        shown = tuple(self._demonstration(each) for each in prompt.demonstrations)
        return replace(prompt, demonstrations=shown)

    def file(self, content: str) -> str:
        """A prompt file with the person's demonstrations replaced; anything else stays as it is."""
        try:
            prompt = parse_prompt_file(content, "")
        except PromptError:
            return content
        changed = self.prompt(prompt)
        return content if changed == prompt else format_prompt_file(changed, front_matter(content))

    def data(self, value: Any) -> Any:
        """JSON data with the person's demonstrations, files and longer quotations replaced."""
        if isinstance(value, str):
            return self._quoting(self.file(value))
        if isinstance(value, list):
            return [self.data(each) for each in value]
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("inputs"), dict) and self._has(value["inputs"]):
            inputs = dict.fromkeys(value["inputs"], FORGOTTEN)
            return {**value, "inputs": inputs, "output": self._output(str(value.get("output", "")))}
        return {key: self.data(each) for key, each in value.items()}

    def _demonstration(self, shown: Demonstration) -> Demonstration:
        if not self._has(shown.inputs):
            return shown
        return Demonstration(dict.fromkeys(shown.inputs, FORGOTTEN), self._output(shown.output))

    def _has(self, inputs: Mapping[str, str]) -> bool:
        same = identities(inputs)
        return any(same == identities(theirs) for theirs in self.inputs)

    def _output(self, output: str) -> str:
        return output if output in self.labels else FORGOTTEN

    def _quoting(self, text: str) -> str:
        for inputs in self.inputs:
            for value in inputs.values():
                picture = picture_of(value)
                for quoted in (value, (picture and picture.text) or ""):
                    if len(quoted) >= _LEAST_QUOTED:
                        text = text.replace(quoted, FORGOTTEN)
        return text
