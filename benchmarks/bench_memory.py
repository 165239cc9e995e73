"""`memory`: the cost of a prompt version's memory, and what its label prior knows by itself.

    python benchmarks/run.py memory                # cost, with 10,000 made-up examples
    python benchmarks/run.py memory --data DIR     # also the accuracy on sst2, subj and agnews

The made-up texts have 12 to 250 words, 30 in the middle, of a vocabulary of 30,000 made-up words
that occur as often as words do (Zipf); every label has words that it prefers. The accuracy is that
on the rows held out, of a memory of all rows that are given: of the label prior without any model,
and of the majority of the four nearest examples.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time

import numpy as np

from bars import Bar, Report, table
from search.dataset import KNOWN, Dataset, read_known
from tinyarms.memory.memory import Memory
from tinyarms.skills.example import Example

EXAMPLES = 10_000
QUERIES = 2_000
LABELS = ("one", "two", "three", "four", "five", "six")
BAR_MS, BAR_MB, BAR_SECONDS = 2.0, 30.0, 0.3
OPENED = 9
"""How often the file is opened in a fresh process."""
NEAREST = 4
_VOCABULARY = 30_000
_WORDS = (12, 30, 250)
"""Least, median and most words of a text."""
_SPREAD = 0.7
"""Standard deviation of the logarithm of a text's words."""
_PREFERRED = 0.15
"""Share of a text's words that are drawn in its label's own order of the words."""
_OPEN = (
    "import sys; from pathlib import Path; from tinyarms.memory.memory import Memory; "
    "Memory.from_bytes(Path(sys.argv[1]).read_bytes(), sys.argv[1])"
)


def run(options: argparse.Namespace) -> Report:
    """The cost; with `--data` also the accuracy."""
    shown, bars = cost(EXAMPLES, QUERIES)
    if options.data is None:
        return Report(shown, bars)
    found = [(data, *accuracy(data)) for data in read_known(options.data, options.only or [*KNOWN])]
    rows: list[tuple[object, ...]] = [
        (data.name, len(data.given), len(data.held_out), f"{prior:.3f}", f"{vote:.3f}")
        for data, prior, vote in found
    ]
    head = ("data set", "remembered", "held out", "prior alone", f"{NEAREST} nearest")
    reported = [
        Bar(f"{data.name}, accuracy of {what}", round(value, 3), "reported", True)
        for data, *values in found
        for what, value in zip(("the prior alone", f"{NEAREST} nearest"), values, strict=True)
    ]
    return Report(f"{shown}\n\n{table(head, rows)}", (*bars, *reported))


def cost(examples: int, queries: int) -> tuple[str, tuple[Bar, ...]]:
    """A table and the bars of a memory of so many made-up examples."""
    rows = made_up(examples + queries, seed=0)
    began = perf_counter()
    memory = Memory.of(rows[:examples], LABELS)
    made = perf_counter() - began
    data = memory.to_bytes()
    wall, cpu = _times(memory, rows[examples:])
    opened = _opening(data)
    p99, size = quantiles(wall, n=100)[98], len(data) / 1e6
    lines: list[tuple[object, ...]] = [
        ("nearest and prior, ms", f"{median(wall):.3f}", f"{p99:.3f}"),
        ("of that CPU time, ms", f"{median(cpu):.3f}", f"{quantiles(cpu, n=100)[98]:.3f}"),
        ("opened in a fresh process, s", f"{median(opened):.3f}", f"{max(opened):.3f}"),
        ("made, s", f"{made:.1f}", ""),
        ("file, MB", f"{size:.1f}", ""),
    ]
    bars = (
        Bar("nearest and prior, p99 ms", round(p99, 3), f"<= {BAR_MS:g}", p99 <= BAR_MS),
        Bar("file, MB", round(size, 1), f"<= {BAR_MB:g}", size <= BAR_MB),
        Bar(
            "opened in a fresh process, median s",
            round(median(opened), 3),
            f"<= {BAR_SECONDS:g}",
            median(opened) <= BAR_SECONDS,
        ),
    )
    return table((f"{examples:,} examples", "median", "p99 or most"), lines), bars


def accuracy(data: Dataset) -> tuple[float, float]:
    """The accuracy on the rows held out: of the prior alone, and of the nearest examples."""
    memory = Memory.of(data.given, data.labels)
    prior = nearest = 0
    for example in data.held_out:
        known = memory.label_logprobs(example.inputs)
        prior += max(known, key=lambda label: known[label]) == example.expected
        near = [row.expected for row in memory.nearest(example.inputs, NEAREST)]
        # Of equally frequent labels, that of the nearest example comes first.
        nearest += Counter(near).most_common(1)[0][0] == example.expected
    return prior / len(data.held_out), nearest / len(data.held_out)


def made_up(number: int, seed: int) -> list[Example]:
    """Examples with made-up texts; each label prefers words of its own."""
    rng = np.random.default_rng(seed)
    words = _vocabulary(rng)
    orders = [rng.permutation(len(words)) for _ in LABELS]
    least, middle, most = _WORDS
    frequency = 1 / np.arange(1, len(words) + 1)
    ranks = rng.choice(len(words), size=1_000_000, p=frequency / frequency.sum())
    examples = []
    for row in range(number):
        length = int(np.clip(middle * np.exp(rng.normal(0, _SPREAD)), least, most))
        drawn = ranks[rng.integers(0, len(ranks), length)]
        label = int(rng.integers(len(LABELS)))
        drawn = np.where(rng.random(length) < _PREFERRED, orders[label][drawn], drawn)
        text = " ".join(words[n] for n in drawn.tolist()).capitalize() + "."
        examples.append(Example(f"e{row:06}", {"text": text}, LABELS[label], "search"))
    return examples


def _vocabulary(rng: np.random.Generator) -> list[str]:
    """Different words; the frequent ones are short."""
    consonants, vowels = [*"bcdfghklmnprstvw", "st", "tr", "ch", "th"], list("aeiou")
    endings = ["", "n", "r", "s", "t", "nd", "ng"]
    words = dict[str, None]()
    while len(words) < _VOCABULARY:
        syllables = 1 + min(4, int(rng.poisson(0.4 + 1.6 * len(words) / _VOCABULARY)))
        parts = [(rng.choice(consonants), rng.choice(vowels)) for _ in range(syllables)]
        words["".join(c + v for c, v in parts) + str(rng.choice(endings))] = None
    return list(words)


def _times(memory: Memory, queries: Sequence[Example]) -> tuple[list[float], list[float]]:
    """Milliseconds of each query after the first: on the wall clock, and of CPU time."""
    wall, cpu = [], []
    for query in queries:
        began, used = perf_counter(), process_time()
        memory.nearest(query.inputs, NEAREST)
        memory.label_logprobs(query.inputs)
        wall.append((perf_counter() - began) * 1000)
        cpu.append((process_time() - used) * 1000)
    return wall[1:], cpu[1:]


def _opening(data: bytes) -> list[float]:
    """Seconds of a process that opens the memory and ends."""
    seconds = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "memory"
        file.write_bytes(data)
        for _ in range(OPENED):
            began = perf_counter()
            subprocess.run([sys.executable, "-c", _OPEN, str(file)], check=True)
            seconds.append(perf_counter() - began)
    return seconds
