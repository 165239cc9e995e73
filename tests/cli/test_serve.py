"""`tinyarms serve` and its tokens."""

from __future__ import annotations

import socket
import sys

import pytest

from tests.cli.conftest import Shell


def test_tokens_are_made_listed_and_revoked(shell: Shell) -> None:
    made = shell.json("serve", "token", "add", "--role", "vote", "--name", "ada", "--days", "2")
    [listed] = shell.json("serve", "token", "list")["tokens"]
    assert listed == {key: made[key] for key in listed}
    assert "token" not in listed and made["token"].startswith("ta_")
    shown = shell("serve", "token", "list")
    assert "ada" in shown.stdout and made["token"] not in shown.stdout
    assert shell.json("serve", "token", "revoke", made["id"])["id"] == made["id"]
    assert "no tokens" in shell("serve", "token", "list").stdout


def test_only_the_token_is_on_stdout(shell: Shell) -> None:
    made = shell("serve", "token", "add", "--role", "view", "--name", "ada")
    assert made.stdout.startswith("ta_") and made.stdout.count("\n") == 1
    assert "not shown again" in made.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("token", "add", "--role", "boss", "--name", "ada"), "'boss' is not one of"),
        (("token", "add", "--role", "view", "--name", " "), "needs the name"),
        (("token", "add", "--role", "view", "--name", "a", "--days", "0"), "more than 0"),
        (("token", "revoke", "none"), "There is no token 'none'"),
        (("--host", "example.org"), "no address of this machine"),
        (("--port", "70000"), "not a whole number"),
    ],
)
def test_mistakes_are_one_line(shell: Shell, words: tuple[str, ...], said: str) -> None:
    result = shell("serve", *words)
    assert result.exit_code == 2 and said in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_port_that_is_taken(shell: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = shell("serve", "--port", str(taken.getsockname()[1]))
    assert result.exit_code == 1 and "nothing can listen there" in result.stderr


def test_a_missing_extra_names_itself(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("tinyarms.web")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    result = shell("serve")
    assert result.exit_code == 2 and "tinyarms[server]" in result.stderr
