"""`servers`: odd servers, asked by every command that calls a model.

Each behaviour of `tests.odd_answers` × each command × a full server and one that only chats, and
each behaviour of `tests.odd_gateways` with two of the commands: the command works, or ends with one
line that names a remedy; nothing that is no reply is stored; once the server is good, the same
command works. Then searches on a server that hangs are ended by SIGINT at random moments. The
server and the projects are those of the tests, so the tests' tools must be installed
(`make test-fast` does it).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import click
from click.testing import CliRunner, Result

from bars import Bar, Report, table

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.end_to_end.project import CONFIG, SKILL, write_project
from tests.odd_server import BEHAVIOURS, GATEWAYS, SILENT, OddServer

from tinyarms.cli.main import cli

SEED = 3
PROCESSES = 2
COMMANDS = ("run", "evolve", "gate", "doctor")
DOLLARS_IN, DOLLARS_OUT = 2.0, 10.0
"""Price of the model: dollars per million tokens of prompts, and of replies."""
LONGEST_S = 60.0
"""Seconds after which a command counts as one that never ends."""
KILLS = 40
SLOTS = (1, 4, 16)
END_S = 2.0
"""Seconds in which Ctrl-C has to end a command."""
_MODEL = "  small: {kind: replay, model: small, recording: replies.jsonl}  # no model is needed"
_TIMEOUT_S = 2.0
_IN_FLIGHT = 2


@dataclass(frozen=True)
class Limits:
    """The budget of a search."""

    calls: int
    tokens: int
    dollars: float


LIMITS = (Limits(24, 12_000, 0.05), Limits(96, 1_000, 0.05), Limits(96, 12_000, 0.0025))
"""Searches are ended by their calls, their tokens and their money in turn."""


@dataclass(frozen=True)
class Cell:
    """A command on a behaviour."""

    behaviour: str
    command: str
    chat_only: bool

    @property
    def limits(self) -> Limits:
        """The budget of its search."""
        return LIMITS[(list(BEHAVIOURS).index(self.behaviour) + self.chat_only) % len(LIMITS)]


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    cell: Cell
    end: str
    """`works`, `named` (one line with a remedy), `unnamed`, `traceback` or `never`."""
    message: str
    stored: int
    """Replies stored although the server sent none."""
    overshot: str
    """What was spent beyond the limits and the replies in flight; empty if nothing was."""
    again: str
    """How the same command ends once the server is good; empty if it worked at once."""


@dataclass(frozen=True)
class Kill:
    """A search that was ended by SIGINT."""

    slots: int
    seconds: float
    """From the signal to the end of the process."""
    code: int
    said: str
    resumed: int
    """The exit code of the same command on a good server."""


def run(options: argparse.Namespace) -> Report:
    with tempfile.TemporaryDirectory() as folder:
        return report(measure(Path(folder)), kill_all(Path(folder), KILLS))


def cells(behaviours: Sequence[str] = tuple(BEHAVIOURS)) -> list[Cell]:
    """All cells, without commands that this version does not have.

    The behaviours of gateways are many: each is tried with `run` and one other command in turn, on
    a full server and one that only chats in turn.
    """
    there = {*cli.list_commands(click.Context(cli)), "evolve", "gate"}
    known = [command for command in COMMANDS if command in there]
    of_gateways = [name for name in behaviours if name in GATEWAYS]
    others = [name for name in behaviours if name not in GATEWAYS]
    found = [Cell(*cell) for cell in product(others, known, (False, True))]
    for number, name in enumerate(of_gateways):
        further = [command for command in known if command != "run"]
        two = ("run", further[number % len(further)])
        found += [Cell(name, command, number % 2 == 1) for command in two]
    return found


def measure(folder: Path, wanted: Sequence[Cell] | None = None) -> list[Outcome]:
    """The outcomes of these cells, by default of all, in two processes."""
    wanted = cells() if wanted is None else wanted
    jobs = [(folder / str(number), cell) for number, cell in enumerate(wanted)]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        outcomes = []
        for outcome in pool.imap(try_cell, jobs):
            outcomes.append(outcome)
            print(outcome, file=sys.stderr)
        return outcomes


def try_cell(job: tuple[Path, Cell]) -> Outcome:
    """The outcome of one cell, in a new project in this folder."""
    root, cell = job
    os.environ["TINYARMS_CACHE"] = str(root / "cache")
    with OddServer(SEED) as server:
        make_project(root, server.url(cell.behaviour, chat_only=cell.chat_only), _IN_FLIGHT)
        words = words_of(cell.command, root, cell.limits)
        end, message = _ended(root, words)
        is_silent = cell.behaviour in SILENT
        stored = _replies(root) if is_silent else max(0, _replies(root) - server.calls)
        overshot = _overshot(root, cell.limits) if cell.command == "evolve" else ""
        again = ""
        if end == "named":
            server.healed = True
            again, then = _ended(root, words)
            message = f"{message} THEN {then}" if again != "works" else message
        return Outcome(cell, end, message, stored, overshot, again)


def make_project(root: Path, url: str, slots: int) -> None:
    """A project whose model is behind this URL."""
    write_project(root)
    model = (
        f"  small: {{kind: openai, model: made-up, base_url: '{url}', timeout_s: {_TIMEOUT_S}, "
        f"slots: {slots}, prices: {{input: {DOLLARS_IN}, output: {DOLLARS_OUT}}}}}"
    )
    (root / "config.yaml").write_text(CONFIG.replace(_MODEL, model))
    (root / "challenger.md").write_text("Say what the writer of this comment feels about it.\n")


def words_of(command: str, root: Path, limits: Limits = LIMITS[0]) -> list[str]:
    """The command line, for a project in this folder."""
    return {
        "run": ["run", SKILL, "text=comment 1"],
        "evolve": [
            *("prompt", "evolve", SKILL, "--force", "--optimizer", "random_search"),
            *("--budget", str(limits.calls), "--budget-tokens", str(limits.tokens)),
            *("--budget-money", str(limits.dollars)),
        ],
        "gate": ["prompt", "create", SKILL, "--variant-a", str(root / "challenger.md")],
        "doctor": ["doctor", "--timeout", "10"],
    }[command]


class _TooLong(BaseException):
    """A command has taken longer than `LONGEST_S`."""


def _ended(root: Path, words: Sequence[str]) -> tuple[str, str]:
    """How a command ends, and its last words."""
    try:
        with _at_most(LONGEST_S):
            result = CliRunner().invoke(cli, words, env={"TINYARMS_HOME": str(root)})
    except _TooLong:
        return "never", ""
    if result.exit_code == 1 and words[0] == "doctor" and "unexpected " not in result.output:
        errors = [line for line in result.output.splitlines() if line.startswith("  ERROR")]
        return ("named" if errors else "unnamed"), " ".join(errors)
    return _judged(result)


@contextmanager
def _at_most(seconds: float) -> Iterator[None]:
    def end(*_: object) -> None:
        raise _TooLong

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _judged(result: Result) -> tuple[str, str]:
    lines = result.output.strip().splitlines() or [""]
    last = lines[-1]
    if (
        "Traceback" in result.output
        or "unexpected " in last
        or (result.exception is not None and not isinstance(result.exception, SystemExit))
    ):
        return "traceback", result.output[-2000:]
    if result.exit_code == 0:
        return "works", last
    is_named = last.startswith("tinyarms: ") and last.count(". ") >= 1 and last.isprintable()
    return ("named" if is_named else "unnamed"), last


def _replies(root: Path) -> int:
    """Stored replies of models."""
    return sum(
        len(_rows(root, f"SELECT 1 FROM {stored}"))
        for stored in ("evaluations WHERE NOT cached", "model_calls", "task_history")
    )


def _overshot(root: Path, limits: Limits) -> str:
    """What a search spent beyond its limits and one reply for each slot, in words."""
    paid = "FROM evaluations WHERE NOT cached"
    calls = len(_rows(root, f"SELECT 1 {paid} AND purpose IN ('search', 'selection')"))
    replies = _rows(root, f"SELECT reply {paid}") + _rows(root, "SELECT reply FROM model_calls")
    tokens = [0, *(_tokens(json.loads(reply)) for (reply,) in replies)]
    dollars = [0.0, *(_dollars(json.loads(reply)) for (reply,) in replies)]
    spent = {
        "calls": (calls, limits.calls),
        "tokens": (sum(tokens), limits.tokens + _IN_FLIGHT * max(tokens)),
        "dollars": (sum(dollars), limits.dollars + _IN_FLIGHT * max(dollars)),
    }
    beyond = {unit: numbers for unit, numbers in spent.items() if numbers[0] > numbers[1]}
    return ", ".join(f"{amount} {unit} of {most}" for unit, (amount, most) in beyond.items())


def _tokens(reply: Mapping[str, Any]) -> int:
    return int(reply["prompt_tokens"] + reply["completion_tokens"])


def _dollars(reply: Mapping[str, Any]) -> float:
    prompt, completion = reply["prompt_tokens"], reply["completion_tokens"]
    return float(prompt * DOLLARS_IN + completion * DOLLARS_OUT) / 1_000_000


def _rows(root: Path, query: str) -> list[tuple[Any, ...]]:
    database = root / "tinyarms.db"
    if not database.exists():
        return []
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.execute(query))


# Ctrl-C


def kill_all(folder: Path, kills: int) -> list[Kill]:
    """As many searches, ended at random moments with 1, 4 and 16 calls in flight."""
    jobs = [
        (folder / f"kill-{number}", SLOTS[number % len(SLOTS)], random.Random(f"{SEED} {number}"))
        for number in range(kills)
    ]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        found = pool.starmap(kill_search, jobs, chunksize=1)
    for kill in found:
        print(kill, file=sys.stderr)
    return found


def kill_search(root: Path, slots: int, rng: random.Random) -> Kill:
    """A search that gets some good answers, then none, and SIGINT at a random moment."""
    with OddServer(SEED) as server:
        server.good_calls = rng.randrange(LIMITS[0].calls)
        make_project(root, server.url("hangs"), slots)
        config = root / "config.yaml"
        config.write_text(config.read_text().replace(f"timeout_s: {_TIMEOUT_S}", "timeout_s: 120"))
        environ = {**os.environ, "TINYARMS_CACHE": str(root / "cache")}
        command = [sys.executable, "-m", "tinyarms.cli.main", *words_of("evolve", root)]
        process = subprocess.Popen(
            command, cwd=root, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        _wait_for_calls(server, process)
        time.sleep(rng.uniform(0, 0.5))
        process.send_signal(signal.SIGINT)
        sent_s = time.monotonic()
        try:
            said, _ = process.communicate(timeout=10 * END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
        seconds = time.monotonic() - sent_s
        server.healed = True
        again = subprocess.run(command, cwd=root, env=environ, capture_output=True, check=False)
    return Kill(slots, seconds, process.returncode, said.decode(), again.returncode)


def _wait_for_calls(server: OddServer, process: subprocess.Popen[bytes]) -> None:
    end_s = time.monotonic() + LONGEST_S
    while not server.in_flight and process.poll() is None and time.monotonic() < end_s:
        time.sleep(0.005)


# Report


def report(outcomes: Sequence[Outcome], kills: Sequence[Kill]) -> Report:
    ends = ("works", "named", "unnamed", "traceback", "never")
    rows: list[tuple[object, ...]] = []
    for command, chat_only in product(COMMANDS, (False, True)):
        these = [o for o in outcomes if (o.cell.command, o.cell.chat_only) == (command, chat_only)]
        if these:
            counts = [sum(o.end == end for o in these) for end in ends]
            rows.append((command, "chat only" if chat_only else "full", len(these), *counts))
    shown = [table(("command", "server", "behaviours", *ends), rows)]
    for slots in SLOTS:
        seconds = sorted(kill.seconds for kill in kills if kill.slots == slots)
        if seconds:
            shown.append(
                f"{len(seconds)} searches ended by SIGINT with {slots} calls at once: "
                f"median {seconds[len(seconds) // 2]:.2f} s, slowest {seconds[-1]:.2f} s"
            )
    shown += [json.dumps(_row(o), ensure_ascii=False) for o in outcomes if _is_wrong(o)]
    return Report("\n".join(shown), (*_cell_bars(outcomes), *_kill_bars(kills)))


def _row(outcome: Outcome) -> list[object]:
    cell = outcome.cell
    return [
        cell.behaviour,
        cell.command,
        cell.chat_only,
        outcome.end,
        outcome.again,
        outcome.stored,
        outcome.overshot,
        outcome.message[-400:],
    ]


def _is_wrong(outcome: Outcome) -> bool:
    is_well = outcome.end in ("works", "named") and outcome.again in ("", "works")
    return not is_well or outcome.stored > 0 or outcome.overshot != ""


def _cell_bars(outcomes: Sequence[Outcome]) -> tuple[Bar, ...]:
    behaviours = len({outcome.cell.behaviour for outcome in outcomes})

    def none(name: str, count: int) -> Bar:
        return Bar(name, count, "0", count == 0)

    return (
        Bar("behaviours", behaviours, ">= 40", behaviours >= 40),
        none("neither work nor name a remedy", sum(o.end == "unnamed" for o in outcomes)),
        none("tracebacks", sum("traceback" in (o.end, o.again) for o in outcomes)),
        none("failed calls stored as replies", sum(o.stored for o in outcomes)),
        none(
            "runs that can never end",
            sum("never" in (o.end, o.again) or o.again in ("named", "unnamed") for o in outcomes),
        ),
        none(
            "searches beyond their calls, tokens or money",
            sum(outcome.overshot != "" for outcome in outcomes),
        ),
    )


def _kill_bars(kills: Sequence[Kill]) -> tuple[Bar, ...]:
    slow = sum(kill.seconds > END_S for kill in kills)
    wrong = sum(kill.code != 130 or "Traceback" in kill.said for kill in kills)
    stuck = sum(kill.resumed != 0 for kill in kills)
    return (
        Bar(f"of {len(kills)} searches, not ended {END_S:g} s after SIGINT", slow, "0", not slow),
        Bar("ended by SIGINT with a traceback or another code", wrong, "0", not wrong),
        Bar("not resumed after SIGINT", stuck, "0", not stuck),
    )
