"""What the client answers. Fields that a newer service adds are left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ServedDemonstration(_Answer):
    """A worked example in a prompt: a user turn and an assistant turn."""

    inputs: Mapping[str, str]
    """Its inputs, by name."""
    output: str
    """The right output."""


class ServedPrompt(_Answer):
    """The prompt of a skill that is in production."""

    skill: str
    """The skill."""
    version: int
    """Number of the version."""
    text: str
    """The template, with `{{name}}` for each input."""
    demonstrations: tuple[ServedDemonstration, ...] = ()
    """Worked examples that come before the inputs."""
    calibration: Mapping[str, float] = {}
    """Label → bias added to its log-probability, in nats; empty without calibration."""
    from_disk: bool = False
    """Whether it is the last one that was seen, because the service is away."""


class Ran(_Answer):
    """One run of a skill."""

    task_id: str
    """Its id, for feedback."""
    skill: str
    """The skill."""
    output: str | None
    """The answer; `None` where the model broke the skill's output contract."""
    violation: str | None = None
    """How the model broke the contract; `None` if it did not."""
    prompt_version: int | None = None
    """The version that answered."""
    ballot_id: str | None = None
    """The ballot that is being made of this task; `None` if there is none."""


class BallotOption(_Answer):
    """One of the outputs of a ballot."""

    letter: str
    """`A`, `B` … by its place."""
    output: str | None
    """The output; `None` where the model broke the contract."""


class Ballot(_Answer):
    """A question to a user: which output is best?"""

    id: str
    """Its id, for the vote."""
    skill: str
    """The skill."""
    why: str = ""
    """Why the user is asked."""
    inputs: Mapping[str, str] = {}
    """The inputs of the task."""
    options: tuple[BallotOption, ...]
    """The outputs, in random order."""


class Reported(_Answer):
    """What became of feedback or a vote."""

    queued: bool
    """Whether it waits on this machine's disk, because the service is away. It is sent once."""
    answer: Mapping[str, Any] | None = None
    """What the service said of it; `None` if it waits, or if another process has sent it."""
