"""`tinyarms prompt vote`: the dialog, and the same for scripts."""

from __future__ import annotations

import click

from tinyarms.cli.dialog import print_ballot, print_standings
from tinyarms.cli.keys import Keys
from tinyarms.cli.output import console, counted, emit, on_a_terminal, say
from tinyarms.cli.shared import json_option, project, skill_argument, user_option
from tinyarms.core.errors import UsageError
from tinyarms.core.ids import new_id
from tinyarms.loop import experiments
from tinyarms.loop.context import Context
from tinyarms.loop.views import BallotView, VoteView

_SKIP, _QUIT = "S", "Q"


@click.command(short_help="Choose between the variants' outputs.")
@skill_argument
@click.option("--ballot", "ballot_id", metavar="ID", help="Answer this ballot (for scripts).")
@click.option("--choice", metavar="A|skip", help="The option's letter, or skip.")
@click.option("--vote-id", metavar="ID", help="An id of your own; sent twice, counted once.")
@user_option
@json_option
def vote(
    skill: str,
    ballot_id: str | None,
    choice: str | None,
    vote_id: str | None,
    user: str | None,
    as_json: bool,
) -> None:
    """Answer SKILL's waiting ballots, one key each.

    With --json and nothing else: print the next ballot. Its id goes into --ballot.
    """
    if (ballot_id is None) != (choice is None):
        raise UsageError(
            "--ballot and --choice go together.",
            f"tinyarms prompt vote {skill} --ballot ID --choice A",
        )
    with project() as context:
        context.skill(skill)
        if ballot_id is not None and choice is not None:
            picked = None if choice.lower() == "skip" else choice.upper()
            view = experiments.vote(context, ballot_id, picked, vote_id=vote_id, user=user)
            if as_json:
                emit("prompt vote", view)
            else:
                _print_vote(view)
        elif as_json:
            emit("prompt vote", {"ballot": experiments.next_ballot(context, skill, user)})
        elif on_a_terminal():
            _dialog(context, skill, user)
        else:
            raise UsageError(
                "The vote dialog needs a terminal.",
                f"tinyarms prompt vote {skill} --json prints the next ballot; "
                "answer it with --ballot ID --choice A.",
            )


def _dialog(context: Context, skill: str, user: str | None) -> None:
    with Keys() as keys:
        while (ballot := experiments.next_ballot(context, skill, user)) is not None:
            keys.forget()
            print_ballot(console(), skill, ballot)
            key = _ask(keys, ballot)
            if key == _QUIT:
                return
            picked = None if key == _SKIP else key
            _print_vote(experiments.vote(context, ballot.id, picked, vote_id=new_id(), user=user))
            say()
    say("No ballot is waiting. New ones come with new tasks.")


def _ask(keys: Keys, ballot: BallotView) -> str:
    letters = [option.letter for option in ballot.options]
    while (key := keys.read()) is not None:
        if key in {*letters, _SKIP, _QUIT}:
            return key
        say(f"Press {', '.join(letters)}, {_SKIP} or {_QUIT}.")
    return _QUIT


def _print_vote(view: VoteView) -> None:
    if not view.accepted:
        say("This ballot has another vote already; yours changes nothing.")
    elif not view.counted:
        say("The test was over; the vote is kept, but does not count.")
    print_standings(console(), view.standings)
    if view.decision is not None:
        say(f"Decided after {counted(view.votes, 'vote')}: {view.reason}")
        if view.promoted_version is not None:
            say(f"Version {view.promoted_version} is in production.")
    elif view.votes_needed is not None:
        say(f"At most {counted(view.votes_needed, 'more vote')} needed.")
