"""Of a yes and a no at the same moment, exactly one wins."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.loop.place import BETTER, OTHER, SKILL, V1, Place
from tests.loop.steps import begin, pick
from tests.postgresql import Server, new_database
from tinyarms.core.errors import ApprovalRequired, ConflictError, TinyArmsError
from tinyarms.core.settings import Server as ServerSettings
from tinyarms.loop.api import TinyArms
from tinyarms.loop.approving.approve import approve, refuse
from tinyarms.loop.approving.waiting import waiting
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.approval import Yes
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file
from tinyarms.store.db.database import open_store
from tinyarms.web.app import make_app
from tinyarms.web.settings import WebSettings

pytestmark = pytest.mark.slow

ROUNDS = 4
"""Projects, and texts in each of them, on which a yes and a no meet."""


def switch(place: Place, *skills: str) -> None:
    def change(config: Any) -> None:
        for skill in skills:
            config["skills"][skill]["approval"] = "required"

    place.edit_config(change)


def first_prompt(place: Place) -> Context:
    switch(place, SKILL)
    context = place.open()
    with pytest.raises(ApprovalRequired):
        active_version(context, SKILL)
    return context


def edited_file(place: Place) -> Context:
    active_version(place.open(), SKILL)
    switch(place, SKILL)
    active_version(place.open(), SKILL)
    place.prompt_file("skills/feeling.md", BETTER)
    context = place.open()
    active_version(context, SKILL)
    return context


def winner(place: Place) -> Context:
    active_version(place.open(), SKILL)
    switch(place, SKILL)
    place.setting("{preset: original, ab_testing: {max_votes: 2, min_tasks: 0}}")
    context = begin(place)
    for number in range(2):
        pick(context, number, "A")
    conclude_due(context, SKILL)
    return context


WAITS: dict[str, Callable[[Place], Context]] = {
    "the first prompt": first_prompt,
    "an edited file": edited_file,
    "a winner": winner,
}


@pytest.mark.parametrize("what", WAITS)
def test_a_no_between_the_look_and_the_yes_wins(
    what: str, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = WAITS[what](place)
    [view] = waiting(context, [SKILL])
    looked = Yes.to

    def late(*given: Any) -> Yes:
        yes = looked(*given)
        refuse(place.open(), SKILL, view.id, user="ben")
        return yes

    monkeypatch.setattr(Yes, "to", late)
    with pytest.raises(ConflictError, match="ben has refused this prompt in the meantime"):
        approve(context, SKILL, view.id, user="ann")
    monkeypatch.setattr(Yes, "to", looked)
    assert waiting(context, [SKILL]) == []
    with place.open().store.read() as work:
        assert [row.user for row in work.approvals.all(SKILL) if row.verdict == "approved"] == []
    # Whoever knows of the no may still say yes.
    if what != "a winner":
        approve(context, SKILL, view.id, user="ann")


@pytest.fixture(params=["sqlite", "postgresql"])
def environs(request: pytest.FixtureRequest) -> Iterator[Callable[[ExitStack], dict[str, str]]]:
    """The environment of a new project on one of the databases."""
    if request.param == "sqlite":
        yield lambda closing: {}
        return
    server: Server = request.getfixturevalue("postgresql")
    with new_database(server) as template:
        open_store(template).close()
        name = template.rpartition("/")[2].partition("?")[0]

        def make(closing: ExitStack) -> dict[str, str]:
            return {"TINYARMS_DATABASE": closing.enter_context(new_database(server, name))}

        yield make


def both(arms: list[TinyArms], skill: str) -> dict[str, int]:
    """The statuses of a yes and a no that two services get at the same moment."""
    barrier, statuses = Barrier(2), dict[str, int]()

    def decide(by: TinyArms, what: str) -> None:
        app = make_app(by, WebSettings(server=ServerSettings(requests_per_s=1e6)))
        token = by.add_token("release", what).token
        client = TestClient(
            app,
            "http://127.0.0.1:8765",
            headers={"authorization": f"Bearer {token}"},
            raise_server_exceptions=False,
        )
        barrier.wait()
        answer = client.post(f"/v1/skills/{skill}/review", json={"answer": what})
        statuses[what] = answer.status_code

    threads = [
        Thread(target=decide, args=each) for each in zip(arms, ("approve", "refuse"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def served(arms: TinyArms, skill: str) -> str | None:
    """The text that tasks of the skill get; `None`: none may be served."""
    try:
        return arms.show(skill).prompt.text
    except TinyArmsError:
        return None


def test_exactly_one_of_two_at_the_same_moment_wins(
    new_project: Path, tmp_path: Path, environs: Callable[[ExitStack], dict[str, str]]
) -> None:
    won = []
    for number in range(ROUNDS):
        with ExitStack() as closing:
            environ = environs(closing)
            place = Place(Path(shutil.copytree(new_project, tmp_path / f"project-{number}")))
            switch(place, SKILL, OTHER)
            arms = [TinyArms(open_project(place.root, environ, place.moment)) for _ in range(2)]
            for each in arms:
                closing.callback(each.close)
            for skill in (SKILL, OTHER):
                assert served(arms[0], skill) is None
                statuses = both(arms, skill)
                assert sorted(statuses.values()) == [200, 409], statuses
                won.append(next(what for what, status in statuses.items() if status == 200))
                expected = V1.text if won[-1] == "approve" else None
                assert served(arms[0], skill) == served(arms[1], skill) == expected
            if served(arms[0], SKILL) is None:
                arms[0].approve(SKILL, V1.hash[:12], vouched=True, user="ann")
            for turn in range(ROUNDS):
                text = f"Good or bad, of {number} and {turn}?"
                before = arms[0].show(SKILL)
                (place.root / before.path).write_text(format_prompt_file(Prompt(text)))
                assert arms[0].show(SKILL) == before
                statuses = both(arms, SKILL)
                assert sorted(statuses.values()) == [200, 409], statuses
                won.append(next(what for what, status in statuses.items() if status == 200))
                now = served(arms[1], SKILL)
                assert now == (text if won[-1] == "approve" else before.prompt.text)
    assert len(won) == ROUNDS * (2 + ROUNDS)


def test_who_starts_the_service_decides_as_at_the_shell(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = first_prompt(place)
    arms = TinyArms(context)
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    for decide in (arms.approve, arms.refuse):
        for user in (None, "ann"):
            with pytest.raises(ApprovalRequired, match="54321 may not approve"):
                decide(SKILL, user=user)
    assert arms.approve(SKILL, user="ann", vouched=True).version == 1
