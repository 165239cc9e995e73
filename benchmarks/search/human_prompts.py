"""Prompts that people wrote: one as it is, or the best of several on the same examples."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from search.code_version import code_hash
from search.contest import Found
from search.counter import Counter, Counts
from search.dataset import Dataset, task_request
from tinyarms.models.base import Model
from tinyarms.skills.execution import read_reply
from tinyarms.skills.prompt import Prompt


@dataclass(frozen=True)
class FirstPrompt:
    """The common start of all contestants."""

    name: str = "first-prompt"
    is_random: bool = False
    needs_model: bool = True
    takes_calls: bool = False

    @property
    def code(self) -> str:
        """Hash of this file."""
        return code_hash(Path(__file__))

    def fits(self, dataset: Dataset) -> bool:
        return True

    def find(self, dataset: Dataset, model: Model, calls: int, seed: int, folder: Path) -> Found:
        return Found(Prompt(dataset.first_prompt), Counts())


@dataclass(frozen=True)
class ByHand:
    """One of the prompts that a person wrote for an example skill, without any choice."""

    number: int
    """1 for the first."""
    is_random: bool = False
    needs_model: bool = True
    takes_calls: bool = False

    @property
    def name(self) -> str:
        return f"by-hand-{self.number}"

    @property
    def code(self) -> str:
        """Hash of this file."""
        return code_hash(Path(__file__))

    def fits(self, dataset: Dataset) -> bool:
        return dataset.is_starter and len(dataset.human_prompts) >= self.number

    def find(self, dataset: Dataset, model: Model, calls: int, seed: int, folder: Path) -> Found:
        return Found(Prompt(dataset.human_prompts[self.number - 1]), Counts())


@dataclass(frozen=True)
class HumanPrompts:
    """The budget is shared out evenly over the first prompt and those of `*.prompts.txt`."""

    name: str = "human-prompts"
    is_random: bool = True
    needs_model: bool = True
    takes_calls: bool = True

    @property
    def code(self) -> str:
        """Hash of this file."""
        return code_hash(Path(__file__))

    def fits(self, dataset: Dataset) -> bool:
        return bool(dataset.human_prompts) and not dataset.is_starter

    def find(self, dataset: Dataset, model: Model, calls: int, seed: int, folder: Path) -> Found:
        chance = random.Random(seed)
        pool = list(dict.fromkeys((dataset.first_prompt, *dataset.human_prompts)))
        each = max(1, min(len(dataset.given), calls // len(pool)))
        examples = chance.sample(dataset.given, each)
        counter, scorer = Counter(model, dataset, calls), dataset.scorer
        scores: dict[str, float] = {}
        for text in pool[: calls // each]:
            prompt = Prompt(text)
            scores[text] = 0.0
            for example in examples:
                request = task_request(dataset, prompt, example.inputs)
                output = read_reply(dataset.contract, prompt, counter.complete(request)).output
                scores[text] += 0.0 if output is None else scorer(example, output)
        best = max(scores, key=lambda text: scores[text])
        shown = f"{scores[best] / each:.2f} on {each} examples, of {len(scores)} prompts"
        return Found(Prompt(best), counter.counts, shown)
