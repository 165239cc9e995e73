"""README's commands and code run exactly as README.md has them."""

from __future__ import annotations

import csv
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

from tests.cli.conftest import Shell
from tests.cli.terminal import Terminal
from tinyarms import TinyArms
from tinyarms.cli.main import cli
from tinyarms.models.embedded.pull import pull
from tinyarms.skills.execution import ModelReply, build_request
from tinyarms.skills.prompt import Prompt
from tinyarms.store.project.config import load_project

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MOST_LINES = 120
SKILL, LABELLED, OWN = "file-naming", "audio-actions", "tickets"
SMALL_BUDGET = """\
prompt_evolution:
  evolution: {budget: {calls: 100}}
  smollm2: {variants_per_evolution: 1}
  experiment: {test_examples: 100}
"""
"""The config/constants.yaml of the tests with the model: with the starter's, README's search and
its offline gate take more than two minutes."""
SEEDS = ("", " --seed 1", " --seed 2")
"""README says what to do about a search that finds nothing better."""
TICKETS = {
    "billing": (
        "I was charged twice in {month}.",
        "The invoice of {month} shows the wrong amount.",
        "Please refund what I paid in {month}.",
    ),
    "bug": (
        "The report of {month} is blank when I open it.",
        "Export fails with error 500 since {month}.",
        "The calendar shows {month} with 32 days.",
    ),
    "account": (
        "I cannot log in since {month}.",
        "Please change the name on my account by {month}.",
        "Delete my account at the end of {month}.",
    ),
}
BETTER = Prompt("Name the file after what it shows, in lower case with hyphens.")
MONTHS = ("March", "April", "May", "June", "July")


# Reading README.


def section(title: str) -> str:
    return README.partition(f"## {title}\n")[2].partition("\n## ")[0]


def blocks(text: str, language: str) -> list[str]:
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    return [dedent(block) for _, block in found]


def block(title: str, language: str) -> str:
    [found] = blocks(section(title), language)
    return found


def first_steps() -> list[str]:
    return "".join(blocks(section("First steps"), "sh")).splitlines()


def shown_answer(line: str) -> str:
    """What README says, behind the command, that it prints."""
    return line.partition("#")[2].strip()


def words_of(line: str) -> list[str]:
    """The words after `tinyarms`; none for a line that runs something else."""
    program, *words = shlex.split(line, comments=True) or [""]
    return words if program == "tinyarms" else []


def documented_commands() -> Iterator[tuple[str, str]]:
    """Every `tinyarms …` in a shell block or between backticks of README and the docs."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        text = path.read_text()
        lines = [line for found in blocks(text, "sh") for line in found.splitlines()]
        prose = re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)
        for command in (*lines, *re.findall(r"`(tinyarms [^`]+)`", prose)):
            if words_of(command) and "COMMAND" not in command:
                yield path.name, command


def own_skill_commands() -> list[list[str]]:
    return [
        words_of(line) for line in block("A skill of your own in one minute", "sh").splitlines()
    ]


def write_table(folder: Path) -> None:
    """The file that the first of these commands reads."""
    rows = [
        (ticket.format(month=month), team)
        for team, tickets in TICKETS.items()
        for ticket in tickets
        for month in MONTHS
    ]
    with (folder / "tickets.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("What the customer wrote", "Team"), *rows])


def commit_all(folder: Path) -> None:
    """Make the folder a repository, whose `origin/main` is what is in it now."""
    for words in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "First"],
        ["update-ref", "refs/remotes/origin/main", "HEAD"],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)


# What README says of itself.


def test_no_placeholder_is_left() -> None:
    words = [line.strip() for line in README.split("\n") if line.strip()]
    assert not [word for word in words if re.fullmatch(r"[A-Z_]{3,}", word)]


def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= MOST_LINES


@pytest.mark.parametrize(("file", "command"), sorted(set(documented_commands())))
def test_a_documented_command_exists_with_its_options(file: str, command: str) -> None:
    words = [word for word in words_of(command) if word not in ("…", "...")]
    shown = CliRunner().invoke(cli, [*words, "--help"], prog_name="tinyarms")
    assert shown.exit_code == 0, shown.output
    names = [word for word in words if word in ("prompt", "model", "monitor", "db", "config")]
    assert shown.output.startswith(f"Usage: tinyarms {(names or words)[0]}")


def test_readme_shows_the_two_commands_and_what_is_installed() -> None:
    assert [line.split("#")[0].strip() for line in block("See it work", "sh").splitlines()] == [
        "make demo",
        "make test",
    ]
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(r"^demo:", makefile, re.MULTILINE)
    assert re.search(r"^test:", makefile, re.MULTILINE)
    assert re.search(r"^local = ", (ROOT / "pyproject.toml").read_text(), re.MULTILINE)


# With a stand-in for the model: all of README but the search.


@dataclass
class StandIn:
    """A project of `tinyarms init` whose model answers from a recording.

    A prompt that a person wrote takes the place of what a search would find: on the recording
    it is always right, and the prompt in production never is.
    """

    shell: Shell

    @property
    def root(self) -> Path:
        return self.shell.root

    def record(self) -> None:
        """Let the model answer the skill's examples, and what README runs the skill on."""
        config = self.root / "config.yaml"
        embedded = "kind: embedded\n    model: smollm2:135m\n"
        replay = "kind: replay\n    model: stand-in\n    recording: replies.jsonl\n"
        assert embedded in config.read_text()
        config.write_text(config.read_text().replace(embedded, replay))
        examples = (self.root / "examples" / f"{SKILL}.jsonl").read_text().splitlines()
        rows = [(row["inputs"], row["expected"]) for row in map(json.loads, examples)]
        runs = [words[1:] for words in map(words_of, first_steps()) if words[:1] == ["run"]]
        tasks = [words[1:] for words in runs if words[0] == SKILL]
        rows += [(dict(pair.split("=") for pair in pairs), "red-bridge-fog") for pairs in tasks]
        with TinyArms.open(self.root, environ={}) as arms:
            active, labelled = arms.show(SKILL).prompt, arms.show(LABELLED).prompt
        other = load_project(self.root).skills[LABELLED].skill
        [transcript] = [line for line in first_steps() if f"run {LABELLED}" in line]
        contract = load_project(self.root).skills[SKILL].skill.contract
        with (self.root / "replies.jsonl").open("w") as file:
            for inputs, expected in rows:
                for prompt, output in ((active, "no-name"), (BETTER, expected)):
                    request = build_request(contract, prompt, inputs)
                    reply = asdict(ModelReply(output, 20, 1, 5.0))
                    file.write(json.dumps({"key": request.key("stand-in"), "reply": reply}) + "\n")
            inputs = dict(pair.split("=") for pair in words_of(transcript)[2:])
            request = build_request(other.contract, labelled, inputs)
            reply = asdict(ModelReply(shown_answer(transcript), 20, 1, 5.0))
            file.write(json.dumps({"key": request.key("stand-in"), "reply": reply}) + "\n")

    def start_test(self) -> None:
        (self.root / "better.md").write_text(f"{BETTER.text}\n")
        self.ok("prompt", "create", SKILL, "--variant-a", str(self.root / "better.md"))

    def ok(self, *words: str) -> str:
        """Run a command that has to work; what it prints."""
        done = self.shell(*words)
        assert done.exit_code == 0, done.output
        return done.output


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    # Without its weights, init does not start the model.
    monkeypatch.setenv("TINYARMS_MODELS", str(tmp_path / "models"))
    project = StandIn(Shell(tmp_path))
    project.ok("init", str(tmp_path))
    project.record()
    return project


def run_until_asked(root: Path, words: list[str]) -> None:
    """Half of the tasks ask users: 30 in a row that do not are no chance."""
    runs = (Shell(root).json(*words) for _ in range(30))
    assert any(run["ballot_id"] is not None for run in runs)


def answer_a_ballot(root: Path, words: list[str]) -> str:
    """Take the first option in the dialog, and quit; what the screen shows in the end."""
    terminal = Terminal(root, *words)
    try:
        terminal.wait_for("Option A", "[Q]uit")
        terminal.press("a")
        terminal.wait_for("You choose option A.")
        terminal.press("q")
        assert terminal.end() == 0
        return terminal.text()
    finally:
        terminal.close()


def watch(root: Path, words: list[str]) -> None:
    """Start the daemon, read in the terminal that it watches, and end it by Ctrl-C."""
    terminal = Terminal(root, *words)
    try:
        terminal.wait_for("Watching", SKILL)
        terminal.press("\x03")
        code = terminal.end()
        assert code == 130, terminal.text()
    finally:
        terminal.close()


@pytest.mark.slow
def test_the_first_steps_with_a_stand_in_for_the_model(stand_in: StandIn) -> None:
    done: list[str] = []
    task_id = ""
    for words in filter(None, map(words_of, first_steps())):
        words = [task_id if word == "TASK_ID" else word for word in words]
        match words:
            case ["init"] | ["model", "pull", _]:
                continue
            case ["doctor"]:
                stand_in.ok(*words)
                continue
            case ["monitor"]:
                watch(stand_in.root, words)
            case ["prompt", "evolve", _]:
                stand_in.start_test()
            case ["run", *_] if "prompt evolve" in done:
                run_until_asked(stand_in.root, words)
            case ["run", *_]:
                found = re.search(r"tinyarms feedback (\w+) --success", stand_in.ok(*words))
                assert found
                task_id = found[1]
            case ["prompt", "vote", _]:
                assert "100% (1 pick)" in answer_a_ballot(stand_in.root, words)
            case _:
                stand_in.ok(*words)
        done.append(" ".join(words[:2] if words[0] == "prompt" else words[:1]))
    assert done[:3] == ["run", "run", "feedback"]
    assert done[-3:] == ["prompt promote", "prompt rollback", "monitor"]
    versions = stand_in.shell.json("prompt", "history", SKILL)["versions"]
    assert [version["version"] for version in versions] == [1, 2, 3]
    assert stand_in.shell.json("prompt", "stats", SKILL)["skills"][0]["prompt_version"] == 3


@pytest.mark.slow
def test_the_python_block(stand_in: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    code = block("From Python", "python")
    monkeypatch.chdir(stand_in.root)
    exec(code, {})
    assert (stand_in.shell.json("prompt", "stats", SKILL)["skills"][0]["successes"]) == 1
    stand_in.start_test()
    line = next(line for line in first_steps() if line.startswith(f"tinyarms run {SKILL}"))
    run_until_asked(stand_in.root, words_of(line))
    exec(code, {})
    assert stand_in.shell.json("prompt", "results", SKILL)["votes"] == 1


@pytest.mark.slow
def test_a_skill_of_your_own_without_its_model(
    stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(stand_in.root)
    write_table(stand_in.root)
    [*add, count, yes], *others = own_skill_commands()
    assert (add[:3], count, yes) == (["skill", "add", OWN], "50", "--yes")
    assert "Team" in stand_in.ok(*add, "0", yes)
    assert f"Skill: {OWN}" in stand_in.ok("prompt", "stats", OWN)
    assert "0 test calls" in stand_in.ok("prompt", "evolve", OWN, "--dry-run")
    assert [words[0] for words in others] == ["eval", "prompt", "check"]


# With the real model: all of README.


@dataclass
class Newcomer:
    """Somebody with a shell, who types README's lines into it."""

    folder: Path

    def types(self, line: str) -> str:
        """What the line prints. The shell stays in the folder that the line goes to."""
        done = subprocess.run(
            ["bash", "-c", f"set -e\n{line}\npwd"],
            cwd=self.folder,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}"
        *printed, folder = done.stdout.splitlines()
        self.folder = Path(folder)
        return "\n".join(printed)


@pytest.fixture
def newcomer(tmp_path: Path) -> Newcomer:
    pull("smollm2:135m", lambda done, total: None)
    return Newcomer(tmp_path)


@pytest.mark.model
def test_the_first_steps(newcomer: Newcomer) -> None:
    task_id, tested = "", False
    for line in first_steps():
        words = words_of(line)
        if words == ["monitor"]:
            watch(newcomer.folder, words)
        elif words[:2] == ["prompt", "vote"]:
            assert "100% (1 pick)" in answer_a_ballot(newcomer.folder, words)
        elif words[:1] == ["run"] and tested:
            run_until_asked(newcomer.folder, words)
        elif words == ["prompt", "evolve", SKILL]:
            tested = any(
                f"tinyarms prompt vote {SKILL}"
                in newcomer.types(f"tinyarms {shlex.join(words)}{seed}")
                for seed in SEEDS
            )
            assert tested
        else:
            printed = newcomer.types(line.replace("TASK_ID", task_id))
            if words[:2] == ["run", LABELLED]:
                assert printed.splitlines()[0] == shown_answer(line)
            if words[:1] == ["run"]:
                task_id = re.findall(r"tinyarms feedback (\w+) --success", printed)[0]
            elif words == ["init"]:
                (newcomer.folder / "config" / "constants.yaml").write_text(SMALL_BUDGET)
    history = newcomer.types(f"tinyarms prompt history {SKILL} --json")
    versions = [version["version"] for version in json.loads(history)["versions"]]
    assert versions == [1, 2, 3]


@pytest.mark.model
def test_a_skill_of_your_own(newcomer: Newcomer) -> None:
    newcomer.types("tinyarms init")
    (newcomer.folder / "config" / "constants.yaml").write_text(SMALL_BUDGET)
    write_table(newcomer.folder)
    for words in own_skill_commands():
        if words[0] == "check":
            commit_all(newcomer.folder)
        newcomer.types(f"tinyarms {shlex.join(words)}")
    results = json.loads(newcomer.types(f"tinyarms prompt results {OWN} --json"))
    assert 0 < results["spent"]["task_calls"] <= 100
