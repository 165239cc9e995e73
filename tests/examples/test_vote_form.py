from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from html import unescape
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest

from tests.cli.conftest import CONFIG, CONSTANTS, INCUMBENT, VARIANT_A, VARIANT_B, Shell
from tests.examples.conftest import EXAMPLES, environment

CONTENT = "a <b>bridge</b> & fog"
OUTPUTS = {
    INCUMBENT: "photo",
    VARIANT_A: '<script>alert("A")</script>',
    VARIANT_B: "'fog' & <i>bridge</i>",
}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A project whose skill is in a live test, with one ballot that waits."""
    for folder in ("skills", "config"):
        (tmp_path / folder).mkdir()
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "config" / "constants.yaml").write_text(CONSTANTS)
    (tmp_path / "skills" / "file-naming.md").write_text(f"{INCUMBENT}\n")
    (tmp_path / "skills" / "linting.md").write_text("Does it break a rule?\n")
    (tmp_path / "replies.jsonl").write_text("")
    shell = Shell(tmp_path)
    shell.start_test(ballots=0)
    for prompt, output in OUTPUTS.items():
        shell.record(prompt, CONTENT, output)
    assert shell.json("run", "file-naming", f"content={CONTENT}")["ballot_id"] is not None
    return shell


@pytest.fixture
def address(shell: Shell) -> Iterator[str]:
    """Where the form answers. Ctrl-C ends it."""
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / "vote_form.py"), "file-naming", "--port", "0"],
        cwd=shell.root,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
        # A run of the tests in the background ignores Ctrl-C, and its children would too.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.send_signal(signal.SIGINT)
        assert server.wait(timeout=30) == 0


def get(address: str) -> str:
    with urlopen(address, timeout=30) as answer:
        return str(answer.read().decode())


def post(address: str, fields: Mapping[str, str]) -> tuple[int, str]:
    try:
        with urlopen(address, urlencode(fields).encode(), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def hidden_fields(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)">', page))


def buttons(page: str) -> dict[str, str]:
    """The texts of the buttons, as a user reads them, by what they send."""
    found = re.findall(r'<button name="choice" value="(\w+)">([^<]*)</button>', page)
    return {value: unescape(text) for value, text in found}


@pytest.mark.slow
def test_a_vote_that_is_sent_twice_counts_once(shell: Shell, address: str) -> None:
    page = get(address)
    shown = buttons(page)
    assert list(shown) == ["A", "B", "C", "none", "skip"]
    fields = {**hidden_fields(page), "choice": "B"}
    for _ in range(2):
        status, answer = post(address, fields)
        assert (status, "Thank you. Votes so far: 1." in answer) == (200, True)
    assert "No ballot is waiting." in get(address)
    results = shell.json("prompt", "results", "file-naming")
    assert results["votes"] == 1

    other = {**fields, "choice": "C", "vote": "another"}
    status, answer = post(address, other)
    assert (status, "already has another vote" in answer) == (200, True)
    assert shell.json("prompt", "results", "file-naming")["votes"] == 1


@pytest.mark.slow
def test_inputs_and_outputs_are_escaped(address: str) -> None:
    page = get(address)
    assert not re.search(r"<(script|b|i)>", page)
    assert "content: a &lt;b&gt;bridge&lt;/b&gt; &amp; fog" in page
    assert set(OUTPUTS.values()) < set(buttons(page).values())


@pytest.mark.slow
def test_a_broken_form_changes_nothing(shell: Shell, address: str) -> None:
    fields = {**hidden_fields(get(address)), "choice": "A"}
    for broken in (
        {"choice": "A"},
        {**fields, "choice": "Z"},
        {**fields, "ballot": "<script>"},
        {**fields, "vote": "x" * 20_000},
    ):
        status, answer = post(address, broken)
        assert (status, "This vote cannot be counted" in answer) == (400, True)
        assert "<script>" not in answer
    assert shell.json("prompt", "results", "file-naming")["votes"] == 0
