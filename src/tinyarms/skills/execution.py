"""The one way a prompt is ever run: render → model → contract → score.

Tasks, search, gates and judges all go through here, so a prompt does in production what it did
in the search.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Literal, Protocol

from tinyarms.core.errors import ContractViolation
from tinyarms.core.ids import content_hash
from tinyarms.skills.contract import Constraint, Contract
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.template import render, render_turn


@dataclass(frozen=True)
class Message:
    """A chat turn."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class ModelRequest:
    """One call to a language model: chat `messages`, or a raw `completion` to go on with."""

    messages: tuple[Message, ...] = ()
    completion: str | None = None
    max_tokens: int = 256
    temperature: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    constraint: Constraint | None = None
    want_labels: tuple[str, ...] = ()
    """Labels whose log-probabilities are wanted with the reply, where the server has them."""

    def key(self, model: str) -> str:
        """Hash of all that decides the reply: the cache key. 64 characters."""
        return content_hash({"model": model, **asdict(self)})


@dataclass(frozen=True)
class ModelReply:
    """What a language model answered, and what it cost."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    latency_ms: float
    cached_tokens: int = 0
    """Of `prompt_tokens`, those taken from the server's prefix cache."""
    label_logprobs: Mapping[str, float] | None = None
    """Natural logarithm of each wanted label's probability; `None`: not known."""
    prompt_ms: float | None = None
    """What the server itself says it needed for the prompt's uncached tokens."""
    generation_ms: float | None = None
    """What the server itself says it needed for the reply's tokens."""

    @property
    def computed_tokens(self) -> int:
        """Tokens that the model worked on: the cache gave the others."""
        return self.prompt_tokens - self.cached_tokens + self.completion_tokens

    @property
    def model_ms(self) -> float | None:
        """Milliseconds that the model worked, by the server's own clock."""
        if self.prompt_ms is None or self.generation_ms is None:
            return None
        return self.prompt_ms + self.generation_ms


class LanguageModel(Protocol):
    """Anything that completes. `name` goes into cache keys and the ledger."""

    @property
    def name(self) -> str: ...

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request. Raises `ModelError`."""
        ...


@dataclass(frozen=True)
class Execution:
    """A run of a prompt on inputs. `output` is `None` where the contract was violated."""

    output: str | None
    violation: str | None
    reply: ModelReply


def build_request(contract: Contract, prompt: Prompt, inputs: Mapping[str, str]) -> ModelRequest:
    """The chat request for a prompt on inputs, at temperature 0.

    Without demonstrations it is one user turn: instruction and inputs. With them, the first
    user turn carries the instruction and the first demonstration's inputs, each assistant turn
    a demonstration's output, and the last user turn the inputs.
    """
    messages: list[Message] = []
    for shown in prompt.demonstrations:
        # In the order of `inputs`: every turn has to look alike.
        ordered = {name: shown.inputs[name] for name in inputs if name in shown.inputs}
        turn = (render_turn if messages else render)(prompt.text, ordered)
        messages += [Message("user", turn), Message("assistant", shown.output)]
    last = render_turn(prompt.text, inputs) if messages else render(prompt.text, inputs)
    constraint = contract.constraint()
    return ModelRequest(
        messages=(*messages, Message("user", last)),
        max_tokens=contract.max_tokens,
        constraint=constraint,
        want_labels=constraint.choices if constraint else (),
    )


def read_reply(contract: Contract, prompt: Prompt, reply: ModelReply) -> Execution:
    """Apply the prompt's label calibration, then the contract, to a reply."""
    text = _calibrated_label(prompt.calibration, reply) or reply.text
    try:
        return Execution(contract.parse(text), None, reply)
    except ContractViolation as violation:
        return Execution(None, violation.message, reply)


def execute(
    model: LanguageModel, contract: Contract, prompt: Prompt, inputs: Mapping[str, str]
) -> Execution:
    """Run a prompt once. Raises `ModelError`; a contract violation is part of the result."""
    return read_reply(contract, prompt, model.complete(build_request(contract, prompt, inputs)))


def _calibrated_label(calibration: Mapping[str, float], reply: ModelReply) -> str | None:
    if not calibration or not reply.label_logprobs:
        return None
    known = reply.label_logprobs
    return max(known, key=lambda label: known[label] + calibration.get(label, 0.0))
