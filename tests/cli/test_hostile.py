"""Nothing that a stranger wrote can drive or deceive a terminal, and no secret is shown.

Every command that reads a project is run on one that is full of both.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import click
import pytest
from click.testing import CliRunner

from tests.cli.conftest import Shell
from tinyarms.cli.main import cli

HOSTILE = "\x1b]0;pwned\x07\x1b[2J\x9b31m\u202egood\u2066\x08\x7f"
RISKY = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
CANARY = "CANARY"
LOGIN, WEBHOOK, KEY, QUERY = (f"{CANARY}{n}" for n in range(4))
LABELS = (f"g{HOSTILE}ood", "bad")


class _Server(BaseHTTPRequestHandler):
    """Answers with a hostile text, or refuses and echoes the key that it was sent."""

    refuses = False

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        answer = {"message": {"role": "assistant", "content": HOSTILE}, "finish_reason": "stop"}
        body: dict[str, Any] = {"choices": [{"index": 0, **answer}]}
        if self.refuses:
            body = {
                "error": {"message": f"No {self.headers['authorization']} {HOSTILE} {self.path}"}
            }
        data = json.dumps(body).encode()
        self.send_response(401 if self.refuses else 200)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(params=[False, True], ids=["answers", "refuses"])
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    handler = type("_Handler", (_Server,), {"refuses": request.param})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.fixture
def hostile(shell: Shell, port: int) -> Shell:
    """A project whose every text is hostile, and whose every address has a secret."""
    said = json.dumps(HOSTILE)
    url = f"http://ada:{LOGIN}@127.0.0.1:{port}/v1?key={QUERY}"
    (shell.root / "config.yaml").write_text(
        "models:\n"
        f"  stub: {{kind: openai, model: {said}, base_url: '{url}', api_key_env: STUB_KEY}}\n"
        "skills:\n"
        "  file-naming:\n"
        f"    description: {said}\n"
        "    prompt_template: skills/file-naming.md\n"
        "    model: stub\n"
        "    inputs: [content]\n"
        "    output: {text: true}\n"
        "    scorer: exact\n"
        "    examples: rows.jsonl\n"
        "  linting:\n"
        f"    description: {said}\n"
        "    prompt_template: skills/linting.md\n"
        "    model: stub\n"
        "    inputs: [code]\n"
        f"    output: {{labels: {json.dumps(LABELS)}}}\n"
        "    evolvable: false\n"
        f"    reason: {said}\n",
    )
    (shell.root / "config" / "constants.yaml").write_text(
        "prompt_evolution:\n"
        "  ab_testing: {show_probability: 1.0, min_tasks: 0}\n"
        f"  notifications: {{webhook: 'https://hooks.example.org/{WEBHOOK}?x={QUERY}'}}\n"
    )
    for name in ("file-naming", "linting"):
        (shell.root / "skills" / f"{name}.md").write_text(f"Do it. {HOSTILE}\n")
    rows = [
        {"id": f"{HOSTILE}{n}", "inputs": {"content": f"{HOSTILE} {n}"}, "expected": HOSTILE + "x"}
        for n in range(40)
    ]
    (shell.root / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (shell.root / "v.md").write_text(f"Another. {HOSTILE}\n")
    return shell


USER = f"u{HOSTILE.replace(chr(0), '')}"
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("run", "file-naming", f"content={HOSTILE}", "--task-id", f"t{HOSTILE}", "--user", USER),
    ("run", "linting", f"code={HOSTILE}"),
    ("run", "file-naming", f"content={HOSTILE}", "--explain"),
    ("run", HOSTILE, "content=x"),
    ("feedback", f"t{HOSTILE}", "--correction", HOSTILE, "--user", USER),
    ("feedback", f"t{HOSTILE}", "--failure"),
    ("eval", "file-naming", "--n", "4"),
    ("eval", "file-naming", "--n", "4", "--html", "eval.html"),
    ("check", "file-naming", "--against", HOSTILE),
    ("examples", "check", "file-naming"),
    ("examples", "show", "file-naming"),
    ("examples", "split", "file-naming"),
    ("examples", "export", "file-naming"),
    ("examples", "review", "file-naming"),
    ("export", "file-naming", "--to", "markdown", "out.md"),
    ("export", "file-naming", "--to", HOSTILE, "out"),
    ("import", HOSTILE, "--as", "x"),
    ("skill", "add", HOSTILE),
    ("config", "show"),
    ("config", "schemas"),
    ("doctor",),
    ("db", "check"),
    ("db", "backup", "copy.db"),
    ("db", "upgrade"),
    ("db", "prune", "--dry-run"),
    ("db", "copy", "--to", f"{HOSTILE}.db"),
    ("db", "restore", f"{HOSTILE}.db"),
    ("forget", "--user", USER, "--dry-run"),
    ("init", "."),
    ("model", "list"),
    ("model", "pull", HOSTILE),
    ("model", "tune", HOSTILE),
    ("serve", "token", "add", "--role", "view", "--name", USER),
    ("serve", "token", "list"),
    ("serve", "token", "revoke", HOSTILE),
    ("serve", "--host", HOSTILE),
    ("mcp", "--tools"),
    ("agent-skill", "skills-of-agents"),
    ("monitor", "--once"),
    ("monitor", "status"),
    ("monitor", "install", "--show"),
    ("completion", "bash"),
    ("prompt", "stats"),
    ("prompt", "stats", "file-naming"),
    ("prompt", "stats", "linting", "--failures"),
    ("prompt", "create", "file-naming", "--variant-a", "v.md"),
    ("prompt", "results", "file-naming"),
    ("prompt", "vote", "file-naming", "--ballot", HOSTILE, "--choice", "A"),
    ("prompt", "evolve", "file-naming", "--budget", "12", "--force"),
    ("prompt", "evolve", "file-naming", "--dry-run"),
    ("prompt", "simulate", "file-naming", "--votes", "20"),
    ("prompt", "show", "file-naming"),
    ("prompt", "history", "file-naming"),
    ("prompt", "diff", "file-naming"),
    ("prompt", "review", "file-naming"),
    ("prompt", "propose", "file-naming", HOSTILE),
    ("prompt", "approve", "file-naming", HOSTILE),
    ("prompt", "refuse", "file-naming", HOSTILE),
    ("drift",),
    ("prompt", "cancel", "file-naming"),
    ("prompt", "promote", "file-naming", HOSTILE),
    ("prompt", "rollback", "file-naming"),
    ("prompt", "reset", "file-naming"),
    ("prompt", "refresh", "file-naming", "--dry-run"),
)
ELSEWHERE = {"demo", "monitor uninstall", "examples add"}
"""Commands that show nothing of a project but its counts, and need minutes or the system."""


def _leaves(command: click.Command, words: tuple[str, ...] = ()) -> Iterator[str]:
    if not isinstance(command, click.Group):
        yield " ".join(words)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from _leaves(inner, (*words, name))


def test_every_command_is_among_them() -> None:
    tried = {" ".join(words[:n]) for words in COMMANDS for n in (1, 2)}
    missing = set(_leaves(cli)) - tried - ELSEWHERE
    assert missing == set()


@pytest.mark.slow
def test_no_command_prints_what_drives_a_terminal_or_a_secret(
    hostile: Shell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(hostile.root)
    caplog.set_level(logging.DEBUG, logger="tinyarms")
    for sessions in ("SESSIONS", "SINGLE_SESSIONS"):
        monkeypatch.setattr(f"tinyarms.loop.testing.forecast.{sessions}", 20)
    environ = {
        "TINYARMS_HOME": str(hostile.root),
        "STUB_KEY": KEY,
        "COLUMNS": "80",
        "TINYARMS_CACHE": str(hostile.root / "cache"),
        "TINYARMS_MODELS": str(hostile.root / "models"),
    }
    known = {path for path in hostile.root.rglob("*") if path.is_file()}
    wrong: list[str] = []

    def look(what: str, text: str) -> None:
        found = RISKY.search(text.replace("\r\n", "\n"))
        if found is not None:
            wrong.append(f"{what}: {text[max(0, found.start() - 60) : found.end() + 20]!r}")
        if CANARY in text:
            at = text.index(CANARY)
            wrong.append(f"{what}: {text[max(0, at - 60) : at + 20]!r}")

    for words in COMMANDS:
        for form in ((), ("--json",)):
            result = CliRunner().invoke(cli, [*words, *form], env=environ, prog_name="tinyarms")
            name = ascii(" ".join((*words[:2], *form)))
            assert result.exception is None or isinstance(result.exception, SystemExit), name
            assert "mistake in tinyArms" not in result.output, name
            look(f"{name} stdout", result.stdout)
            look(f"{name} stderr", result.stderr)
    for record in caplog.records:
        look("log", record.getMessage())
    written = {path for path in hostile.root.rglob("*") if path.is_file()} - known
    for path in sorted(written):
        text = path.read_bytes().decode("utf-8", "replace")
        if CANARY in text:
            wrong.append(f"{path.relative_to(hostile.root)} has a secret")
        if path.suffix in (".html", ".svg", ".xml", ".log"):
            look(path.name, text)
    assert wrong == []


def test_reports_of_a_check_are_plain_text() -> None:
    from tinyarms.cli.check_reports import _xml  # the one way of a text into JUnit

    assert RISKY.search(_xml(HOSTILE)) is None
