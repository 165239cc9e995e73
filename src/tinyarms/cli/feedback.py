"""`tinyarms feedback`: a user reports how a task went."""

from __future__ import annotations

import click

from tinyarms.cli.output import emit, say
from tinyarms.cli.shared import json_option, project, user_option
from tinyarms.core.errors import UsageError

_UNCOUNTED = {
    "over_cap": "Not counted: too far ahead of the others. Counts again once others give more.",
    "new_name": "Not counted: this user has run too few tasks (ab_testing.min_tasks).",
    "opinion": "Not counted: the task already has an outcome, which only another user may change.",
}

_NAMES = {True: "success", False: "failure"}


@click.command(short_help="Report how a task went.")
@click.argument("task_id", metavar="TASK_ID")
@click.option("--success", "is_success", is_flag=True, help="The output was good.")
@click.option("--failure", "is_failure", is_flag=True, help="The output was not good.")
@click.option(
    "--correction",
    metavar="TEXT",
    help="The right output. Unless it is what the task gave, the task has failed.",
)
@user_option
@click.option("--id", "feedback_id", metavar="ID", help="Your own id; the same id counts once.")
@json_option
def feedback(
    task_id: str,
    is_success: bool,
    is_failure: bool,
    correction: str | None,
    user: str | None,
    feedback_id: str | None,
    as_json: bool,
) -> None:
    """Report how a task went, with --success, --failure or --correction.

    A correction may also become an example that searches learn from. The offline gate reads it
    only after a person has made it gold: tinyarms examples review SKILL.
    """
    if is_success + is_failure + (correction is not None) != 1:
        raise UsageError(
            f"Feedback on the task {task_id} needs exactly one of three options.",
            "Give --success, --failure or --correction TEXT.",
        )
    with project() as arms:
        result = arms.feedback(
            task_id,
            success=is_success if correction is None else None,
            correction=correction,
            feedback_id=feedback_id,
            user=user,
        )
    if as_json:
        emit("feedback", result)
        return
    say(f"{'Kept' if result.waits else 'Recorded'}: {_NAMES[result.success]}.")
    if result.replaced is not None:
        say(f"It replaces the {_NAMES[result.replaced]} recorded before.")
    if result.uncounted is not None:
        say(_UNCOUNTED[result.uncounted])
    if result.collected:
        gold = f"tinyarms examples review {result.skill}"
        say(f"The correction is an example now. To make it gold: {gold}")
    elif result.not_collected is not None and result.uncounted is None:
        say(f"The correction is no example for searches. {result.not_collected}")
    if result.waits:
        say("The database cannot be used now: it is kept, and will count once it can.")
    elif not result.known:
        say(f"There is no task {task_id} yet; the feedback will count when the task arrives.")
