"""dspy's MIPROv2: instructions and demonstrations, or instructions alone.

Candidates and minibatch are as large as with its `auto="light"`; the number of trials is what the
budget allows, which is more than its default.

dspy runs with two changes, both in its favour: a task call has the benchmark's form instead of
dspy's field markers, so every answer parses; and a proposer's reply that does not parse is used
unchanged, where dspy would end the run.
"""

from __future__ import annotations

from types import SimpleNamespace

import dspy
import dspy.teleprompt.mipro_optimizer_v2 as mipro
from dspy.utils.exceptions import AdapterParseError
from link import Link, OutOfCalls

ZERO_SHOT = "mipro-zero-shot"
CANDIDATES = 6
MINIBATCH = 35
FULL_EVERY = 5
BOOTSTRAP_CALLS = 30
"""About as many as the search for demonstrations costs."""


class Adapter(dspy.ChatAdapter):
    """Sends task calls through the link; a proposer's calls are those of dspy."""

    def __init__(self, link):
        super().__init__(use_json_adapter_fallback=False)
        self.link = link

    def __call__(self, lm, lm_kwargs, signature, demos, inputs):
        if "label" not in signature.output_fields:
            return super().__call__(lm, lm_kwargs, signature, demos, inputs)
        shown = [(demo["text"], demo["label"]) for demo in demos]
        reply, _ = self.link.task(signature.instructions, inputs["text"], shown)
        return [{"label": reply}]

    def parse(self, signature, completion):
        try:
            return super().parse(signature, completion)
        except AdapterParseError:
            text = completion.split("]]")[-1].strip() or completion.strip()
            return dict.fromkeys(signature.output_fields, text)


class Model(dspy.BaseLM):
    """The model as a writer."""

    def __init__(self, link):
        super().__init__(model="writer", cache=False)
        self.link = link

    def forward(self, prompt=None, messages=None, **kwargs):
        settings = {**self.kwargs, **kwargs}
        text = self.link.write(
            messages or prompt, settings.get("max_tokens"), settings.get("temperature")
        )
        message = SimpleNamespace(content=text, tool_calls=None, reasoning_content=None)
        choice = SimpleNamespace(message=message, finish_reason="stop", logprobs=None)
        return SimpleNamespace(choices=[choice], usage={}, model="writer")


class Evaluated:
    """MIPROv2's evaluations on the whole validation set, and the program that it would return."""

    def __init__(self, student, link):
        self.link = link
        self.best, self.score, self.full = student, -1.0, 0
        self._evaluate = mipro.eval_candidate_program

    def __call__(self, batch_size, rows, program, evaluate, rng=None):
        result = self._evaluate(batch_size, rows, program, evaluate, rng)
        if self.link.spent:  # dspy gives rows that raise an error the score 0, and continues
            raise OutOfCalls
        if batch_size >= len(rows):
            self.full += 1
            if result.score > self.score:
                self.best, self.score = program.deepcopy(), result.score
        return result


def trials(calls, size):
    """The most trials that the budget allows, including evaluations of the whole set."""
    left = calls - BOOTSTRAP_CALLS
    if size > MINIBATCH:
        return max(2, int((left - 2 * size) / (MINIBATCH + size / FULL_EVERY)))
    return max(2, left // size - 1)


def main():
    link = Link()
    problem = link.problem
    dspy.configure(lm=Model(link), adapter=Adapter(link))
    student = dspy.Predict(dspy.Signature("text -> label", problem["first_prompt"]))
    rows = [
        dspy.Example(text=text, label=expected).with_inputs("text")
        for text, expected in link.examples
    ]
    size = link.validation_size()
    shots = {"max_bootstrapped_demos": 0, "max_labeled_demos": 0}
    evaluated = mipro.eval_candidate_program = Evaluated(student, link)
    optimizer = dspy.MIPROv2(
        metric=lambda row, predicted, trace=None: predicted.label == row.label,
        auto=None,
        num_candidates=CANDIDATES,
        num_threads=1,
        max_errors=0,
        seed=problem["seed"],
        **(shots if problem["method"] == ZERO_SHOT else {}),
    )
    note = ""
    try:
        optimizer.compile(
            student,
            trainset=rows[:-size],
            valset=rows[-size:],
            num_trials=trials(problem["calls"], size),
            minibatch=size > MINIBATCH,
            minibatch_size=MINIBATCH,
            minibatch_full_eval_steps=FULL_EVERY,
        )
    except Exception as error:
        if not link.spent:
            note = f"; ended by {type(error).__name__}: {error}"[:200]
    best = evaluated.best
    demonstrations = [(demo["text"], demo["label"]) for demo in best.demos]
    note = f"{evaluated.score:.1f} on {size} validation rows; {evaluated.full} got there{note}"
    link.finish(best.signature.instructions, note, demonstrations)


if __name__ == "__main__":
    main()
