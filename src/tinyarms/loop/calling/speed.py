"""The speed of a session's model calls, compared with the model's own speed."""

from __future__ import annotations

from dataclasses import dataclass, field

from tinyarms.skills.execution import ModelReply


@dataclass(frozen=True)
class SpeedView:
    """The speed of the calls that this run made, without replayed calls and cache hits."""

    calls: int
    """Number of calls of this run, without replayed calls and cache hits."""
    seconds: float
    """Seconds on the wall clock, from the start of the first call to the end of the last."""
    cached_share: float | None
    """Share of the prompt tokens that came from the server's prefix cache, in [0, 1]; `None` if
    not known."""
    tokens_per_second: float | None
    """Tokens per second of wall-clock time that the model computed, without cached tokens; `None`
    if not known."""
    raw_tokens_per_second: float | None
    """The same by the server's own clock, all slots together; `None` where the server reports no
    times."""
    ratio: float | None
    """`tokens_per_second` divided by `raw_tokens_per_second`: the share of the time in which the
    model computed; `None` if not known."""


@dataclass
class Meter:
    """Collects the calls. Several threads may add to it."""

    slots: int = 1
    _calls: list[tuple[float, float, ModelReply]] = field(default_factory=list)

    def add(self, reply: ModelReply, began: float, ended: float) -> None:
        """Add a reply and the start and end of its call, in seconds of one monotonic clock."""
        self._calls.append((began, ended, reply))

    def view(self) -> SpeedView | None:
        """The speed so far; `None` before the first call."""
        if not self._calls:
            return None
        replies = [reply for _, _, reply in self._calls]
        seconds = max(e for _, e, _ in self._calls) - min(b for b, _, _ in self._calls)
        prompts = sum(reply.prompt_tokens for reply in replies)
        timed = [(r.computed_tokens, r.model_ms) for r in replies if r.model_ms is not None]
        computed = sum(reply.computed_tokens for reply in replies)
        worked_s = sum(ms for _, ms in timed) / 1000
        by_wall = computed / seconds if seconds and computed else None
        raw = sum(n for n, _ in timed) / worked_s * self.slots if worked_s else None
        return SpeedView(
            calls=len(replies),
            seconds=round(seconds, 3),
            cached_share=sum(r.cached_tokens for r in replies) / prompts if prompts else None,
            tokens_per_second=by_wall,
            raw_tokens_per_second=raw,
            ratio=by_wall / raw if by_wall and raw else None,
        )
