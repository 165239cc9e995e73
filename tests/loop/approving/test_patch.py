from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.loop.approving.test_approve import FILE, production, switch
from tests.loop.place import BETTER, SKILL, V1, WORSE, Place
from tinyarms.core.errors import ExperimentError
from tinyarms.loop.approving.approve import approve
from tinyarms.loop.approving.patch import diff_in_git, propose
from tinyarms.loop.housekeeping.drift import drift
from tinyarms.loop.releasing.versions import active_version


def git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=ann", "-c", "user.email=ann@example.org")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("path", ["a.md", "with space.md", 'q"uote.md', "größe.md", "t\tab.md"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("one\ntwo\n", "one\nthree\n"),
        ("one\r\ntwo\r\n", "one\r\nthree\r\n"),
        ("one\ntwo", "one\nthree"),
        ("one\ntwo", "one\ntwo\n"),
        ("a\x0bb\u2028c\n", "a\x0bb\u2028d\n"),
        ("-- x\n", "++ y\n"),
    ],
)
def test_git_applies_it(tmp_path: Path, path: str, before: str, after: str) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / path).write_bytes(before.encode())
    patch = tmp_path / "p.patch"
    patch.write_bytes(f"# Evidence: none\n\n{diff_in_git(path, before, after)}".encode())
    git(tmp_path, "apply", "p.patch")
    assert (tmp_path / path).read_bytes() == after.encode()


@pytest.mark.slow
def test_a_proposal_is_reviewed_in_git_and_waits_for_its_yes(place: Place) -> None:
    """The project is below the top of the repository, and its file has lines for people."""
    top = place.root.parent
    (place.root / FILE).write_text(f"---\nauthor: me\n---\n{V1.text}\n")
    switch(place, "required")
    context = place.open()
    approve(context, SKILL)
    git(top, "init", "-q")
    git(top, "add", ".")
    git(top, "commit", "-qm", "one")
    assert drift(context).points == ()
    place.prompt_file(FILE, BETTER)
    made = propose(context, SKILL)
    assert made.path == f"{place.root.name}/{FILE}"
    git(top, "checkout", "-q", "--", made.path)
    (top / "p.patch").write_text(made.patch)
    git(top, "apply", "p.patch")  # From the top, and from the project's folder:
    git(top, "checkout", "-q", "--", made.path)
    git(place.root, "apply", "../p.patch")
    assert production(context) == (1, V1.text)
    assert {point.subject for point in drift(context).points} == {"file", "approval", "git"}
    assert approve(context, SKILL, made.id).version == 2


@pytest.mark.slow
def test_a_patch_of_what_was_approved_is_taken_when_it_is_pulled(place: Place) -> None:
    active_version(place.open(), SKILL)
    switch(place, "required")
    context = place.open()
    for prompt in (BETTER, WORSE):
        file = place.root / active_version(context, SKILL).path
        file.write_text(prompt.text)
        approve(context, SKILL)
    made = propose(context, SKILL, "v2")
    assert "# Approve: tinyarms prompt approve feeling v2\n" in made.patch
    (place.root / "p.patch").write_text(made.patch)
    git(place.root, "init", "-q")
    git(place.root, "apply", "p.patch")
    assert production(context) == (4, BETTER.text)


@pytest.mark.slow
def test_nothing_to_propose(place: Place) -> None:
    context = place.open()
    active_version(context, SKILL)
    with pytest.raises(ExperimentError, match="no prompt waits"):
        propose(context, SKILL)
    with pytest.raises(ExperimentError, match="in production already"):
        propose(context, SKILL, "v1")
