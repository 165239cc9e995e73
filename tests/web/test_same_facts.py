"""A fact is the same on a page, over REST, in the command line and for an agent."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import partial
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from tests.loop.place import BETTER, SKILL, Place, contested, text
from tests.mcp.calling import call
from tests.web.conftest import Web, data_of
from tests.web.pages.test_escaping import HOSTILE
from tinyarms.cli.main import cli
from tinyarms.core.plain import plain
from tinyarms.loop.api import TinyArms

pytestmark = pytest.mark.slow


def nothing(web: Web) -> None:
    """The project as it is."""


def use(web: Web) -> None:
    """Tasks, some of which fail, with a text that does what it can to be more than a text."""
    for number in range(12):
        done = web.arms.run(SKILL, text=text(number))
        web.arms.feedback(done.task_id, success=number % 3 > 0, user=f"user-{number}")
    with web.arms.task(SKILL, user="eve") as task:
        done = task.finish({"text": HOSTILE}, output="bad")
    web.arms.feedback(done.task_id, success=False, user="eve")


def vote(web: Web) -> None:
    for number in range(60):  # Half of the tasks ask, by chance.
        if web.arms.waits(SKILL).ballots >= 4:
            break
        web.arms.run(SKILL, text=text(contested(number)))
        web.arms._context.finish_background()
    for choice in ("A", "B", "none", None):
        ballot = web.arms.ballot(SKILL)
        assert ballot is not None
        web.arms.vote(ballot.id, choice)


def promote(web: Web) -> None:
    web.arms.promote(SKILL, "A")


def promote_and_go_back(web: Web) -> None:
    promote(web)
    web.arms.rollback(SKILL)


def ask_for_approval(web: Web) -> None:
    place = Place(web.arms.root)
    place.edit_config(lambda config: config["skills"][SKILL].update(approval="required"))
    web.arms.stats(SKILL)
    place.prompt_file("skills/feeling.md", BETTER)


STATES: dict[str, tuple[str, tuple[Callable[[Web], None], ...]]] = {
    "new": ("web", (nothing,)),
    "in use": ("web", (use,)),
    "waits for approval": ("web", (use, ask_for_approval)),
    "in a live test": ("testing_web", (use, vote)),
    "promoted": ("testing_web", (promote, use)),
    "back again": ("testing_web", (use, promote_and_go_back)),
}
"""State → the project that it begins with, and what is done then."""


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest) -> Web:
    """A project in one of the states."""
    project, steps = STATES[request.param]
    made: Web = request.getfixturevalue(project)
    for step in steps:
        step(made)
    made.arms._context.finish_background()
    return made


@pytest.fixture
def shell(state: Web, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """What a command prints with `--json`, at the time of the service."""
    opened = partial(TinyArms.open, None, None, state.arms._context.clock)
    monkeypatch.setattr("tinyarms.cli.shared.TinyArms", SimpleNamespace(open=opened))

    def run(*words: str) -> Any:
        environ = {"TINYARMS_HOME": str(state.arms.root)}
        found = json.loads(CliRunner().invoke(cli, [*words, "--json"], env=environ).stdout)
        del found["schema"], found["command"]
        return found

    return run


def rest(web: Web, path: str) -> Any:
    found = data_of(web.client("view").get(f"/v1{path}"))
    del found["schema"]
    return found


def agent(web: Web, tool: str, **arguments: Any) -> Any:
    found = _unmarked(call(web.arms, tool, **arguments))
    del found["schema"]
    return found


def _unmarked(value: Any) -> Any:
    """The answer of a tool with its untrusted texts where the other doors have them."""
    if isinstance(value, list):
        return [_unmarked(each) for each in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"untrusted"}:
        return value["untrusted"]
    parts = {key: _unmarked(each) for key, each in value.items() if key != "untrusted"}
    return parts | value.get("untrusted", {})


def error(found: Any) -> Any:
    """What went wrong, by any door."""
    found = found.get("error", found)
    return {"message": found.get("detail", found.get("message")), "hint": found["hint"]}


def test_how_good_a_skill_is(state: Web, shell: Callable[..., Any]) -> None:
    fact = plain(state.arms.stats(SKILL))
    told = agent(state, "show_stats", skill=SKILL)
    assert rest(state, f"/skills/{SKILL}/stats") == fact
    assert shell("prompt", "stats", SKILL)["skills"] == [fact]
    assert told["stats"] == fact
    failures = plain(state.arms.failures(SKILL))
    assert rest(state, f"/skills/{SKILL}/failures") == failures
    assert shell("prompt", "stats", SKILL, "--failures") == failures
    assert told["failures"] == failures


def test_the_live_test(state: Web, shell: Callable[..., Any]) -> None:
    over_rest = state.client("view").get(f"/v1/skills/{SKILL}/results").json()
    in_shell = shell("prompt", "results", SKILL)
    for_agents = agent(state, "show_results", skill=SKILL)
    if "error" in in_shell:
        assert error(over_rest) == error(in_shell) == error(for_agents)
        return
    del over_rest["schema"]
    assert over_rest == in_shell == for_agents == plain(state.arms.results(SKILL))


def test_the_history(state: Web, shell: Callable[..., Any]) -> None:
    fact = plain(state.arms.history(SKILL))
    waiting = state.arms.waiting_release(SKILL)
    assert rest(state, f"/skills/{SKILL}/history") == {
        "items": fact,
        "next": None,
        "waiting_release": waiting,
    }
    in_shell = shell("prompt", "history", SKILL)
    for_agents = agent(state, "show_history", skill=SKILL)
    assert in_shell.pop("skill") == SKILL
    assert in_shell == for_agents == {"versions": fact, "waiting_release": waiting}


def test_the_prompt(state: Web, shell: Callable[..., Any]) -> None:
    fact = plain(state.arms.show(SKILL))
    memory = plain(state.arms.memory(SKILL))
    assert rest(state, f"/skills/{SKILL}/prompt") == {"version": fact, "memory": memory}
    assert agent(state, "show_prompt", skill=SKILL) == fact
    assert shell("prompt", "show", SKILL) == fact | {"memory": memory, "recall": None}


def test_the_next_step_and_what_waits(state: Web, shell: Callable[..., Any]) -> None:
    fact = plain(state.arms.status())
    assert rest(state, "/monitor") == fact
    in_shell = shell("monitor", "status")
    del in_shell["service"]
    assert in_shell == fact
    for_agents = agent(state, "list_skills")["skills"]
    for each in for_agents:
        del each["advice"]
    assert for_agents == fact["skills"]
    reviews = plain(state.arms.review())
    assert rest(state, "/reviews")["reviews"] == reviews
    assert shell("prompt", "review")["waiting"] == reviews


def test_the_pages_tell_the_same(state: Web) -> None:
    client = state.client("release", accept="text/html")

    def seen(path: str) -> str:
        page = client.get(path)
        assert page.status_code == 200
        return _words(unescape(re.sub(r"<[^>]*>", " ", page.text.partition("<body>")[2])))

    arms = state.arms
    stats, page, first = arms.stats(SKILL), seen(f"/skills/{SKILL}"), seen("/")
    for told in (page, first):
        assert _words(stats.status) in told and _words(stats.next) in told
        if stats.accuracy is None:
            assert "No known outcomes yet" in told
        else:
            assert f"{100 * stats.accuracy:.0f}% right" in told and f"{stats.n} outcomes" in told
    assert f"Version {stats.prompt_version}, last seven days" in page
    assert _words(arms.show(SKILL).prompt.text) in page
    for group in arms.failures(SKILL).groups:
        assert all(_words(each.inputs) in page for each in group.examples)
    for row in arms.history(SKILL):
        told = seen(f"/skills/{SKILL}/history")
        assert f"Version {row.version}" in told
        assert all(_words(each) in told for each in (row.reason, row.evidence, row.text) if each)
    tests = seen(f"/skills/{SKILL}/test")
    for review in arms.review(SKILL):
        assert _words(review.reason) in tests and _words(review.prompt) in tests
        assert f"Approve or refuse {review.what} of {SKILL}" in first
    if "There was no test yet" not in tests:
        view = arms.results(SKILL)
        assert _words(view.evidence) in tests
        assert all(_words(each.prompt) in tests for each in view.variants)


def _words(given: str) -> str:
    return " ".join(given.split())
