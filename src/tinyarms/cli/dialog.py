"""The vote dialog's output: the ballot before a vote, the shares after it."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tinyarms.cli.output import percent, shortened
from tinyarms.core.text import counted, visible
from tinyarms.loop.testing.ballots import BallotView, OptionView
from tinyarms.loop.testing.vote_view import Bar

_WIDTH, _WIDEST = 63, 160
_FRAME, _GAP = 4, 3
_READABLE = 36
"""Fewest characters of a column of wrapped text. Higher: columns side by side need wider
terminals."""
_BAR = 16
_ONE_LINE = 72
_LONGEST_INPUT = 300
_FILE_INPUTS = ("file", "file_name", "filename", "path", "image")
_NAME, _KEY = "bold cyan", "bold"


def print_ballot(out: Console, ballot: BallotView, plain: bool = False) -> None:
    """Print the question, its options and the keys, but not which option leads.

    Options are side by side if the terminal is wide enough. `plain`: lines in reading order,
    without boxes, for screen readers.
    """
    if plain:
        _print_plain(out, ballot)
        return
    columns = _columns(out.width, ballot.options)
    width = min(out.width, _WIDTH) if columns is None else columns.width
    drawing = Table(box=box.SQUARE, width=width, header_style="bold", show_lines=False)
    drawing.add_column(Text(f"tinyArms: {_title(ballot)} — help us improve!"), overflow="fold")
    for label, value in _inputs(ballot):
        drawing.add_row(_labelled(label, value))
    drawing.add_row("")
    drawing.add_row(ballot.why)
    drawing.add_row("")
    if columns is not None:
        drawing.add_row(columns.drawn)
    else:
        for option in ballot.options:
            drawing.add_row(_labelled(f"Option {option.letter}", _output(option)))
            drawing.add_row("")
    drawing.add_row(_keys(ballot))
    drawing.add_row(_votes(ballot))
    out.print(drawing)


def print_standings(out: Console, standings: Sequence[Bar], plain: bool = False) -> None:
    """Print each option's share of the picks, as a bar and in words, with its interval."""
    full, empty = ("#", "-") if out.options.ascii_only else ("█", "░")
    between = ", " if plain or out.width >= _ONE_LINE else "\n  "
    room = max(min(_BAR, out.width - 32), 4)
    for bar in standings:
        length = round((bar.share or 0.0) * room)
        drawn = f" {full * length}{empty * (room - length)}"
        share = percent(bar.share) if plain else f"{percent(bar.share):>4}"
        said = f"{share} ({counted(bar.votes, 'pick')})"
        known = _known(bar)
        said += f"{between}{known}" if known else ""
        if plain:
            _say(out, f"Option {bar.letter}: {said}")
        else:
            out.print(Text.assemble((f"Option {bar.letter}", _NAME), (drawn, "cyan"), f" {said}"))


def _say(out: Console, line: str) -> None:
    """Print a line, wrapped between words on a terminal."""
    out.print(Text(line), soft_wrap=not out.is_terminal)


def _known(bar: Bar) -> str:
    """The interval of its rate, and its probability of being the best."""
    parts = []
    if bar.interval is not None:
        low, high = bar.interval
        parts.append(f"{percent(low)} to {percent(high)}")
    if bar.p_best is not None:
        parts.append(f"P(best) {percent(bar.p_best)}")
    return ", ".join(parts)


def _print_plain(out: Console, ballot: BallotView) -> None:
    lines = [ballot.why]
    lines += [f"{label}: {value}" for label, value in _inputs(ballot)]
    lines += [f"Option {option.letter}: {_output(option)}" for option in ballot.options]
    letters = ", ".join(option.letter for option in ballot.options)
    lines.append(f"Press {letters}, N for none of these, S to skip, Q to quit.")
    lines.append(_votes(ballot))
    for line in lines:
        _say(out, line)


class _Columns:
    """The options side by side."""

    def __init__(self, width: int, column: int, options: Sequence[OptionView]) -> None:
        self.width = width
        self.drawn = Table.grid(padding=(0, _GAP, 0, 0))
        for _ in options:
            self.drawn.add_column(width=column, overflow="fold")
        self.drawn.add_row(*[Text(f"Option {option.letter}", _NAME) for option in options])
        self.drawn.add_row(*[Text(_output(option)) for option in options])
        self.drawn.add_row("")


def _columns(width: int, options: Sequence[OptionView]) -> _Columns | None:
    """`None` if the terminal is too narrow for columns of words."""
    longest = max(cell_len(line) for o in options for line in _output(o).splitlines() or [""])
    for box_width in (min(width, _WIDTH), min(width, _WIDEST)):
        column = (box_width - _FRAME - _GAP * len(options)) // len(options)
        if column >= min(max(longest, len("Option A")), _READABLE):
            return _Columns(box_width, column, options)
    return None


def _title(ballot: BallotView) -> str:
    return ballot.skill.replace("-", " ").capitalize()


def _inputs(ballot: BallotView) -> list[tuple[str, str]]:
    """The inputs in words; a file's name first."""
    given = sorted(ballot.inputs.items(), key=lambda item: item[0] not in _FILE_INPUTS)
    return [
        ("File" if name in _FILE_INPUTS else name, shortened(visible(value), _LONGEST_INPUT))
        for name, value in given
    ]


def _output(option: OptionView) -> str:
    return "(nothing usable)" if option.output is None else visible(option.output)


def _keys(ballot: BallotView) -> Text:
    letters = [option.letter for option in ballot.options]
    keys = [f"[{letter}]" for letter in letters] + ["[N]one", "[S]kip", "[Q]uit"]
    return Text(" ".join(keys), _KEY)


def _votes(ballot: BallotView) -> str:
    so_far = f"Votes so far: {ballot.votes_so_far}"
    most = ballot.votes_at_most
    return f"{so_far}, no limit" if most is None else f"{so_far} of at most {most}"


def _labelled(label: str, text: str) -> Text:
    return Text.assemble((f"{label}: ", _NAME), text)
