"""`tinyarms prompt stats`: how well the skills do."""

from __future__ import annotations

import click
from rich.table import Table
from rich.text import Text

from tinyarms.cli.examples_text import say_examples
from tinyarms.cli.output import day, emit, percent, say, say_table, shortened
from tinyarms.cli.shared import complete_skill, json_option, project
from tinyarms.core.errors import ConfigError, PromptError, UsageError
from tinyarms.core.text import counted, visible
from tinyarms.loop.reporting.stats import FailureView, StatsView
from tinyarms.loop.testing.annoyance import Annoyance
from tinyarms.loop.watching.online_state import OnlineView

_SHOWN_FAILURES = 3


@click.command(short_help="Show how well the skills do.")
@click.argument("skill", metavar="[SKILL]", required=False, shell_complete=complete_skill)
@click.option(
    "--failures", is_flag=True, help="Group the failures of SKILL by what they share instead."
)
@json_option
def stats(skill: str | None, failures: bool, as_json: bool) -> None:
    """Show the accuracy of SKILL over the last 7 days, or a table of all skills.

    With --failures, its failures of these days by what they share: a broken contract, a label in
    place of another, or a word of their inputs. Each group has two examples, with private data
    masked.

    Exit code 1 if the prompt of a skill cannot be used; the other skills are shown.
    """
    if failures:
        _show_failures(skill, as_json)
        return
    views: list[StatsView] = []
    problems: dict[str, str] = {}
    with project() as arms:
        for name in arms.skills if skill is None else (skill,):
            try:
                views.append(arms.stats(name))
            except (PromptError, ConfigError) as error:
                if skill is not None:
                    raise
                problems[name] = str(error)
        annoyance = arms.annoyance()
    if as_json:
        emit("prompt stats", {"skills": views, "problems": problems, "annoyance": annoyance})
    else:
        if skill is None:
            _print_table(views, problems)
        else:
            _print_one(views[0])
        if annoyance.answers:
            _print_annoyance(annoyance)
    if problems:
        raise click.exceptions.Exit(1)


def _print_one(view: StatsView) -> None:
    say(f"Skill: {view.skill}")
    say(f"Current accuracy: {_accuracy(view)}")
    say(f"Prompt version: {view.prompt_version} (active since {day(view.active_since)})")
    say(f"Recent failures: {_failures(view)}")
    for failure in view.recent_failures[:_SHOWN_FAILURES]:
        _say_failure(failure)
    if view.uncounted:
        say(f"Not counted: one user's share or new names, {counted(view.uncounted, 'outcome')}")
    if view.online is not None:
        _say_online(view.online)
    say_examples(view.examples, view.skill)
    if view.examples_problem:
        say(f"Examples cannot be read: {view.examples_problem}")
    if view.violations:
        say(f"Broken contracts: {view.violations}, the newest:")
        for failure in view.broken_contracts:
            _say_failure(failure)
    if any(view.ballots.values()):
        say(
            f"Ballots: {counted(view.ballots['pick'], 'vote')}, "
            f"{counted(view.ballots['skip'], 'skip')}, {view.ballots['none']} none of these"
        )
    if view.agreed:
        say(f"Not asked: {counted(view.agreed, 'task')} with the same output of all options")
    if view.latency_ms is not None:
        say(f"Median latency: {view.latency_ms:.0f} ms")
    if view.waiting:
        say(f"Not stored yet: {counted(view.waiting, 'task or feedback line')} of all skills")
    say(f"Status: {view.status}")
    if view.next:
        say(f"Next: {view.next}")
    if view.scheduled_at is not None:
        say(f"Scheduled evolution: due {day(view.scheduled_at)}")


def _say_failure(failure: FailureView) -> None:
    if failure.output is None:
        say(f"  {failure.inputs} -> broken contract: {failure.violation or 'nothing usable'}")
    else:
        say(f"  {failure.inputs} -> {shortened(failure.output, 60)}")


def _show_failures(skill: str | None, as_json: bool) -> None:
    if skill is None:
        raise UsageError("--failures needs a skill.", "tinyarms prompt stats SKILL --failures")
    with project() as arms:
        found = arms.failures(skill)
    if as_json:
        emit("prompt stats", vars(found))
        return
    say(
        f"{counted(found.failures, 'failure')} of version {found.prompt_version} of {skill} in "
        f"the last 7 days, compared with the inputs of {found.successes} successes"
    )
    for group in found.groups:
        say(f"\n{group.n}: {group.shared}")
        for example in group.examples:
            output = "nothing usable" if example.output is None else example.output
            why = "" if example.why is None else f" ({example.why})"
            say(f"  {example.inputs} -> {output}{why}")
            say(f"    task {example.task_id}, found by {example.found_by}")


def _say_online(online: OnlineView) -> None:
    text = f"Judged by {online.judge}: nothing in the last 7 days"
    if online.good is not None and online.good_interval is not None:
        low, high = online.good_interval
        text = (
            f"Judged by {online.judge}: {percent(online.good)} good, n={online.n}, "
            f"95% interval {percent(low)} to {percent(high)}"
        )
    say(text)
    say(f"  {online.why}")
    if online.problem is not None:
        say(f"  Not graded: {counted(online.not_graded, 'task')}, the newest: {online.problem}")


def _print_annoyance(found: Annoyance) -> None:
    say(
        f"Annoyed by votes: {found.annoyed} of {counted(found.answers, 'answer')} "
        f"({percent(found.share)}) in the last 90 days, all skills together; the aim is under "
        f"{percent(found.wanted_below)}"
    )


def _accuracy(view: StatsView) -> str:
    if view.accuracy is None:
        return "not known (no task with an outcome in the last 7 days)"
    text = percent(view.accuracy)
    if view.down_from is not None:
        text += f" (down from {percent(view.down_from)})"
    text += f", n={view.n}"
    if view.interval is not None:
        low, high = view.interval
        text += f", 95% interval {percent(low)} to {percent(high)}"
    return text


def _failures(view: StatsView) -> str:
    if not view.tasks:
        return "no tasks"
    return f"{view.failures}/{view.tasks} tasks ({percent(view.failure_share)})"


def _print_table(views: list[StatsView], problems: dict[str, str]) -> None:
    table = Table(
        "Skill", "Accuracy", "n", "Failures", "Version", "Status", box=None, pad_edge=False
    )
    for view in views:
        table.add_row(
            view.skill,
            percent(view.accuracy),
            str(view.n),
            f"{view.failures}/{view.tasks}",
            str(view.prompt_version),
            view.status,
        )
    for name, problem in problems.items():
        table.add_row(name, "-", "-", "-", "-", Text(visible(problem)))
    say_table(table)
