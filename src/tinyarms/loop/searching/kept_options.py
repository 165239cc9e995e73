"""The options that a resumed search keeps, where a request asks for others."""

from __future__ import annotations

from tinyarms.loop.searching.request import SearchRequest
from tinyarms.store.db.records import SessionRecord

_OptionValues = dict[str, str | int | float | None]


def kept_options(request: SearchRequest, session: SessionRecord) -> str | None:
    """Which options the unfinished search keeps, in words; `None` if the request has no others."""
    kept = _options_of(session)
    wanted: _OptionValues = {
        "--variants": request.variants,
        "--seed": request.seed,
        "--optimizer": request.optimizer,
        "--preset": request.preset,
        "--writer": request.writer,
        "--budget": request.budget.calls,
        "--budget-tokens": request.budget.tokens,
        "--budget-seconds": request.budget.seconds,
        "--budget-money": request.budget.money,
    }
    if all(value in (None, kept[option]) for option, value in wanted.items()):
        return None
    words = " ".join(f"{option} {value}" for option, value in kept.items() if value is not None)
    return (
        f"Resuming session {session.id[:8]} with its own options ({words}); for new options: "
        "--restart"
    )


def _options_of(session: SessionRecord) -> _OptionValues:
    plan = session.search_plan
    return {
        "--variants": plan.variants,
        "--seed": session.seed,
        "--optimizer": session.optimizer,
        "--preset": session.preset,
        "--writer": plan.writer,
        "--budget": plan.budget.calls,
        "--budget-tokens": plan.budget.tokens,
        "--budget-seconds": plan.budget.seconds,
        "--budget-money": plan.budget.money,
    }
