"""The bars that the contest as a whole has to meet, each of them shown even before it is measured.

`ours` runs with three seeds; a mean over fewer of them holds no bar.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from bars import Bar
from search.figures import Results, Series
from search.report import (
    BELOW_CLASSIFIER,
    CLASSIFIER,
    NEAREST,
    OURS,
    REFRESHED,
    SST2_BARS,
    UNCALIBRATED,
    at_least,
    best,
    gain,
)

SEEDS = 3
LEAST_OF_SKILLS = {"audio-actions": 0.66, "markdown-analysis": 0.63, "file-naming": 0.52}
_LEAST_MEAN = 0.81
"""Of the three data sets with labels."""
_MEAN_ABOVE_CLASSIFIER = 0.05


@dataclass(frozen=True)
class Contest:
    """What a whole run of the benchmark has."""

    results: Results
    datasets: tuple[str, ...]
    """Those with labels."""
    peers: tuple[str, ...]
    calls: int
    skill_calls: int
    shuffled: tuple[str, ...] = ()
    """Those with shuffled labels."""

    def best_peer(self, dataset: str) -> tuple[str, Series | None]:
        """The peer with the highest mean, in words, and its runs."""
        name = best(self.results, dataset, self.peers, self.calls)
        series = self.results.series(dataset, name, self.calls) if name else None
        return f"the best peer ({name})" if name else "the best peer", series


def required_bars(contest: Contest) -> tuple[Bar, ...]:
    """Every bar, in the same order whatever is measured."""
    bars = [bar for name in contest.datasets for bar in _bars_of(contest, name)]
    every = [contest.results.series(name, CLASSIFIER, contest.calls) for name in contest.datasets]
    classifiers = [series for series in every if series]
    target = None
    if len(classifiers) == len(every):
        target = mean(series.mean for series in classifiers) + _MEAN_ABOVE_CLASSIFIER
    labels = _Ours(contest.results, contest.datasets, contest.calls)
    bars.append(labels.bar(f"against the {CLASSIFIER}'s mean", target, classifiers))
    bars.append(labels.bar("", _LEAST_MEAN))
    for name, least in LEAST_OF_SKILLS.items():
        bars.append(_Ours(contest.results, (name,), contest.skill_calls).bar("", least))
    if "sst2" in contest.datasets:
        without = _Ours(contest.results, ("sst2",), contest.calls, UNCALIBRATED)
        bars.append(without.bar("", SST2_BARS[UNCALIBRATED]))
    bars += [_shuffled_bar(contest, name) for name in contest.shuffled]
    return (*bars, _peers_bar(contest))


def _bars_of(contest: Contest, name: str) -> list[Bar]:
    """The bars of one data set."""
    classifier = contest.results.series(name, CLASSIFIER, contest.calls)
    peer, theirs = contest.best_peer(name)
    ours = _Ours(contest.results, (name,), contest.calls)
    half = _Ours(contest.results, (name,), contest.calls // 2)
    nearest = contest.results.series(name, NEAREST, contest.calls)
    refreshed = _Ours(contest.results, (name,), 0, REFRESHED, seeds=1)
    least = None if classifier is None else classifier.mean - BELOW_CLASSIFIER
    most = None if theirs is None else theirs.mean
    return [
        ours.bar(f"against the {CLASSIFIER}", least, [classifier]),
        ours.bar(f"against {peer}", most, [theirs]),
        half.bar(f"against {peer} with {contest.calls}", most, [theirs]),
        refreshed.bar(f"against {NEAREST}", nearest.mean if nearest else None, [nearest]),
    ]


@dataclass(frozen=True)
class _Ours:
    """Our mean over these data sets, with this budget."""

    results: Results
    datasets: tuple[str, ...]
    budget: int
    contestant: str = OURS
    seeds: int = SEEDS
    """Fewest seeds for a bar to hold."""

    def bar(self, what: str, target: float | None, others: Sequence[Series | None] = ()) -> Bar:
        """Whether it reaches the target, which the figures of others may have set."""
        found = [self.results.series(name, self.contestant, self.budget) for name in self.datasets]
        measured = [series for series in found if series]
        place = ", ".join(self.datasets)
        name = f"{place}: mean of {self.contestant}, {self.budget} calls"
        name += f", {what}" if what else ""
        if target is None:
            return Bar(name, None, "not measured", False)
        if len(measured) < len(found):
            return Bar(name, None, f">= {target:.4g}", False)
        if not all(series.is_current for series in [*measured, *others] if series):
            name += " [some of it from older code]"
        bar = at_least(name, mean(series.mean for series in measured), target)
        seeds = min(len(series.figures) for series in measured)
        if seeds >= self.seeds:
            return bar
        return Bar(f"{name} [{seeds} of {self.seeds} seeds]", bar.value, bar.target, False)


def _shuffled_bar(contest: Contest, name: str) -> Bar:
    """Whether any seed gains something where nothing can be learned."""
    title = f"{name}: {OURS}, {contest.calls} calls, highest lower end of the gain's 95 % interval"
    series = contest.results.series(name, OURS, contest.calls)
    every = [gain(contest.results, figure) for figure in series.figures] if series else []
    lows = [found[0] for found in every if found is not None]
    if len(lows) < SEEDS:
        return Bar(
            f"{title} [{len(lows)} of {SEEDS} seeds]", max(lows, default=None), "<= 0", False
        )
    return Bar(title, round(max(lows), 3), "<= 0", max(lows) <= 0)


def _peers_bar(contest: Contest) -> Bar:
    """How many of the peers' results there are: the best peer is the best of those."""
    missing = [
        f"{peer} on {dataset}"
        for dataset in contest.datasets
        for peer in contest.peers
        if contest.results.series(dataset, peer, contest.calls) is None
    ]
    every = len(contest.datasets) * len(contest.peers)
    name = "results of peers that are measured"
    if missing:
        name += f" (missing: {', '.join(missing)})"
    return Bar(name, every - len(missing), str(every), not missing)
