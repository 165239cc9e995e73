"""A proposal as a patch to the file of the prompt in production, for a review in Git.

Applied and pulled, the patch is an edit by hand like any other: it goes into production once a
person has approved exactly this text, before or after.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from difflib import unified_diff
from pathlib import Path

from tinyarms.core.errors import ExperimentError, PromptError, TinyArmsError
from tinyarms.core.text import one_line
from tinyarms.loop.approving.proposals import Proposal, find
from tinyarms.loop.approving.view import PatchView
from tinyarms.loop.evaluating.git import file_at, place_in_repository
from tinyarms.loop.project.context import Context
from tinyarms.skills.prompt_file import format_prompt_file, front_matter, parse_prompt_file
from tinyarms.store.project.files import inside, read_prompt_text

_NO_NEWLINE = "\\ No newline at end of file\n"


def propose(context: Context, name: str, which: str | None = None) -> PatchView:
    """The patch of a proposal. `which`: as for `approve`. Nothing is changed.

    Raises the errors of `find`, `PromptError` if its file cannot be used, and `ExperimentError` if
    it is the skill's first prompt, or in production already.
    """
    context.skill(name)
    with context.store.read() as work:
        proposal = find(context, work, name, which)
    active, prompt = proposal.replaces, proposal.prompt
    if prompt is None:
        raise PromptError(f"{name}: {proposal.what}: {proposal.problem}", "Correct it first.")
    if active is None:
        raise ExperimentError(
            f"{name}: {proposal.what} is its first prompt, so there is no difference to show.",
            f"Read the file, then: tinyarms prompt approve {name}",
        )
    root = context.project.root
    place = place_in_repository(root)
    path = f"{place or ''}{Path(active.path).as_posix()}"
    before = _before(root, proposal, in_git=place is not None)
    after = read_prompt_text(proposal.path) if proposal.path else _after(before, proposal)
    difference = diff_in_git(path, before, after)
    if not difference:
        raise ExperimentError(f"{name}: {proposal.what} is in production already.")
    patch = f"{_head(proposal)}\n{difference}"
    return PatchView(skill=name, id=proposal.id, what=proposal.what, path=path, patch=patch)


def diff_in_git(path: str, before: str, after: str) -> str:
    """The difference of two texts of a file as `git apply` takes it; empty if there is none.

    Examples
    --------
    >>> from tinyarms.loop.approving.patch import diff_in_git
    >>> print(diff_in_git("skills/a.md", "Good?\\n", "Bad?\\n"), end="")
    diff --git a/skills/a.md b/skills/a.md
    --- a/skills/a.md
    +++ b/skills/a.md
    @@ -1 +1 @@
    -Good?
    +Bad?
    """
    if before == after:
        return ""
    old, new = _name(f"a/{path}"), _name(f"b/{path}")
    # Git wants a tab after a name with spaces.
    end = "\t" if " " in path and not old.startswith('"') else ""
    lines = unified_diff(_lines(before), _lines(after), n=3)
    body = [line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}" for line in list(lines)[2:]]
    head = f"diff --git {old} {new}\n--- {old}{end}\n+++ {new}{end}\n"
    return head + "".join(body)


def _before(root: Path, proposal: Proposal, *, in_git: bool) -> str:
    """The text to which the patch applies: that of the file, or of the last commit, if it is the
    prompt in production."""
    active = proposal.replaces
    assert active is not None
    texts: list[Callable[[], str | None]] = [
        lambda: read_prompt_text(inside(root, active.path), keep_mark=True)
    ]
    if in_git:
        texts.append(lambda: file_at(root, "HEAD", active.path))
    for read in texts:
        with suppress(TinyArmsError):
            text = read()
            if text and parse_prompt_file(text, active.path).hash == active.prompt.hash:
                return text
    return format_prompt_file(active.prompt)


def _after(before: str, proposal: Proposal) -> str:
    """The text of the file with the proposed prompt. What is for people in it stays."""
    assert proposal.prompt is not None
    text = format_prompt_file(proposal.prompt, front_matter(before))
    return text.replace("\n", "\r\n") if "\r\n" in before else text


def _head(proposal: Proposal) -> str:
    """What is known about the proposal; git skips lines before the first difference."""
    name, active = proposal.skill, proposal.replaces
    assert active is not None
    said = [
        f"tinyArms: {name}: {proposal.what}, proposal {proposal.id}",
        f"It would replace version {active.number}, which is in production.",
        f"Evidence: {one_line(proposal.reason) or 'none'}",
    ]
    if proposal.session is not None:
        said.append(f"Evolution session: {proposal.session.id}")
    if proposal.variant is not None and proposal.variant.reasoning:
        said.append(f"Where it comes from: {one_line(proposal.variant.reasoning)}")
    said.append(f"Approve: tinyarms prompt approve {name} {proposal.command_name}")
    if proposal.waits:
        said.append(f"Refuse: tinyarms prompt refuse {name} {proposal.command_name}")
    return "".join(f"# {line}\n" for line in said)


def _lines(text: str) -> list[str]:
    """Split at line feeds only, as git does."""
    parts = text.split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _name(path: str) -> str:
    """The name as git writes it: in quotes if it has unusual characters."""
    if all(" " <= letter <= "~" and letter not in '"\\' for letter in path):
        return path
    known = {"\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
    written = [
        known.get(chr(byte)) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}")
        for byte in path.encode("utf-8", "surrogateescape")
    ]
    return f'"{"".join(written)}"'
