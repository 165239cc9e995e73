from __future__ import annotations

import json
from collections import Counter
from itertools import takewhile

import pytest

from tests.cli.conftest import Shell
from tests.cli.terminal import Terminal

SKILL = "linting"


@pytest.fixture
def corrected(shell: Shell) -> Shell:
    """Three tasks of which two users said what their output should have been."""
    constants = shell.root / "config" / "constants.yaml"
    constants.write_text("prompt_evolution: {ab_testing: {min_tasks: 0}}\n")
    for number, user in enumerate(("ann", "bob", "ann")):
        code = f"line {number}"
        shell.record("Does it break a rule?", code, "ok", SKILL)
        words = ("run", SKILL, f"code={code}", "--task-id", f"t{number}", "--user", user)
        assert shell(*words).exit_code == 0
        said = shell("feedback", f"t{number}", "--correction", "Violation", "--user", user)
        assert said.exit_code == 0, said.output
    return shell


@pytest.mark.slow
def test_by_json_and_by_file(corrected: Shell) -> None:
    waiting = corrected.json("examples", "review", SKILL)["waiting"]
    assert [(each["inputs"]["code"], each["user"]) for each in waiting] == [
        ("line 2", "ann"),
        ("line 1", "bob"),
        ("line 0", "ann"),
    ]
    assert {each["expected"] for each in waiting} == {"violation"}
    rows = [json.loads(line) for line in corrected("examples", "review", SKILL).stdout.splitlines()]
    assert [(row["id"], row["answer"]) for row in rows] == [(each["id"], "") for each in waiting]
    for row, answer in zip(rows, ("gold", "drop", ""), strict=True):
        row["answer"] = answer
    file = corrected.root / "answers.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = corrected.json("examples", "review", SKILL, "--file", str(file))["reviewed"]
    assert [(each["id"], each["answer"]) for each in done] == [
        (rows[0]["id"], "gold"),
        (rows[1]["id"], "drop"),
    ]
    again = corrected("examples", "review", SKILL, "--file", str(file))
    assert again.exit_code == 2
    assert f"linting has no collected example {rows[0]['id']}" in again.stderr
    assert "Traceback" not in again.output
    left = corrected("prompt", "stats", SKILL).stdout
    assert "Not reviewed: 1 collected example; the offline gate reads gold only." in left
    assert "tinyarms examples review linting" in left


@pytest.mark.slow
def test_one_key_each(corrected: Shell) -> None:
    terminal = Terminal(corrected.root, "examples", "review", SKILL)
    seen = terminal.wait_for("Example 1 of 3", "by ann", "code: line 2", "[S]kip [Q]uit")
    assert "Corrected answer: violation" in seen
    assert not terminal.echoes()
    terminal.press("x")
    terminal.wait_for("Press G, D, S or Q.")
    terminal.press("g")
    terminal.wait_for("Gold, in the split ", "Example 2 of 3", "by bob")
    terminal.press("d")
    terminal.wait_for("Dropped.", "Example 3 of 3")
    terminal.press("s")
    terminal.wait_for("1 example made gold, 1 dropped.")
    assert terminal.end() == 0
    [left] = corrected.json("examples", "review", SKILL)["waiting"]
    assert left["inputs"] == {"code": "line 0"}
    terminal = Terminal(corrected.root, "examples", "review", SKILL)
    terminal.wait_for("Example 1 of 1")
    terminal.press("q")
    terminal.wait_for("0 examples made gold, 0 dropped.")
    assert terminal.end() == 0


@pytest.mark.slow
def test_the_commands_say_what_is_left_out(shell: Shell) -> None:
    config = (shell.root / "config.yaml").read_text()
    evolvable = config.replace("    evolvable: false\n    reason: rules are rules\n", "")
    more = "    scorer: labels\n    examples: rows.jsonl\n"
    (shell.root / "config.yaml").write_text(evolvable + more)
    rows = [
        {"id": f"e{n}", "inputs": {"code": f"line {n}"}, "expected": "ok", "split": split}
        for n, split in enumerate(("search", "selection", "test"))
    ]
    rows += [{"inputs": {"code": "line 2;"}, "expected": "ok", "split": "search"}]
    file = shell.root / "rows.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    said = "Left out: 1 example with a near copy in a held-out split: 'line 2;'"
    dry = ("prompt", "evolve", SKILL, "--dry-run")
    assert said in shell(*dry).stdout
    [left_out] = shell.json(*dry)["estimate"]["examples"]["left_out"]
    assert (left_out["reason"], left_out["n"]) == ("two_splits", 1)
    assert said in shell("prompt", "stats", SKILL).stdout
    (shell.root / "v.md").write_text("Say if it breaks a rule.\n")
    assert said in shell("prompt", "create", SKILL, "--variant-a", str(shell.root / "v.md")).stdout
    with file.open("a") as rest:
        rest.write('{"inputs": {"code": "line 9"}, "expected": "violatoin"}\n')
    refused = shell(*dry)
    assert refused.exit_code == 1 and refused.stderr.count("\n") == 1
    assert "rows.jsonl, line 5: 'violatoin' is none of" in refused.stderr
    assert "Did you mean 'violation'?" in refused.stderr


@pytest.mark.slow
def test_examples_are_exported_as_rows(shell: Shell) -> None:
    config = (shell.root / "config.yaml").read_text()
    named = "    evolvable: false\n    examples: rows.jsonl\n"
    (shell.root / "config.yaml").write_text(config.replace("    evolvable: false\n", named))
    (shell.root / "rows.jsonl").write_text(
        '{"id": "e1", "inputs": {"code": "x"}, "expected": "ok", "split": "test"}\n'
    )
    printed = shell("examples", "export", SKILL)
    [row] = map(json.loads, printed.stdout.splitlines())
    assert (row["id"], row["split"], row["origin"]) == ("e1", "test", "gold")
    file = shell.root / "all.jsonl"
    assert shell("examples", "export", SKILL, str(file)).exit_code == 0
    assert file.read_text() == printed.stdout
    answer = shell.json("examples", "export", SKILL)
    assert (answer["file"], answer["n"], list(map(json.loads, answer["rows"]))) == (None, 1, [row])


@pytest.mark.slow
@pytest.mark.parametrize("words", [("--input", "text="), ("--input", "text")])
@pytest.mark.parametrize(
    "command", [("examples", "add", "linting"), ("import", "--as", "t"), ("skill", "add", "--from")]
)
def test_an_input_without_a_column_is_refused(
    shell: Shell, command: tuple[str, ...], words: tuple[str, ...]
) -> None:
    table = shell.root / "t.csv"
    table.write_text("text,label\na,x\nb,y\n")
    before = shell.files()
    yes = ("--yes",) if command[0] == "skill" else ()
    result = shell(*command, str(table), *words, *yes)
    assert result.exit_code == 2
    assert "is not NAME=COLUMN" in result.stderr
    assert shell.files() == before


MIXED = """\
message,team
Hello there,sales
,billing
My bill,billing
My bill,shipping
ok row,Other 
Hello there,sales
"""


@pytest.fixture
def tickets(shell: Shell) -> Shell:
    """A skill whose labels are three teams, and a table with rows that cannot be its examples."""
    teams = ("sales", "billing", "shipping")
    rows = "".join(f"Case {n},{teams[n % 3]}\n" for n in range(9))
    (shell.root / "t.csv").write_text("message,team\n" + rows)
    words = ("--from", str(shell.root / "t.csv"), "--yes", "--eval", "0")
    assert shell("skill", "add", "tickets", *words).exit_code == 0
    (shell.root / "mixed.csv").write_text(MIXED)
    return shell


def listed_in(output: str, title: str) -> list[str]:
    """The numbers of the lines that are listed under a title."""
    lines = output.splitlines()
    below = lines[lines.index(title) + 1 :]
    indent = len(title) - len(title.lstrip())
    own = list(takewhile(lambda line: line.startswith(" " * (indent + 2)), below))
    return [line.partition(", line ")[2][0] for line in own]


@pytest.mark.slow
def test_what_was_not_added_is_counted_and_listed_alike(tickets: Shell) -> None:
    words = ("examples", "add", "tickets", str(tickets.root / "mixed.csv"))
    refused = tickets(*words)
    assert refused.exit_code == 1 and "because 2 rows cannot be examples of" in refused.stderr
    added = tickets(*words, "--skip").stdout
    assert added.startswith("3 examples added to examples/tickets.jsonl")
    assert listed_in(added, "2 rows cannot be examples:") == ["3", "6"]
    assert listed_in(added, "1 row left out: the same is there already:") == ["7"]
    assert "mixed.csv, line 5: its inputs are those of" in added and "line 4, with another" in added
    again = tickets.json(*words, "--skip")
    kinds = Counter(part["kind"] for part in again["listed"])
    assert kinds == {"duplicate": again["duplicates"], "row": again["left_out"]}
    assert kinds == {"duplicate": 4, "row": 2}


@pytest.mark.slow
def test_one_row_that_cannot_be_an_example_is_in_the_singular(tickets: Shell) -> None:
    (tickets.root / "one.csv").write_text("message,team\nx,sales\ny,\n")
    words = ("examples", "add", "tickets", str(tickets.root / "one.csv"))
    assert "because 1 row cannot be an example of tickets" in tickets(*words).stderr
    assert listed_in(tickets(*words, "--skip").stdout, "1 row cannot be an example:") == ["3"]


@pytest.mark.slow
def test_a_new_skill_counts_and_lists_its_rows_alike(tickets: Shell) -> None:
    words = ("--from", str(tickets.root / "mixed.csv"), "--yes", "--dry-run")
    said = tickets("skill", "add", "mixed", *words).stdout
    assert listed_in(said, "  1 row cannot be an example:") == ["3"]
    assert listed_in(said, "  1 row left out: the same is there already:") == ["7"]
    [remark] = [line for line in said.splitlines() if ", line 5" in line]
    assert remark.startswith("  Note")


@pytest.mark.slow
def test_more_than_is_listed_is_counted(tickets: Shell) -> None:
    rows = "".join(f"text {n},\n" for n in range(30))
    (tickets.root / "many.csv").write_text(f"message,team\nx,sales\n{rows}")
    words = ("examples", "add", "tickets", str(tickets.root / "many.csv"), "--skip")
    said = tickets(*words).stdout
    assert "30 rows cannot be examples:" in said and "  and 20 more (--json lists more)" in said
