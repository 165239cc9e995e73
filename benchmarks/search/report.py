"""The table and the bars."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mean

from bars import Bar, table
from search.contest import Row, paired_interval

OURS = "ours"
UNCALIBRATED = "ours-uncalibrated"
INCUMBENT = "first-prompt"
HUMAN = "human-prompts"
SST2_BARS = {UNCALIBRATED: 0.73, OURS: 0.75}
_HALF = 0.5


def accuracy_table(rows: Sequence[Row], budget: int) -> str:
    """A line for each data set and contestant, at the full budget."""
    lines: list[tuple[object, ...]] = []
    for dataset in _names(rows):
        for contestant in _contestants(rows, dataset, budget):
            found = _runs(rows, dataset, contestant, budget)
            gains = [_gain(rows, row) for row in found]
            lines.append(
                (
                    dataset,
                    contestant,
                    f"{_mean(found):.3f}",
                    f"{min(row.accuracy for row in found):.3f}",
                    len(found),
                    " ".join(f"{low:+.2f}..{high:+.2f}" for low, high in gains),
                    round(mean(row.task_calls for row in found)),
                    round(mean(row.writer_calls for row in found)),
                )
            )
    head = ("data", "contestant", "mean", "worst", "seeds", "gain, 95 %", "task", "writer")
    return table(head, lines)


def prompts_table(rows: Sequence[Row], budget: int) -> str:
    """The prompt that each run handed over."""
    found = [row for row in rows if row.budget == budget and row.contestant != INCUMBENT]
    return "\n".join(
        f"{row.dataset} {row.contestant} seed {row.seed}: {row.accuracy:.3f} "
        f"{row.prompt['text'][:100]!r}{_extras(row)}{f' [{row.note}]' if row.note else ''}"
        for row in found
    )


def curve_table(rows: Sequence[Row]) -> str:
    """Our result for each number of task calls: mean held-out accuracy over the seeds."""
    lines: list[tuple[object, ...]] = []
    for dataset in _names(rows):
        for contestant in (OURS, UNCALIBRATED):
            points = curve(rows, dataset, contestant)
            if len(points) > 1:
                shown = "  ".join(f"{calls}: {accuracy:.3f}" for calls, accuracy in points)
                lines.append((dataset, contestant, shown))
    head = ("data", "contestant", "task calls: mean held-out accuracy")
    return table(head, lines) if lines else ""


def curve(rows: Sequence[Row], dataset: str, contestant: str) -> list[tuple[int, float]]:
    """(budget, mean held-out accuracy), smallest budget first."""
    budgets = sorted({r.budget for r in rows if (r.dataset, r.contestant) == (dataset, contestant)})
    return [(b, _mean(_runs(rows, dataset, contestant, b))) for b in budgets]


def bars(rows: Sequence[Row], budget: int) -> tuple[Bar, ...]:
    """The bars of the search for which there are rows."""
    found: list[Bar] = []
    for dataset in _names(rows):
        ours = _runs(rows, dataset, OURS, budget)
        if ours:
            found += _against_others(rows, dataset, ours, budget)
            found.append(_worst_seed(rows, dataset, ours))
            found += _half_the_calls(rows, dataset, budget)
        if dataset == "sst2":
            for contestant, target in SST2_BARS.items():
                if runs := _runs(rows, dataset, contestant, budget):
                    found.append(_at_least(f"sst2: {contestant}, mean", _mean(runs), target))
    most = max((row.task_calls - row.budget for row in rows), default=0)
    found.append(Bar("task calls beyond the budget, most of any run", max(0, most), "0", most <= 0))
    return tuple(found)


def _against_others(
    rows: Sequence[Row], dataset: str, ours: Sequence[Row], budget: int
) -> list[Bar]:
    peer = _best_peer(rows, dataset, budget)
    found = []
    for name, what in ((peer, "best peer"), (HUMAN, "random search over human prompts")):
        runs = _runs(rows, dataset, name, budget) if name else []
        if runs:
            label = f"{dataset}: {OURS}, mean, against the {what} ({name})"
            found.append(_at_least(label, _mean(ours), _mean(runs)))
    return found


def _worst_seed(rows: Sequence[Row], dataset: str, ours: Sequence[Row]) -> Bar:
    """Whether every seed's interval of the gain reaches 0."""
    worst = min(_gain(rows, row)[1] for row in ours)
    name = f"{dataset}: {OURS}, worst seed: upper end of the gain's 95 % interval"
    return Bar(name, round(worst, 3), ">= 0", worst >= 0)


def _half_the_calls(rows: Sequence[Row], dataset: str, budget: int) -> list[Bar]:
    peer = _best_peer(rows, dataset, budget)
    points = curve(rows, dataset, OURS)
    if not peer or len(points) < 2:
        return []
    runs = _runs(rows, dataset, peer, budget)
    theirs = mean(row.task_calls for row in runs)
    reached = reached_for_good(points, _mean(runs))
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


def _best_peer(rows: Sequence[Row], dataset: str, budget: int) -> str | None:
    peers = [
        name
        for name in _contestants(rows, dataset, budget)
        if name not in (INCUMBENT, HUMAN) and not name.startswith(OURS)
    ]
    return max(peers, key=lambda name: _mean(_runs(rows, dataset, name, budget)), default=None)


def _gain(rows: Sequence[Row], row: Row) -> tuple[float, float]:
    first = next(r for r in rows if (r.dataset, r.contestant) == (row.dataset, INCUMBENT))
    return paired_interval(first.right, row.right)


def _at_least(name: str, value: float, target: float) -> Bar:
    # Means of the same rows: values that look equal are equal.
    return Bar(name, round(value, 4), f">= {target:.4g}", value >= target - 1e-9)


def _extras(row: Row) -> str:
    shown = len(row.prompt.get("demonstrations", ()))
    return (f" +{shown} demonstrations" if shown else "") + (
        " +calibration" if row.prompt.get("calibration") else ""
    )


def _runs(rows: Sequence[Row], dataset: str, contestant: str, budget: int) -> list[Row]:
    key = (dataset, contestant)
    return [
        row
        for row in rows
        if (row.dataset, row.contestant) == key and (row.budget == budget or row.budget == 0)
    ]


def _names(rows: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(row.dataset for row in rows))


def _contestants(rows: Sequence[Row], dataset: str, budget: int) -> list[str]:
    return list(
        dict.fromkeys(
            row.contestant for row in rows if row.dataset == dataset and row.budget in (0, budget)
        )
    )


def _mean(rows: Sequence[Row]) -> float:
    return mean(row.accuracy for row in rows)
