"""The only way to run a prompt: render → model → contract.

Tasks, searches, gates and judges all use it, so a prompt behaves in production as it did in the
search.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Literal, Protocol

from tinyarms.core.errors import ContractViolation
from tinyarms.core.ids import content_hash
from tinyarms.core.privacy.finder import MaskKind
from tinyarms.core.privacy.masking import mask
from tinyarms.core.text import storable
from tinyarms.skills.contract import Constraint, Contract
from tinyarms.skills.input_words import limited, masked_constraint
from tinyarms.skills.picture import in_words
from tinyarms.skills.picture_copies import without_copies
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.request_size import likely_prompt_tokens, likely_text_tokens
from tinyarms.skills.template import render, render_turn

_MOST_TOKENS = 10_000_000
"""Reported numbers above this are not believed. No model reads or writes so much in one call."""
_LONGEST_MS = 7 * 24 * 3600 * 1000.0
"""Reported times above this are not believed: a week."""
PICTURE = "\ufdd0"
"""Stands in a turn's text where a picture is. It is no character, so no text needs it."""
_MARKED = re.compile(f"{PICTURE}(\\d+){PICTURE}")


@dataclass(frozen=True)
class SentPicture:
    """A picture as it is sent to a model. It does not hold the bytes."""

    sha256: str
    """Hash of the bytes that are sent."""
    media_type: str
    """`image/png` or `image/jpeg`."""
    pixels: int
    """Width times height."""
    load: Callable[[], bytes] = field(compare=False, repr=False)
    """The bytes. Raises `PictureError` if they are gone."""
    most_tokens: int | None = field(default=None, compare=False)
    """Most tokens that its model counts for it; `None`: as for any model."""


@dataclass(frozen=True)
class Message:
    """A chat turn."""

    role: Literal["system", "user", "assistant"]
    content: str
    """Its text, with `PICTURE` in the place of each picture."""
    pictures: tuple[SentPicture, ...] = ()
    """The pictures in the order of their places."""

    @property
    def parts(self) -> list[str | SentPicture]:
        """The texts and pictures of the turn in their order, without empty texts.

        Examples
        --------
        >>> from tinyarms.skills.execution import Message
        >>> Message("user", "Name it.").parts
        ['Name it.']
        """
        parts: list[str | SentPicture] = []
        for place, text in enumerate(self.content.split(PICTURE)):
            parts += self.pictures[place - 1 : place] if place else ()
            parts += [text] if text else []
        return parts

    def in_key(self) -> dict[str, object]:
        """What of the turn determines the reply. Without pictures: as before there were any."""
        turn: dict[str, object] = {"role": self.role, "content": self.content}
        if self.pictures:
            turn["pictures"] = [picture.sha256 for picture in self.pictures]
        return turn


@dataclass(frozen=True)
class ModelRequest:
    """One call to a language model: chat `messages`, or a raw `completion` to continue."""

    messages: tuple[Message, ...] = ()
    completion: str | None = None
    max_tokens: int = 256
    temperature: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    constraint: Constraint | None = None
    want_labels: tuple[str, ...] = ()
    """Labels whose log-probabilities the reply should include, if the server provides them."""

    def key(self, model: str) -> str:
        """The cache key: a hash of everything that determines the reply; 64 hexadecimal
        characters."""
        rest = asdict(replace(self, messages=()))
        return content_hash(
            {"model": model, **rest, "messages": [turn.in_key() for turn in self.messages]}
        )


def masked_request(request: ModelRequest, kinds: Collection[MaskKind]) -> ModelRequest:
    """The request with labels in place of the private parts of its texts."""
    if not kinds:
        return request
    return replace(
        request,
        messages=tuple(
            replace(turn, content=mask(turn.content, kinds).text) for turn in request.messages
        ),
        completion=None if request.completion is None else mask(request.completion, kinds).text,
        constraint=masked_constraint(request.constraint, kinds),
    )


@dataclass(frozen=True)
class ModelReply:
    """What a language model answered, and what the call cost."""

    text: str
    prompt_tokens: int
    completion_tokens: int
    latency_ms: float
    cached_tokens: int = 0
    """The part of `prompt_tokens` that came from the server's prefix cache."""
    label_logprobs: Mapping[str, float] | None = None
    """The natural logarithm of each requested label's probability; `None`: not known."""
    prompt_ms: float | None = None
    """Milliseconds for the prompt's uncached tokens, by the server's clock."""
    generation_ms: float | None = None
    """Milliseconds for the reply's tokens, by the server's own clock."""
    left_out: str = ""
    """What the server does not take and the request was sent without, separated by commas. It
    decides the reply beside the request."""
    tokens_estimated: bool = False
    """Whether a count of tokens is an estimate, because the server sent none or an impossible
    one."""
    listed: Mapping[str, float] = field(default_factory=dict)
    """Word → natural logarithm of its probability at the beginning of the answer, as the server
    lists it where labels are requested; empty: it lists none."""

    @property
    def computed_tokens(self) -> int:
        """Tokens that the model computed; the others came from the cache."""
        return self.prompt_tokens - self.cached_tokens + self.completion_tokens

    @property
    def model_ms(self) -> float | None:
        """Milliseconds of model work, by the server's clock; `None`: not known."""
        if self.prompt_ms is None or self.generation_ms is None:
            return None
        return self.prompt_ms + self.generation_ms


UnansweredKind = Literal["failed", "refused", "not_scored"]
"""`failed`: no reply came, and the same call may succeed later. `refused`: the server will always
refuse this request. `not_scored`: the scorer gave no score for the output."""


@dataclass(frozen=True)
class Unanswered:
    """A call without a result: it counts neither as a score of 0 nor as a violated contract."""

    kind: UnansweredKind
    reason: str
    """One sentence for people."""


class LanguageModel(Protocol):
    """Anything that answers requests. Recordings are kept under its `name`."""

    @property
    def name(self) -> str: ...

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request. Raises `ModelError`."""
        ...


@dataclass(frozen=True)
class Execution:
    """A run of a prompt on inputs. `output` is `None` if it violates the contract."""

    output: str | None
    violation: str | None
    reply: ModelReply


def as_given(name: str, value: str) -> str:
    """An input of a skill without pictures: its text."""
    return value


@dataclass(frozen=True)
class InputView:
    """How the inputs of a skill are shown to its model."""

    names: tuple[str, ...] = ()
    """All inputs of the skill, in their order; empty: those that are given."""
    optional: frozenset[str] = frozenset()
    """The inputs that may be absent."""
    show: Callable[[str, str], str | SentPicture] = lambda name, value: in_words(value)
    """From the name and value of an input to the picture or the text to send."""


def build_request(
    contract: Contract,
    prompt: Prompt,
    inputs: Mapping[str, str],
    view: InputView = InputView(),
) -> ModelRequest:
    """The chat request for a prompt on inputs, at temperature 0.

    Without demonstrations there is one user turn, with the instruction and the inputs. With them,
    the first user turn has the instruction and the first demonstration's inputs, each assistant
    turn has a demonstration's output, and the last user turn has the inputs.

    If the prompt says `words_from`, the constraint holds the answer to words of those inputs.

    A picture is sent where the view says so; otherwise the words that are kept of it. Raises
    `PromptError` if the template names a variable that is not an input.

    Examples
    --------
    >>> from tinyarms.skills.contract import Labels
    >>> from tinyarms.skills.execution import build_request
    >>> from tinyarms.skills.prompt import Demonstration, Prompt
    >>> demonstration = Demonstration({"text": "Awful."}, "bad")
    >>> prompt = Prompt("Is the review good or bad?", (demonstration,))
    >>> request = build_request(Labels(("good", "bad")), prompt, {"text": "Lovely!"})
    >>> for message in request.messages:
    ...     print(message.role, repr(message.content))
    user 'Is the review good or bad?\\n\\nInput: Awful.\\nOutput:'
    assistant 'bad'
    user 'Input: Lovely!\\nOutput:'
    """
    messages: list[Message] = []
    names = view.names or tuple(inputs)
    for demonstration in prompt.demonstrations:
        # All turns show their inputs in the same order, that of the skill.
        texts = demonstration.inputs
        ordered = {name: texts[name] for name in names if name in texts}
        turn = _user_turn(prompt.text, ordered, view, is_first=not messages)
        messages += [turn, Message("assistant", demonstration.output)]
    last = _user_turn(prompt.text, inputs, view, is_first=not messages)
    constraint = contract.constraint()
    if prompt.words_from:
        shown = ((name, view.show(name, value)) for name, value in inputs.items())
        texts = {name: text for name, text in shown if isinstance(text, str)}
        constraint = limited(contract, texts, prompt.words_from)
    return ModelRequest(
        messages=(*messages, last),
        max_tokens=contract.max_tokens,
        constraint=constraint,
        want_labels=constraint.choices if constraint else (),
    )


def _user_turn(text: str, inputs: Mapping[str, str], view: InputView, is_first: bool) -> Message:
    """A turn that shows the inputs: the first with the instruction, others with the frame only."""
    names = [n for n in view.names or inputs if n in inputs or n in view.optional]
    values: dict[str, str] = {}
    pictures: list[SentPicture] = []
    for name, value in inputs.items():
        content = view.show(name, value)
        if isinstance(content, str):
            values[name] = content.replace(PICTURE, "")
        else:
            values[name] = f"{PICTURE}{len(pictures)}{PICTURE}"
            pictures.append(content)
    filled = (render if is_first else render_turn)(text.replace(PICTURE, ""), values, names)
    # A template may show a picture anywhere, twice, or not at all.
    places = [pictures[int(number)] for number in _MARKED.findall(filled)]
    return Message("user", _MARKED.sub(PICTURE, filled), tuple(places))


def read_reply(contract: Contract, prompt: Prompt, reply: ModelReply) -> Execution:
    """Apply the prompt's verbalizer, its label calibration and then the contract to a reply."""
    if prompt.verbalizer is not None:
        known = set(prompt.verbalizer.labels) == set(contract.labels)
        read = prompt.verbalizer.label_logprobs(reply.listed) if known else None
        # If it cannot be read, its text counts: the calibration is that of the words.
        reply = replace(reply, label_logprobs=read)
    text = _calibrated_label(prompt.calibration, reply) or reply.text
    try:
        return Execution(contract.parse(text), None, reply)
    except ContractViolation as violation:
        return Execution(None, violation.message, reply)


def ask(model: LanguageModel, request: ModelRequest) -> ModelReply:
    """Call the model. Every reply passes here before anything reads or stores it.

    What may not be stored or cannot be added up is replaced: copies of the pictures that were sent,
    lone surrogates and NUL in the text, and numbers that are no numbers, negative or absurd. Tokens
    that the model does not count are estimated from the length of the texts, because a budget
    counts them. Raises `ModelError`.
    """
    reply = model.complete(request)
    estimated = likely_prompt_tokens(request)
    text = storable(without_sent_pictures(request, reply).text)
    prompt_tokens = _tokens(reply.prompt_tokens, estimated)
    completion_tokens = _tokens(reply.completion_tokens, likely_text_tokens(text))
    reported, believed = (
        (reply.prompt_tokens, reply.completion_tokens),
        (
            prompt_tokens,
            completion_tokens,
        ),
    )
    return replace(
        reply,
        text=text,
        prompt_tokens=prompt_tokens,
        completion_tokens=completion_tokens,
        tokens_estimated=reply.tokens_estimated or reported != believed,
        cached_tokens=min(_tokens(reply.cached_tokens, 0), prompt_tokens),
        latency_ms=_milliseconds(reply.latency_ms) or 0.0,
        prompt_ms=_milliseconds(reply.prompt_ms),
        generation_ms=_milliseconds(reply.generation_ms),
    )


def without_sent_pictures(request: ModelRequest, reply: ModelReply) -> ModelReply:
    """The reply without copies of the request's pictures in its text."""
    loads = [picture.load for turn in request.messages for picture in turn.pictures]
    return replace(reply, text=without_copies(reply.text, loads)) if loads else reply


def execute(
    model: LanguageModel,
    contract: Contract,
    prompt: Prompt,
    inputs: Mapping[str, str],
    view: InputView = InputView(),
) -> Execution:
    """Run a prompt once. The result says if the contract is violated. Raises `ModelError`."""
    request = build_request(contract, prompt, inputs, view)
    return read_reply(contract, prompt, ask(model, request))


def _calibrated_label(calibration: Mapping[str, float], reply: ModelReply) -> str | None:
    if not calibration or not reply.label_logprobs:
        return None
    logprobs = reply.label_logprobs
    return max(logprobs, key=lambda label: logprobs[label] + calibration.get(label, 0.0))


def _tokens(reported: float, estimate: int) -> int:
    return int(reported) if 0 < reported <= _MOST_TOKENS else estimate


def _milliseconds(reported: float | None) -> float | None:
    return reported if reported is not None and 0 <= reported <= _LONGEST_MS else None
