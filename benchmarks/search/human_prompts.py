"""Random search over prompts that people wrote: the same examples for each, the best one wins."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from search.contest import Found
from search.counter import Counter
from search.dataset import Dataset, task_request
from tinyarms.models.base import Model
from tinyarms.skills.execution import read_reply
from tinyarms.skills.prompt import Prompt


@dataclass(frozen=True)
class HumanPrompts:
    """The budget is shared out evenly over the first prompt and those of `*.prompts.txt`."""

    name: str = "human-prompts"
    is_ours: bool = False

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
                request = task_request(dataset, prompt, example.inputs["text"])
                output = read_reply(dataset.contract, prompt, counter.complete(request)).output
                scores[text] += 0.0 if output is None else scorer(example, output)
        best = max(scores, key=lambda text: scores[text])
        shown = f"{scores[best] / each:.2f} on {each} examples, of {len(scores)} prompts"
        return Found(Prompt(best), counter.counts, shown)
