"""`approval: required` has no way around it, and this test would see one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.loop.approving.doors import AGENT_ARGUMENTS, EXAMPLES, STEPS, Doors, machine
from tests.loop.place import BETTER
from tinyarms.mcp.catalog import TOOLS

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
SEARCH = settings(
    max_examples=EXAMPLES,
    stateful_step_count=STEPS,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=QUIET,
    report_multiple_bugs=False,
)


@pytest.mark.slow
def test_nothing_unapproved_is_served(new_project: Path) -> None:
    run_state_machine_as_test(machine(new_project), settings=SEARCH)


def allow(*args: object, **options: object) -> None:
    """In place of a check that refuses."""


def no(*args: object) -> bool:
    """In place of a question whether approval is needed."""
    return False


def promoted(doors: Doors) -> None:
    doors.win_a_live_test(BETTER, "new", conclude=False)
    doors.promote("old", door="python")


def promoted_by_a_program(doors: Doors) -> None:
    doors.a_program_starts_a_live_test("old", BETTER, agent=False)
    doors.promote("old", door="rest")


def promoted_on_a_page(doors: Doors) -> None:
    doors.a_program_starts_a_live_test("old", BETTER, agent=False)
    doors.promote("old", door="page")


def an_agent_has_tested(doors: Doors) -> None:
    doors.a_program_starts_a_live_test("old", BETTER, agent=True)


def refreshed_by_a_program(doors: Doors) -> None:
    doors.a_program_resets_and_refreshes("old")


def gates(doors: Doors) -> None:
    doors.win_a_live_test(BETTER, "new", conclude=True)


def edited(doors: Doors) -> None:
    doors.edit_a_file("skills/feeling.md", BETTER, broken=False)


def named(doors: Doors) -> None:
    doors.edit_a_file("skills/mine.md", BETTER, broken=False)
    doors.edit_the_config("skills/mine.md", 7)
    doors.the_daemon_looks()


def numbered(doors: Doors) -> None:
    """A higher number in the config made the file the newest one, without the database."""
    doors.edit_a_file("skills/mine.md", BETTER, broken=False)
    doors.edit_the_config("skills/mine.md", 9)
    doors.a_process_starts_without_the_database()


def refreshed(doors: Doors) -> None:
    doors.refresh("new", yes=True)


def died(doors: Doors) -> None:
    doors.a_process_dies_in_a_release(BETTER)


PERMITS = {"releasing.release_intent.permit": allow}
"""The choke point of all releases, broken."""


def permits_and(name: str) -> dict[str, Callable[..., object]]:
    """The same, and a step that asks earlier whether approval is needed."""
    return {**PERMITS, name: no}


WAYS: dict[str, tuple[dict[str, Callable[..., object]], Callable[[Doors], None]]] = {
    "a promotion asks nobody": ({**PERMITS}, promoted),
    "a program promotes": ({**PERMITS}, promoted_by_a_program),
    "a page promotes": ({**PERMITS}, promoted_on_a_page),
    "a program votes for an agent's prompt": (
        permits_and("testing.conclude.needs_approval"),
        an_agent_has_tested,
    ),
    "a program refreshes": (
        permits_and("refreshing.refresh.needs_approval"),
        refreshed_by_a_program,
    ),
    "the gates promote": (permits_and("testing.conclude.needs_approval"), gates),
    "an edited file is taken": (permits_and("releasing.versions.needs_approval"), edited),
    "another file is named": (permits_and("releasing.versions.needs_approval"), named),
    "a number is written by hand": (
        {"serving.copied_prompt.only_a_copy_serves": no},
        numbered,
    ),
    "a refresh goes through": (permits_and("refreshing.refresh.needs_approval"), refreshed),
    "a dead process's release is finished": ({"releasing.approval._is_new": no}, died),
}
"""A way around → what is broken on purpose, by its name below `tinyarms.loop`, and the steps."""


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("is_broken", [False, True], ids=["as it is", "broken"])
def test_each_way_is_closed_and_an_open_one_is_seen(
    way: str, is_broken: bool, new_project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, steps = WAYS[way]
    doors = machine(new_project)()
    try:
        doors.begin(from_the_start=False)
        doors.only_approved_prompts_are_served()
        for name, instead in broken.items() if is_broken else ():
            monkeypatch.setattr(f"tinyarms.loop.{name}", instead)
        if is_broken:
            with pytest.raises(AssertionError, match="served without approval"):
                steps(doors)
                doors.only_approved_prompts_are_served()
        else:
            steps(doors)
            doors.only_approved_prompts_are_served()
    finally:
        doors.teardown()


def test_every_tool_of_agents_is_asked() -> None:
    assert set(AGENT_ARGUMENTS) == set(TOOLS)


@pytest.mark.slow
def test_the_search_finds_an_open_way(new_project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("release_intent.permit", "versions.needs_approval"):
        monkeypatch.setattr(f"tinyarms.loop.releasing.{name}", no)
    with pytest.raises(AssertionError, match="served without approval"):
        run_state_machine_as_test(machine(new_project), settings=SEARCH)
