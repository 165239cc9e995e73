"""An agent's path on real stdio: from a CSV file to a running live test through MCP alone.

A person confirms once, in the command line, where gold is needed.
"""

from __future__ import annotations

import asyncio
import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import tinyarms
from mcp import Client
from tests.end_to_end.project import (
    LABELS,
    MadeUp,
    expected,
    number_in,
    recording,
    text,
    write_project,
)
from tests.end_to_end.project import SKILL as OTHER
from tests.mcp.calling import content_of, on_stdio
from tinyarms.loop.api import TinyArms
from tinyarms.mcp.server import build_server
from tinyarms.skills.execution import ModelReply, ModelRequest

pytestmark = pytest.mark.slow

SKILL = "tickets"
CALLS = 400
ROWS = range(340)


class Clever(MadeUp):
    """A model that is right the more often, the more its prompt says of how to tell."""

    def complete(self, request: ModelRequest) -> ModelReply:
        if request.completion is not None or request.constraint is None:
            return super().complete(request)
        number = number_in(request.messages[-1].content)
        helps = any(word in request.messages[0].content for word in ("writer", "words", "praise"))
        right = 5 + helps * 3 + (len(request.messages) > 1)
        return ModelReply(expected(number if number % 10 < right else number + 1), 20, 1, 4.0)


def write_place(root: Path) -> None:
    """A project that does not have the skill, and a CSV file."""
    write_project(root)
    with (root / "tickets.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["comment", "feeling"])
        rows.writerows([text(n), expected(n)] for n in ROWS)


async def ask(client: Client, tool: str, **arguments: Any) -> Mapping[str, Any]:
    return content_of(await client.call_tool(tool, arguments))


async def names(client: Client) -> set[str]:
    return {each["skill"] for each in (await ask(client, "list_skills"))["skills"]}


async def until_examples_wait(client: Client) -> None:
    """The agent's first part, up to where it needs a person."""
    assert await names(client) == {OTHER}
    seen = await ask(client, "import_examples", skill=SKILL, file="tickets.csv", dry_run=True)
    assert seen["rows"] == len(ROWS) and seen["untrusted"]["inputs"] == ["comment"]
    assert await names(client) == {OTHER}
    added = await ask(client, "import_examples", skill=SKILL, file="tickets.csv")
    assert added["is_new"] and added["splits"] == {"search": len(ROWS)}
    refused = await ask(client, "evolve", skill=SKILL, calls=CALLS)
    # Nothing of an agent is for the selection or the gate; the error names what a person does.
    assert refused["error"]["kind"] == "not_evolvable"
    assert f"tinyarms examples review {SKILL}" in refused["error"]["untrusted"]["hint"]
    checked = await ask(client, "check_examples", skill=SKILL)
    assert (checked["selection"], checked["test"]) == (0, 0)


async def until_the_live_test(client: Client) -> Mapping[str, Any]:
    """The agent's second part, once a person has made the examples gold."""
    checked = await ask(client, "check_examples", skill=SKILL)
    assert checked["test"] >= 100 and checked["selection"] > 10
    measured = await ask(client, "evaluate_prompt", skill=SKILL, n=20)
    assert measured["n"] == 20 and set(measured["splits"]) == {"search", "selection"}
    small = await ask(client, "evolve", skill=SKILL, calls=10)
    least = small["error"]["smallest_useful_calls"]
    assert 10 < least <= CALLS
    estimate = await ask(client, "evolve", skill=SKILL, calls=CALLS, dry_run=True)
    assert estimate["task_calls"] <= CALLS and estimate["gate"]["missing"] == 0
    evolved = await ask(client, "evolve", skill=SKILL, calls=CALLS)
    assert evolved["result"] == "testing" and evolved["gate"]["gate_ran"]
    skills = (await ask(client, "list_skills"))["skills"]
    [skill] = [each for each in skills if each["skill"] == SKILL]
    assert skill["state"] == "testing"
    results = await ask(client, "show_results", skill=SKILL)
    assert results["stage"] == "testing" and results["votes"] == 0
    prompt = await ask(client, "show_prompt", skill=SKILL)
    assert prompt["number"] == 1  # No tool has put anything into production.
    done = await ask(client, "run_task", skill=SKILL, inputs={"comment": text(405)})
    assert done["untrusted"]["output"] in LABELS
    return results


def confirm(root: Path) -> None:
    """A person reads what waits, and makes it gold, in the command line."""
    environ = {**os.environ, "PYTHONPATH": str(Path(tinyarms.__file__).parents[1])}
    command = [sys.executable, "-m", "tinyarms", "examples", "review", SKILL]

    def run(*words: str) -> str:
        done = subprocess.run(
            [*command, *words], cwd=root, env=environ, capture_output=True, text=True, check=True
        )
        return done.stdout

    rows = [json.loads(line) for line in run().splitlines()]
    assert len(rows) == len(ROWS) and {row["user"] for row in rows} == {"agent"}
    right = {text(n): expected(n) for n in ROWS}
    for row in rows:
        row["answer"] = "gold" if right[row["inputs"]["comment"]] == row["expected"] else "drop"
    answers = root / "answers.jsonl"
    answers.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert f"{len(ROWS)} examples made gold" in run("--file", str(answers))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The replies of the made-up model to the whole path."""
    root = tmp_path_factory.mktemp("path") / "project"
    write_place(root)

    async def walk(arms: TinyArms) -> None:
        async with Client(build_server(arms, reads_files=True)) as client:
            await until_examples_wait(client)
            confirm(root)
            await until_the_live_test(client)

    with recording(root, Clever()), TinyArms.open(root, {}) as arms:
        asyncio.run(walk(arms))
    return root / "replies.jsonl"


def test_from_a_csv_file_to_a_running_live_test(recorded: Path, tmp_path: Path) -> None:
    root = tmp_path / "project"
    write_place(root)
    (root / "replies.jsonl").write_bytes(recorded.read_bytes())

    async def walk() -> Mapping[str, Any]:
        async with Client(on_stdio(root)) as client:
            await until_examples_wait(client)
            confirm(root)
            return await until_the_live_test(client)

    results = asyncio.run(walk())
    with TinyArms.open(root, {}) as arms:
        stored = arms.results(SKILL)
        assert stored.session_id == results["session_id"] and stored.stage == "testing"
        assert [version.version for version in arms.history(SKILL)] == [1]
        # The task of the agent has its ballot, which only people answer.
        assert arms.stats(SKILL).ballots == {"pick": 0, "skip": 0, "none": 0}
