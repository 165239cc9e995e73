from __future__ import annotations

from datetime import timedelta

import pytest

from tests.daemon.conftest import Answering
from tests.daemon.world import SETTINGS, World, fails, sessions, users_choose
from tests.end_to_end.project import SKILL
from tinyarms.core.clock import iso
from tinyarms.core.errors import ModelUnavailable
from tinyarms.loop.project.leases import DAEMON, lease
from tinyarms.loop.project.listener import Progress, Silent
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.reporting.daemon_status import daemon_status
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.searching.request import SearchRequest
from tinyarms.loop.searching.run import evolve
from tinyarms.loop.watching.events import Event
from tinyarms.loop.watching.journal import PASS_EVERY
from tinyarms.loop.watching.situation import state_of
from tinyarms.skills.execution import ModelReply, ModelRequest

SEARCH = ["drop", "evolving", "testing"]


def state(world: World) -> str:
    with world.open().store.read() as work:
        return state_of(work, SKILL)


@pytest.mark.slow
def test_nothing_happens(world: World) -> None:
    assert world.daemon().tick() == world.moment.now + PASS_EVERY
    assert (world.told, state(world)) == ([], "watching")


@pytest.mark.slow
def test_from_a_drop_to_a_promotion(dropped: World) -> None:
    context = dropped.open()
    daemon = dropped.daemon(context)
    daemon.tick()
    assert (dropped.kinds, state(dropped)) == (SEARCH, "testing")
    dropped.moment.pass_(hours=1)
    users_choose(context, votes=1)
    daemon.tick()
    users_choose(context)
    daemon.tick()
    assert (dropped.kinds[3:], state(dropped)) == (["vote_wanted", "promoted"], "comparing")
    [session] = sessions(context)
    assert {event.data["session_id"] for event in dropped.told} == {session.id}
    # What was told is not told again, by no daemon; and it cools down.
    fails(context, 600)
    dropped.moment.pass_(days=3)
    daemon.tick()
    dropped.daemon().tick()
    assert len(dropped.told) == 5
    rollback(context, SKILL)
    daemon.tick()
    assert dropped.kinds[5:] == ["rolled_back"]
    assert dropped.told[-1].data["by_hand"]
    fails(context, 700)
    dropped.moment.pass_(days=7)
    daemon.tick()
    assert dropped.kinds[6:8] == SEARCH[:2]
    first, second = sessions(context)
    assert first.seed != second.seed


@pytest.mark.slow
def test_no_search_begins_in_quiet_hours(dropped: World) -> None:
    now = dropped.moment.now.astimezone()
    hours = f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=2):%H:%M}"
    dropped.settings(f"  quiet_hours: {hours}\n")
    context = dropped.open()
    dropped.daemon(context).tick()
    assert (dropped.told, sessions(context)) == ([], [])
    assert "quiet hours" in stats(context, SKILL).next
    dropped.moment.pass_(hours=2)
    dropped.daemon(context).tick()
    assert dropped.kinds == SEARCH


@pytest.mark.slow
def test_a_search_waits_while_the_hours_are_quiet(dropped: World) -> None:
    """It is told once, and ends as if it had not been interrupted."""
    undisturbed = dropped.copy(dropped.root.parent / "undisturbed")
    undisturbed.daemon().tick()
    now = dropped.moment.now.astimezone()
    hours = f"{now + timedelta(hours=1):%H:%M}-{now + timedelta(hours=2):%H:%M}"
    dropped.settings(f"  quiet_hours: {hours}\n")

    class Slow(Silent):
        begun = False

        def progress(self, progress: Progress) -> None:
            if progress.label == "Searching" and progress.done and not self.begun:
                self.begun = True
                dropped.moment.pass_(hours=1)

    context = dropped.open()
    daemon = dropped.daemon(context, Slow())
    daemon.tick()
    daemon.tick()
    assert (dropped.kinds, state(dropped)) == (SEARCH[:2], "searching")
    assert stats(context, SKILL).status == "Evolution triggered, search interrupted"
    dropped.moment.pass_(hours=1)
    dropped.daemon(context).tick()
    assert dropped.kinds == SEARCH
    assert [e.id for e in dropped.told] == [e.id for e in undisturbed.told]
    undisturbed.close()


@pytest.mark.slow
def test_what_is_switched_off_is_refused_once(dropped: World) -> None:
    dropped.settings("  enabled: false\n")
    daemon = dropped.daemon()
    for _ in range(3):
        daemon.tick()
    assert dropped.kinds == ["refused"]
    assert "enabled is false" in dropped.told[0].summary
    # It hears of a change of the settings.
    dropped.settings("")
    daemon.tick()
    assert dropped.kinds == ["refused", *SEARCH]


@pytest.mark.slow
def test_what_another_process_works_on_is_left_to_it(dropped: World) -> None:
    context = dropped.open()
    with lease(context, SKILL):
        dropped.daemon(context).tick()
        assert (dropped.told, sessions(context)) == ([], [])
    dropped.daemon(context).tick()
    assert dropped.kinds == SEARCH


@pytest.mark.slow
def test_what_fails_is_told_once_and_tried_again_later(
    dropped: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[ModelRequest] = []

    def fail(self: Answering, request: ModelRequest) -> ModelReply:
        asked.append(request)
        raise ModelUnavailable("small: nobody is there.")

    context = dropped.open()
    with monkeypatch.context() as patched:
        patched.setattr(Answering, "complete", fail)
        dropped.daemon(context).tick()
        assert dropped.kinds == ["drop", "evolving", "error"]
        once = len(asked)
        dropped.daemon(context).tick()
        assert len(asked) == once
        dropped.moment.pass_(minutes=10)
        dropped.daemon(context).tick()
        dropped.moment.pass_(minutes=10)
        dropped.daemon(context).tick()
        assert (len(asked), len(dropped.told)) == (2 * once, 3)
        [standing] = daemon_status(context).skills
        assert standing.error == "small: nobody is there."
        assert standing.retry_at == dropped.moment.now + timedelta(minutes=10)
        with lease(context, DAEMON):
            again = f"The daemon tries again at {iso(standing.retry_at)}"
            assert stats(context, SKILL).next == f"{again}: small: nobody is there."
    dropped.moment.pass_(minutes=10)
    dropped.daemon(context).tick()
    assert (dropped.kinds[3:], state(dropped)) == (["testing"], "testing")
    [standing] = daemon_status(context).skills
    assert (standing.error, standing.retry_at) == (None, None)


@pytest.mark.slow
def test_a_broken_prompt_file_is_told_once(world: World) -> None:
    file = world.root / "skills" / f"{SKILL}.md"
    good = file.read_text()
    for _ in range(2):
        world.moment.pass_(minutes=5)
        file.write_text("")
        world.daemon().tick()
        world.daemon().tick()
        assert daemon_status(world.open()).skills[0].state is None
        file.write_text(good)
        world.daemon().tick()
    assert world.kinds == ["error", "error"]
    assert "is empty" in world.told[0].summary


@pytest.mark.slow
def test_the_other_skills_go_on(dropped: World) -> None:
    config = dropped.root / "config.yaml"
    text = config.read_text()
    skill = text[text.index(f"  {SKILL}:") :]
    other = skill.replace(f"  {SKILL}:", "  broken:").replace(f"/{SKILL}.md", "/none.md")
    config.write_text(text.replace("skills:\n", f"skills:\n{other}"))
    dropped.settings("  enabled: false\n")
    dropped.daemon().tick()
    assert [(each.skill, each.kind) for each in dropped.told] == [
        ("broken", "error"),
        (SKILL, "refused"),
    ]


@pytest.mark.slow
def test_a_config_that_cannot_be_read_is_told_and_the_old_one_holds(dropped: World) -> None:
    dropped.settings("  enabled: false\n")
    daemon = dropped.daemon()
    dropped.settings("  no_such_key: 1\n")
    daemon.tick()
    daemon.tick()
    assert dropped.kinds == ["error", "refused"]
    assert "no_such_key" in dropped.told[0].summary
    assert dropped.told[0].skill == ""


@pytest.mark.slow
def test_who_listens_may_fail(dropped: World) -> None:
    def fail(event: Event) -> None:
        dropped.told.append(event)
        raise ZeroDivisionError

    dropped.settings("  enabled: false\n")
    daemon = dropped.daemon(on_event=fail)
    daemon.tick()
    daemon.tick()
    assert dropped.kinds == ["refused"]


@pytest.mark.slow
def test_who_dies_while_telling_tells_it_again(dropped: World) -> None:
    def dies(event: Event) -> None:
        dropped.told.append(event)
        raise KeyboardInterrupt

    dropped.settings("  enabled: false\n")
    with pytest.raises(KeyboardInterrupt):
        dropped.daemon(on_event=dies).tick()
    dropped.daemon().tick()
    assert dropped.kinds == ["refused", "refused"]
    assert dropped.told[0] == dropped.told[1]


@pytest.mark.slow
def test_a_search_that_a_person_stopped_is_theirs_until_one_is_due(world: World) -> None:
    class Stops(Silent):
        def progress(self, *_: object) -> None:
            raise KeyboardInterrupt

    context = world.open()
    with pytest.raises(KeyboardInterrupt):
        evolve(context, SearchRequest(skill=SKILL), Stops())
    world.daemon(context).tick()
    assert (world.kinds, state(world)) == (["evolving"], "searching")
    world.moment.pass_(days=8)
    fails(context)
    world.daemon(context).tick()
    assert (world.kinds, len(sessions(context))) == (["evolving", "testing"], 1)


@pytest.mark.slow
def test_while_a_search_lasts_the_other_skills_are_looked_after(dropped: World) -> None:
    config = dropped.root / "config.yaml"
    text = config.read_text()
    skill = text[text.index(f"  {SKILL}:") :]
    config.write_text(text + skill.replace(f"{SKILL}", "other"))
    other = dropped.root / "skills" / "other.md"
    other.write_text("Good?\n")

    class Slow(Silent):
        begun = False

        def progress(self, progress: Progress) -> None:
            if progress.label == "Searching" and progress.done and not self.begun:
                self.begun = True
                other.write_text("Is it good?\n")
                dropped.moment.pass_(minutes=5)

    dropped.daemon(listener=Slow()).tick()
    assert [(each.skill, each.kind) for each in dropped.told] == [
        (SKILL, "drop"),
        (SKILL, "evolving"),
        ("other", "edited"),
        (SKILL, "testing"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["original", "setting"])
def test_the_trigger_may_be_asked_once_a_day(world: World, how: str) -> None:
    """By the original preset, and where the settings say so."""
    daily = SETTINGS.replace("{sample_size: 5,", "{check_every_hours: 24, sample_size: 5,")
    settings = daily if how == "setting" else f"{SETTINGS}  preset: original\n"
    (world.root / "config" / "constants.yaml").write_text(f"{settings}  enabled: false\n")
    context = world.open()
    assert daemon_status(context).check_every_minutes == 24 * 60
    daemon = world.daemon(context)
    daemon.tick()
    fails(context)
    world.moment.pass_(hours=23)
    daemon.tick()
    assert world.told == []
    world.moment.pass_(hours=1)
    daemon.tick()
    assert world.kinds == ["refused"]


@pytest.mark.slow
def test_a_scheduled_search_is_no_drop(world: World) -> None:
    scheduled = SETTINGS.replace("{sample_size: 5,", "{schedule: weekly, sample_size: 5,")
    (world.root / "config" / "constants.yaml").write_text(scheduled)
    context = world.open()
    world.daemon(context).tick()
    [session] = sessions(context)
    assert session.trigger_reason == "scheduled"
    assert world.kinds == SEARCH[1:]
    assert world.told[0].summary.startswith("A scheduled search for prompts better than version 1")
    assert daemon_status(context).check_every_minutes == 5
    due = world.moment.now + timedelta(days=7)
    [standing] = daemon_status(context).skills
    assert (standing.scheduled_at, stats(context, SKILL).scheduled_at) == (due, due)


@pytest.mark.slow
def test_a_mistake_in_the_entry_of_a_skill_stops_that_skill_only(world: World) -> None:
    context = world.open()
    daemon = world.daemon(context)
    config = world.root / "config.yaml"
    text = config.read_text()
    config.write_text(f"{text}\n  other: {{descripton: a}}\n")
    daemon.tick()
    daemon.tick()
    assert [(event.skill, event.kind) for event in world.told] == [("other", "error")]
    assert "skills.other.descripton: unknown key" in world.told[0].summary
    assert daemon_status(context).skills[0].error is None
    config.write_text(text)
    daemon.tick()
    assert len(world.told) == 1
