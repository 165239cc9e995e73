from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from tools.reference.answers import check

from tinyarms.cli.lazy import Entry, LazyGroup
from tinyarms.cli.main import _help_width, _Root, cli
from tinyarms.cli.shared import json_option
from tinyarms.core.errors import ConfigError, StoreError, UsageError
from tinyarms.core.interrupt import ReportedInterrupt
from tinyarms.loop.project.starter import init_project


def commands(
    group: LazyGroup | click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield (*path, name)
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


PATHS = list(commands(cli))
GOLDEN = Path(__file__).parent / "golden"


def find(path: tuple[str, ...]) -> click.Command:
    found: click.Command = cli
    for name in path:
        assert isinstance(found, click.Group)
        command = found.get_command(click.Context(found), name)
        assert command is not None
        found = command
    return found


def test_the_commands_are_those_of_the_design() -> None:
    prompts = {path[1] for path in PATHS if path[0] == "prompt" and len(path) == 2}
    assert prompts == {
        *("stats", "evolve", "create", "vote", "results", "promote", "rollback", "cancel"),
        *("history", "show", "simulate", "reset", "refresh", "review", "diff"),
        *("approve", "refuse", "propose"),
    }
    rooms = {path[0] for path in PATHS}
    assert rooms == {
        *("init", "run", "feedback", "prompt", "monitor", "model", "config", "db", "demo"),
        *("examples", "forget", "doctor", "eval", "check", "completion", "import", "export"),
        *("skill", "drift", "mcp", "agent-skill", "serve"),
    }


@pytest.mark.parametrize("path", [(), *PATHS], ids=" ".join)
def test_every_help_names_every_option(path: tuple[str, ...]) -> None:
    result = CliRunner().invoke(cli, [*path, "--help"], prog_name="tinyarms")
    assert result.exit_code == 0
    command = find(path)
    for parameter in command.params:
        for name in (*parameter.opts, *parameter.secondary_opts):
            if isinstance(parameter, click.Option):
                assert name in result.stdout
                assert parameter.help
    if isinstance(command, click.Group):
        for name in command.list_commands(click.Context(command)):
            assert f"\n  {name}" in result.stdout
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


@pytest.mark.parametrize("words", [(), ("prompt",), ("monitor",), ("db",)], ids=" ".join)
def test_the_help_of_the_groups(words: tuple[str, ...]) -> None:
    """To renew the captures: TINYARMS_GOLDEN=renew pytest tests/cli/test_main.py"""
    result = CliRunner().invoke(cli, [*words, "--help"], prog_name="tinyarms")
    file = GOLDEN / f"help{''.join(f'-{word}' for word in words)}.txt"
    if os.environ.get("TINYARMS_GOLDEN") == "renew":
        file.write_text(result.stdout, encoding="utf-8")
    assert result.stdout == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_the_table_says_what_the_command_says(path: tuple[str, ...]) -> None:
    group = find(path[:-1])
    if isinstance(group, LazyGroup):
        said = group.entries[path[-1]].short_help
        assert find(path).get_short_help_str(limit=80) == said


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_every_command_speaks_json(path: tuple[str, ...]) -> None:
    command = find(path)
    if not isinstance(command, click.Group):
        assert any("--json" in parameter.opts for parameter in command.params)


HEAVY = {"rich", "pydantic", "sqlalchemy", "numpy", "openai", "tinyarms.loop"}
FOR_OTHER_PAGES = {"difflib", "ipaddress", "shutil", "traceback", "unicodedata", "urllib.parse"}
"""Modules that a wrong word, an error or a text of a user needs, but no page of help."""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "shown"),
    [(["--help"], "Watch, evolve, test"), (["prompt", "--help"], "evolve")],
)
def test_help_imports_nothing_heavy(words: list[str], shown: str) -> None:
    code = (
        "import sys; before = set(sys.modules)\n"
        "from tinyarms.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: print('imported', *(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    page, _, imported = done.stdout.partition("\nimported ")
    assert shown in page
    assert "click" in imported.split()
    assert set(imported.split()) & (HEAVY | FOR_OTHER_PAGES) == set()


@pytest.mark.parametrize("columns", ["", "0", "-5", "20", "70", "200", "many"])
def test_help_is_as_wide_as_click_makes_it(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert _help_width() == click.HelpFormatter(max_width=80).width


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["promt"], "No such command 'promt'. Did you mean 'prompt'?"),
        (["prompt", "evolv"], "Did you mean 'evolve'?"),
        (["serve", "tokn"], "No such command 'tokn'. Did you mean 'token'?"),
        (["serve", "xyzzy"], "No such command 'xyzzy'."),
        (["serve", "token", "ad"], "Did you mean 'add'?"),
        (["xyzzy"], "No such command 'xyzzy'."),
        (["prompt", "evolve", "x", "--varants", "3"], "--variants"),
        (["prompt", "evolve"], "Name one SKILL, or --all."),
        (["prompt", "results"], "Missing argument 'SKILL'"),
        (["prompt", "evolve", "x", "--variants", "many"], "'many' is not a whole number from 1 to"),
        (["prompt", "evolve", "x", "--variants", "27"], "'27' is not a whole number from 1 to 26."),
        (["prompt", "evolve", "x", "--seed"], "an argument. See: tinyarms prompt evolve --help"),
        (["prompt", "evolve", "x", "--budget", "0"], "'0' is not a whole number of at least 1."),
    ],
)
def test_wrong_words(words: list[str], said: str) -> None:
    result = CliRunner().invoke(cli, words, prog_name="tinyarms")
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.startswith("tinyarms: ")
    assert result.stderr.endswith(" --help\n")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@click.command()
@click.argument("what")
@json_option
def fail(what: str, as_json: bool) -> None:
    """Fail in a given way."""
    if what == "clean-up":
        try:
            raise KeyboardInterrupt
        finally:
            raise StoreError("a.db: database is locked.")
    errors: dict[str, BaseException] = {
        "config": ConfigError("config.yaml: line 3:\nis broken.", "Mend it."),
        "usage": UsageError("There is no skill 'x'."),
        "interrupt": KeyboardInterrupt(),
        "reported": ReportedInterrupt(),
        "abort": click.Abort(),
        "bug": KeyError("key"),
        "disk": OSError(28, "No space left on device", "a.md"),
    }
    raise errors[what]


FAILING = _Root(name="tinyarms", entries={"fail": Entry("tests.cli.test_main:fail", "Fail.")})


def fail_with(what: str, **environ: str) -> Result:
    return CliRunner().invoke(FAILING, ["fail", what], env=environ, prog_name="tinyarms")


@pytest.mark.parametrize(
    ("what", "code", "said"),
    [
        ("config", 1, "tinyarms: config.yaml: line 3: is broken. Mend it.\n"),
        ("usage", 2, "tinyarms: There is no skill 'x'.\n"),
        ("interrupt", 130, "tinyarms: stopped.\n"),
        ("reported", 130, ""),
        ("clean-up", 130, "tinyarms: stopped.\n"),
        ("abort", 130, "tinyarms: stopped.\n"),
        ("disk", 1, "tinyarms: a.md: the system says: No space left on device.\n"),
    ],
)
def test_errors_are_one_line_and_an_exit_code(what: str, code: int, said: str) -> None:
    result = fail_with(what)
    assert (result.exit_code, result.stderr, result.stdout) == (code, said, "")


def test_a_bug_is_one_line_without_a_traceback() -> None:
    result = fail_with("bug")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "KeyError" not in result.stderr
    assert "mistake in tinyArms" in result.stderr
    assert "TINYARMS_DEBUG=1" in result.stderr


INTERRUPTED_IN_A_CLASS = """
import os, signal
from tinyarms.cli import main as program

def cli(**options):
    exec("os.kill(os.getpid(), signal.SIGINT)\\nfor _ in range(1000): pass")

program.cli = cli
program.main()
"""


@pytest.mark.slow
def test_ctrl_c_while_a_class_is_made_ends_the_program_with_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "interrupted.py").write_text(INTERRUPTED_IN_A_CLASS)
    done = subprocess.run(
        [sys.executable, "-m", "interrupted"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    assert (done.returncode, done.stderr) == (130, "tinyarms: stopped.\n")


@pytest.mark.parametrize(
    ("what", "kind", "hint"),
    [
        ("config", "config", "Mend it."),
        ("usage", "usage", ""),
        ("abort", "interrupted", ""),
        ("clean-up", "interrupted", ""),
        ("disk", "system", ""),
        ("--nope", "usage", "See: tinyarms fail --help"),
    ],
)
def test_an_error_is_an_object_too_with_json(what: str, kind: str, hint: str) -> None:
    result = CliRunner().invoke(FAILING, ["fail", what, "--json"], prog_name="tinyarms")
    assert result.exit_code == fail_with(what).exit_code
    answer = json.loads(result.stdout)
    assert (answer["schema"], answer["command"]) == ("tinyarms/1", "fail")
    assert (answer["error"]["kind"], answer["error"]["hint"]) == (kind, hint)
    assert answer["error"]["message"] in result.stderr
    assert check(answer) == []


def test_an_interrupt_that_was_reported_is_an_object_and_no_second_line() -> None:
    result = CliRunner().invoke(FAILING, ["fail", "reported", "--json"], prog_name="tinyarms")
    answer = json.loads(result.stdout)
    assert (result.exit_code, result.stderr) == (130, "")
    assert (answer["command"], answer["error"]["kind"]) == ("fail", "interrupted")
    assert check(answer) == []


@pytest.mark.parametrize("path", [(), ("prompt",), ("prompt", "vote"), ("monitor",)], ids=" ".join)
def test_help_has_a_short_name_everywhere(path: tuple[str, ...]) -> None:
    short, long = (CliRunner().invoke(cli, [*path, option]) for option in ("-h", "--help"))
    assert (short.exit_code, short.stdout) == (0, long.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shell", "words", "index", "expected"),
    [
        ("bash", "tinyarms prompt ev", "2", "plain,evolve"),
        ("zsh", "tinyarms prompt ev", "2", "plain\nevolve"),
        ("fish", "tinyarms prompt ev", "ev", "plain,evolve"),
        ("bash", "tinyarms prompt vote --snoo", "3", "plain,--snooze"),
        ("bash", "tinyarms monitor sta", "2", "plain,status"),
        ("bash", "tinyarms prompt show fi", "3", "plain,file-naming"),
    ],
)
def test_shells_complete(shell: str, words: str, index: str, expected: str, tmp_path: Path) -> None:
    init_project(tmp_path, None)  # `tinyarms init` would also ask the model, if it is there
    environ = {
        "_TINYARMS_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": index,
        "TINYARMS_HOME": str(tmp_path),
    }
    result = CliRunner().invoke(cli, [], env=environ, prog_name="tinyarms")
    assert expected in result.stdout


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_asks_this_program(shell: str) -> None:
    result = CliRunner().invoke(cli, ["completion", shell], prog_name="tinyarms")
    assert f"_TINYARMS_COMPLETE={shell}_complete" in result.stdout


@pytest.mark.parametrize("what", ["bug", "config"])
def test_the_traceback_is_there_for_those_who_ask(what: str) -> None:
    result = fail_with(what, TINYARMS_DEBUG="1")
    assert result.exit_code == 1
    assert "Traceback" in result.stderr
    assert "in fail" in result.stderr


@pytest.mark.slow
def test_a_reader_that_goes_away_hears_no_complaint() -> None:
    program = [sys.executable, "-m", "tinyarms.cli.main", "--help"]
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(program, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.stderr == ""


def test_the_former_name_of_an_option_still_works() -> None:
    [story] = [option for option in find(("demo",)).params if option.name == "story"]
    assert isinstance(story, click.Option)
    assert story.hidden and story.opts == ["--story"]


COMMAND = """
import gc, click
assert not gc.isenabled()
command = click.Command("made")
"""


@pytest.mark.parametrize("ends_with", ["", "raise ImportError('no library')"])
def test_garbage_is_collected_again_after_a_command_is_imported(
    ends_with: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "made_command.py").write_text(COMMAND + ends_with)
    monkeypatch.syspath_prepend(tmp_path)
    group = LazyGroup(entries={"made": Entry("made_command:command", "Made.")})
    with pytest.raises(ImportError) if ends_with else nullcontext():
        assert group.get_command(click.Context(group), "made") is not None
    assert gc.isenabled()
    sys.modules.pop("made_command", None)
