"""Progress on stderr: a bar on a terminal, otherwise occasional lines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.progress import (
    Progress as ProgressBar,
)

from tinyarms.cli.money_text import money_text
from tinyarms.cli.output import accuracy_over, console, say
from tinyarms.core.text import counted, visible
from tinyarms.loop.project.listener import Estimate, Listener, Progress


class Lines:
    """A listener for logs: one line when a stage begins and after each tenth of it."""

    def __init__(self) -> None:
        self._printed: tuple[str, int] | None = None

    def estimate(self, estimate: Estimate) -> None:
        say(estimate_text(estimate), err=True)

    def progress(self, progress: Progress) -> None:
        if progress.tenth == self._printed:
            return
        self._printed = progress.tenth
        best = progress.best
        so_far = "" if best is None else f", best {accuracy_over(best, progress.best_n)}"
        cost = "" if progress.money is None else money_text(progress.money)
        so_far += f", cost {cost}" if cost else ""
        click.echo(
            visible(f"{progress.label}: {progress.done} of {progress.total}{so_far}"), err=True
        )

    def note(self, text: str) -> None:
        say(text, err=True)


class Bar:
    """A listener for a person: a bar with the best accuracy so far and the time left."""

    def __init__(self, out: Console) -> None:
        self._bar = ProgressBar(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[best]}"),
            TimeRemainingColumn(compact=True),
            console=out,
            transient=True,
            # On a terminal, lines for stdout go above the bar; a redirected stdout stays
            # redirected.
            redirect_stdout=sys.stdout.isatty(),
        )
        self._label: str | None = None

    def __enter__(self) -> Bar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def estimate(self, estimate: Estimate) -> None:
        self.note(estimate_text(estimate))

    def progress(self, progress: Progress) -> None:
        best = progress.best
        so_far = "" if best is None else f"best {best:.0%} (n={progress.best_n})"
        cost = "" if progress.money is None else money_text(progress.money)
        so_far = ", ".join(part for part in (so_far, cost) if part)
        done, total = progress.done, progress.total
        if progress.label != self._label:
            self._label = progress.label
            for earlier in self._bar.task_ids:
                self._bar.remove_task(earlier)
            self._bar.add_task(progress.label, total=total, completed=done, best=so_far)
        self._bar.update(self._bar.task_ids[-1], completed=done, total=total, best=so_far)

    def note(self, text: str) -> None:
        self._bar.console.print(visible(text))


@contextmanager
def watching() -> Iterator[Listener]:
    """The listener for stderr: a bar on a terminal, else lines."""
    out = console(err=True)
    if not out.is_terminal:
        yield Lines()
        return
    with Bar(out) as bar:
        yield bar


def estimate_text(estimate: Estimate) -> str:
    """The estimated cost of a search and its offline gate, in sentences."""
    parts = [
        f"at most {counted(estimate.task_calls, 'task call')}",
        counted(estimate.test_calls, "test call"),
    ]
    if estimate.writer_calls is not None:
        parts.append(f"about {counted(estimate.writer_calls, 'writer call')}")
    if estimate.scorer_calls:
        parts.append(f"at most {counted(estimate.scorer_calls, 'judge call')} of the scorer")
    if estimate.tokens is not None:
        parts.append(f"about {estimate.tokens:,} tokens")
    if estimate.seconds is not None:
        parts.append(f"about {duration(estimate.seconds)}")
    price = "" if estimate.money is None else money_text(estimate.money)
    if price:
        parts.append(f"cost about {price}" if price.startswith("$") else f"cost {price}")
    cost = f"Estimate: {', '.join(parts)}."
    return cost if estimate.gate is None else f"{cost}\n{estimate.gate.sentence}"


def duration(seconds: float) -> str:
    """`40 seconds`, `12 minutes`, `2.5 hours`."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"


@contextmanager
def downloading(name: str) -> Iterator[Callable[[int, int], None]]:
    """A callback for a download's progress: (bytes done, total bytes; 0: not known)."""
    out = console(err=True)
    if not out.is_terminal:
        click.echo(f"Pulling {name}", err=True)
        yield lambda done, total: None
        return
    with ProgressBar(
        TextColumn("{task.description}"), BarColumn(), DownloadColumn(), console=out
    ) as bar:
        task = bar.add_task(name, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)
