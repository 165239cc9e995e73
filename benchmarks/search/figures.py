"""The figures of finished runs, in a file that is committed: one line of JSON for each run.

A figure carries the hash of the code and of the data that made it. So a run that is finished on
one machine is not repeated on another, and a report can tell which figures are from older code.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import mean

from search.code_version import commit
from search.contest import Row
from tinyarms.store.project.files import write_atomically

FIGURES = Path(__file__).with_name("figures.jsonl")


@dataclass(frozen=True)
class Figure:
    """The result of one run. What was not recorded is `None`."""

    dataset: str
    contestant: str
    budget: int
    """Task calls that the run was allowed."""
    seed: int
    """0: the contestant does not depend on it."""
    accuracy: float
    """Share of the held-out examples that are successes."""
    n: int
    """Number of held-out examples."""
    task_calls: int | None
    writer_calls: int | None
    tokens: int | None
    """Read and written in the task and writer calls."""
    seconds: float | None
    """Wall time; stored replies take none."""
    code: str | None
    """Hash of the code that made it."""
    data: str | None
    """Hash of the rows, the labels and the first prompt."""
    date: str
    commit: str
    right: str = ""
    """`1` for each held-out example that is a success, and `0` for the others; empty: unknown."""
    note: str = ""

    @property
    def outcomes(self) -> tuple[bool, ...]:
        """`right` as truth values."""
        return tuple(mark == "1" for mark in self.right)

    @property
    def run(self) -> tuple[str, str, int, int]:
        """What was run."""
        return self.dataset, self.contestant, self.budget, self.seed


def figure_of(row: Row, code: str, data: str) -> Figure:
    """The figure of a finished run."""
    return Figure(
        dataset=row.dataset,
        contestant=row.contestant,
        budget=row.budget,
        seed=row.seed,
        accuracy=round(row.accuracy, 4),
        n=len(row.right),
        task_calls=row.task_calls,
        writer_calls=row.writer_calls,
        tokens=row.tokens,
        seconds=row.seconds,
        code=code,
        data=data,
        date=datetime.now(UTC).date().isoformat(),
        commit=commit(),
        right="".join("01"[right] for right in row.right),
        note=row.note,
    )


def _newest(figures: Sequence[Figure]) -> tuple[str, int]:
    """The date of the last figure, then the number of seeds: days have several versions."""
    return max(f.date for f in figures), len({f.seed for f in figures})


def read_figures(path: Path) -> list[Figure]:
    """All figures of the file, in its order; none if there is no file."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").split("\n")
    return [Figure(**json.loads(line)) for line in lines if line.strip()]


def add_figure(path: Path, figure: Figure) -> None:
    """Add the figure to the file, which stays sorted, so that two branches merge."""
    kept = sorted([*read_figures(path), figure], key=lambda f: (*f.run, f.date))
    lines = (json.dumps(asdict(each), ensure_ascii=False) for each in kept)
    write_atomically(path, "\n".join(lines) + "\n")


def find(
    figures: Iterable[Figure], run: tuple[str, str, int, int], code: str, data: str
) -> Figure | None:
    """The figure of a run that was made by this code on these data."""
    wanted = (run, code, data)
    return next((f for f in figures if (f.run, f.code, f.data) == wanted), None)


@dataclass(frozen=True)
class Series:
    """The runs of a contestant on a data set with the same budget, code and data."""

    figures: tuple[Figure, ...]
    """One for each seed."""
    is_current: bool
    """Whether they were made by the contestant's code of today."""

    @property
    def mean(self) -> float:
        """Mean accuracy over the seeds."""
        return mean(figure.accuracy for figure in self.figures)

    @property
    def age(self) -> str:
        """`current`, or the commit of the older code that made it."""
        commits = " ".join(dict.fromkeys(figure.commit for figure in self.figures))
        return "current" if self.is_current else f"older code ({commits})"


class Results:
    """Figures, of which only those of the same data are compared, and of the same code averaged.

    Of a data set the rows of its last figure count; figures of other rows are left out. Of a
    contestant's versions its code of today counts, or else that of its last figure; of a day's
    versions, the one with the most seeds. `code_of`: contestant → hash of its code of today.
    """

    def __init__(self, figures: Sequence[Figure], code_of: Mapping[str, str]) -> None:
        known = sorted((f for f in figures if f.data is not None), key=lambda f: f.date)
        data_of = {figure.dataset: figure.data for figure in known}
        versions: dict[tuple[str, str, int], dict[str | None, list[Figure]]]
        versions = defaultdict(lambda: defaultdict(list))
        for figure in figures:
            if figure.data in (None, data_of.get(figure.dataset)):
                key = (figure.dataset, figure.contestant, figure.budget)
                versions[key][figure.code].append(figure)
        self._series = {
            key: _series_that_counts(found, code_of.get(key[1])) for key, found in versions.items()
        }

    @property
    def datasets(self) -> list[str]:
        """The names of the data sets, in order of first appearance."""
        return list(dict.fromkeys(dataset for dataset, _, _ in self._series))

    @property
    def shown_figures(self) -> list[Figure]:
        """All figures of the versions that count."""
        return [figure for series in self._series.values() for figure in series.figures]

    def contestants(self, dataset: str, budget: int) -> list[str]:
        """Those with figures at this budget, or at 0 because they take no calls."""
        return list(
            dict.fromkeys(
                contestant
                for name, contestant, allowed in self._series
                if name == dataset and allowed in (0, budget)
            )
        )

    def series(self, dataset: str, contestant: str, budget: int) -> Series | None:
        """The runs at this budget, or at 0 if the contestant takes no calls."""
        found = self._series.get((dataset, contestant, budget))
        return found or self._series.get((dataset, contestant, 0))

    def curve(self, dataset: str, contestant: str) -> list[tuple[int, float]]:
        """(budget, mean held-out accuracy), smallest budget first."""
        return sorted(
            (budget, series.mean)
            for (name, other, budget), series in self._series.items()
            if (name, other) == (dataset, contestant)
        )


def _series_that_counts(
    versions: Mapping[str | None, Sequence[Figure]], today: str | None
) -> Series:
    """`versions`: hash of the code → figures. What was made before codes were hashed is older."""
    is_current = today is not None and today in versions
    code = today if is_current else max(versions, key=lambda v: _newest(versions[v]))
    by_seed = {figure.seed: figure for figure in versions[code]}
    return Series(tuple(by_seed[seed] for seed in sorted(by_seed)), is_current)
