"""`tinyarms eval`: how good a prompt is on the examples."""

from __future__ import annotations

from pathlib import Path

import click

from tinyarms.cli.eval_text import say_compared, say_eval
from tinyarms.cli.output import emit, say
from tinyarms.cli.progress import watching
from tinyarms.cli.shared import WholeNumber, after_the_answer, json_option, project, skill_argument
from tinyarms.core.errors import UsageError
from tinyarms.loop.evaluating.rows import EvalSplit
from tinyarms.loop.evaluating.view import ComparedView, EvalView
from tinyarms.loop.project.files import write_file


@click.command("eval", short_help="Measure how good a prompt is.")
@skill_argument
@click.option("--version", type=WholeNumber(1), metavar="N", help="Evaluate this version.")
@click.option("--prompt", metavar="FILE", help="Evaluate the prompt in FILE.")
@click.option(
    "--split",
    type=click.Choice(["search", "selection", "test", "all"]),
    help="Split of the examples.  [search and selection]",
)
@click.option(
    "--n", type=WholeNumber(1), metavar="N", help="Ask only N rows, the same ones each time."
)
@click.option(
    "--compare",
    nargs=2,
    metavar="A B",
    help="Compare two prompts on the same rows; each is a version or a file.",
)
@click.option("--html", type=click.Path(path_type=Path), metavar="FILE", help="Also write a page.")
@json_option
@click.pass_context
def evaluate(
    ctx: click.Context,
    skill: str,
    version: int | None,
    prompt: str | None,
    split: EvalSplit | None,
    n: int | None,
    compare: tuple[str, str] | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Run a prompt of SKILL on its gold examples, by default the one in production.

    The answer has the accuracy with its interval, which labels were confused or the spread of the
    scores, the wrong answers, cost and time, and what a search and the offline gate need on top.
    Answers that break the contract count as wrong; calls that failed count as nothing.

    The split test is read only where you ask for it, and each read is counted. Replies are stored:
    after Ctrl-C the same command goes on, and a second run makes no call.

    \b
    tinyarms eval SKILL --n 50
    tinyarms eval SKILL --compare 3 new-prompt.md
    """
    given = [version is not None, prompt is not None, compare is not None]
    if sum(given) > 1:
        raise UsageError("--version, --prompt and --compare exclude one another.", "Give one.")
    with project() as arms, watching() as listener:
        view: EvalView | ComparedView
        if compare is not None:
            view = arms.compare(skill, *compare, split=split, n=n, listener=listener)
        else:
            which = version if prompt is None else Path(prompt)
            view = arms.evaluate(skill, which, split=split, n=n, listener=listener)
    if as_json:
        emit("eval", view)
    elif isinstance(view, EvalView):
        say_eval(view)
    else:
        say_compared(view)
    if html is not None:
        from tinyarms.cli.eval_html import page

        with after_the_answer(ctx):
            write_file(html, page(view))
        if not as_json:
            say(f"The page is in {html}")
