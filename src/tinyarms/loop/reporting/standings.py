"""Show the standings of a live test after each vote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinyarms.experiments.standings import standings
from tinyarms.loop.testing.live_session import LiveTest


@dataclass(frozen=True)
class StandingsView:
    """The live gate after each vote. Variants by letter, votes in order of arrival."""

    leads: Mapping[str, tuple[int, ...]]
    """Letter → votes ahead of the incumbent (`thompson`: of the best other arm) after each vote."""
    promote_at: tuple[int | None, ...]
    """For vote 1, 2 … up to the limit, the lead that promotes; `None`: no lead promotes yet."""
    keep_below: tuple[int | None, ...]
    """Of the same length: if all leads are below this, the incumbent stays; `None`: no lead decides
    yet."""
    ends: tuple[str, ...]
    """What would end the test, in words; empty when the test is over."""


def standings_view(test: LiveTest, goes_on: bool) -> StandingsView:
    """The standings of a live test; `goes_on`: whether it still runs."""
    course = standings(test.rule, test.arms, test.outcomes)
    letters = {variant.id: variant.variant_letter for variant in test.variants.values()}
    return StandingsView(
        leads={letters[arm_id]: leads for arm_id, leads in course.leads.items()},
        promote_at=course.promote_at,
        keep_below=course.keep_below,
        ends=course.ends if goes_on else (),
    )
