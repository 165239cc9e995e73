from __future__ import annotations

import os

import pytest

from tests.loop.place import ALIKE, BETTER, SKILL, V1, WORSE, Place
from tests.loop.steps import begin, create, pick
from tinyarms.core.errors import (
    ApprovalRequired,
    ConfigError,
    ConflictError,
    ExperimentError,
    PromptError,
    UsageError,
)
from tinyarms.loop.approving.approve import approve, refuse
from tinyarms.loop.approving.waiting import waiting
from tinyarms.loop.approving.who import check_may_release
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.restore import rollback
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.daemon_status import daemon_status
from tinyarms.loop.reporting.history import history
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.testing.review import promote
from tinyarms.loop.watching.events import happened
from tinyarms.skills.prompt_file import format_prompt_file

FILE = "skills/feeling.md"


def switch(place: Place, approval: str) -> None:
    place.edit_config(lambda config: config["skills"][SKILL].update(approval=approval))


@pytest.fixture
def approving(place: Place) -> Place:
    """A project in use, in which approval was switched on."""
    active_version(place.open(), SKILL)
    switch(place, "required")
    context = place.open()
    active_version(context, SKILL)
    assert context.notices == [
        "feeling: from now on, a person has to approve each prompt (approval: required). The text "
        "of version 1, in production now, counts as approved."
    ]
    return place


def production(context: Context) -> tuple[int, str]:
    version = active_version(context, SKILL)
    return version.number, version.prompt.text


@pytest.mark.slow
def test_an_edited_file_waits_and_that_is_said_once(approving: Place) -> None:
    approving.prompt_file(FILE, BETTER)
    said = []
    for _ in range(3):
        context = approving.open()
        assert production(context) == (1, V1.text)
        said += context.notices
    assert said == [
        "feeling: skills/feeling.md was edited by hand and waits for a person to approve it; "
        "version 1 stays in production. Look at it: tinyarms prompt review feeling"
    ]
    with context.store.read() as work:
        events = happened(work, SKILL, approving.moment.now, approving.moment.now)
    assert sorted(each.kind for each in events) == ["approval", "review_wanted"]
    assert stats(context, SKILL).next == "tinyarms prompt review feeling"
    [standing, _] = daemon_status(context).skills
    assert standing.waits == (f"skills/feeling.md ({BETTER.hash[:12]})",)
    [view] = waiting(context)
    assert (view.kind, view.id, view.replaces) == ("file", BETTER.hash[:12], 1)
    assert view.diff[3:] == (f"-{V1.text}", f"+{BETTER.text}")


@pytest.mark.slow
def test_an_approved_edit_is_in_production_with_the_name(approving: Place) -> None:
    context = approving.open()
    approving.prompt_file(FILE, BETTER)
    approving.moment.pass_(hours=1)
    done = approve(context, SKILL, user="ann")
    assert (done.version, done.from_version, done.kind) == (2, 1, "manual")
    assert production(approving.open()) == (2, BETTER.text)
    assert (approving.root / FILE).read_text() == format_prompt_file(V1)
    first, second = history(context, SKILL)
    assert (first.approved_by, first.approved_at is not None) == (None, True)
    assert (second.approved_by, second.approved_at) == ("ann", approving.moment.now)
    with pytest.raises(ExperimentError, match="no prompt waits"):
        approve(context, SKILL)


@pytest.mark.slow
def test_a_text_that_was_approved_is_taken_without_another_yes(approving: Place) -> None:
    context = approving.open()
    for prompt in (BETTER, WORSE):
        (approving.root / active_version(context, SKILL).path).write_text(
            format_prompt_file(prompt)
        )
        approve(context, SKILL)
    approving.prompt_file("skills/feeling-v3.md", BETTER)
    assert production(context) == (4, BETTER.text)
    rollback(context, SKILL)
    approving.prompt_file("skills/feeling-v5.md", BETTER)
    assert production(context) == (5, WORSE.text)  # A person went back from it.
    with pytest.raises(ApprovalRequired, match="prompt approve feeling v4"):
        rollback(context, SKILL, 4)
    assert approve(context, SKILL, "v4").version == 6


@pytest.mark.slow
def test_a_file_that_cannot_be_used_stops_no_task(approving: Place) -> None:
    (approving.root / FILE).write_text("{{nothing}}")
    context = approving.open()
    assert production(context) == production(context) == (1, V1.text)
    [said] = context.notices
    assert "cannot be used, so version 1 stays" in said
    with pytest.raises(PromptError, match="cannot be approved"):
        approve(context, SKILL)


@pytest.mark.slow
def test_a_yes_is_to_what_was_seen(approving: Place) -> None:
    context = approving.open()
    approving.prompt_file(FILE, BETTER)
    [seen] = waiting(context)
    approving.prompt_file(FILE, WORSE)
    with pytest.raises(UsageError, match="has no proposal"):
        approve(context, SKILL, seen.id)
    assert production(context) == (1, V1.text)


@pytest.mark.slow
def test_a_refused_edit_is_not_asked_about_again(approving: Place) -> None:
    context = approving.open()
    approving.prompt_file(FILE, BETTER)
    refused = refuse(context, SKILL, user="ben")
    assert (refused.user, refused.what) == ("ben", FILE)
    assert "still has that text" in refused.remedy
    assert production(context) == (1, V1.text)
    assert (waiting(context), context.notices) == ([], [])
    assert approve(context, SKILL, refused.id).version == 2


@pytest.mark.slow
def test_the_first_prompt_waits_too(place: Place) -> None:
    switch(place, "required")
    context = place.open()
    for _ in range(2):
        with pytest.raises(ApprovalRequired, match=V1.hash[:12]):
            active_version(context, SKILL)
    assert approve(context, SKILL).from_version is None
    assert production(context) == (1, V1.text)


@pytest.mark.slow
def test_a_winner_waits_until_a_person_approves_it(approving: Place) -> None:
    approving.setting("{preset: original, ab_testing: {max_votes: 2, min_tasks: 0}}")
    context = begin(approving)
    for number in range(2):
        pick(context, number, "A")
    conclude_due(context, SKILL)
    assert production(context) == (1, V1.text)
    with pytest.raises(ApprovalRequired, match="prompt approve feeling A"):
        promote(context, SKILL, "A")
    approving.prompt_file(FILE, WORSE)
    with pytest.raises(UsageError, match=r"2 prompts wait: .*variant A.*skills/feeling.md"):
        approve(context, SKILL)
    assert approve(context, SKILL, "A", user="ann").text_of_variant == "A"
    version = history(context, SKILL)[-1]
    assert (version.by, version.approved_by) == ("evidence", "ann")
    assert "Variant A has the highest mean" in version.evidence


@pytest.mark.slow
def test_switching_off_takes_the_edit(approving: Place) -> None:
    approving.prompt_file(FILE, BETTER)
    assert production(approving.open()) == (1, V1.text)
    switch(approving, "none")
    context = approving.open()
    assert production(context) == (2, BETTER.text)
    assert context.notices[0] == "feeling: from now on, no prompt needs approval (config.yaml)."


@pytest.mark.slow
def test_single_mode_would_serve_unapproved_prompts(approving: Place) -> None:
    approving.setting("{experiment: {mode: single}}")
    with pytest.raises(ConfigError, match="single a live test would serve"):
        create(approving, approving.open(), ALIKE)


def test_only_the_owner_of_the_project_may_release(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_may_release(place.root)
    monkeypatch.setattr(os, "geteuid", lambda: 54_321)
    with pytest.raises(ApprovalRequired, match="54321 may not approve"):
        check_may_release(place.root)


@pytest.mark.slow
def test_an_edit_that_changes_under_the_yes_is_refused(
    approving: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tinyarms.loop.approving import approve as module

    context, taken = approving.open(), module.adopt
    approving.prompt_file(FILE, BETTER)

    def late(*arguments: object) -> object:
        approving.prompt_file(FILE, WORSE)
        return taken(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "adopt", late)
    with pytest.raises(ConflictError, match="was changed meanwhile"):
        approve(context, SKILL)
    assert production(context) == (1, V1.text)
