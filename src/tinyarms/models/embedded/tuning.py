"""Measure how many threads and slots the embedded model should have on this machine.

Each sensible choice answers short classification calls for a second or two. The result is stored in
a JSON file beside the weights, by the weights, the processor and xllamacpp's version: another
machine or version measures again.
"""

from __future__ import annotations

import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

from tinyarms.core.errors import ModelUnavailable
from tinyarms.skills.contract import Labels
from tinyarms.skills.execution import Message, ModelReply, ModelRequest

FILE = "tuning.json"
SLOTS = (2, 4)
"""Numbers of slots that are tried in addition to one."""

DISTURBED = 0.35
"""Fraction of the best choice's rate. A choice with more threads or slots below it means that
another program took a core. Higher: more measurements count as disturbed."""

_MORE_THREADS_GAIN = 1.1
"""Factor by which more threads must be faster to be chosen. Higher: fewer threads."""
_LAST_CORE_GAIN = 1.25
"""The same factor for the last core, which then is not free for the user."""
_SLOTS_GAIN = 1.25
"""The same factor for more slots. With several slots, replies differ from run to run because sums
are taken in another order (about one point of accuracy on 200 examples)."""
_SECONDS = 2.0
_MOST_SECONDS = 5.0
_LEAST_CALLS = 4
_LABELS = Labels(("negative", "positive"))
_PROMPT = "Read the comment of a customer and say whether it is positive or negative."
_COMMENTS = (
    "the parcel came a day early and nothing was broken",
    "two of the glasses were in pieces, and nobody answers my letters",
    "it does what it says, quietly, and the handle feels solid",
    "after a week the battery is dead before lunch",
    "my daughter reads in it every evening and asks for the next one",
    "the second half is dull, and I left before the end",
)


@dataclass(frozen=True)
class Measured:
    """One choice and its measured rates."""

    threads: int
    """Processor threads."""
    slots: int
    """Calls at once."""
    calls_per_second: float
    """Short classification calls per second, over all slots."""
    prompt_per_second: float
    """Prompt tokens per second and slot, by the server's clock."""
    generation_per_second: float
    """Reply tokens per second and slot, by the server's clock."""


@dataclass(frozen=True)
class Tuning:
    """The measurements on this machine, and the choice that follows from them."""

    chosen: Measured
    measured: tuple[Measured, ...]

    @property
    def disturbed(self) -> bool:
        """Whether another program took a core meanwhile: more threads were far slower than
        fewer."""
        most = 0.0
        for measured in self.measured:
            if measured.calls_per_second < DISTURBED * most:
                return True
            most = max(most, measured.calls_per_second)
        return False

    def of(self, threads: int, slots: int) -> Measured:
        """The measurement for these threads and slots; if there is none, the chosen one's rates
        scaled by the number of threads."""
        for measured in self.measured:
            if (measured.threads, measured.slots) == (threads, slots):
                return measured
        share = min(1.0, threads / self.chosen.threads)
        return Measured(
            threads,
            slots,
            self.chosen.calls_per_second * share,
            self.chosen.prompt_per_second * share,
            self.chosen.generation_per_second * share,
        )


class Running(Protocol):
    """A model that runs with the threads and slots to try."""

    def complete(self, request: ModelRequest) -> ModelReply: ...

    def close(self) -> None: ...


Start = Callable[[int, int], Running]
"""Starts a model with this many threads and slots."""


def calibrate(
    start: Start,
    cores: int,
    note: Callable[[Measured], None] = lambda measured: None,
    now: Callable[[], float] = time.monotonic,
) -> Tuning:
    """Try choices of threads with one slot, then more slots with the best number of threads.

    `cores`: number of physical cores. Raises `ModelError` if the model does not answer.
    """
    measured: list[Measured] = []

    def attempt(threads: int, slots: int) -> Measured:
        model = start(threads, slots)
        try:
            measured.append(_measure(model, threads, slots, now))
        finally:
            model.close()
        note(measured[-1])
        return measured[-1]

    failures = 0
    best: Measured | None = None
    for threads in thread_choices(cores):
        trial = attempt(threads, 1)
        if best is None or trial.calls_per_second > best.calls_per_second * _gain(threads, cores):
            best, failures = trial, 0
        else:
            failures += 1
        if failures == 2:
            break
    assert best is not None
    for slots in SLOTS:
        trial = attempt(best.threads, slots)
        if trial.calls_per_second > best.calls_per_second * _SLOTS_GAIN:
            best = trial
    return Tuning(best, tuple(measured))


def thread_choices(cores: int) -> Sequence[int]:
    """Powers of two, all cores but one, and all cores, in ascending order."""
    powers = {2**n for n in range(cores.bit_length()) if 2**n <= cores}
    return sorted(powers | {max(1, cores - 1), cores})


def physical_cores() -> int:
    """Number of physical cores that this process may use; hardware threads of one core count once
    if Linux names them."""
    usable = usable_cpus()
    siblings = set()
    for cpu in usable:
        listed = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        try:
            siblings.add(listed.read_text().strip())
        except OSError:
            return len(usable)
    return max(1, len(siblings))


def usable_cpus() -> Sequence[int]:
    """The numbers of the processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return range(os.cpu_count() or 1)


def stored(weights: Path) -> Tuning | None:
    """The stored result for these weights on this machine; `None` if there is none."""
    entry = _entries(weights.parent / FILE).get(_key(weights))
    try:
        return None if entry is None else _tuning(entry)
    except (KeyError, TypeError):
        return None


def store(weights: Path, tuning: Tuning) -> Path:
    """Store the result beside the weights; returns the file's path. Raises `ModelUnavailable`."""
    path = weights.parent / FILE
    entries = {**_entries(path), _key(weights): asdict(tuning)}
    try:
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            json.dump(entries, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except OSError as error:
        raise ModelUnavailable(
            f"{path}: cannot be written ({error.strerror}).",
            "Name another folder in TINYARMS_MODELS, or set `threads` and `slots` of the model.",
        ) from error
    return path


def _gain(threads: int, cores: int) -> float:
    return _LAST_CORE_GAIN if threads == cores else _MORE_THREADS_GAIN


def _measure(model: Running, threads: int, slots: int, now: Callable[[], float]) -> Measured:
    with ThreadPoolExecutor(slots) as pool:
        list(pool.map(model.complete, [_request(-1 - slot) for slot in range(slots)]))
        began = now()
        working = [pool.submit(_work, model, slot, began, now) for slot in range(slots)]
        replies = [reply for future in working for reply in future.result()]
        seconds = now() - began
    return Measured(
        threads=threads,
        slots=slots,
        calls_per_second=len(replies) / seconds,
        prompt_per_second=_rate((r.prompt_tokens - r.cached_tokens, r.prompt_ms) for r in replies),
        generation_per_second=_rate((r.completion_tokens, r.generation_ms) for r in replies),
    )


def _work(
    model: Running, slot: int, began: float, now: Callable[[], float]
) -> Sequence[ModelReply]:
    replies: list[ModelReply] = []
    while True:
        replies.append(model.complete(_request(1000 * slot + len(replies))))
        seconds = now() - began
        if seconds >= (_SECONDS if len(replies) >= _LEAST_CALLS else _MOST_SECONDS):
            return replies


def _request(number: int) -> ModelRequest:
    # The number makes each comment new to the server's cache; the instruction stays cached.
    text = f"{_PROMPT}\n\nComment {number}: {_COMMENTS[number % len(_COMMENTS)]}"
    return ModelRequest(
        messages=(Message("user", text),),
        max_tokens=_LABELS.max_tokens,
        constraint=_LABELS.constraint(),
        want_labels=_LABELS.labels,
    )


def _rate(parts: Any) -> float:
    """Tokens per second; 0 if the server reports no times."""
    timed = [(tokens, ms) for tokens, ms in parts if ms]
    total_ms = sum(ms for _, ms in timed)
    return 1000 * sum(tokens for tokens, _ in timed) / total_ms if total_ms else 0.0


def _key(weights: Path) -> str:
    try:
        server = version("xllamacpp")
    except PackageNotFoundError:
        server = "none"
    return f"{weights.name} | {_processor()} x{len(usable_cpus())} | xllamacpp {server}"


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _entries(path: Path) -> Mapping[str, Any]:
    try:
        entries = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


def _tuning(entry: Any) -> Tuning:
    return Tuning(
        Measured(**entry["chosen"]), tuple(Measured(**measured) for measured in entry["measured"])
    )
