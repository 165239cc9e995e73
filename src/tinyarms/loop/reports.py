"""What people look at: stats, results, history, a prompt version."""

from __future__ import annotations

from tinyarms.loop.context import Context
from tinyarms.loop.views import HistoryView, ResultsView, StatsView
from tinyarms.skills.prompt import PromptVersion


def stats(context: Context, name: str) -> StatsView:
    raise NotImplementedError


def results(context: Context, name: str) -> ResultsView:
    raise NotImplementedError


def history(context: Context, name: str) -> list[HistoryView]:
    raise NotImplementedError


def show(context: Context, name: str, version: int | None = None) -> PromptVersion:
    raise NotImplementedError
