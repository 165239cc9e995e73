"""A search whose replies break the contract says so, and what to do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.loop.place import SKILL, Place
from tests.loop.searching.test_estimate import write_examples
from tests.models.conftest import Answer, Server, chat
from tinyarms.loop.project.listener import Listener
from tinyarms.loop.reporting.results import results
from tinyarms.loop.searching.broken_contracts import ContractBreaks
from tinyarms.loop.searching.request import BudgetOverride, SearchRequest
from tinyarms.loop.searching.run import evolve


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@dataclass
class Notes(Listener):
    """Keeps the notes, and how many calls had been made before each."""

    server: Server
    heard: list[tuple[int, str]] = field(default_factory=list)

    def note(self, text: str) -> None:
        self.heard.append((len(self.server.seen), text))


def served(place: Place, server: Server, says: list[str]) -> SearchRequest:
    """A search whose model answers so in turn."""
    answered = 0

    def rule(path: str, body: dict[str, Any]) -> Answer:
        nonlocal answered
        answered += 1
        return chat(says[answered % len(says)])

    server.rule = rule
    model = {"kind": "openai", "model": "tiny", "base_url": server.url}
    place.edit_config(lambda config: config["models"].update(small=model))
    write_examples(place, search=20, selection=20, test=0)
    return SearchRequest(skill=SKILL, budget=BudgetOverride(calls=80), force=True)


@pytest.mark.slow
def test_it_is_said_after_the_first_prompt_and_at_the_end(place: Place, server: Server) -> None:
    listener = Notes(server)
    request = served(place, server, ["I cannot tell."])
    context = place.open()
    view = evolve(context, request, listener)
    said = [(calls, text) for calls, text in listener.heard if "break the contract" in text]
    [(calls, text)] = said
    assert calls <= 20
    assert "'I cannot tell.'" in text and "output.max_tokens" in text
    assert view.suggestion is not None
    assert view.suggestion.remedy == "keep_contract"
    assert view.suggestion.sentence.startswith(
        f"{view.spent['task_calls'] + view.spent['cache_hits']} of "
    )
    again = results(context, SKILL)
    assert again.suggestion == view.suggestion


@pytest.mark.slow
def test_some_broken_contracts_are_no_reason(place: Place, server: Server) -> None:
    listener = Notes(server)
    request = served(place, server, ["I cannot tell.", '{"answer": "good"}'])
    view = evolve(place.open(), request, listener)
    assert not any("break the contract" in text for _, text in listener.heard)
    assert view.suggestion is None or view.suggestion.remedy != "keep_contract"


@pytest.mark.parametrize(
    ("replies", "broken", "are_nearly_all"),
    [(0, 0, False), (4, 4, False), (5, 5, True), (10, 9, True), (10, 8, False), (100, 89, False)],
)
def test_nine_of_ten_are_nearly_all(replies: int, broken: int, are_nearly_all: bool) -> None:
    breaks = ContractBreaks(replies, broken, "'maybe' is no label.\nAt all.")
    assert breaks.are_nearly_all == are_nearly_all
    assert "\n" not in breaks.sentence
