"""promptolution's CAPO, EvoPrompt (GA, DE) and OPRO, built from its components.

Settings are those of its one-call entry (`promptolution.optimize`): blocks of 30 rows (fewer if the
budget is below 1,000 calls, or it would make no step), each optimizer's defaults. The first
population is the first prompt and nine variations of it, made by the package's own
`create_prompt_variation`. It runs until the budget is spent.
"""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
from link import Link, OutOfCalls
from promptolution.llms.base_llm import BaseLLM
from promptolution.optimizers import CAPO, OPRO, EvoPromptDE, EvoPromptGA
from promptolution.predictors.base_predictor import BasePredictor
from promptolution.tasks import ClassificationTask
from promptolution.utils.prompt import Prompt
from promptolution.utils.prompt_creation import create_prompt_variation

POPULATION = 10
METHODS = {"capo": CAPO, "evoprompt-ga": EvoPromptGA, "evoprompt-de": EvoPromptDE, "opro": OPRO}
FEW_SHOT_TAIL = "\n\nInput:"
"""The package ends a prompt with examples like this; the task call adds its own."""


class Writer(BaseLLM):
    """The model as a writer."""

    def __init__(self, link):
        super().__init__()
        self.link = link

    def _get_response(self, prompts, system_prompts):
        return [
            self.link.write(
                [{"role": "system", "content": system}, {"role": "user", "content": prompt}]
            )
            for prompt, system in zip(prompts, system_prompts, strict=True)
        ]


class Predictor(BasePredictor):
    """The model as a worker, one task call for each pair of prompt and row."""

    def __init__(self, llm, link):
        super().__init__(llm)
        self.link = link
        self.expected = dict(link.examples)
        labels = ", ".join(link.problem["labels"])
        self.extraction_description = f"The answer is one of: {labels}." if labels else ""

    def predict(self, prompts, xs, system_prompts=None):
        prompts = [prompts] * len(xs) if isinstance(prompts, str) else prompts
        predictions, sequences = [], []
        for prompt, text in zip(prompts, xs, strict=True):
            reply, score = self.link.task(str(prompt).removesuffix(FEW_SHOT_TAIL), text)
            # An answer that the scorer accepts is the label, in any wording.
            predictions.append(self.expected[text] if score >= 0.5 else f"{reply} ")
            sequences.append(f"{text}\n{reply}")
        return predictions, sequences

    def _extract_preds(self, preds):
        return preds


def best(optimizer):
    """By its own scores; before a step has set them, by those stored in its task."""
    scores, whose = list(optimizer.scores), "its own scores"
    if len(scores) != len(optimizer.prompts):
        kept = optimizer.task.evaluate(
            optimizer.prompts, optimizer.predictor, eval_strategy="evaluated"
        )
        scores, whose = list(kept.agg_scores), "its task's scores, before the end of a step"
    if np.isnan(scores).all():
        return optimizer.prompts[0], "no scores yet"
    at = int(np.argmax(np.nan_to_num(scores, nan=-1.0)))
    return optimizer.prompts[at], f"{scores[at]:.2f} by {whose}"


def main():
    link = Link()
    problem = link.problem
    random.seed(problem["seed"])
    np.random.seed(problem["seed"])
    rows = pd.DataFrame(dict(link.examples).items(), columns=["x", "y"])
    task = ClassificationTask(
        rows,
        task_description=problem["description"],
        n_subsamples=max(10, min(30, problem["calls"] // 33)),
        eval_strategy="sequential_block",
        seed=problem["seed"],
    )
    task.ys = rows["y"].tolist()  # it lowers them; our labels have capitals
    writer = Writer(link)
    first = problem["first_prompt"]
    optimizer = None
    try:
        variations = create_prompt_variation([first] * (POPULATION - 1), writer)
        optimizer = METHODS[problem["method"]](
            predictor=Predictor(writer, link),
            task=task,
            meta_llm=writer,
            initial_prompts=list(dict.fromkeys([first, *variations])),
        )
        optimizer.optimize(n_steps=problem["calls"])
    except OutOfCalls:
        pass
    prompt, note = best(optimizer) if optimizer else (Prompt(first), "no step was made")
    link.finish(prompt.construct_prompt().removesuffix(FEW_SHOT_TAIL), note)


if __name__ == "__main__":
    main()
