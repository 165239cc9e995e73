"""GEPA through its adapter (gepa.core.adapter), with its default adapter's feedback texts.

All settings are its defaults: Pareto selection, minibatches of 3, its own reflection prompt.
"""

from __future__ import annotations

from contextlib import suppress

import gepa
from gepa.core.adapter import EvaluationBatch, GEPAAdapter
from link import Link, OutOfCalls

COMPONENT = "system_prompt"


class Adapter(GEPAAdapter):
    """One task call for each row."""

    def __init__(self, link):
        self.link = link

    def evaluate(self, batch, candidate, capture_traces=False):
        outputs, scores, traces = [], [], []
        for text, expected in batch:
            reply, score = self.link.task(candidate[COMPONENT], text)
            outputs.append(reply)
            scores.append(score)
            traces.append((text, reply, feedback(score, expected)))
        return EvaluationBatch(
            outputs=outputs, scores=scores, trajectories=traces if capture_traces else None
        )

    def make_reflective_dataset(self, candidate, eval_batch, components_to_update):
        rows = [
            {"Inputs": text, "Generated Outputs": reply, "Feedback": said}
            for text, reply, said in eval_batch.trajectories
        ]
        return dict.fromkeys(components_to_update, rows)


def feedback(score, expected):
    """In the words of gepa's ContainsAnswerEvaluator."""
    if score:
        return (
            "The generated response is correct. "
            f"The response include the correct answer '{expected}'"
        )
    return (
        f"The generated response is incorrect. The correct answer is '{expected}'. "
        "Ensure that the correct answer is included in the response exactly as it is."
    )


class Best:
    """A callback: the candidate with the best mean on the whole validation set, as GEPA ranks."""

    def __init__(self, first_prompt):
        self.prompt = first_prompt
        self.score = -1.0
        self.evaluated = 0

    def on_valset_evaluated(self, event):
        self.evaluated += 1
        if event["average_score"] > self.score:
            self.score = event["average_score"]
            self.prompt = event["candidate"][COMPONENT]


def main():
    link = Link()
    problem = link.problem
    size = link.validation_size()
    best = Best(problem["first_prompt"])
    with suppress(OutOfCalls):
        gepa.optimize(
            seed_candidate={COMPONENT: problem["first_prompt"]},
            trainset=link.examples[:-size],
            valset=link.examples[-size:],
            adapter=Adapter(link),
            reflection_lm=link.write,
            max_metric_calls=problem["calls"],
            callbacks=[best],
            seed=problem["seed"],
        )
    note = f"{best.score:.2f} on {size} validation rows; {best.evaluated} candidates got there"
    link.finish(best.prompt, note)


if __name__ == "__main__":
    main()
