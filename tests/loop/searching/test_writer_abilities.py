"""What a search's writer can do, where it is known without a call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.loop.place import SKILL, Place
from tests.loop.searching.test_estimate import write_examples
from tinyarms.evolution.abilities import Ability
from tinyarms.loop.searching.prepare import prepare
from tinyarms.loop.searching.request import SearchRequest
from tinyarms.loop.searching.writer_abilities import known_abilities

HOSTED = {"kind": "openai", "model": "big", "base_url": "https://models.example/v1"}


def known(place: Place, optimizer: str | None = None, **writer: Any) -> tuple[Ability, ...] | None:
    place.edit_config(lambda config: config["models"].update(writer={**HOSTED, **writer}))
    write_examples(place, search=2, selection=2, test=2)
    context = place.open()
    request = SearchRequest(skill=SKILL, writer="writer", optimizer=optimizer)
    session = prepare(context, request).session
    with context.store.read() as work:
        return known_abilities(context, work, session.optimizer, session.search_plan.writer)


@pytest.mark.slow
def test_what_is_set_by_hand_is_not_probed(place: Place) -> None:
    assert known(place) is None
    assert known(place, writer_abilities=["reflection"]) == ("completion", "reflection")
    assert known(place, writer_abilities=["merging", "reflection"]) == (
        "completion",
        "reflection",
        "merging",
    )
    assert known(place, writer_abilities=[]) == ("completion",)


@pytest.mark.slow
def test_an_embedded_model_only_completes_unless_somebody_knows_better(place: Place) -> None:
    embedded = {"kind": "embedded", "model": "smollm2:135m", "base_url": None}
    assert known(place, **embedded) == ("completion",)
    assert known(place, **embedded, writer_abilities=["reflection"]) == ("completion", "reflection")


@pytest.mark.slow
def test_an_optimizer_that_never_reflects_needs_no_more_than_completions(place: Place) -> None:
    assert known(place, "opro", writer_abilities=["reflection"]) == ("completion",)
