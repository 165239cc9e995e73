"""`tinyarms prompt refresh`: the prompt in production remembers the present examples."""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, on_a_terminal, say
from tinyarms.cli.progress import watching
from tinyarms.cli.shared import WholeNumber, json_option, project, skill_argument
from tinyarms.loop.refreshing.planned import MAX_DEMONSTRATIONS
from tinyarms.loop.refreshing.view import RefreshView


@click.command(short_help="Remember the present examples.")
@skill_argument
@click.option(
    "--demonstrations",
    type=WholeNumber(1, MAX_DEMONSTRATIONS),
    metavar="K",
    help="Give a prompt without a memory one, and show the K nearest examples.",
)
@click.option("--yes", is_flag=True, help="Confirm it where there are too few rows for the gate.")
@json_option
def refresh(skill: str, demonstrations: int | None, yes: bool, as_json: bool) -> None:
    """Let the prompt of SKILL in production remember the present gold examples.

    The text of the prompt stays, and nothing is searched. A gate first answers the examples with
    the old and with the new memory, neither of which sees the example that is asked about. The new
    memory goes into production if it is not worse by 3 points. With fewer than 100 rows there is
    no gate: you are asked. Ctrl-C stops the gate, changes nothing and keeps its replies.

    Where outputs are labels, a first memory (--demonstrations) comes with a calibration of them and
    weights of the model's words, fitted on the replies of the gate.
    """
    with project() as arms:

        def attempt(confirmed: bool) -> RefreshView:
            with watching() as listener:
                return arms.refresh(
                    skill, demonstrations=demonstrations, yes=confirmed, listener=listener
                )

        view = attempt(yes)
        if view.result == "confirmation_wanted" and not as_json and on_a_terminal():
            say(view.sentence)
            if not click.confirm("Put it into production?", default=False):
                return
            view = attempt(True)
    if as_json:
        emit("prompt refresh", view)
        return
    say(view.sentence)
    if view.result == "refreshed":
        say(f"Its prompt is in {view.path}")
