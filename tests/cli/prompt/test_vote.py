from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.cli.conftest import OUTPUTS, Shell
from tests.cli.terminal import Terminal

pytestmark = pytest.mark.slow

WHY = "file-naming is testing new prompts:"
"""As much of the sentence as a line of 40 columns holds."""
Open = Callable[..., Terminal]


@pytest.fixture
def dialog(shell: Shell) -> Iterator[Open]:
    opened: list[Terminal] = []

    def open_dialog(*more: str, skill: str = "file-naming", **options: str | int) -> Terminal:
        words = ("prompt", "vote", skill, *more)
        opened.append(Terminal(shell.root, *words, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open_dialog
    for terminal in opened:
        terminal.close()


@pytest.mark.parametrize("columns", [80, 40])
def test_the_dialog_from_the_first_ballot_to_the_last(
    shell: Shell, dialog: Open, columns: int
) -> None:
    shell.start_test(ballots=3)
    terminal = dialog(columns=columns)
    before = terminal.wait_for("[N]one [S]kip", "Votes so far: 0 of at most 20", "└")
    assert "tinyArms: File naming" in before
    assert "content: a bridge, number 0" in before
    assert WHY in before
    assert all(output in before for output in OUTPUTS.values())
    assert all(len(line) <= columns for line in before.splitlines())
    assert "%" not in before and "█" not in before and "lead" not in before.lower()
    assert not terminal.echoes()

    terminal.press("x")
    terminal.wait_for("Press A, B, C, N, S or Q.")
    terminal.press("b")
    terminal.wait_for("You choose option B.", "[U]ndo")
    terminal.press(" ")
    after = terminal.wait_for("number 1", "Votes so far: 1 of at most 20")
    assert "Option B ████" in after
    assert "100% (1 pick)" in after
    assert after.count("0% (0 picks)") == 2
    assert "more vote" in after

    terminal.press("S")
    terminal.wait_for("You skip this one.")
    terminal.press(" ")
    terminal.wait_for("number 2")
    terminal.press("n")
    terminal.wait_for("You want none of these.")
    terminal.press(" ")
    terminal.wait_for("No ballot is waiting.")
    assert terminal.end() == 0
    view = shell.json("prompt", "results", "file-naming")
    assert (view["votes"], view["skips"], view["waiting"]) == (1, 1, 0)
    assert view["none_of_these"] == 1


def test_a_choice_can_be_undone_until_it_is_sent(shell: Shell, dialog: Open) -> None:
    shell.start_test(ballots=2)
    terminal = dialog()
    terminal.wait_for("[Q]uit", "└")
    terminal.press("u")
    terminal.wait_for("There is nothing to undo yet.")
    terminal.press("a")
    terminal.wait_for("You choose option A.")
    assert "%" not in terminal.text()
    assert shell.json("prompt", "results", "file-naming")["votes"] == 0
    terminal.press("u")
    terminal.wait_for("Undone. Press A, B, C, N, S or Q.")
    terminal.press("c")
    terminal.wait_for("You choose option C.")
    terminal.press("x")
    terminal.wait_for("Option C ████", "number 1", "Votes so far: 1 of at most 20")
    terminal.press("u")
    terminal.wait_for("The last vote was sent and cannot be changed.")
    terminal.press("b")
    terminal.wait_for("You choose option B.")
    terminal.press("q")
    assert terminal.end() == 0
    view = shell.json("prompt", "results", "file-naming")
    assert (view["votes"], view["waiting"]) == (2, 0)


def test_the_dialog_is_drawn_anew_when_the_window_changes(shell: Shell, dialog: Open) -> None:
    shell.start_test(ballots=2)
    terminal = dialog(columns=80)
    terminal.wait_for("[Q]uit", "└")
    terminal.press("a")
    terminal.wait_for("You choose option A.")
    terminal.press(" ")
    terminal.wait_for("number 1", "[Q]uit", "└")
    terminal.press("x")
    terminal.wait_for("Press A, B, C, N, S or Q.")
    for columns in (40, 60, 36):
        terminal.resize(columns)
        box = min(columns, 63)
        drawn = terminal.wait_for(f"┌{'─' * (box - 2)}┐", f"└{'─' * (box - 2)}┘", "Press A, B, C")
        assert all(len(line) <= columns for line in drawn.splitlines())
        assert drawn.count("[Q]uit") == drawn.count("┌") == drawn.count("└") == 1
        assert "100% (1 pick)" in drawn
    terminal.press("c")
    terminal.wait_for("You choose option C.")
    terminal.resize(50)
    terminal.wait_for(f"┌{'─' * 48}┐", "You choose option C.")
    terminal.wait_for("No ballot is waiting.")
    assert terminal.end() == 0
    assert shell.json("prompt", "results", "file-naming")["votes"] == 2


def test_a_choice_that_nobody_undoes_is_sent_by_itself(shell: Shell, dialog: Open) -> None:
    shell.start_test()
    terminal = dialog()
    terminal.wait_for("[Q]uit", "└")
    terminal.press("a")
    terminal.wait_for("No ballot is waiting.")
    assert terminal.end() == 0
    assert shell.json("prompt", "results", "file-naming")["votes"] == 1


@pytest.mark.parametrize("way", [("--plain",), ()])
def test_plain_waits_for_as_long_as_it_takes(
    shell: Shell, dialog: Open, way: tuple[str, ...]
) -> None:
    """Asked for, or on a terminal that can do nothing: lines to read, no box, no bars."""
    shell.start_test()
    terminal = dialog(*way, **({} if way else {"TERM": "dumb"}))
    terminal.wait_for("Press A, B, C, N for none of these, S to skip, Q to quit.", "of at most")
    terminal.press("b")
    terminal.wait_for("Press U to undo, another key to send it.")
    for _ in range(5):
        terminal.idle()
    assert shell.json("prompt", "results", "file-naming")["votes"] == 0
    terminal.press(" ")
    screen = terminal.wait_for("Option B: 100% (1 pick)", "No ballot is waiting.")
    assert terminal.end() == 0
    assert not set("│┌█░#") & set(screen)
    assert b"\x1b" not in terminal.raw


def test_the_queue_over_all_skills(shell: Shell, dialog: Open) -> None:
    shell.start_test(ballots=2)
    assert shell.json("prompt", "vote", "--all")["ballot"]["skill"] == "file-naming"
    terminal = dialog(skill="--all")
    terminal.wait_for("tinyArms: File naming", "number 0", "└")
    terminal.press("a")
    terminal.wait_for("You choose option A.")
    terminal.press(" ")
    terminal.wait_for("number 1", "Votes so far: 1 of at most 20")
    terminal.press("q")
    assert terminal.end() == 0
    for words in ((), ("file-naming", "--all")):
        result = shell("prompt", "vote", *words)
        assert (result.exit_code, "Name one skill, or give --all." in result.stderr) == (2, True)


def test_the_dialog_without_colour_and_unicode(shell: Shell, dialog: Open) -> None:
    shell.start_test()
    terminal = dialog(NO_COLOR="1", PYTHONIOENCODING="ascii")
    box = terminal.wait_for("Votes so far: 0 of at most 20", WHY, "[Q]uit")
    assert box.startswith("+---")
    assert b"\x1b" not in terminal.raw
    terminal.press("q")
    assert terminal.end() == 0
    assert shell.json("prompt", "results", "file-naming")["votes"] == 0


def test_ctrl_c_leaves_the_terminal_as_it_was(shell: Shell, dialog: Open) -> None:
    shell.start_test()
    terminal = dialog()
    terminal.wait_for("[Q]uit", "└")
    terminal.press("\x03")
    assert terminal.end() == 130
    assert "tinyarms: stopped." in terminal.text()
    assert terminal.text().count("stopped") == 1


def test_keys_pressed_before_the_question_answer_nothing(shell: Shell, dialog: Open) -> None:
    shell.start_test(ballots=2)
    terminal = dialog()
    terminal.wait_for("[Q]uit", "number 0", "└")
    terminal.press("aaaa")
    terminal.wait_for("You choose option A.")
    terminal.press(" ")
    terminal.wait_for("number 1", "Votes so far: 1 of at most 20")
    terminal.press("q")
    assert terminal.end() == 0
    assert shell.json("prompt", "results", "file-naming")["votes"] == 1


def test_scripts_vote_without_a_dialog(shell: Shell) -> None:
    shell.start_test()
    ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
    assert {option["letter"] for option in ballot["options"]} == {"A", "B", "C"}
    assert {option["output"] for option in ballot["options"]} == set(OUTPUTS.values())
    assert "variant" not in str(ballot).lower()
    words = ("prompt", "vote", "file-naming", "--ballot", ballot["id"], "--choice", "b")
    words = (*words, "--vote-id", "v1", "--user", "ada")
    first = shell.json(*words)
    again = shell.json(*words)
    assert first == again
    assert (first["accepted"], first["counted"], first["votes"]) == (True, True, 1)
    assert shell.json("prompt", "vote", "file-naming")["ballot"] is None


def test_a_script_hears_what_is_still_needed(shell: Shell) -> None:
    shell.start_test()
    ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
    said = shell("prompt", "vote", "file-naming", "--ballot", ballot["id"], "--choice", "A").stdout
    assert "100% (1 pick)" in said
    assert "At most 19 more votes needed." in said


def test_nobody_votes_twice_on_a_ballot(shell: Shell) -> None:
    shell.start_test()
    ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
    words = ("prompt", "vote", "file-naming", "--ballot", ballot["id"], "--choice", "A", "--user")
    assert "Thank you: your vote counts." in shell(*words, "ada").stdout
    again = shell(*words, "ada").stdout
    assert again.startswith("You have voted on this ballot already. Nothing changed.\n")
    assert "Thank you" not in again
    assert shell(*words, "bob").stdout.startswith("This ballot already has another vote; ")


def test_a_ballot_of_another_skill_is_refused(shell: Shell) -> None:
    shell.start_test()
    ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
    refused = shell("prompt", "vote", "linting", "--ballot", ballot["id"], "--choice", "A")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert f"The ballot {ballot['id']} belongs to file-naming, not to linting." in refused.stderr
    assert "tinyarms prompt vote file-naming --ballot" in refused.stderr
    assert shell.json("prompt", "results", "file-naming")["votes"] == 0


def test_a_skip_is_no_vote(shell: Shell) -> None:
    shell.start_test()
    ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
    view = shell.json("prompt", "vote", "file-naming", "--ballot", ballot["id"], "--choice", "skip")
    assert view["votes"] == 0
    assert shell.json("prompt", "results", "file-naming")["skips"] == 1


def test_none_of_these_is_no_vote_either(shell: Shell) -> None:
    shell.start_test()
    ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
    view = shell.json("prompt", "vote", "file-naming", "--ballot", ballot["id"], "--choice", "None")
    assert (view["accepted"], view["counted"], view["votes"]) == (True, True, 0)
    results = shell.json("prompt", "results", "file-naming")
    assert (results["none_of_these"], results["skips"], results["votes"]) == (1, 0, 0)
    (stats,) = shell.json("prompt", "stats", "file-naming")["skills"]
    assert stats["ballots"] == {"pick": 0, "skip": 0, "none": 1}
    said = shell("prompt", "stats", "file-naming").stdout
    assert "Ballots: 0 votes, 0 skips, 1 none of these" in said


def test_a_decision_is_announced(shell: Shell) -> None:
    """Everybody picks variant A: taste alone promotes it at a lead of 9 (limit of 20 votes)."""
    shell.start_test(ballots=9)
    said = ""
    for _ in range(9):
        ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
        letter = next(o["letter"] for o in ballot["options"] if o["output"] == "golden-gate-bridge")
        words = ("prompt", "vote", "file-naming", "--ballot", ballot["id"], "--choice", letter)
        assert "Decided" not in said
        said = shell(*words).stdout
    assert "Decided after 9 votes" in said
    assert "Version 2 is in production." in said
    assert shell("prompt", "show", "file-naming").stdout == "Name it in kebab-case.\n"


def test_off_a_terminal_nothing_is_asked(shell: Shell) -> None:
    result = shell("prompt", "vote", "file-naming", input="A\n")
    assert result.exit_code == 2
    assert "needs a terminal" in result.stderr
    assert "--json" in result.stderr


@pytest.mark.parametrize("words", [("--ballot", "b1"), ("--choice", "A")])
def test_ballot_and_choice_go_together(shell: Shell, words: tuple[str, ...]) -> None:
    result = shell("prompt", "vote", "file-naming", *words)
    assert result.exit_code == 2
    assert "--ballot and --choice go together" in result.stderr


@pytest.mark.parametrize("way", [(), ("--plain",)])
def test_once_a_month_it_asks_whether_this_was_annoying(
    shell: Shell, dialog: Open, way: tuple[str, ...]
) -> None:
    shell.start_test(ballots=7)
    for _ in range(4):
        ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
        assert ballot["why"].startswith(WHY)
        answered = ("--ballot", ballot["id"], "--choice", "A")
        assert "annoying" not in shell("prompt", "vote", "file-naming", *answered).output
    assert "Annoyed" not in shell("prompt", "stats").stdout
    terminal = dialog(*way, columns=80)
    terminal.wait_for("number 4", "of at most 20")
    terminal.press("s")
    terminal.wait_for("You skip this one.")
    terminal.press(" ")
    terminal.wait_for("was this annoying?", "Y for yes" if way else "[Y]es [N]o [S]kip")
    terminal.press("x")
    terminal.wait_for("Press Y, N or S.")
    terminal.press("y")
    terminal.wait_for("number 5", "of at most 20")
    terminal.press("s")
    terminal.wait_for("You skip this one.")
    terminal.press(" ")
    screen = terminal.wait_for("number 6", "of at most 20")
    assert screen.count("was this annoying?") == 1
    terminal.press("q")
    assert terminal.end() == 0
    said = " ".join(shell("prompt", "stats", "file-naming").stdout.split())
    assert "Annoyed by votes: 1 of 1 answer (100%) in the last 90 days" in said
    assert "the aim is under 10%" in said
    assert shell.json("prompt", "stats")["annoyance"] == {
        "annoyed": 1,
        "answers": 1,
        "share": 1.0,
        "wanted_below": 0.1,
    }


def test_the_dialog_closes_with_thanks_and_what_the_votes_changed(
    shell: Shell, dialog: Open
) -> None:
    shell.start_test(ballots=10)
    terminal = dialog("--plain", columns=80)
    terminal.wait_for("number 0", "of at most 20")
    terminal.press("s")
    terminal.wait_for("another key to send it.")
    terminal.press("q")
    terminal.wait_for("Thank you: your answers are stored, and the standings do not change.")
    assert terminal.end() == 0
    said = ""
    for _ in range(9):
        ballot = shell.json("prompt", "vote", "file-naming")["ballot"]
        letter = next(o["letter"] for o in ballot["options"] if o["output"] == "golden-gate-bridge")
        words = ("prompt", "vote", "file-naming", "--ballot", ballot["id"], "--choice", letter)
        said = shell(*words).stdout
        assert "Thank you: your vote" in said
    assert "Thank you: your vote put version 2 into production." in said


def test_without_a_ballot_json_says_what_the_dialog_says(shell: Shell, dialog: Open) -> None:
    def said(*words: str) -> str:
        terminal = dialog(*words, columns=100)
        text = terminal.wait_for("No ballot is waiting.")
        assert terminal.end() == 0
        answer = shell.json("prompt", "vote", "file-naming", *words)
        assert answer["ballot"] is None and answer["why_not_asked"] in " ".join(text.split())
        return str(answer["why_not_asked"])

    assert said() == "No ballot is waiting. No live test is open."
    constants = shell.root / "config" / "constants.yaml"
    constants.write_text(
        constants.read_text().replace("show_probability: 1.0", "show_probability: 0.5")
    )
    shell.start_test(ballots=0)
    share = "No ballot is waiting. 50% of new tasks make one, if their outputs differ."
    assert said() == share
    assert shell.json("prompt", "vote", "--all")["why_not_asked"] == share


def test_where_prompts_take_turns_nobody_is_asked_to_choose(shell: Shell) -> None:
    (shell.root / "config" / "constants.yaml").write_text(
        "prompt_evolution: {experiment: {mode: single}}\n"
    )
    shell.start_test(ballots=0)
    why = shell.json("prompt", "vote", "file-naming")["why_not_asked"]
    assert why.startswith("No ballot is waiting. The prompts take turns at tasks")


def test_a_task_that_makes_a_ballot_says_that_users_are_asked(shell: Shell) -> None:
    def run(content: str, *words: str) -> str:
        for prompt, output in OUTPUTS.items():
            shell.record(prompt, content, output)
        done = shell("run", "file-naming", f"content={content}", *words)
        assert (done.exit_code, done.stdout) == (0, "photo\n")
        return done.stderr

    asked = "users are asked to choose: tinyarms prompt vote file-naming"
    assert asked not in run("before the test")
    shell.start_test(ballots=0)
    assert run("a").endswith(f"{asked}\n")
    assert run("b", "--user", "ann lee").endswith(f"{asked} --user 'ann lee'\n")
    assert shell.json("prompt", "vote", "file-naming")["ballot"]["inputs"] == {"content": "a"}
    constants = shell.root / "config" / "constants.yaml"
    constants.write_text(
        constants.read_text().replace("show_probability: 1.0", "show_probability: 0")
    )
    shell("prompt", "cancel", "file-naming")
    shell.start_test(ballots=0)
    assert asked not in run("c")


def test_a_person_turns_questions_off_for_a_day(shell: Shell) -> None:
    shell.start_test()
    said = shell("prompt", "vote", "--snooze", "--user", "ann").stdout
    assert said.startswith("You will not be asked until ")
    ann = shell.json("prompt", "vote", "--all", "--user", "ann")
    assert ann["ballot"] is None and "as you requested" in ann["why_not_asked"]
    bob = shell.json("prompt", "vote", "--all", "--user", "bob")
    assert bob["ballot"] is not None and bob["why_not_asked"] is None
    again = shell("prompt", "vote", "--no-snooze", "--user", "ann").stdout
    assert again == "You will be asked again.\n"
    assert shell.json("prompt", "vote", "--all", "--user", "ann")["ballot"] is not None
    assert shell.json("prompt", "vote", "--snooze")["snoozed_until"]
    assert shell.json("prompt", "vote", "--no-snooze")["snoozed_until"] is None
