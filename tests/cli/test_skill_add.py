from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.cli.conftest import Shell
from tests.cli.terminal import Terminal
from tinyarms.cli.main import cli
from tinyarms.store.project.config import load_project

pytestmark = pytest.mark.slow
COLUMN, ANSWER = "Kunde schreibt", "Zuständiges Team"
TEAMS = ("billing", "shipping", "bug")


def tickets(path: Path, n: int = 300) -> Path:
    """A table with two odd columns that matter, and two that do not."""
    with path.open("w", encoding="utf-16", newline="") as file:
        rows = csv.writer(file, delimiter=";")
        rows.writerow(["Nr.", COLUMN, ANSWER, "Notiz"])
        for number in range(n):
            team = TEAMS[number * 7 % 3]
            words = ("the invoice", "my parcel", "the app")[TEAMS.index(team)]
            rows.writerow([number, f"Case {number * 37}: {words} is wrong", team, "x" * (n % 2)])
    return path


def run_in(folder: Path, *words: str, monkeypatch: pytest.MonkeyPatch) -> Result:
    monkeypatch.chdir(folder)
    environ = {"TINYARMS_MODELS": str(folder / "models"), "TINYARMS_HOME": ""}
    return CliRunner().invoke(cli, ["skill", "add", *words], env=environ, prog_name="tinyarms")


def test_one_command_makes_a_project_and_a_skill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets(tmp_path / "Tickets 2024.csv")
    result = run_in(tmp_path, "--from", "Tickets 2024.csv", "--yes", monkeypatch=monkeypatch)
    assert result.exit_code == 0, result.output
    assert "In     Kunde schreibt (as Kunde_schreibt)" in result.stdout
    assert "Not evaluated: smollm2:135m: there are no weights" in result.stdout
    assert "tinyarms model pull smollm2:135m" in result.stdout
    skill = load_project(tmp_path).skills["tickets-2024"].skill
    assert skill.inputs == ("Kunde_schreibt",)
    assert set(skill.contract.labels) == set(TEAMS)
    assert (skill.scorer, skill.examples) == ("labels", "examples/tickets-2024.jsonl")
    rows = (tmp_path / "examples" / "tickets-2024.jsonl").read_text().splitlines()
    assert len(rows) == 300
    assert json.loads(rows[0])["inputs"] == {"Kunde_schreibt": "Case 0: the invoice is wrong"}
    prompt = (tmp_path / "skills" / "tickets-2024.md").read_text()
    assert "Answer with exactly one of:" in prompt


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--expected", "Teem"), "there is no column 'Teem'"),
        (("--scorer", "labls"), "Did you mean labels?"),
        (("--output", "labels:a,b"), "is none of: a, b"),
        (("--output", "pattern:("), "No skill can have this output"),
        (("--output", "picture"), "is no kind of output"),
        (("--prompt", "Say {{x}}."), "no row has x"),
        (("--model", "openai:tiny"), "lacks a part"),
        (("--model", "nope"), "There is no model 'nope': the catalog does not have it, and"),
        (("--input", "text"), "is not NAME=COLUMN"),
        (("--from", "missing.csv"), "there is no such file"),
    ],
)
def test_what_cannot_be_leaves_nothing_behind(
    shell: Shell, words: tuple[str, ...], part: str
) -> None:
    table = tickets(shell.root / "tickets.csv", 30)
    before = shell.files()
    result = shell("skill", "add", "t", "--yes", "--from", str(table), *words)
    assert result.exit_code != 0
    assert part in result.stderr and "Traceback" not in result.output
    assert shell.files() == before


def test_a_refusal_starts_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tickets(tmp_path / "tickets.csv", 30)
    words = ("--yes", "--from", "tickets.csv", "--output", "labels:a,b")
    result = run_in(tmp_path, *words, monkeypatch=monkeypatch)
    assert result.exit_code != 0 and "is none of: a, b" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["tickets.csv"]


@pytest.mark.parametrize(
    ("name", "content", "words", "part"),
    [
        (
            "日本.csv",
            "text,team\na,b\nc,d\n",
            (),
            "skill no name. Write it: tinyarms skill add NAME --from ",
        ),
        ("head.csv", "text,team\n", (), "there are no rows under its header"),
        ("bytes.csv", "a\0b\1\0c\n\0", (), "is not a text file"),
        ("one.csv", "text,team\na a,b\nc c,b\nd d,b\n", (), "All rows have the same right answer"),
        ("none.csv", "text\na a\nc c\n", (), "  Note   No column looks like the right output"),
        ("Größe.csv", "text\na a\nc c\n", (), "grosse: Grosse."),
        ("same.csv", "text,team\n" + "a a,b\n" * 9, (), "left out: the same"),
    ],
)
def test_what_an_odd_file_is_told(
    shell: Shell, name: str, content: str, words: tuple[str, ...], part: str
) -> None:
    (shell.root / name).write_text(content)
    result = shell("skill", "add", "--from", str(shell.root / name), "--yes", "--dry-run", *words)
    assert part in result.output and "Traceback" not in result.output


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ("a a,b,test\n", "it has 1 in test."),
        ("a a,b,test\nc c,d,test\n", "it has 2 in test."),
    ],
)
def test_too_few_rows_to_measure_make_a_skill_and_end_well(
    shell: Shell, rows: str, why: str
) -> None:
    (shell.root / "few.csv").write_text(f"message,team,split\n{rows}")
    words = ("--from", str(shell.root / "few.csv"), "--yes")
    result = shell("skill", "add", "few", *words)
    assert (result.exit_code, result.stderr) == (0, "")
    assert "few" in load_project(shell.root).skills
    [said] = [line for line in result.stdout.splitlines() if line.startswith("Not evaluated: ")]
    assert said.startswith("Not evaluated: too few examples to measure how good it is. few has no")
    assert why in said and said.endswith("tinyarms examples add few FILE")
    assert ("Next: tinyarms run few" in result.stdout, "SKILL" in result.output) == (True, False)
    answer = shell.json("skill", "add", "again", *words)
    assert answer["evaluation"] is None
    assert answer["not_evaluated"].endswith("tinyarms examples add again FILE")
    assert answer["not_evaluated"].startswith("too few examples")


@pytest.mark.parametrize(
    ("content", "words", "is_said"),
    [
        ("message\na a\nc c\n", (), True),
        ("message,team\na a,\nc c,\n", ("--expected", "team"), True),
        ("message\na a\nc c\n", ("--scorer", "none"), False),
        ("message,team\na a,b\nc c,d\n", (), False),
    ],
)
def test_a_table_of_inputs_alone_is_said_to_lack_answers(
    shell: Shell, content: str, words: tuple[str, ...], is_said: bool
) -> None:
    (shell.root / "t.csv").write_text(content)
    source = ("--from", str(shell.root / "t.csv"))
    view = shell.json("skill", "add", "t", *source, "--yes", "--dry-run", *words)["proposal"][
        "view"
    ]
    said = [note for note in view["notes"] if "right output" in note]
    assert [("--expected COLUMN" in note) for note in said] == [True] * is_said


def test_without_rows_to_measure_by_no_search_is_next(shell: Shell) -> None:
    (shell.root / "one.csv").write_text("message,team,split\na a,b,test\n")
    words = ("skill", "add", "one", "--from", str(shell.root / "one.csv"), "--yes")
    assert "prompt evolve" not in shell(*words).stdout
    refused = shell("eval", "one")
    assert refused.exit_code == 1
    assert "it has 1 in test. Choose others: tinyarms eval one --split test" in refused.stderr


def test_without_a_name_and_a_file_it_says_what_to_write(shell: Shell) -> None:
    result = shell("skill", "add", "--yes")
    assert result.exit_code == 2
    assert "The skill has no name. Write it: tinyarms skill add NAME" in result.stderr


def test_a_file_that_is_in_the_way_leaves_no_project_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets(tmp_path / "tickets.csv", 30)
    (tmp_path / "skills").mkdir()
    (tmp_path / "skills" / "tickets.md").write_text("mine")
    result = run_in(tmp_path, "--yes", "--from", "tickets.csv", monkeypatch=monkeypatch)
    assert result.exit_code == 1 and "is there already" in result.stderr
    left = sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*"))
    assert left == ["skills", "skills/tickets.md", "tickets.csv"]
    assert (tmp_path / "skills" / "tickets.md").read_text() == "mine"


def test_an_existing_skill_is_never_overwritten_and_comments_stay(shell: Shell) -> None:
    config = shell.root / "config.yaml"
    config.write_text(f"# mine\n{config.read_text()}")
    table = tickets(shell.root / "t.csv", 60)
    before = shell.files()
    result = shell("skill", "add", "linting", "--from", str(table), "--yes")
    assert result.exit_code == 2 and "There is a skill linting already" in result.stderr
    assert shell.files() == before
    words = ("skill", "add", "t", "--from", str(table), "--eval", "0", "--prompt", "Which team?")
    added = shell.json(*words, "--scorer", "exact")
    assert added["added"]["files"] == ["examples/t.jsonl", "skills/t.md", "config.yaml"]
    assert added["evaluation"] is None
    assert config.read_text().startswith(before["config.yaml"].decode())
    assert (shell.root / "skills" / "t.md").read_text().strip() == "Which team?"
    assert load_project(shell.root).skills["t"].skill.scorer == "exact"


def test_a_skill_without_examples_names_its_inputs(shell: Shell) -> None:
    words = ("skill", "add", "reply", "--yes", "--input", "mail", "--input", "tone")
    result = shell(*words, "--description", "Answer the mail.", "--output", "text")
    assert result.exit_code == 0, result.output
    skill = load_project(shell.root).skills["reply"].skill
    assert (skill.inputs, skill.scorer, skill.examples) == (("mail", "tone"), None, None)
    assert "{{mail}}\n{{tone}}" in (shell.root / "skills" / "reply.md").read_text()


@pytest.mark.parametrize(
    "output", ["pattern:(", "pattern:(?=a)", "labels:a", "labels:a,a", "json_schema:s.json"]
)
def test_an_output_that_cannot_be_is_one_line_without_a_file_too(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    (shell.root / "s.json").write_text('{"type": "strnig"}')
    monkeypatch.chdir(shell.root)
    before = shell.files()
    result = shell("skill", "add", "t", "--yes", "--input", "mail", "--output", output)
    assert result.exit_code == 2, result.output
    assert "No skill can have this output: " in result.stderr
    assert shell.files() == before


def with_checks(path: Path) -> Path:
    """Rows with two checks each."""
    checks = [{"type": "contains", "value": "q"}, {"type": "icontains", "value": "r"}]
    rows = [
        {"vars": {"x": f"text {n}"}, "assert": [{"type": "equals", "value": "q r"}, *checks]}
        for n in range(10)
    ]
    path.write_text(json.dumps({"prompts": ["Say {{x}}"], "tests": rows}))
    return path


def test_only_the_scorer_checks_keeps_the_checks_of_the_rows(shell: Shell) -> None:
    config = with_checks(shell.root / "promptfooconfig.yaml")

    def added(name: str, *words: str) -> tuple[str | None, float, bool]:
        words = ("--from", str(config), "--yes", "--eval", "0", *words)
        result = shell("skill", "add", name, *words)
        assert result.exit_code == 0, result.output
        skill = load_project(shell.root).skills[name].skill
        row = (shell.root / "examples" / f"{name}.jsonl").read_text().splitlines()[0]
        return skill.scorer, skill.success_at, "required" in json.loads(row)

    assert added("a") == ("checks", 1.0, True)
    assert added("b", "--scorer", "f1") == ("f1", 0.5, False)
    assert added("c", "--scorer", "none") == (None, 0.5, False)
    assert added("d", "--scorer", "checks") == ("checks", 1.0, True)


def test_without_a_terminal_it_says_what_to_add(shell: Shell) -> None:
    before = shell.files()
    result = shell("skill", "add", "t", "--from", "t.csv")
    assert result.exit_code == 2 and "Add --yes" in result.stderr
    assert shell.files() == before


def test_each_question_proposes_an_answer_and_is_asked_again_with_the_reason(
    shell: Shell,
) -> None:
    table = tickets(shell.root / "t.csv", 60)
    terminal = Terminal(shell.root, "skill", "add", "--eval", "0", columns=100)
    terminal.wait_for("Where are the examples?")
    terminal.press("missing.csv\n")
    terminal.wait_for("there is no such file")
    terminal.press(f"{table}\n")
    terminal.wait_for("What is the skill called? [t]")
    terminal.press("linting\n")
    terminal.wait_for("There is a skill linting already")
    terminal.press("\n")
    terminal.wait_for(f"Columns, separated by commas [{COLUMN}]")
    terminal.press("\n")
    terminal.wait_for(f"The column of right answers [{ANSWER}]")
    terminal.press("Team\n")
    terminal.wait_for("'Team'. Its columns are:")
    terminal.press("\n")
    terminal.wait_for("Which? [labels:")
    terminal.press("labels:a,b\n")
    terminal.wait_for("is none of: a, b")
    terminal.press("\n")
    for question in ("Scorer [labels]", "Which model runs it? [recorded]", "in a sentence?"):
        terminal.wait_for(question)
        terminal.press("\n")
    terminal.wait_for("First prompt [")
    terminal.press("Which team?\n")
    terminal.wait_for("Rows   60", "Write it? [Y/n]")
    assert "skills/t.md" not in shell.files()
    terminal.press("\n")
    terminal.wait_for("Next: tinyarms run t")
    assert terminal.end() == 0
    assert shell.files()["skills/t.md"].strip() == b"Which team?"


def test_ctrl_c_leaves_nothing_behind(shell: Shell) -> None:
    table = tickets(shell.root / "t.csv", 60)
    before = shell.files()
    terminal = Terminal(shell.root, "skill", "add", "t", "--from", str(table), columns=100)
    terminal.wait_for("Columns, separated by commas")
    terminal.press("\x03")
    terminal.wait_for("stopped.")
    assert terminal.end() == 130
    assert shell.files() == before
