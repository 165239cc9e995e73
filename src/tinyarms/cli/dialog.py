"""What a voter sees: the ballot before the vote, the shares after it."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tinyarms.cli.output import counted, percent, shortened, visible
from tinyarms.loop.views import BallotView, Bar

_WIDTH = 63
_BAR = 24
_LONGEST_INPUT = 300


def print_ballot(out: Console, skill: str, ballot: BallotView) -> None:
    """The box with the inputs, the options and the keys. It does not say which option leads."""
    title = f"tinyArms: {skill.replace('-', ' ').capitalize()} — help us improve!"
    drawing = Table(
        box=box.SQUARE,
        width=min(out.width, _WIDTH),
        header_style="bold",
        show_lines=False,
    )
    drawing.add_column(Text(title), overflow="fold")
    for name, value in ballot.inputs.items():
        drawing.add_row(_labelled(f"{name}: ", shortened(visible(value), _LONGEST_INPUT)))
    drawing.add_row("")
    drawing.add_row("Which do you prefer?")
    for option in ballot.options:
        drawing.add_row("")
        shown = "(nothing usable)" if option.output is None else visible(option.output)
        drawing.add_row(_labelled(f"Option {option.letter}: ", shown))
    drawing.add_row("")
    keys = " ".join(f"[{option.letter}]" for option in ballot.options)
    drawing.add_row(Text(f"{keys} [S]kip [Q]uit"))
    drawing.add_row(f"Votes so far: {ballot.votes_so_far} of at most {ballot.votes_at_most}")
    out.print(drawing)


def print_standings(out: Console, standings: Sequence[Bar]) -> None:
    """One bar an option: its share of the picks, as a bar and in words."""
    full, empty = ("#", "-") if out.options.ascii_only else ("█", "░")
    room = min(_BAR, max(out.width - 32, 4))
    for bar in standings:
        length = round((bar.share or 0.0) * room)
        drawn = full * length + empty * (room - length)
        picks = counted(bar.votes, "pick")
        out.print(Text(f"Option {bar.letter} {drawn} {percent(bar.share):>4} ({picks})"))


def _labelled(label: str, text: str) -> Text:
    return Text.assemble((label, "bold"), text)
