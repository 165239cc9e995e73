"""The scoreboard: every candidate's results on the examples, in one fixed order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tinyarms.core.errors import ExampleError
from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.constants import (
    MAX_FREE_FIT_LABELS,
    MIN_CALIBRATION_EXAMPLES,
    MIN_VERBALIZER_WORDS,
    SHRINKAGE_EXAMPLES,
)
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Evaluate, Evaluated
from tinyarms.evolution.row_result import RowResult
from tinyarms.evolution.scoring.calibration import (
    Fit,
    fit_freely,
    label_shares,
    probability,
)
from tinyarms.evolution.scoring.labelled import Labelled
from tinyarms.evolution.scoring.reading import calibration_of, with_reading
from tinyarms.evolution.scoring.verbalizing import Verbalized, fit_verbalizer
from tinyarms.skills.contract import Contract
from tinyarms.skills.example import Example
from tinyarms.skills.execution import Unanswered
from tinyarms.skills.prompt import Prompt


@dataclass(frozen=True)
class _Result:
    score: float
    label_logprobs: Mapping[str, float] | None
    output: str | None
    reply: str
    violation: str
    reason: str
    listed: Mapping[str, float]


def _nothing(example: Example) -> Mapping[str, float]:
    return {}


class Scoreboard:
    """Results of candidates × examples. All candidates run on the examples in the same order.

    Fitness is in [0, 1]. It is the mean score or, with `calibrate`, the mean probability of the
    expected label after label calibration, which says more per example than right or wrong.
    Accuracy is the share of successes.

    `suggested`: from an example to the log-probabilities of its labels that the other examples
    suggest. They decide what is a success. Grades that compare candidates leave them out: on a few
    examples they are the same for all, and hide how well each candidate tells the labels apart.

    `verbalize`: whether a candidate with enough replies is read by a verbalizer, where that is
    better. Grades that compare candidates on few examples leave it out.

    Raises `ExampleError` if there are no examples.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        contract: Contract,
        success_at: float,
        calibrate: bool,
        suggested: Callable[[Example], Mapping[str, float]] = _nothing,
        verbalize: bool = False,
    ) -> None:
        if not examples:
            raise ExampleError("The skill has no `search` examples.", "Add some to its examples.")
        self.examples = tuple(examples)
        """The examples in the order of the race, without those left out."""
        self._labels = contract.labels
        self.label_shares = label_shares((example.expected for example in examples), self._labels)
        """Label → its expected share, in (0, 1)."""
        self._calibrate = calibrate
        self._suggested = suggested
        self._success_at = success_at
        self._results: dict[str, dict[str, _Result]] = {}
        self._verbalize = verbalize
        self.lists_words = False
        """Whether verbalizers may be fitted: a reply so far lists enough words."""
        self._fits: dict[tuple[str, int, int, bool], Fit | None] = {}
        self._verbalized: dict[tuple[str, int], Verbalized | None] = {}
        self._refused: set[str] = set()

    def missing(self, candidate: Candidate, n: int) -> list[Evaluate]:
        """The evaluations among the first n examples that the candidate still lacks."""
        if candidate.id in self._refused:
            return []
        results = self._results.get(candidate.id, {})
        return [
            Evaluate(candidate, candidate.prompt, example)
            for example in self.examples[:n]
            if example.id not in results
        ]

    def record(self, request: Evaluate, answer: Evaluated) -> None:
        """Store a result."""
        self.lists_words |= self._verbalize and len(answer.listed) >= MIN_VERBALIZER_WORDS
        results = self._results.setdefault(request.candidate.id, {})
        results[request.example.id] = _Result(
            answer.score,
            answer.label_logprobs,
            answer.output,
            answer.reply,
            answer.violation,
            answer.reason,
            answer.listed,
        )

    def leave_out(self, request: Evaluate, answer: Unanswered) -> None:
        """Leave out an example without a result, for all candidates alike.

        If the server refuses the request but has answered another candidate on the same example,
        the prompt is at fault: the example stays, and the candidate gets no further ones. Raises
        `ExampleError` if no example is left.
        """
        candidate, left_out = request.candidate, request.example.id
        if answer.kind == "refused" and self._is_answered(left_out):
            self._refused.add(candidate.id)
            self._results.pop(candidate.id, None)
            return
        self.examples = tuple(e for e in self.examples if e.id != left_out)
        for results in self._results.values():
            results.pop(left_out, None)
        self._fits.clear()
        self._verbalized.clear()
        if not self.examples:
            raise ExampleError(f"None of the `search` examples has an answer. {answer.reason}")

    def _is_answered(self, example_id: str) -> bool:
        return any(example_id in results for results in self._results.values())

    def n(self, candidate: Candidate) -> int:
        """The number of first examples that the candidate has run on without a gap."""
        results = self._results.get(candidate.id, {})
        for index, example in enumerate(self.examples):
            if example.id not in results:
                return index
        return len(self.examples)

    def fitness(
        self, candidate: Candidate, n: int | None = None, with_memory: bool = False
    ) -> float:
        """Mean grade over the first n examples (default: all so far), in [0, 1]."""
        grades = self.grades(candidate, n, with_memory)
        return sum(grades) / len(grades) if grades else 0.0

    def grades(
        self, candidate: Candidate, n: int | None = None, with_memory: bool = False
    ) -> Sequence[float]:
        """The grade on each of the first n examples (default: all so far), in [0, 1].

        `with_memory`: of its product with what the other examples suggest.
        """
        rows = self._rows(candidate, n)
        fit = self._fit(candidate, len(rows), with_memory)
        return fit.probabilities if fit else [result.score for _, result in rows]

    def shrunken(self, candidate: Candidate, mean: float) -> float:
        """Fitness shrunken towards the population's mean, as if ten more examples had that mean.

        0 for a candidate whose requests the server refuses.
        """
        if candidate.id in self._refused:
            return 0.0
        n = self.n(candidate)
        return (self.fitness(candidate) * n + mean * SHRINKAGE_EXAMPLES) / (n + SHRINKAGE_EXAMPLES)

    def successes(self, candidate: Candidate, n: int | None = None) -> list[bool]:
        """Whether each example was a success, after calibration unless it is the incumbent."""
        rows = self._rows(candidate, n)
        is_plain = candidate.operator == "incumbent"
        fit = None if is_plain else self._fit(candidate, len(rows), with_memory=True)
        if fit:
            return list(fit.correct)
        return self.plain_successes(candidate, n)

    def plain_successes(self, candidate: Candidate, n: int | None = None) -> list[bool]:
        """Whether each example was a success without calibration."""
        return [result.score >= self._success_at for _, result in self._rows(candidate, n)]

    def labelled(self, candidate: Candidate) -> list[Labelled]:
        """What is known of the labels of each example; empty if one lacks log-probabilities."""
        rows = self._rows(candidate, None)
        labelled = self._with_logprobs(rows)
        return labelled if len(labelled) == len(rows) else []

    def accuracy(self, candidate: Candidate) -> float:
        """Share of successes over its examples so far; 0 if there are none."""
        successes = self.successes(candidate)
        return sum(successes) / len(successes) if successes else 0.0

    def failures(self, candidate: Candidate) -> list[Example]:
        """The examples that it failed on, in the order of the race."""
        rows = self._rows(candidate, None)
        met = zip(rows, self.successes(candidate), strict=True)
        return [example for (example, _), success in met if not success]

    def worked(self, candidate: Candidate) -> list[tuple[Example, str]]:
        """The examples that it succeeded on, each with its output."""
        rows = self._rows(candidate, None)
        met = zip(rows, self.successes(candidate), strict=True)
        return [
            (example, result.output)
            for (example, result), success in met
            if success and result.output is not None
        ]

    def gain(self, child: Candidate, parent: Candidate, examples: Sequence[Example]) -> float:
        """How much higher the child's scores are than the parent's, summed over those of the
        examples that both have run on."""
        own, others = (self._results.get(candidate.id, {}) for candidate in (child, parent))
        both = [example.id for example in examples if example.id in own and example.id in others]
        return sum(own[i].score - others[i].score for i in both)

    def results(self, candidate: Candidate) -> list[RowResult]:
        """The results on the examples, in the order of the race.

        The answer is left out where it is right and only its calibration makes it fail.
        """
        rows = self._rows(candidate, None)
        met = zip(rows, self.successes(candidate), strict=True)
        return [
            RowResult(
                example,
                success,
                answer=(result.output or result.reply)
                if success or result.score < self._success_at
                else "",
                violation=result.violation,
                reason=result.reason,
            )
            for (example, result), success in met
        ]

    def label_bias(self, candidate: Candidate) -> dict[str, float]:
        """Label → its share of the answers minus its share of the right ones, in [−1, 1]."""
        rows = self._rows(candidate, None)
        if not rows:
            return {}
        given = Counter(result.output for _, result in rows)
        right = Counter(example.expected for example, _ in rows)
        return {label: (given[label] - right[label]) / len(rows) for label in self._labels}

    def calibrated(
        self, candidate: Candidate, further: Sequence[tuple[Example, Evaluated]] = ()
    ) -> Prompt:
        """The candidate's prompt with the calibration fitted to its results, if there is one.

        `further`: answers on examples outside the scoreboard, which the fit uses too.
        """
        if candidate.operator == "incumbent" or not self._is_enough(candidate):
            return candidate.prompt
        if further:
            rows = [*self.labelled(candidate), *self._with_logprobs(further)]
            read = self._verbalized_of(rows)
        else:
            rows = self.labelled(candidate)
            read = self._read(candidate, len(rows))
        fit = read.better_fit if read else calibration_of(rows, self.label_shares)
        return with_reading(candidate.prompt, read, fit)

    def grade(self, candidate: Candidate, example: Example, answer: Evaluated) -> float:
        """The grade of an answer on an example outside the scoreboard, in [0, 1], with what the
        other examples suggest."""
        is_plain = candidate.operator == "incumbent"
        n = self.n(candidate)
        fit = None if is_plain else self._fit(candidate, n, with_memory=True)
        logprobs = answer.label_logprobs
        read = None if is_plain else self._read(candidate, n)
        if read is not None and read.is_better:
            logprobs = read.verbalizer.label_logprobs(answer.listed)
        if fit is None or not logprobs or example.expected not in fit.biases:
            return answer.score
        return probability(fit, logprobs, example.expected, self._suggested(example))

    def _read(self, candidate: Candidate, n: int) -> Verbalized | None:
        """The verbalizer fitted on its first n examples; `None` if they are too few."""
        key = (candidate.id, n)
        if key not in self._verbalized:
            self._verbalized[key] = self._verbalized_of(self.labelled(candidate)[:n])
        return self._verbalized[key]

    def _verbalized_of(self, rows: Sequence[Labelled]) -> Verbalized | None:
        return fit_verbalizer(rows, self.label_shares) if self.lists_words else None

    def _with_logprobs(
        self, answered: Iterable[tuple[Example, _Result | Evaluated]]
    ) -> list[Labelled]:
        return [
            Labelled(example, answer.label_logprobs, self._suggested(example), answer.listed)
            for example, answer in answered
            if answer.label_logprobs and example.expected in self._labels
        ]

    def _rows(self, candidate: Candidate, n: int | None) -> list[tuple[Example, _Result]]:
        limit = self.n(candidate) if n is None else min(n, self.n(candidate))
        results = self._results.get(candidate.id, {})
        return [(example, results[example.id]) for example in self.examples[:limit]]

    def _is_enough(self, candidate: Candidate) -> bool:
        return self._calibrate and len(self.labelled(candidate)) >= MIN_CALIBRATION_EXAMPLES

    def _fit(self, candidate: Candidate, n: int, with_memory: bool) -> Fit | None:
        """The calibration that grades the candidate on its first n examples."""
        key = (candidate.id, n, len(self._results.get(candidate.id, {})), with_memory)
        if key not in self._fits:
            rows = self.labelled(candidate)[:n]
            read = self._read(candidate, n) if with_memory else None
            if not with_memory:
                rows = [replace(row, suggested={}) for row in rows]
            self._fits[key] = read.better_fit if read else self._fit_of(rows)
        return self._fits[key]

    def _fit_of(self, rows: Sequence[Labelled]) -> Fit | None:
        if not self._calibrate or len(rows) < MIN_CALIBRATION_EXAMPLES:
            return None
        if len(self._labels) > MAX_FREE_FIT_LABELS:
            return calibration_of(rows, self.label_shares)
        return fit_freely(
            [row.logprobs for row in rows],
            [row.expected for row in rows],
            self._labels,
            [row.suggested for row in rows],
        )


def scoreboard_of(problem: Problem, examples: Sequence[Example]) -> Scoreboard:
    """The scoreboard of a search. `examples`: those of the race, in its order."""
    return Scoreboard(
        examples,
        problem.contract,
        problem.success_at,
        problem.calibrates,
        problem.suggested,
        problem.verbalizes,
    )
