"""Parts of a search side by side: what all of them ask now is asked at once.

The parts go on in their order, each with its own answers, so the result depends on the parts and
never on how many calls run at once.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from tinyarms.evolution.protocol import Answer, Evaluate, Evaluated, Request

Part = Generator[Sequence[Request], Sequence[Answer], Any]
"""A part of a search: yields requests, is sent the answers, returns its result."""
T = TypeVar("T")


def batched(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items in groups of this size; the last one may be smaller."""
    return (items[start : start + size] for start in range(0, len(items), size))


def side_by_side(parts: Sequence[Part]) -> Part:
    """Run the parts together; returns their results in their order.

    An evaluation that several of them ask at once is made once. Only the first of them pays for it:
    to the others it is cached. A single part runs as if it were alone.

    Examples
    --------
    >>> from tinyarms.evolution.side_by_side import side_by_side
    >>> def part(name):
    ...     answers = yield [name]
    ...     return answers
    >>> running = side_by_side([part("a"), part("b")])
    >>> next(running)
    ['a', 'b']
    >>> try:
    ...     running.send([1, 2])
    ... except StopIteration as done:
    ...     print(done.value)
    [[1], [2]]
    """
    if len(parts) == 1:
        return [(yield from parts[0])]
    results: list[Any] = [None] * len(parts)
    asking: dict[int, Sequence[Request]] = {}
    _advance(list(parts), dict.fromkeys(range(len(parts))), asking, results)
    while asking:
        once: dict[object, Request] = {}
        for request in _evaluations_first(asking.values()):
            once.setdefault(_key(request), request)
        answers = dict(zip(once, (yield list(once.values())), strict=True))
        told: dict[int, Any] = {}
        for index, own in asking.items():
            told[index] = [answers[_key(request)] for request in own]
            for request in own:  # from now on it is cached
                answers[_key(request)] = _cached(answers[_key(request)])
        asking = {}
        _advance(list(parts), told, asking, results)
    return results


def _advance(
    parts: list[Part],
    told: dict[int, Any],
    asking: dict[int, Sequence[Request]],
    results: list[Any],
) -> None:
    """Send each of these parts its answers (`None`: it begins), and note what it asks next or
    returns."""
    for index, answers in told.items():
        try:
            asking[index] = parts[index].send(answers)
        except StopIteration as done:
            results[index] = done.value


def _evaluations_first(asked: Iterable[Sequence[Request]]) -> Iterator[Request]:
    """All requests in the order of the parts, but those for the writer last: they are made one
    after the other, and evaluations that follow each other are made at once."""
    requests = [request for own in asked for request in own]
    yield from (request for request in requests if isinstance(request, Evaluate))
    yield from (request for request in requests if not isinstance(request, Evaluate))


def _key(request: Request) -> object:
    """What two requests have in common if one answer does for both."""
    if not isinstance(request, Evaluate):
        return id(request)
    return request.candidate.id, request.prompt.hash, request.example.id, request.selection


def _cached(answer: Answer) -> Answer:
    return replace(answer, cached=True) if isinstance(answer, Evaluated) else answer
