"""`recall`: what a prompt's memory costs in a model call: time, tokens, and tokens from the cache.

    python benchmarks/run.py recall --data DIR                # sst2 and agnews: 2 to 5 minutes
    python benchmarks/run.py recall --data DIR --stand-in     # a trial in seconds, without figures

The same 100 rows (`--calls`) are asked with the first prompt in three versions: without a memory,
with the labels that a memory suggests (`prior`), and with these and the four nearest examples
(`demonstrations`), as `tinyarms prompt refresh SKILL --demonstrations 4` makes it. Each call is
made as a search makes it: neither the row nor a near copy is recalled, and the model is asked for
the log-probabilities of the labels. The time of a call has that of the recall in it.

The versions take turns, ten rows each, in an order that rotates, so that what else the machine does
slows all of them. Each has a server of its own with its own cache: the prompts of the first two are
the same, and would come from the other's.
"""

from __future__ import annotations

import argparse
import math
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean, median
from time import perf_counter

from bars import Bar, Report, table
from search.dataset import Dataset, read_known
from search.model import open_model
from search.ours import write_project
from search.progress import note
from search.stand_in import StandIn
from tinyarms.loop.opening import open_project
from tinyarms.loop.refreshing.planned import PRIOR_WEIGHT
from tinyarms.memory.memory import Memory
from tinyarms.models.base import Model
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelReply, execute
from tinyarms.skills.prompt import Prompt, Retrieval
from tinyarms.stats.mean_interval import mean_interval

DATASETS = ("sst2", "agnews")
ROWS = 100
"""Rows that each version is asked about. More: narrower intervals, and a longer run."""
SHOWN = 4
"""Demonstrations that are recalled for each row."""
_BLOCK = 10
"""Rows that a version is asked about before the next one has its turn. Fewer: fewer blocks differ
by what else the machine did."""
PLAIN, PRIOR, SHOWING = "without a memory", "prior", "demonstrations"
RETRIEVALS: Mapping[str, Retrieval | None] = {
    PLAIN: None,
    PRIOR: Retrieval(prior_weight=PRIOR_WEIGHT),
    SHOWING: Retrieval(SHOWN, prior_weight=PRIOR_WEIGHT),
}
"""Version → what its prompt takes from the memory."""


@dataclass(frozen=True)
class Asked:
    """A call."""

    seconds: float
    """From before the recall until the answer is read."""
    recall_seconds: float
    """Those of the recall."""
    reply: ModelReply


@dataclass(frozen=True)
class Cost:
    """What the calls of a version cost."""

    calls: int
    calls_per_second: float
    prompt_tokens: float
    """Mean of a call."""
    cached_share: float
    """Share of all prompt tokens that came from the server's cache, in [0, 1]."""
    recall_ms: float
    """Median milliseconds of the recall."""

    @staticmethod
    def of(asked: Sequence[Asked]) -> Cost:
        """That of these calls, at least one."""
        tokens = [each.reply.prompt_tokens for each in asked]
        return Cost(
            calls=len(asked),
            calls_per_second=len(asked) / sum(each.seconds for each in asked),
            prompt_tokens=fmean(tokens),
            cached_share=sum(each.reply.cached_tokens for each in asked) / sum(tokens),
            recall_ms=1000 * median(each.recall_seconds for each in asked),
        )


def run(options: argparse.Namespace) -> Report:
    """Ask all versions about the rows of each data set."""
    if options.data is None:
        sys.exit("recall needs --data: a folder with sst2.tsv and agnews.tsv")
    datasets = read_known(options.data, options.only or DATASETS)
    rows = ROWS if options.calls is None else options.calls
    if rows < 1:
        sys.exit(f"--calls: {rows} rows cannot be measured; give 1 or more")
    make = (lambda: StandIn(datasets)) if options.stand_in else _embedded(options)
    lines: list[tuple[object, ...]] = []
    bars: list[Bar] = []
    for data in datasets:
        asked = ask_all(data, rows, make, options.work.absolute() / "recall")
        lines += _lines(data.name, asked)
        bars += _bars(data.name, asked)
    head = ("data set", "version", "calls", "calls/s", "of plain, 95 %", "prompt tokens")
    shown = table((*head, "of plain", "from cache", "recall, ms"), lines)
    if options.stand_in:
        shown += "\n\n--stand-in: a simulated model, so the figures say nothing."
    return Report(shown, tuple(bars))


def ask_all(
    data: Dataset, rows: int, make: Callable[[], Model], folder: Path
) -> Mapping[str, list[Asked]]:
    """Version → its calls about the first given rows, in their order.

    `make`: a new model, one for each version. `folder`: of the project, which is made anew.
    """
    shutil.rmtree(folder, ignore_errors=True)
    write_project(folder, {data.name: data})
    environ = {"TINYARMS_HOME": str(folder), "TINYARMS_CACHE": str(folder / "cache")}
    asked: dict[str, list[Asked]] = {version: [] for version in RETRIEVALS}
    with ExitStack() as stack:
        context = stack.enter_context(closing(open_project(folder, environ)))
        skill = context.skill(data.name).skill
        memory, view = Memory.of(data.given, data.labels), context.input_view(skill)
        context.memories.hold(skill, memory)
        models = {version: stack.enter_context(closing(make())) for version in RETRIEVALS}

        def ask(version: str, example: Example) -> Asked:
            prompt = _prompt(data, version, memory)
            began = perf_counter()
            recalled = context.memories.recalled_for_example(skill, prompt, example.inputs)
            ready = perf_counter()
            reply = execute(models[version], skill.contract, recalled, example.inputs, view).reply
            return Asked(perf_counter() - began, ready - began, reply)

        for version in RETRIEVALS:
            ask(version, data.given[-1])  # Starts the server; its cache then has the instruction.
        examples = data.given[:-1][:rows]
        for version, block in _turns(examples):
            asked[version] += [ask(version, example) for example in block]
            if len({len(calls) for calls in asked.values()}) == 1:
                note(f"{data.name}: {len(asked[version])} of {len(examples)} rows")
    shutil.rmtree(folder)
    return asked


def _turns(rows: Sequence[Example]) -> Iterator[tuple[str, Sequence[Example]]]:
    """Every block of rows for each version; another one begins with each block."""
    versions = list(RETRIEVALS)
    for first in range(0, len(rows), _BLOCK):
        for version in versions:
            yield version, rows[first : first + _BLOCK]
        versions.append(versions.pop(0))


def _prompt(data: Dataset, version: str, memory: Memory) -> Prompt:
    retrieve = RETRIEVALS[version]
    if retrieve is None:
        return Prompt(data.first_prompt)
    return Prompt(data.first_prompt, retrieve=replace(retrieve, snapshot=memory.snapshot))


def _embedded(options: argparse.Namespace) -> Callable[[], Model]:
    return lambda: open_model(options.work, options.threads)


def speed_of_plain(plain: Sequence[Asked], other: Sequence[Asked]) -> tuple[float, float, float]:
    """The speed of calls as a share of that without a memory: geometric mean over the blocks, and
    the ends of its 95 % interval; with one block only, of it, and not known (`nan`)."""
    pairs = list(zip(_block_seconds(plain), _block_seconds(other), strict=True))
    logs = [math.log(before / after) for before, after in pairs]
    found = mean_interval(logs)
    if found is None:
        return math.exp(logs[0]), math.nan, math.nan
    mean, _, low, high = found
    return math.exp(mean), math.exp(low), math.exp(high)


def _block_seconds(asked: Sequence[Asked]) -> list[float]:
    return [
        sum(each.seconds for each in asked[first : first + _BLOCK])
        for first in range(0, len(asked), _BLOCK)
    ]


def _lines(name: str, asked: Mapping[str, list[Asked]]) -> Iterator[tuple[object, ...]]:
    plain = Cost.of(asked[PLAIN])
    for version, calls in asked.items():
        cost, (share, low, high) = Cost.of(calls), speed_of_plain(asked[PLAIN], calls)
        interval = "" if version == PLAIN else f" ({low:.2f} to {high:.2f})"
        yield (
            name,
            version,
            cost.calls,
            f"{cost.calls_per_second:.2f}",
            f"{share:.2f}{interval}",
            f"{cost.prompt_tokens:.1f}",
            f"{cost.prompt_tokens / plain.prompt_tokens:.2f}",
            f"{cost.cached_share:.0%}",
            f"{cost.recall_ms:.2f}",
        )


def _bars(name: str, asked: Mapping[str, list[Asked]]) -> Iterator[Bar]:
    """The prior costs no token; everything else is only reported."""
    costs = {version: Cost.of(calls) for version, calls in asked.items()}
    plain = costs[PLAIN]
    for version, cost in costs.items():
        times = round(cost.prompt_tokens / plain.prompt_tokens, 3)
        if version != PLAIN:
            share = round(speed_of_plain(asked[PLAIN], asked[version])[0], 3)
            free = version == PRIOR
            target, holds = ("= 1", times == 1.0) if free else ("reported", True)
            yield Bar(f"{name}, {version}: prompt tokens, times plain", times, target, holds)
            yield Bar(f"{name}, {version}: calls a second, of plain", share, "reported", True)
        speed, cached = round(cost.calls_per_second, 2), round(cost.cached_share, 3)
        yield Bar(f"{name}, {version}: calls a second", speed, "reported", True)
        yield Bar(f"{name}, {version}: share of tokens from cache", cached, "reported", True)
