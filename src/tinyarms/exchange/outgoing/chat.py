"""A prompt version as the chat that is sent, with placeholders in place of the inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tinyarms.skills.execution import Message, build_request
from tinyarms.skills.prompt import PromptVersion
from tinyarms.skills.skill import Skill


@dataclass(frozen=True)
class PromptToExport:
    """A prompt version with what other tools store beside it."""

    skill: Skill
    version: PromptVersion
    model: str
    """The tag of the skill's model."""
    exported_at: datetime

    @property
    def messages(self) -> tuple[Message, ...]:
        """The messages of the chat, in which `{{name}}` stands for an input."""
        inputs = {name: f"{{{{{name}}}}}" for name in self.skill.inputs}
        return build_request(self.skill.contract, self.version.prompt, inputs).messages

    @property
    def lost(self) -> tuple[str, ...]:
        """What of the prompt no other tool has, one sentence each."""
        prompt = self.version.prompt
        lost = []
        if prompt.retrieve is not None:
            lost.append("The examples that the version takes from its memory do not go with it.")
        if prompt.calibration:
            lost.append("Its label calibration does not go with it.")
        if prompt.verbalizer is not None:
            lost.append("Its verbalizer, the weights of the model's words, does not go with it.")
        if prompt.words_from:
            names = ", ".join(prompt.words_from)
            lost.append(f"That its answers are made of words of {names} does not go with it.")
        if self.skill.pictures:
            lost.append(f"These inputs hold pictures: {', '.join(self.skill.pictures)}.")
        return tuple(lost)


def chat_turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    """The messages in the form of the OpenAI API."""
    return [{"role": message.role, "content": message.content} for message in messages]
