"""`probe`: is the verdict of the headroom probe right? Fifty calls per run, the real model.

SST-2, Subj and SST-2 with shuffled labels (where the model is at chance with any prompt), twenty
seeds each; and fifty runs of a simulated skill whose prompts all score alike, each answer right
independently with a probability of 0.7.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from bars import Bar, Report, table
from search.dataset import Dataset, read_known
from search.model import Remembering, open_model
from tinyarms.core.settings import Evolution
from tinyarms.evolution.optimizers.headroom_probe import Probe, probe_calls
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Evaluate, Evaluated
from tinyarms.skills.contract import Pattern
from tinyarms.skills.example import Example
from tinyarms.skills.execution import build_request, read_reply
from tinyarms.skills.prompt import Prompt

CALLS = 1000
RUNS = 20
ALIKE = 50
_VERDICTS = ("worth_it", "cannot_tell", "not_worth_it")
Answer = Callable[[Evaluate], Evaluated]


def run(options: argparse.Namespace) -> Report:
    """Runs only the probes; no search follows."""
    if options.data is None:
        sys.exit("probe needs --data DIR, a folder with sst2.tsv and subj.tsv")
    sst2, subj = read_known(options.data, ("sst2", "subj"))
    model = Remembering(open_model(options.work), options.work / "probe" / "replies.db")
    found = {"alike": _probes(_alike_problem, _alike, ALIKE)}
    try:
        for name, data in (("sst2", sst2), ("subj", subj), ("sst2, shuffled", _shuffled(sst2))):
            print(f"probe: {name}", file=sys.stderr, flush=True)
            found[name] = _probes(_problem_of(data), _answer_of(data, model), RUNS)
    finally:
        model.close()
    rows: list[tuple[object, ...]] = [
        (name, *(verdicts[verdict] for verdict in _VERDICTS)) for name, verdicts in found.items()
    ]
    alike = found["alike"]["worth_it"] / ALIKE
    hopeless = {name: found[name]["not_worth_it"] / RUNS for name in found if name != "alike"}
    bars = (
        Bar("prompts score alike: 'worth it'", alike, "<= 0.10", alike <= 0.10),
        Bar("sst2: 'not worth it'", hopeless["sst2"], "= 0", hopeless["sst2"] == 0),
        Bar("subj: 'not worth it'", hopeless["subj"], "> 0.5", hopeless["subj"] > 0.5),
        Bar(
            "sst2, shuffled: 'not worth it'",
            hopeless["sst2, shuffled"],
            "> 0.5",
            hopeless["sst2, shuffled"] > 0.5,
        ),
    )
    head = ("skill", *(verdict.replace("_", " ") for verdict in _VERDICTS))
    return Report(f"{table(head, rows)}\n{probe_calls(CALLS)} calls a probe", bars)


def _probes(problem: Callable[[int], Problem], answer: Answer, runs: int) -> Counter[str]:
    verdicts: Counter[str] = Counter()
    for seed in range(1, runs + 1):
        probe = Probe(problem(seed))
        while requests := probe.ask():
            probe.tell([answer(r) for r in requests if isinstance(r, Evaluate)])
        verdicts[probe.report.verdict] += 1
    return verdicts


def _problem_of(data: Dataset) -> Callable[[int], Problem]:
    return lambda seed: Problem(
        skill=data.name,
        description=data.description,
        contract=data.contract,
        incumbent=Prompt(data.first_prompt),
        search=data.search,
        selection=data.selection,
        success_at=0.5,
        calls=CALLS,
        settings=Evolution(),
        seed=seed,
    )


def _answer_of(data: Dataset, model: Remembering) -> Answer:
    def answer(request: Evaluate) -> Evaluated:
        reply = model.complete(build_request(data.contract, request.prompt, request.example.inputs))
        output = read_reply(data.contract, request.prompt, reply).output
        score = 0.0 if output is None else data.scorer(request.example, output)
        return Evaluated(score, False, reply.label_logprobs, output)

    return answer


def _shuffled(data: Dataset) -> Dataset:
    """The same rows with shuffled labels."""
    labels = [example.expected for example in data.search]
    random.Random(0).shuffle(labels)
    drawn = [replace(e, expected=label) for e, label in zip(data.search, labels, strict=True)]
    return replace(data, search=tuple(drawn))


def _alike_problem(seed: int) -> Problem:
    examples = tuple(
        Example(
            id=f"{seed}-{n}", inputs={"text": f"text {n}"}, expected=f"answer-{n}", split="search"
        )
        for n in range(200)
    )
    return Problem(
        skill="alike",
        description="Answer.",
        contract=Pattern("[a-z0-9-]+"),
        incumbent=Prompt("Answer the question."),
        search=examples,
        selection=(),
        success_at=0.5,
        calls=CALLS,
        settings=Evolution(),
        seed=seed,
    )


def _alike(request: Evaluate) -> Evaluated:
    drawn = random.Random(f"{request.candidate.id} {request.example.id}").random()
    return Evaluated(float(drawn < 0.7), cached=False)
