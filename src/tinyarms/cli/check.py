"""`tinyarms check`: the prompts of the working tree against those of another commit."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from tinyarms.cli.check_reports import junit, markdown
from tinyarms.cli.eval_text import difference_lines, say_changed
from tinyarms.cli.output import emit, say
from tinyarms.cli.progress import watching
from tinyarms.cli.shared import WholeNumber, after_the_answer, json_option, project
from tinyarms.core.errors import UsageError
from tinyarms.loop.evaluating.check import CheckedSkill, CheckView
from tinyarms.loop.evaluating.rows import EvalSplit
from tinyarms.loop.project.files import append_to_file, write_file

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Compare prompts with another commit's.")
@click.argument("skills", metavar="[SKILL]...", nargs=-1)
@click.option("--against", metavar="REF", required=True, help="Branch, tag or commit.")
@click.option(
    "--split",
    type=click.Choice(["search", "selection", "test", "all"]),
    help="Split of the examples.  [search and selection]",
)
@click.option(
    "--n", type=WholeNumber(1), metavar="N", help="Ask only N rows, the same ones each time."
)
@click.option("--strict", is_flag=True, help="Fail also where the rows cannot tell.")
@click.option("--junit", "junit_file", type=_FILE, metavar="FILE", help="Write JUnit XML.")
@click.option(
    "--markdown", "markdown_file", type=_FILE, metavar="FILE", help="Append a summary in Markdown."
)
@click.option("--record", type=_FILE, metavar="FILE", help="Record the replies in FILE.")
@click.option("--replay", type=_FILE, metavar="FILE", help="Take the replies from FILE; no model.")
@json_option
@click.pass_context
def check(
    ctx: click.Context,
    skills: tuple[str, ...],
    against: str,
    split: EvalSplit | None,
    n: int | None,
    strict: bool,
    junit_file: Path | None,
    markdown_file: Path | None,
    record: Path | None,
    replay: Path | None,
    as_json: bool,
) -> None:
    """Compare the prompt files of the working tree with those of REF, by default of all skills.

    Both prompts of a skill are asked about the same examples, with the contract, the scorer and the
    model of the working tree. The verdict is better, worse, or cannot tell. If the prompts are
    equally good, at most 5 % of checks call one worse, over all skills together.

    The exit code is 0 if no skill is worse, 1 if one is (with --strict also if the rows cannot
    tell) or if the check cannot be made, and 2 for wrong usage, such as a ref that is not there.

    \b
    tinyarms check --against origin/main --junit check.xml
    tinyarms check --against main --record check.jsonl
    tinyarms check --against main --replay check.jsonl
    """
    if record is not None and replay is not None:
        raise UsageError("--record and --replay exclude one another.", "Give one.")
    with ExitStack() as stack:
        arms = stack.enter_context(project())
        listener = stack.enter_context(watching())
        file = record or replay
        if file is not None:
            arms = stack.enter_context(arms.recorded(file, replay=record is None))
        view = arms.check(against, skills, split=split, n=n, listener=listener)
    failed = bool(view.worse or (strict and view.open_questions))
    if as_json:
        emit("check", {"ok": not failed, **vars(view)})
    else:
        _say(view)
    with after_the_answer(ctx):
        if junit_file is not None:
            write_file(junit_file, junit(view, strict))
        if markdown_file is not None:
            append_to_file(markdown_file, markdown(view))
    if failed:
        ctx.exit(1)


def _say(view: CheckView) -> None:
    say(f"Prompts of the working tree (after) against {view.against} ({view.commit[:12]}, before):")
    for skill in view.skills:
        _say_skill(skill)
    say(view.error_rate)


def _say_skill(skill: CheckedSkill) -> None:
    say(skill.sentence)
    view = skill.comparison
    if view is None:
        return
    for line in difference_lines(view):
        say(f"  {line}")
    left_out = max(view.before.left_out, view.after.left_out)
    if left_out:
        say(f"  Rows that could not be asked or scored: {left_out}. They count for neither prompt.")
    if skill.status == "worse":
        for row in view.changed[:5]:
            say_changed(row)
    for note in dict.fromkeys((*view.before.notes, *view.after.notes)):
        say(f"  {note}")
