"""The tables, and the bars of the contest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import mean

from bars import Bar, table
from search.contest import Row, paired_interval
from search.figures import Figure, Results, Series

OURS = "ours"
UNCALIBRATED = "ours-uncalibrated"
RANDOM_SEARCH = "ours-random-search"
INCUMBENT = "first-prompt"
HUMAN = "human-prompts"
CLASSIFIER = "classifier"
NEAREST = "nearest-demonstrations"
REFRESHED = "refreshed"
_BY_HAND = "by-hand"
_NO_PEERS = (INCUMBENT, HUMAN, CLASSIFIER, NEAREST, REFRESHED)
BELOW_CLASSIFIER = 0.01
"""How much less than the classifier ours may have on one data set."""
SST2_BARS = {UNCALIBRATED: 0.73, OURS: 0.75}
_HALF = 0.5


def accuracy_table(results: Results, budgets: Mapping[str, int]) -> str:
    """A line for each data set and contestant. `budgets`: data set → task calls of a full run."""
    lines: list[tuple[object, ...]] = []
    for dataset, budget in budgets.items():
        for contestant in results.contestants(dataset, budget):
            series = results.series(dataset, contestant, budget)
            if series:
                lines.append((dataset, contestant, *_cells(results, series)))
    head = ("data", "contestant", "mean", "worst", "n", "seeds", "gain, 95 %")
    return table((*head, "task", "writer", "tokens", "seconds", "code"), lines)


def _cells(results: Results, series: Series) -> tuple[object, ...]:
    figures = series.figures
    gains = [gain(results, figure) for figure in figures]
    return (
        f"{series.mean:.3f}",
        f"{min(figure.accuracy for figure in figures):.3f}",
        figures[0].n,
        len(figures),
        " ".join("-" if each is None else f"{each[0]:+.2f}..{each[1]:+.2f}" for each in gains),
        _mean_of([figure.task_calls for figure in figures]),
        _mean_of([figure.writer_calls for figure in figures]),
        _mean_of([figure.tokens for figure in figures]),
        _mean_of([figure.seconds for figure in figures]),
        series.age,
    )


def prompts_table(rows: Sequence[Row], budget: int) -> str:
    """The prompt that each run handed over."""
    found = [row for row in rows if row.budget == budget and row.prompt]
    return "\n".join(
        f"{row.dataset} {row.contestant} seed {row.seed}: {row.accuracy:.3f} "
        f"{row.prompt['text'][:100]!r}{_extras(row)}{f' [{row.note}]' if row.note else ''}"
        for row in found
    )


def curve_table(results: Results) -> str:
    """Our result for each number of task calls: mean held-out accuracy over the seeds."""
    lines: list[tuple[object, ...]] = []
    for dataset in results.datasets:
        for contestant in (OURS, UNCALIBRATED):
            points = results.curve(dataset, contestant)
            if len(points) > 1:
                shown = "  ".join(f"{calls}: {accuracy:.3f}" for calls, accuracy in points)
                lines.append((dataset, contestant, shown))
    head = ("data", "contestant", "task calls: mean held-out accuracy")
    return table(head, lines) if lines else ""


def bars(results: Results, budgets: Mapping[str, int]) -> tuple[Bar, ...]:
    """The bars of the search for which there are figures."""
    found: list[Bar] = []
    for dataset, budget in budgets.items():
        ours = results.series(dataset, OURS, budget)
        if ours:
            found += _against_others(results, dataset, ours, budget)
            found += _worst_seed(results, dataset, ours)
            found += _half_the_calls(results, dataset, budget)
        if dataset == "sst2":
            for contestant, target in SST2_BARS.items():
                if series := results.series(dataset, contestant, budget):
                    found.append(at_least(f"sst2: {contestant}, mean", series.mean, target))
    most = max(
        (
            figure.task_calls - figure.budget
            for figure in results.shown_figures
            if figure.task_calls is not None
        ),
        default=0,
    )
    found.append(Bar("task calls beyond the budget, most of any run", max(0, most), "0", most <= 0))
    return tuple(found)


def _against_others(results: Results, dataset: str, ours: Series, budget: int) -> list[Bar]:
    """Ours against the best of each kind of other contestants; without some, no bar."""
    by_hand = [c for c in results.contestants(dataset, budget) if c.startswith(_BY_HAND)]
    kinds = (
        (best(results, dataset, peers_with_figures(results, dataset, budget), budget), "best peer"),
        (HUMAN, "random search over human prompts"),
        (RANDOM_SEARCH if by_hand else None, "random search with the same operators"),
        (best(results, dataset, by_hand, budget), "best prompt by hand"),
    )
    found = []
    for name, what in kinds:
        series = results.series(dataset, name, budget) if name else None
        if series:
            label = f"{dataset}: {OURS}, mean, against the {what} ({name})"
            found.append(at_least(label, ours.mean, series.mean))
    if classifier := results.series(dataset, CLASSIFIER, budget):
        label = f"{dataset}: {OURS}, mean, against the {CLASSIFIER} less {BELOW_CLASSIFIER}"
        found.append(at_least(label, ours.mean, classifier.mean - BELOW_CLASSIFIER))
    return found


def _worst_seed(results: Results, dataset: str, ours: Series) -> list[Bar]:
    """Whether every seed's interval of the gain reaches 0."""
    gains = [gain(results, figure) for figure in ours.figures]
    highs = [each[1] for each in gains if each is not None]
    if not highs:
        return []
    name = f"{dataset}: {OURS}, worst seed: upper end of the gain's 95 % interval"
    return [Bar(name, round(min(highs), 3), ">= 0", min(highs) >= 0)]


def _half_the_calls(results: Results, dataset: str, budget: int) -> list[Bar]:
    peer = best(results, dataset, peers_with_figures(results, dataset, budget), budget)
    series = results.series(dataset, peer, budget) if peer else None
    points = results.curve(dataset, OURS)
    if not series or len(points) < 2:
        return []
    theirs = mean(f.budget if f.task_calls is None else f.task_calls for f in series.figures)
    reached = reached_for_good(points, series.mean)
    share = (reached or budget) / max(1.0, theirs)
    name = f"{dataset}: share of {peer}'s calls that {OURS} needs for its accuracy"
    if reached is None:
        name += " (never reached)"
    return [Bar(name, round(share, 3), f"<= {_HALF}", reached is not None and share <= _HALF)]


def reached_for_good(points: Sequence[tuple[int, float]], target: float) -> int | None:
    """The least budget from which the curve is never below the target; `None` if there is none.

    The first crossing may be luck: a curve of few seeds goes up and down.
    """
    reached = None
    for calls, accuracy in reversed(points):
        if accuracy < target - 1e-9:
            break
        reached = calls
    return reached


def peers_with_figures(results: Results, dataset: str, budget: int) -> list[str]:
    """The other projects' optimizers that have figures."""
    return [
        name
        for name in results.contestants(dataset, budget)
        if name not in _NO_PEERS and not name.startswith((OURS, _BY_HAND))
    ]


def best(results: Results, dataset: str, names: Sequence[str], budget: int) -> str | None:
    """The contestant with the highest mean; `None` if there is none."""
    means = {
        name: series.mean for name in names if (series := results.series(dataset, name, budget))
    }
    return max(means, key=lambda name: means[name], default=None)


def at_least(name: str, value: float, target: float) -> Bar:
    """A bar from below. Means of the same rows: values that look equal are equal."""
    return Bar(name, round(value, 4), f">= {target:.4g}", value >= target - 1e-9)


def gain(results: Results, figure: Figure) -> tuple[float, float] | None:
    """95 % interval of the accuracy gained; `None` if the answers of either are not known."""
    first = results.series(figure.dataset, INCUMBENT, 0)
    before = first.figures[0].outcomes if first else ()
    if not figure.right or len(before) != len(figure.right):
        return None
    return paired_interval(before, figure.outcomes)


def _mean_of(values: Sequence[float | None]) -> object:
    known = [value for value in values if value is not None]
    return round(mean(known)) if known else "-"


def _extras(row: Row) -> str:
    shown = len(row.prompt.get("demonstrations", ()))
    return (f" +{shown} demonstrations" if shown else "") + (
        " +calibration" if row.prompt.get("calibration") else ""
    )
