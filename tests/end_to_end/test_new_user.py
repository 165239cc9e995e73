"""A new user's path: from a table of one's own to an accuracy, and on to a live test."""

from __future__ import annotations

import csv
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.end_to_end.project import MadeUp, recording
from tinyarms.cli.main import cli
from tinyarms.models.embedded.pull import pull
from tinyarms.skills.execution import ModelReply, ModelRequest

FILE, TEXT, TEAM = "Support export (2).csv", "Customer's message (raw)", "owner / queue"
SKILL, INPUT = "support-export-2", "Customer_s_message_raw"
TICKETS = {
    "billing": ("The {month} invoice has {n} seats too many.", "I paid {n} euros twice."),
    "shipping": ("My parcel has not come for {n} days.", "Order {n} of {month} is not here."),
    "bug": ("The app crashes in report {n}.", "Page {n} is blank since {month}."),
}
TEAMS = tuple(TICKETS)


def write_tickets(folder: Path) -> None:
    """300 rows: a number, a message and the team that has to answer it."""
    rng = random.Random(7)
    with (folder / FILE).open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["#", TEXT, TEAM])
        for number in range(300):
            team = TEAMS[number % 3]
            month = rng.choice(("March", "May", "June"))
            text = rng.choice(TICKETS[team]).format(month=month, n=1000 + number)
            rows.writerow([number, text, team])


ONE_COMMAND = ("skill", "add", "--from", FILE, "--eval", "50", "--yes")


def accuracy_in(shown: str) -> tuple[int, int, float, float]:
    """Right answers, rows, and the ends of the interval in percent, as `skill add` prints them."""
    found = re.search(r"Accuracy: .*, (\d+) of (\d+) right \(([\d.]+) to ([\d.]+) %", shown)
    assert found, shown
    return int(found[1]), int(found[2]), float(found[3]), float(found[4])


@pytest.mark.model
def test_one_command_from_a_table_to_an_accuracy_on_the_embedded_model(tmp_path: Path) -> None:
    pull("smollm2:135m", lambda done, total: None)
    write_tickets(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "tinyarms.cli.main", *ONE_COMMAND],
        cwd=tmp_path,
        env={name: text for name, text in os.environ.items() if name != "TINYARMS_HOME"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    right, n, low, high = accuracy_in(done.stdout)
    assert n == 50
    assert 0 <= low < 100 * right / n < high <= 100
    assert "Model  smollm2:135m" in done.stdout
    assert "Not evaluated" not in done.stdout


class Team(MadeUp):
    """It knows the team of a ticket, and tells it more often where a prompt shows examples."""

    def complete(self, request: ModelRequest) -> ModelReply:
        text = "\n".join(message.content for message in request.messages)
        numbers = re.findall(r"\b1[0-2]\d\d\b", text)
        if request.constraint is None or not numbers:
            return super().complete(request)
        number = int(numbers[-1])
        is_right = number % 10 < (9 if len(numbers) > 1 else 5)
        return ModelReply(TEAMS[(number - 1000 + (not is_right)) % 3], 20, 1, 4.0)


@pytest.mark.slow
def test_three_commands_from_there_to_a_live_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tickets(tmp_path)
    monkeypatch.chdir(tmp_path)

    def types(*words: str) -> Any:
        shown = CliRunner().invoke(cli, words, env={"TINYARMS_HOME": ""}, prog_name="tinyarms")
        assert shown.exit_code == 0, shown.output
        return json.loads(shown.stdout) if "--json" in words else shown.stdout

    with recording(tmp_path, Team()):
        right, n, low, high = accuracy_in(types(*ONE_COMMAND))
        assert n == 50
        assert low < 100 * right / n < high
        assert right < 35

        found = types("prompt", "evolve", SKILL, "--budget", "220", "--json")
        task = types("run", SKILL, f"{INPUT}=Order 1207 is not here.", "--json")
        results = types("prompt", "results", SKILL, "--json")
    assert (found["result"], found["gate"]["gate_ran"]) == ("testing", True)
    assert task["output"] in TEAMS
    assert (results["status"], results["votes"]) == ("active", 0)
