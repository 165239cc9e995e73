"""`tinyarms prompt vote`: the dialog, and the same for scripts."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tinyarms.cli.dialog import print_ballot, print_standings
from tinyarms.cli.keyboard import Keys
from tinyarms.cli.output import console, emit, on_a_terminal, say
from tinyarms.cli.shared import complete_skill, json_option, project, say_mistakes, user_option
from tinyarms.core.errors import UsageError
from tinyarms.core.ids import new_id
from tinyarms.core.text import counted
from tinyarms.loop.api import TinyArms
from tinyarms.loop.testing.ballots import BallotView
from tinyarms.loop.testing.vote_view import VoteView
from tinyarms.loop.testing.votes import NONE

HOLD_SECONDS = 3
"""Seconds in which a choice can be undone before it is sent; in plain mode it waits for a key.
Higher: slower dialogs."""
_NONE, _SKIP, _QUIT, _UNDO = "N", "S", "Q", "U"
_ANNOYED = {"Y": True, "N": False, _SKIP: None}


@click.command(short_help="Choose between the outputs of the variants.")
@click.argument("skill", metavar="[SKILL]", required=False, shell_complete=complete_skill)
@click.option("--all", "all_skills", is_flag=True, help="Vote on all skills, oldest ballot first.")
@click.option("--plain", is_flag=True, help="No boxes, no time limit: for screen readers.")
@click.option("--ballot", "ballot_id", metavar="ID", help="Ballot to answer, for scripts.")
@click.option("--choice", metavar="A|none|skip", help="Letter of the option, none or skip.")
@click.option("--vote-id", metavar="ID", help="Your own id; the same id counts once.")
@click.option(
    "--snooze/--no-snooze",
    "snooze",
    default=None,
    help="Do not ask this user for a day, or ask again.",
)
@user_option
@json_option
def vote(
    skill: str | None,
    all_skills: bool,
    plain: bool,
    ballot_id: str | None,
    choice: str | None,
    vote_id: str | None,
    snooze: bool | None,
    user: str | None,
    as_json: bool,
) -> None:
    """Answer the waiting ballots of SKILL, or of --all skills, with one key each.

    A choice is sent at the next key or after 3 seconds; until then it can be undone. With --json
    alone, the command prints the next ballot; pass its id to --ballot.

    Equal outputs are one option, and nobody is asked about a task on which all outputs are equal.
    --snooze turns questions off for a day, for this user and all skills.

    At most once in 30 days the dialog asks whether this was annoying; the answers stay in the
    project's database, and tinyarms prompt stats counts them.
    """
    if snooze is not None:
        _snooze(snooze, user, as_json)
        return
    if (skill is None) != all_skills:
        raise UsageError("Name one skill, or give --all.", "tinyarms prompt vote --all")
    named = skill or "--all"
    if (ballot_id is None) != (choice is None):
        raise UsageError(
            "--ballot and --choice go together.",
            f"tinyarms prompt vote {named} --ballot ID --choice A",
        )
    with project() as arms:
        if skill is not None:
            arms.check_skill(skill)
        else:
            say_mistakes(arms)
        if ballot_id is not None and choice is not None:
            picked = None if choice.lower() == "skip" else choice
            view = arms.vote(ballot_id, picked, skill=skill, vote_id=vote_id, user=user)
            if as_json:
                emit("prompt vote", view)
            else:
                _print_vote(view, plain)
                if view.accepted:
                    say(_thanks([view]))
        elif as_json:
            ballot = _next(arms, skill, user)
            why_not = arms.why_not_asked(skill, user) if ballot is None else None
            emit("prompt vote", {"ballot": ballot, "why_not_asked": why_not})
        elif on_a_terminal():
            _dialog(arms, skill, user, plain or console().is_dumb_terminal)
        else:
            raise UsageError(
                "The vote dialog needs a terminal.",
                f"tinyarms prompt vote {named} --json prints the next ballot; "
                "answer it with --ballot ID --choice A.",
            )


def _next(arms: TinyArms, skill: str | None, user: str | None) -> BallotView | None:
    if skill is None:
        return arms.next_of_all(user)
    return arms.ballot(skill, user)


def _snooze(on: bool, user: str | None, as_json: bool) -> None:
    with project() as arms:
        until = arms.snooze(user) if on else None
        if not on:
            arms.end_snooze(user)
    if as_json:
        emit("prompt vote", {"snoozed_until": until})
    elif until is None:
        say("You will be asked again.")
    else:
        say(f"You will not be asked until {until:%d %B, %H:%M} UTC.")


def _dialog(arms: TinyArms, skill: str | None, user: str | None, plain: bool) -> None:
    undo = "There is nothing to undo yet."
    votes = list[VoteView]()
    with Keys() as keys:
        while (ballot := _next(arms, skill, user)) is not None:
            keys.forget()
            question = _Question(ballot, plain, votes[-1] if votes else None)
            keys.on_resize = None if plain else question.redraw
            question.show()
            choice, go_on = _choose(keys, question, undo)
            keys.on_resize = None
            if choice is not None:
                picked = {_SKIP: None, _NONE: NONE}.get(choice, choice)
                view = arms.vote(ballot.id, picked, vote_id=new_id(), user=user)
                votes.append(view)
                _print_vote(view, plain)
                if go_on and arms.may_ask_annoyance(user):
                    arms.note_annoyance(_ask_annoyance(keys, plain), user=user)
                say()
            if not go_on:
                break
            undo = "The last vote was sent and cannot be changed."
        else:
            say(arms.why_not_asked(skill, user))
    if votes:
        say(_thanks(votes))


def _thanks(votes: Sequence[VoteView]) -> str:
    """The last line of the dialog: thanks, and the effect of these answers."""
    decided = next((view for view in votes if view.counted and view.decision), None)
    if decided is not None and decided.promoted_version is not None:
        changed = f"your vote put version {decided.promoted_version} into production"
    elif decided is not None:
        changed = "your vote ended the live test"
    else:
        picks = sum(view.counted and view.picked for view in votes)
        changed = f"your {picks} votes count" if picks > 1 else "your vote counts"
        if not picks:
            changed = "your answers are stored, and the standings do not change"
    return f"Thank you: {changed}."


class _Question:
    """A ballot on the screen, and what was said about it."""

    def __init__(self, ballot: BallotView, plain: bool, before: VoteView | None) -> None:
        self.ballot, self.plain = ballot, plain
        self._before = before
        """The vote before this question."""
        self._said: list[str] = []
        self._width = 0

    def show(self) -> None:
        out = console()
        self._width = out.width
        print_ballot(out, self.ballot, self.plain)

    def say(self, line: str) -> None:
        self._said.append(line)
        say(line)

    def redraw(self) -> None:
        """Draw it again on an empty screen, if the terminal has another width."""
        out = console()
        if out.width == self._width:
            return
        out.clear()
        if self._before is not None:
            _print_vote(self._before, self.plain)
            say()
        self.show()
        for line in self._said[-1:]:
            say(line)


def _choose(keys: Keys, question: _Question, undo: str) -> tuple[str | None, bool]:
    """The choice to send, if any, and whether the dialog continues.

    Nothing is stored while a choice can be undone: a vote may decide the test, and the shares must
    not be visible before it is final.
    """
    plain = question.plain
    while (choice := _ask(keys, question, undo)) != _QUIT:
        said = {_SKIP: "You skip this one.", _NONE: "You want none of these."}
        how = f"It is sent in {HOLD_SECONDS} s, or at the next key. [U]ndo"
        how = "Press U to undo, another key to send it." if plain else how
        question.say(f"{said.get(choice, f'You choose option {choice}.')} {how}")
        keys.forget()
        key = keys.read(None if plain else HOLD_SECONDS)
        if key is None:
            break
        if key != _UNDO:
            return choice, key != _QUIT
        question.say(f"Undone. {_press(question.ballot)}")
    return None, False


def _ask(keys: Keys, question: _Question, undo: str) -> str:
    letters = [option.letter for option in question.ballot.options]
    while (key := keys.read()) is not None:
        if key in {*letters, _NONE, _SKIP, _QUIT}:
            return key
        question.say(undo if key == _UNDO else _press(question.ballot))
    return _QUIT


def _ask_annoyance(keys: Keys, plain: bool) -> bool | None:
    """Whether the dialog was annoying; `None` if the user does not say."""
    press = "Press Y for yes, N for no, S to skip." if plain else "[Y]es [N]o [S]kip"
    say(f"One question, at most once a month: was this annoying? {press}")
    keys.forget()
    while (key := keys.read()) is not None:
        if key in _ANNOYED:
            return _ANNOYED[key]
        say("Press Y, N or S.")
    return None


def _press(ballot: BallotView) -> str:
    letters = ", ".join(option.letter for option in ballot.options)
    return f"Press {letters}, {_NONE}, {_SKIP} or {_QUIT}."


_NOT_COUNTED = {
    "late": "The live test was over; the vote is stored, but does not count.",
    "new_name": "You have run too few tasks; the vote is stored, but does not count.",
    "over_cap": "You have voted more than the others; the vote is stored, but does not count.",
}


def _print_vote(view: VoteView, plain: bool = False) -> None:
    if view.voted_before:
        say("You have voted on this ballot already. Nothing changed.")
    elif not view.accepted:
        say("This ballot already has another vote; yours changes nothing.")
    elif view.excluded is not None:
        say(_NOT_COUNTED[view.excluded])
    print_standings(console(), view.standings, plain)
    if view.decision is not None:
        say(f"Decided after {counted(view.votes, 'vote')}: {view.reason}")
        if view.promoted_version is not None:
            say(f"Version {view.promoted_version} is in production.")
    elif view.votes_needed is not None:
        say(f"At most {counted(view.votes_needed, 'more vote')} needed.")
