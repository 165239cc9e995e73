"""The examples nearest to each input as demonstrations (Liu et al. 2022, arXiv 2101.06804).

There is no search: the instruction is the first prompt. The bias of each label is fitted on the
given examples, each answered with demonstrations among which it is not itself; these are its only
calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from search.code_version import ROOT, code_hash
from search.contest import Found, answered
from search.counter import Counter
from search.dataset import Dataset, task_request
from search.features import features, text_of
from tinyarms.core.errors import ModelRejected
from tinyarms.evolution.scoring import calibration
from tinyarms.models.base import Model
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Demonstration, Prompt

_WITH_LABELS = 4
_WITH_TEXT = 3
"""Demonstrations of a prompt. More: longer prompts, of which no part comes from the cache."""
_HERE = Path(__file__)


@dataclass(frozen=True)
class NearestDemonstrations:
    """The first prompt with the nearest given examples, the most similar one last."""

    name: str = "nearest-demonstrations"
    is_random: bool = False
    needs_model: bool = True
    takes_calls: bool = True

    @property
    def code(self) -> str:
        """Hash of this file, of the features and of the calibration."""
        fitting = ROOT / "src" / "tinyarms" / "evolution" / "scoring" / "calibration.py"
        return code_hash(_HERE, _HERE.with_name("features.py"), fitting)

    def fits(self, dataset: Dataset) -> bool:
        return True

    def find(self, dataset: Dataset, model: Model, calls: int, seed: int, folder: Path) -> Found:
        neighbours = Neighbours(dataset)
        counter = Counter(model, dataset, calls)
        bias = _fitted_bias(dataset, counter, neighbours, calls) if dataset.labels else {}

        def answer(example: Example) -> str | None:
            prompt = neighbours.prompt(example, bias)
            return answered(dataset, model, prompt, example)

        fitted = f", bias fitted on {counter.counts.task}" if bias else ", no bias"
        note = f"{neighbours.count} nearest of {len(dataset.given)} examples{fitted}"
        first = Prompt(dataset.first_prompt, calibration=bias)
        return Found(first, counter.counts, note, answer)


def demonstrations_of(dataset: Dataset) -> int:
    """How many examples a prompt shows."""
    return _WITH_LABELS if dataset.labels else _WITH_TEXT


class Neighbours:
    """The given examples of a data set, found by the cosine of their TF-IDF features."""

    def __init__(self, dataset: Dataset) -> None:
        self.count = demonstrations_of(dataset)
        self._instruction = dataset.first_prompt
        self._given = dataset.given
        self._texts = [text_of(example.inputs) for example in dataset.given]
        self._features = features()
        self._rows = self._features.fit_transform(self._texts)

    def prompt(self, example: Example, bias: Mapping[str, float]) -> Prompt:
        """The first prompt with the nearest examples whose inputs are not those of this one."""
        from sklearn.metrics.pairwise import cosine_similarity

        text = text_of(example.inputs)
        similarity = cosine_similarity(self._features.transform([text]), self._rows)[0]
        others = [place for place, other in enumerate(self._texts) if other != text]
        nearest = sorted(others, key=lambda place: -similarity[place])[: self.count]
        shown = (self._given[place] for place in reversed(nearest))
        return Prompt(
            self._instruction, tuple(Demonstration(e.inputs, e.expected) for e in shown), bias
        )


def _fitted_bias(
    dataset: Dataset, counter: Counter, neighbours: Neighbours, calls: int
) -> Mapping[str, float]:
    """Label → bias, from at most this many calls; empty if the model gives no log-probabilities."""
    logprobs, expected = [], []
    for example in dataset.given[:calls]:
        request = task_request(dataset, neighbours.prompt(example, {}), example.inputs)
        try:
            reply = counter.complete(request)
        except ModelRejected:  # longer than the model's context
            continue
        if reply.label_logprobs:
            logprobs.append(reply.label_logprobs)
            expected.append(example.expected)
    if not logprobs:
        return {}
    shares = calibration.label_shares((e.expected for e in dataset.given), dataset.labels)
    return calibration.fit_calibration(logprobs, expected, shares).biases
