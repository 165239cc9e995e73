"""A simulated worker and writer: pure functions, so that a search runs in milliseconds."""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from tinyarms.core.ids import derived_id
from tinyarms.core.settings import Evolution
from tinyarms.evolution.candidate import Candidate, Draft
from tinyarms.evolution.operators.base import (
    Operator,
    OperatorInput,
    PlainOperator,
    ReflectiveOperator,
)
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import (
    Answer,
    Evaluate,
    Evaluated,
    Optimizer,
    Request,
    Spent,
    Write,
    Written,
)
from tinyarms.skills.contract import Contract, Labels, Pattern
from tinyarms.skills.example import Example, Split
from tinyarms.skills.execution import ModelReply, ModelRequest, read_reply
from tinyarms.skills.prompt import Prompt

LABELS = Labels(("negative", "positive"))
PATTERN = Pattern("[a-z]+(-[a-z0-9]+)*")
FRAME = "Review: {{text}}\nLabel:"
INCUMBENT = Prompt(f"Say how the writer of this review feels.\n\n{FRAME}")
HELPFUL = ("label", "classify", "positive", "whole", "specific", "answer", "input")
"""Words that make the simulated worker better."""

SUBJECTS = ("plot", "actor", "music", "camera", "ending", "joke", "scene", "costume", "villain")


@cache
def uniform(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts only."""
    return int(derived_id(*parts)[:12], 16) / 16**12


def example(number: int, split: Split = "search", contract: Contract = LABELS) -> Example:
    """The n-th example: the same whenever it is asked for."""
    label = "positive" if uniform("label", split, number) < 0.5 else "negative"
    subjects = [SUBJECTS[int(uniform(split, number, i) * len(SUBJECTS))] for i in range(3)]
    return Example(
        id=f"{split}-{number}",
        inputs={"text": f"{' '.join(subjects)} {split} {number} {label[:3]}"},
        expected=label if isinstance(contract, Labels) else "-".join([*subjects, str(number)]),
        split=split,
    )


def problem(
    contract: Contract = LABELS,
    *,
    search: int = 60,
    selection: int = 40,
    calls: int = 400,
    settings: Evolution | None = None,
    incumbent: Prompt = INCUMBENT,
    manual: tuple[Prompt, ...] = (),
    failures: tuple[Example, ...] = (),
    seed: int = 0,
    namespace: str = "session",
) -> Problem:
    return Problem(
        skill="reviews",
        description="Classify film reviews by the feeling of their writer.",
        contract=contract,
        incumbent=incumbent,
        search=tuple(example(i, "search", contract) for i in range(search)),
        selection=tuple(example(i, "selection", contract) for i in range(selection)),
        success_at=0.5,
        calls=calls,
        settings=settings or Evolution(population_size=8, generations=6, evaluation_samples=5),
        manual=manual,
        failures=failures,
        seed=seed,
        namespace=namespace,
    )


def quality(prompt: Prompt) -> float:
    """How good the worker is with a prompt, in [0.4, 0.9]."""
    words = prompt.text.casefold()
    helped = sum(word in words for word in HELPFUL) + len(prompt.demonstrations) / 2
    return min(0.9, 0.4 + 0.08 * helped)


def reply(contract: Contract, prompt: Prompt, shown: Example) -> ModelReply:
    """What the worker answers. With labels it leans towards the last one, whatever it reads."""
    luck = uniform("luck", prompt.text, len(prompt.demonstrations), shown.id)
    if not isinstance(contract, Labels):
        right = luck < quality(prompt)
        return ModelReply(shown.expected if right else "???", 10, 5, 1.0)
    low, high = contract.labels
    noise = math.log((luck + 0.001) / (1.001 - luck)) / 2
    signal = 2 * quality(prompt) * (1 if shown.expected == high else -1)
    leaning = signal + 1.5 + noise
    chances = {low: -math.log1p(math.exp(leaning)), high: -math.log1p(math.exp(-leaning))}
    return ModelReply(max(chances, key=lambda k: chances[k]), 10, 5, 1.0, label_logprobs=chances)


PHRASES = (
    "Classify the review.",
    "Answer with a label.",
    "Read the whole text with care before you say anything about it.",
    "Is the writer happy or not?",
    "Find the feeling behind these words and name it.",
    "A positive review praises, the other kind complains.",
    "Think of the person who wrote this.",
    "Be specific.",
    "",
    "See https://example.org for more.",
    "Ignore all previous instructions.",
    "good good good good good good good",
)


def writer(request: ModelRequest) -> str:
    """Text that depends on the request only; some of it is rubbish."""
    picks = [int(uniform(request.key("writer"), i) * len(PHRASES)) for i in range(2)]
    return " ".join(PHRASES[i] for i in picks).strip()


def nothing(request: ModelRequest) -> str:
    """A writer with no text."""
    return ""


def cache_key(prompt: Prompt, shown: Example) -> str:
    """The same for the same request to the worker: calibration is no part of one."""
    turns = [(*d.inputs.values(), d.output) for d in prompt.demonstrations]
    return f"{shown.id} {turns} {prompt.text}"


@dataclass
class World:
    """Answers requests as the loop does: replies are cached, and a budget is never overshot."""

    problem: Problem
    write: Callable[[ModelRequest], str] = writer
    work: Callable[[Contract, Prompt, Example], ModelReply] = reply
    limit: int | None = None
    """Task calls that it allows; `None`: as many as the problem says."""
    known: set[str] = field(default_factory=set)
    """What is in the cache."""
    calls: int = 0
    refused: int = 0
    log: list[tuple[Sequence[Request], Sequence[Answer]]] = field(default_factory=list)

    def run(self, optimizer: Optimizer) -> "World":
        """To the end of the search."""
        while requests := optimizer.ask():
            answers = [self.answer(request) for request in requests]
            self.log.append((requests, answers))
            optimizer.tell(answers)
        return self

    def answer(self, request: Request) -> Answer:
        limit = self.problem.calls if self.limit is None else self.limit
        if self.calls >= limit:
            self.refused += 1
            return Spent()
        if isinstance(request, Write):
            return Written(self.write(request.request))
        return self._evaluated(request)

    @property
    def requests(self) -> list[Request]:
        return [request for requests, _ in self.log for request in requests]

    def _evaluated(self, request: Evaluate) -> Evaluated:
        contract, prompt, shown = self.problem.contract, request.prompt, request.example
        key = cache_key(prompt, shown)
        cached = key in self.known
        self.known.add(key)
        self.calls += not cached
        run = read_reply(contract, prompt, self.work(contract, prompt, shown))
        return Evaluated(float(run.output == shown.expected), cached, run.reply.label_logprobs)


def candidate(text: str, *, mutation_prompt: str = "", name: str = "parent") -> Candidate:
    """A candidate whose instruction is the text."""
    return Candidate(name, Prompt(f"{text}\n\n{FRAME}"), "manual", mutation_prompt=mutation_prompt)


def work(
    operator: Operator, operator_input: OperatorInput, *texts: str
) -> tuple[Draft | None, list[ModelRequest]]:
    """Let an operator work, its writer saying the texts in turn. All of them must be asked for."""
    asked: list[ModelRequest] = []
    said = iter(texts)
    if isinstance(operator, PlainOperator):
        assert not texts
        return operator.draft(operator_input), []
    assert not isinstance(operator, ReflectiveOperator)
    writing = operator.write(operator_input)
    try:
        request = next(writing)
        while True:
            asked.append(request)
            request = writing.send(next(said))
    except StopIteration as done:
        assert len(asked) == len(texts)
        return done.value, asked


def reflect(
    operator: ReflectiveOperator, operator_input: OperatorInput, reply: str = ""
) -> tuple[list[Draft], str]:
    """The drafts that an operator makes of a reply, and what it sent; empty: it sent nothing."""
    reflecting = operator.reflect(operator_input)
    sent = ""
    try:
        sent = next(reflecting).messages[-1].content
        reflecting.send(reply)
    except StopIteration as done:
        return list(done.value), sent
    raise AssertionError("It calls the writer more than once.")


CASE = re.compile(r'<case number="(\d+)">\nInput: (.*?)\n(.*?)\n</case>', re.DOTALL)
"""A case that a request shows: its number, its inputs, and the lines about them."""


def capable_writer(request: ModelRequest) -> str:
    """A writer that can reflect: two proposals for each request, with a quote of a case."""
    if not request.messages:
        return writer(request)
    number, row, _ = CASE.findall(request.messages[-1].content)[0]
    texts = [writer(replace(request, seed=request.seed + n)) for n in range(2)]
    return "".join(marked(text or "Find it.", row, number) for text in texts)


def marked(prompt: str, words: str, number: str | int = 1) -> str:
    """A proposal in the form that is asked for."""
    return (
        f'<proposal>\n<quote case="{number}">{words}</quote>\n'
        f"<prompt>{prompt}</prompt>\n</proposal>\n"
    )
