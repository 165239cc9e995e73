"""The standings of a live test as an SVG picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from tinyarms.loop.reporting.standings import StandingsView

_WIDTH, _HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 130, 50, 55
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
"""The palette of Okabe and Ito, which colour-blind people can distinguish."""
_DASHES = ("", "7 3", "2 3", "9 3 2 3")
_APART = 16


def standings_svg(view: StandingsView, title: str) -> str:
    """The lead of each variant over the votes, and the leads that end the test.

    Lines differ in colour and in their dashes, and carry their names.
    """
    votes = max(map(len, view.leads.values()), default=0)
    last = max(votes, len(view.promote_at), 1)
    known = [v for path in (view.promote_at, view.keep_below) for v in path if v is not None]
    known += [lead for leads in view.leads.values() for lead in leads] + [0]
    drawing = _Drawing(last, min(known) - 1, max(known) + 1)
    ends = "; ".join(
        f"variant {k} at {_signed(leads[-1])}" for k, leads in view.leads.items() if leads
    )
    said = f"Lead over {votes} votes: {ends or 'no votes yet'}."
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f"<desc>{escape(said)}</desc>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="28" font-size="16">{escape(title)}</text>',
        *drawing.axes(),
        *drawing.boundary(view.promote_at, "promotes", at_end=False),
        *drawing.boundary(view.keep_below, "all below: keep", at_end=True),
        *drawing.leads(view),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


class _Drawing:
    """A plot of votes 0 … last (left to right) and leads low … high (bottom to top)."""

    def __init__(self, last: int, low: int, high: int) -> None:
        self._last, self._low, self._high = last, low, high
        self._taken: list[float] = []

    def axes(self) -> Iterator[str]:
        right, bottom = self._x(self._last), self._y(self._low)
        for lead in _ticks(self._low, self._high):
            y, strong = self._y(lead), "#999999" if lead == 0 else "#e4e4e4"
            yield f'<line x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}" stroke="{strong}"/>'
            yield f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{_signed(lead)}</text>'
        for vote in _ticks(0, self._last):
            x = self._x(vote)
            yield f'<text x="{x}" y="{bottom + 20}" text-anchor="middle">{vote}</text>'
        middle = (_LEFT + right) / 2
        yield f'<text x="{middle:g}" y="{_HEIGHT - 12}" text-anchor="middle">votes</text>'
        side = f'x="16" y="{(_TOP + bottom) / 2:g}"'
        turned = f'transform="rotate(-90 16 {(_TOP + bottom) / 2:g})"'
        yield f'<text {side} {turned} text-anchor="middle">lead</text>'

    def boundary(self, path: Sequence[int | None], name: str, at_end: bool) -> Iterator[str]:
        points = [(n, value) for n, value in enumerate(path, start=1) if value is not None]
        if points:
            yield self._line(points, "#444444", "1.5", "3 4")
            x, y = self._place(points[-1]) if at_end else self._place(points[0], 0, -7)
            self._taken += [y] if at_end else []
            yield f'<text x="{x}" y="{y:g}" fill="#444444" font-size="12">{name}</text>'

    def leads(self, view: StandingsView) -> Iterator[str]:
        for number, (letter, leads) in enumerate(view.leads.items()):
            colour = _COLOURS[number % len(_COLOURS)]
            points = [(0, 0), *enumerate(leads, start=1)]
            yield self._line(points, colour, "2.5", _DASHES[number % len(_DASHES)])
            x, y = self._place(points[-1])
            while any(abs(y - other) < _APART for other in self._taken):
                y += 2
            self._taken.append(y)
            name = f'<text x="{x}" y="{y:g}" fill="{colour}"'
            yield f'{name} font-weight="bold">{escape(letter)} {_signed(points[-1][1])}</text>'

    def _line(self, points: Sequence[tuple[int, int]], colour: str, width: str, dashes: str) -> str:
        drawn = " ".join(f"{self._x(n)},{self._y(value)}" for n, value in points)
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        stroke = f'fill="none" stroke="{colour}" stroke-width="{width}"{dashed}'
        return f'<polyline points="{drawn}" {stroke}/>'

    def _place(
        self, point: tuple[int, int], right: float = 6, down: float = 4
    ) -> tuple[float, float]:
        """The position of a label beside a point."""
        return self._x(point[0]) + right, self._y(point[1]) + down

    def _x(self, vote: int) -> float:
        return round(_LEFT + vote / self._last * (_WIDTH - _LEFT - _RIGHT), 1)

    def _y(self, lead: int) -> float:
        share = (lead - self._low) / (self._high - self._low)
        return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM), 1)


def _signed(lead: int) -> str:
    return f"{lead:+d}" if lead else "0"


def _ticks(low: int, high: int) -> list[int]:
    """About eight round numbers between the two."""
    span = high - low
    step = next(
        base * 10**power for power in range(9) for base in (1, 2, 5) if span <= 8 * base * 10**power
    )
    return [n for n in range(low, high + 1) if n % step == 0]
