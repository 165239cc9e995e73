"""What the pages of docs show runs as it stands there; README has tests of its own."""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.cli.conftest import Shell
from tests.docs.markdown import ROOT
from tests.end_to_end.project import recording, write_project
from tests.loop.evaluating.test_check import git
from tests.test_readme import SKILL, StandIn
from tests.web.served import Served, serving
from tinyarms import TinyArms
from tinyarms.skills.execution import ModelReply, build_request
from tinyarms.store.project.config import load_project

PAGES = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
KEY = "ta_…"
BETTER = "Say whether its writer feels good or bad, and nothing else."
BRIDGE = {"file_name": "IMG_2041.png", "content": "A bridge in fog"}


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", text, re.MULTILINE | re.DOTALL)
    return [dedent(block) for _, block in found]


def the_block(page: str, language: str, *, with_: str) -> str:
    """The only block that contains this."""
    [found] = [block for block in blocks(page, language) if with_ in block]
    return found


@pytest.mark.parametrize("page", PAGES)
def test_python_and_json_in_a_page_can_be_read(page: str) -> None:
    for block in blocks(page, "python"):
        ast.parse(block)
    for block in blocks(page, "json"):
        json.loads(block)


# Settings.


def merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {key: merged(old.get(key), value) for key, value in new.items()}
    return new


def settings_blocks() -> list[tuple[str, dict[str, Any]]]:
    """The blocks of settings. docs/skills.md is made from the code, and has tests of its own."""
    yaml = YAML(typ="safe")
    pages = [page for page in PAGES if page != "skills.md"]
    found = [(page, yaml.load(block)) for page in pages for block in blocks(page, "yaml")]
    return [(page, block) for page, block in found if isinstance(block, dict)]


@pytest.mark.slow
@pytest.mark.parametrize(("page", "block"), settings_blocks())
def test_settings_in_a_page_are_accepted(
    page: str, block: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINYARMS_MODELS", str(tmp_path / "models"))
    root, yaml = tmp_path / "project", YAML(typ="safe")
    assert Shell(tmp_path)("init", str(root)).exit_code == 0
    if "prompt_evolution" in block:
        with (root / "config" / "constants.yaml").open("w") as file:
            yaml.dump(block, file)
    else:
        config = yaml.load((root / "config.yaml").read_text())
        # Pages build on what they said before.
        config["skills"]["tickets"] = config["skills"]["audio-actions"]
        config["models"]["smol"] = {"kind": "embedded", "model": "smollm2:135m"}
        with (root / "config.yaml").open("w") as file:
            yaml.dump(merged(config, block), file)
    with TinyArms.open(root, environ={}) as arms:
        assert not arms.mistakes
        assert block.get("models", {}).keys() <= set(arms.models)


# A running service.


def also_answers(root: Path, skill: str, inputs: Mapping[str, str], output: str) -> None:
    """Let the recorded model answer this too, by the prompt in production."""
    contract = load_project(root).skills[skill].skill.contract
    with TinyArms.open(root, environ={}) as arms:
        request = build_request(contract, arms.show(skill).prompt, inputs)
    reply = {"key": request.key("stand-in"), "reply": asdict(ModelReply(output, 20, 1, 5.0))}
    with (root / "replies.jsonl").open("a") as file:
        file.write(json.dumps(reply) + "\n")


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("TINYARMS_MODELS", str(tmp_path / "models"))
    project = StandIn(Shell(tmp_path))
    project.ok("init", str(tmp_path))
    project.record()
    also_answers(tmp_path, "audio-actions", {"transcript": "Remind me to call Bo"}, "reminder")
    also_answers(tmp_path, SKILL, BRIDGE, "bridge-in-fog")
    with serving(tmp_path) as running:
        yield running


def own(block: str, served: Served, values: Mapping[str, str]) -> str:
    """The block with the address of this service, and with these values in place of those."""
    for name, value in values.items():
        assert name in block, name
        block = block.replace(name, value)
    assert "http://127.0.0.1:8765" in block
    return block.replace("http://127.0.0.1:8765", served.url)


def printed_by(code: str, names: dict[str, Any]) -> str:
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(code, names)
    return out.getvalue()


@pytest.mark.slow
def test_an_application_changes_one_url(served: Served) -> None:
    pytest.importorskip("openai")
    code = the_block("service.md", "python", with_="from openai import")
    token = served.token("application", "shop")
    names: dict[str, Any] = {}
    said = printed_by(own(code, served, {KEY: token}), names)
    names["client"].close()
    [shown] = re.findall(r"print\(.*\)  # (.+)$", code, re.MULTILINE)
    assert said == f"{shown}\n"
    with TinyArms.open(served.root, environ={}) as arms:
        assert arms.stats("audio-actions").successes == 1


@pytest.mark.slow
def test_the_python_client_and_the_tokens_of_the_widget(served: Served, tmp_path: Path) -> None:
    code = the_block("agents.md", "python", with_="from tinyarms.client import")
    folder, token = str(tmp_path / "client"), served.token("application", "shop")
    names: dict[str, Any] = {"token": token}
    for _ in range(3):  # The first two outcomes of a new user do not count.
        exec(own(code, served, {"/var/lib/shop/tinyarms": folder}), names)
        assert (names["done"].output, names["prompt"].from_disk) == ("bridge-in-fog", False)
    with TinyArms.open(served.root, environ={}) as arms:
        assert arms.stats(SKILL).successes == 1

    task_id = names["done"].task_id
    code = the_block("service.md", "python", with_="widget.js")
    names = {"task_id": task_id}
    exec(own(code, served, {KEY: token}), names)
    names["arms"].close()
    assert f'data-task="{task_id}"' in names["html"] and names["token"] in names["html"]

    [lines] = [block for block in blocks("agents.md", "sh") if "curl" in block]
    of_task, of_ballot = lines.splitlines()
    environ = {**os.environ, "ARMS": served.url, "TOKEN": token, "TASK_ID": task_id}
    done = subprocess.run(
        ["bash", "-c", of_task], env=environ, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["token"].startswith("taw_")
    environ["BALLOT_ID"] = "none"
    done = subprocess.run(
        ["bash", "-c", of_ballot], env=environ, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["kind"] == "not_found"


# In CI.


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the skill of the page, whose prompt is better than in the commits."""
    root = tmp_path / "project"
    write_project(root)
    git(root, "init", "-q", "-b", "main")
    (root / ".gitignore").write_text("replies.jsonl\ntinyarms.db*\n.tinyarms/\n")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "The project")
    git(root, "update-ref", "refs/remotes/origin/main", "HEAD")
    git(root, "tag", "v1.2")
    (root / "skills" / "feeling.md").write_text(f"{BETTER}\n")
    monkeypatch.chdir(root)
    return root


@pytest.mark.slow
def test_the_commands_of_ci(repository: Path) -> None:
    commands = [line.split("#")[0].split() for line in blocks("ci.md", "sh")[0].splitlines()]
    assert len(commands) == 2
    with recording(repository):
        for program, *words in commands:
            assert program == "tinyarms"
            done = Shell(repository)(*words)
            assert done.exit_code == 0, done.output


@pytest.mark.slow
def test_the_tests_of_ci(repository: Path) -> None:
    (repository / "test_prompts.py").write_text(the_block("ci.md", "python", with_="import pytest"))
    with recording(repository):
        for words in (["eval", "feeling"], ["check", "feeling", "--against", "origin/main"]):
            assert Shell(repository)(*words).exit_code == 0
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_prompts.py"],
        cwd=repository,
        capture_output=True,
        text=True,
    )
    assert "2 passed" in done.stdout, done.stdout
