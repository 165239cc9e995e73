"""A check compares the prompt of the working tree with that of another commit."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.loop.place import ALIKE, BETTER, ENOUGH, OTHER, SKILL, WORSE, Place, write_examples
from tinyarms.cli.check_reports import junit, markdown
from tinyarms.cli.main import cli
from tinyarms.core.errors import ConfigError, UsageError
from tinyarms.loop.evaluating.check import check
from tinyarms.loop.evaluating.git import commit_of, file_at

pytestmark = pytest.mark.slow

ROWS = 24
"""Rows of a check: enough to find that a prompt loses three of ten. Fewer calls, faster tests."""


SOME = ("--split", "test", "--n", str(ROWS))


def git(root: Path, *arguments: str) -> str:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(
        ["git", "-C", str(root), *who, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def committed(place: Place) -> Place:
    """The project in a repository; its folder is not the repository's."""
    write_examples(place.root, ENOUGH)
    repository = place.root.parent
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", "project/config.yaml", "project/skills", "project/examples.jsonl")
    git(repository, "commit", "-qm", "The project")
    return place


def test_a_worse_prompt_is_called_worse_and_an_unchanged_one_is_not_asked(
    committed: Place,
) -> None:
    committed.prompt_file("skills/feeling.md", WORSE)
    view = check(committed.open(), [], "main", split="test", n=ROWS)
    assert [each.status for each in view.skills] == ["worse", "unchanged"]
    assert view.worse == (SKILL,)
    comparison = view.skills[0].comparison
    assert comparison is not None
    assert comparison.check.n == ROWS
    assert comparison.check.wins == 0 < comparison.check.losses < 20
    assert comparison.before.prompt.name == "main:skills/feeling.md"
    assert "at most 5% of checks" in view.error_rate


def test_better_and_cannot_tell(committed: Place) -> None:
    committed.prompt_file("skills/feeling.md", BETTER)
    committed.prompt_file("skills/weather.md", ALIKE)
    view = check(committed.open(), [], "main", split="test", n=ROWS)
    assert [each.status for each in view.skills] == ["better", "cannot_tell"]
    assert view.open_questions == (OTHER,)
    comparison = view.skills[0].comparison
    assert comparison is not None
    assert comparison.check.threshold == 0.025  # Two skills share the bound.
    assert "any of 2 skills" in view.error_rate


def test_the_prompt_of_the_ref_is_the_one_in_production_there(committed: Place) -> None:
    """A promotion changes the file's name too."""
    committed.prompt_file("skills/feeling-v2.md", WORSE)

    def promote(data: Any) -> None:
        data["skills"][SKILL].update(prompt_template="skills/feeling-v2.md", prompt_version=2)

    committed.edit_config(promote)
    view = check(committed.open(), [SKILL], "HEAD", split="test", n=ROWS)
    assert view.worse == (SKILL,)
    assert view.commit == git(committed.root, "rev-parse", "HEAD")


def test_a_model_that_the_ref_names_need_not_be_there(committed: Place) -> None:
    content = (committed.root / "config.yaml").read_text()
    committed.edit_config(lambda data: data["skills"][SKILL].update(model="gone:7b"))
    git(committed.root, "commit", "-qam", "Another model")
    (committed.root / "config.yaml").write_text(content)
    committed.prompt_file("skills/feeling.md", WORSE)
    assert check(committed.open(), [SKILL], "main", split="test", n=ROWS).worse == (SKILL,)


def test_an_edited_file_stays_as_it_is(committed: Place) -> None:
    committed.prompt_file("skills/feeling.md", WORSE)
    content = (committed.root / "skills/feeling.md").read_text()
    context = committed.open()
    check(context, [SKILL], "main", n=5)
    assert (committed.root / "skills/feeling.md").read_text() == content
    with context.store.read() as work:
        assert work.versions.all(SKILL) == []


def test_a_skill_that_the_ref_does_not_have(committed: Place) -> None:
    committed.edit_config(lambda data: data["skills"].update(new=dict(data["skills"][SKILL])))
    view = check(committed.open(), [], "main")
    assert [each.status for each in view.skills] == ["unchanged", "unchanged", "not_compared"]
    with pytest.raises(UsageError, match="new: main does not have this skill"):
        check(committed.open(), ["new"], "main")


def test_refs_and_repositories_that_are_not_there(
    committed: Place, tmp_path_factory: pytest.TempPathFactory
) -> None:
    context = committed.open()
    with pytest.raises(UsageError, match="There is no git ref 'nothing'"):
        check(context, [], "nothing")
    for ref in ("--output=x", "", "a\0b"):
        with pytest.raises(UsageError, match="is no git ref"):
            check(context, [], ref)
    git(committed.root, "rm", "-q", "--cached", "config.yaml")
    git(committed.root, "commit", "-qm", "No config")
    with pytest.raises(UsageError, match=r"main has no config\.yaml"):
        check(context, [], "main")
    with pytest.raises(ConfigError, match="not a git repository"):
        commit_of(tmp_path_factory.mktemp("outside"), "main")


def test_without_git(committed: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(committed.root))
    with pytest.raises(ConfigError, match="There is no program git"):
        check(committed.open(), [], "main")


def test_no_filter_of_the_repository_runs(committed: Place) -> None:
    (committed.root / ".gitattributes").write_text("*.md diff=odd\n")
    git(committed.root, "config", "diff.odd.textconv", "touch ran-by-git; cat")
    commit = commit_of(committed.root, "main")
    assert file_at(committed.root, commit, "skills/feeling.md") == "Good or bad?\n"
    assert file_at(committed.root, commit, "skills/nothing.md") is None
    assert not list(committed.root.parent.rglob("ran-by-git"))


def invoke(place: Place, *options: str) -> Result:
    return CliRunner().invoke(cli, ["check", "--against", "main", *options])


def test_the_command_and_its_recording(
    committed: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(committed.root)
    monkeypatch.delenv("TINYARMS_HOME", raising=False)
    assert invoke(committed).exit_code == 0
    committed.prompt_file("skills/feeling.md", WORSE)
    committed.prompt_file("skills/weather.md", ALIKE)
    xml, summary, recording = (tmp_path / name for name in ("c.xml", "s.md", "r.jsonl"))
    files = ["--junit", str(xml), "--markdown", str(summary), *SOME]
    made = invoke(committed, *files, "--record", str(recording))
    assert made.exit_code == 1, made.output
    assert re.search(r"% after on 24 rows \(0 gained, \d+ lost\): worse", made.stdout)
    cases = ElementTree.parse(xml).findall(".//testcase")
    assert [case.get("name") for case in cases] == [SKILL, OTHER]
    assert [case.find("failure") is not None for case in cases] == [True, False]
    assert "| feeling | **worse** | " in summary.read_text()

    before, folder = b"caf\xe9\n", tmp_path / "file" / "s.md"
    summary.write_bytes(before)
    (tmp_path / "file").touch()
    lost = invoke(committed, *SOME, "--markdown", str(summary), "--junit", str(folder))
    assert (lost.exit_code, "(0 gained, 10 lost): worse" in lost.stdout) == (1, True)
    assert "s.md: cannot be written" in lost.stderr and summary.read_bytes() == before
    as_json = invoke(committed, *SOME, "--markdown", str(folder), "--json")
    assert json.loads(as_json.stdout)["ok"] is False and "cannot be written" in as_json.stderr
    assert invoke(committed, *SOME, "--markdown", str(summary)).exit_code == 1
    assert summary.read_text().startswith("caf\ufffd\n")

    (committed.root / "replies.jsonl").unlink()  # The model is gone.
    (committed.root / "tinyarms.db").unlink()
    again = invoke(committed, *SOME, "--replay", str(recording))
    assert (again.exit_code, again.stdout) == (1, made.stdout)
    only = [*SOME, "--replay", str(recording)]
    other = CliRunner().invoke(cli, ["check", OTHER, "--against", "main", *only])
    assert (other.exit_code, "cannot tell" in other.stdout) == (0, True)
    strict = CliRunner().invoke(cli, ["check", OTHER, "--against", "main", "--strict", *only])
    assert strict.exit_code == 1
    committed.prompt_file("skills/feeling.md", BETTER)
    missing = invoke(committed, *SOME, "--replay", str(recording))
    assert missing.exit_code == 1
    assert "no recorded reply" in missing.stderr
    nothing = invoke(committed, "--replay", "nothing.jsonl")
    assert "There is no recording" in nothing.stderr
    assert invoke(committed, "--replay", "a", "--record", "b").exit_code == 2


def test_reports_hold_hostile_names_and_answers(committed: Place) -> None:
    text = (committed.root / "replies.jsonl").read_text()
    odd = '"text": "<b>]]>|`@all` \\u001b[2J\\ufffe"'
    (committed.root / "replies.jsonl").write_text(text.replace('"text": "good"', odd))
    committed.prompt_file("skills/feeling.md", WORSE)
    view = check(committed.open(), [SKILL], "main", split="test", n=ROWS)
    assert ElementTree.fromstring(junit(view, strict=True)).find(".//testcase") is not None
    written = markdown(view)
    assert "<b>" not in written
    assert "\x1b" not in written
