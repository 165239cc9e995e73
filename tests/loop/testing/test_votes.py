from __future__ import annotations

import threading

import pytest

from tests.loop.place import ALIKE, BETTER, SKILL, V1, WORSE, Place, contested, text
from tests.loop.steps import ask, began_at_version, begin, create, letter_of, pick
from tinyarms.core.errors import ExperimentError, UsageError
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.results import results
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.asking import why_not_asked_of
from tinyarms.loop.testing.ballots import next_ballot, prepare_ballot
from tinyarms.loop.testing.cancel import cancel
from tinyarms.loop.testing.conclude import conclude, conclude_due
from tinyarms.loop.testing.review import promote
from tinyarms.loop.testing.vote_view import VoteView
from tinyarms.loop.testing.votes import vote
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import (
    BallotRecord,
    SessionRecord,
    SessionState,
)


def latest(context: Context) -> SessionRecord:
    with context.store.read() as work:
        session = work.sessions.latest(SKILL)
    assert session is not None
    return session


@pytest.mark.slow
def test_six_votes_ahead_promote_the_variant(testing: Place) -> None:
    context = testing.open()
    testing.moment.pass_(days=2)
    for number in range(5):
        view = pick(context, number, "A")
        assert view.counted and view.decision is None
        assert (view.votes, view.votes_needed) == (number + 1, 49 - number)
    last = pick(context, 5, "A")
    assert (last.decision, last.promoted_version, last.votes_needed) == ("promote", 2, 0)
    assert "Variant A leads the incumbent by 6" in last.reason
    assert "Offline gate: 30 wins, 0 losses" in last.reason
    version = active_version(context, SKILL)
    assert (version.number, version.prompt, version.source) == (2, BETTER, "evolution")
    session = latest(context)
    assert session.state is SessionState.PROMOTED
    assert session.findings.decision is not None and session.findings.decision.variant == "A"
    assert session.promoted_at == testing.moment()
    with context.store.read() as work:
        variants = {v.variant_letter: v for v in work.experiments.variants(session.id)}
        results = work.experiments.results(session.id)
        rows = work.history.all(SKILL)
    assert (variants["A"].status, variants["A"].votes, variants[""].status) == (
        "won",
        6,
        "archived",
    )
    assert len(results) == 12 and sum(result.user_choice for result in results) == 6
    assert (rows[0].accuracy_end, rows[1].accuracy_start) == (0.6, 0.9)
    released = testing.config()["skills"][SKILL]
    assert released["prompt_template"] == "skills/feeling-v2.md"
    assert (released["previous_accuracy"], released["current_accuracy"]) == (0.6, 0.9)
    assert (testing.root / "skills/feeling-v2.md").read_text().strip() == BETTER.text


@pytest.mark.slow
def test_six_votes_behind_keep_the_incumbent(testing: Place) -> None:
    context = testing.open()
    views = [pick(context, number, "") for number in range(6)]
    assert (views[-1].decision, views[-1].promoted_version) == ("keep", None)
    assert latest(context).state is SessionState.KEPT
    assert active_version(context, SKILL).number == 1


@pytest.mark.slow
def test_a_vote_sent_twice_counts_once(testing: Place) -> None:
    context = testing.open()
    ballot = ask(context, 1)
    first = vote(context, ballot.id, "a", vote_id="mine")
    again = vote(context, ballot.id, "A", vote_id="mine")
    assert first.accepted and again.accepted and again.counted
    assert first.votes == again.votes == 1
    other = vote(context, ballot.id, "B", vote_id="another")
    assert (other.accepted, other.counted, other.votes) == (False, False, 1)
    changed = vote(context, ballot.id, "B", vote_id="mine")
    assert (changed.accepted, changed.votes) == (False, 1)
    second = ask(context, 2)
    with pytest.raises(UsageError, match="belongs to another ballot"):
        vote(context, second.id, "A", vote_id="mine")


@pytest.mark.slow
def test_a_skip_does_not_count(testing: Place) -> None:
    context = testing.open()
    view = vote(context, ask(context, 1).id, None)
    assert (view.accepted, view.votes) == (True, 0)
    assert [bar.share for bar in view.standings] == [None, None]
    with context.store.read() as work:
        assert work.experiments.results(latest(context).id) == []


@pytest.mark.slow
def test_none_of_these_counts_but_is_no_pick(testing: Place) -> None:
    context = testing.open()
    ballot = ask(context, 1)
    view = vote(context, ballot.id, "None", vote_id="v")
    assert (view.accepted, view.counted, view.votes) == (True, True, 0)
    assert vote(context, ballot.id, "none", vote_id="v").accepted
    assert not vote(context, ballot.id, None, vote_id="v").accepted
    with context.store.read() as work:
        (stored,) = work.experiments.votes_on([ballot.id])
        assert work.experiments.results(latest(context).id) == []
    assert (stored.answer, stored.position) == ("none", None)


def cast(context: Context, number: int, user: str, variant: str = "A") -> VoteView:
    """A ballot for any user, and this user's vote."""
    ballot = ask(context, number)
    return vote(context, ballot.id, letter_of(context, ballot, variant), user=user)


@pytest.mark.slow
def test_many_votes_of_one_user_change_nothing(testing: Place) -> None:
    """If several people vote, each may be two votes ahead of the next most active one."""
    context = testing.open()
    for number, user in enumerate(("ada", "bob", "cat")):
        assert cast(context, number, user, "").counted
    views = [cast(context, number, "mal") for number in range(10, 20)]
    assert [view.excluded for view in views] == [None] * 3 + ["over_cap"] * 7
    assert all(view.accepted for view in views) and not views[-1].counted
    assert (views[-1].votes, views[-1].decision) == (6, None)
    assert cast(context, 20, "ada", "").counted
    assert cast(context, 30, "mal").counted
    view = results(context, SKILL)
    assert (view.votes, view.excluded) == (8, {"over_cap": 7})
    assert sum(variant.votes for variant in view.variants) == 8


@pytest.mark.slow
def test_users_who_do_not_vote_or_went_away_cap_nobody(testing: Place) -> None:
    context = testing.open()
    for number in range(12):
        run(context, SKILL, {"text": text(number)}, user=f"silent {number}")
    context.finish_background()
    assert cast(context, 0, "away").counted
    assert [cast(context, n, "bob", "").counted for n in range(1, 5)] == [True] * 3 + [False]
    testing.moment.pass_(days=1, seconds=1)
    assert all(cast(context, number, "bob").counted for number in range(5, 9))


@pytest.mark.slow
def test_users_whose_vote_would_not_count_are_told_and_not_asked(place: Place) -> None:
    place.setting("{ab_testing: {show_probability: 1, min_tasks: 0}}")
    context = begin(place)
    cast(context, 0, "ada")
    for number in range(1, 4):
        assert cast(context, number, "bob", "").counted
    ask(context, 4)
    assert next_ballot(context, SKILL, "bob") is None
    assert "would not count" in (why_not_asked_of(context, [SKILL], "bob") or "")
    inputs = {"text": text(contested(5))}
    assert run(context, SKILL, inputs, user="bob").ballot_id is None
    assert run(context, SKILL, inputs, user="ada").ballot_id is not None
    assert next_ballot(context, SKILL, "ada") is not None
    assert why_not_asked_of(context, [SKILL], "ada") is None
    cast(context, 6, "ada")
    assert next_ballot(context, SKILL, "bob") is not None


@pytest.mark.slow
def test_only_its_user_can_answer_a_ballot(testing: Place) -> None:
    context = testing.open()
    inputs = {"text": text(contested(0))}
    ballot = prepare_ballot(context, SKILL, inputs, "hers", "alice")
    with pytest.raises(UsageError, match="made for another user"):
        vote(context, ballot.id, "A", user="mallory")
    with pytest.raises(UsageError, match="made for another user"):
        vote(context, ballot.id, None, user="mallory")
    assert next_ballot(context, SKILL, "mallory") is None
    assert vote(context, ballot.id, "A", user="alice").counted


@pytest.mark.slow
def test_a_vote_without_a_name_is_that_of_the_ballots_user_and_shares_the_cap(
    place: Place,
) -> None:
    context = begin(place)
    cast(context, 0, "ada")
    votes = []
    for number in range(1, 5):
        inputs = {"text": text(contested(number))}
        ballot = prepare_ballot(context, SKILL, inputs, f"task-{number}", "bob")
        votes.append(vote(context, ballot.id, letter_of(context, ballot, "")))
    assert [view.excluded for view in votes] == [None, None, None, "over_cap"]
    with context.store.read() as work:
        session = work.sessions.open(SKILL)
        assert session is not None
        given = [stored.user for stored, _ in work.experiments.votes(session.id)]
    assert given == ["ada", *["bob"] * 4]


@pytest.mark.slow
def test_two_who_vote_in_turns_hold_each_other_back_by_no_vote(place: Place) -> None:
    """Whoever votes under two names, and has run tasks under both, counts as two people."""
    context = begin(place)
    views = [cast(context, number, ("ada", "bob")[number % 2]) for number in range(14)]
    assert all(view.counted for view in views)
    assert views[-1].decision == "promote"


@pytest.mark.slow
def test_a_new_name_votes_after_a_few_tasks_of_its_own(place: Place) -> None:
    place.setting("{ab_testing: {min_tasks: 2, show_probability: 1}}")
    context = begin(place)
    assert cast(context, 0, "new").excluded == "new_name"
    assert run(context, SKILL, {"text": text(6)}, user="new").ballot_id is None
    context.finish_background()
    ask(context, 1)
    assert next_ballot(context, SKILL, "new") is None
    assert "run 2 tasks" in (why_not_asked_of(context, [SKILL], "new") or "")
    run(context, SKILL, {"text": text(7)}, user="new")
    context.finish_background()
    assert next_ballot(context, SKILL, "new") is not None
    assert cast(context, 2, "new").counted
    assert (results(context, SKILL).votes, results(context, SKILL).excluded) == (1, {"new_name": 1})


@pytest.mark.slow
@pytest.mark.parametrize("choice", ["A", "none", None])
def test_a_vote_that_does_not_count_leaves_the_ballot_to_others(
    place: Place, choice: str | None
) -> None:
    place.setting("{ab_testing: {min_tasks: 1, show_probability: 0}}")
    context = begin(place)
    run(context, SKILL, {"text": text(6)}, user="ada")
    context.finish_background()
    ballot = ask(context, 1)
    for stranger in ("mal", "bob"):
        view = vote(context, ballot.id, choice, vote_id=stranger, user=stranger)
        assert (view.accepted, view.excluded, view.votes) == (True, "new_name", 0)
    again = vote(context, ballot.id, "B", user="mal")
    assert (again.accepted, again.voted_before, again.votes) == (False, True, 0)
    waiting = next_ballot(context, SKILL, "ada")
    assert waiting is not None and waiting.id == ballot.id
    assert vote(context, ballot.id, "A", user="ada").counted
    assert vote(context, ballot.id, choice, vote_id="mal", user="mal").excluded == "new_name"
    later = vote(context, ballot.id, "B", user="cat")
    assert (later.accepted, later.voted_before, later.votes) == (False, False, 1)
    assert vote(context, ballot.id, "B", user="ada").voted_before
    with context.store.read() as work:
        assert [vote.user for vote in work.experiments.votes_on([ballot.id])] == [
            "mal",
            "bob",
            "ada",
        ]


@pytest.mark.slow
def test_a_capped_user_leaves_ballots_to_others(testing: Place) -> None:
    context = testing.open()
    for number, user in enumerate(("ada", "bob")):
        assert cast(context, number, user, "").counted
    views = [cast(context, number, "mal") for number in range(10, 14)]
    assert views[-1].excluded == "over_cap"
    assert next_ballot(context, SKILL, "ada") is not None
    assert cast(context, 13, "ada").counted


@pytest.mark.slow
def test_a_single_voter_can_end_the_test(testing: Place) -> None:
    context = testing.open()
    for number in range(6):
        ballot = ask(context, number)
        view = vote(context, ballot.id, letter_of(context, ballot, "A"), user="ada")
    assert (view.votes, view.decision) == (6, "promote")


@pytest.mark.slow
def test_skips_do_not_count_towards_the_cap(testing: Place) -> None:
    context = testing.open()
    vote(context, ask(context, 0).id, "A", user="bob")
    for number in range(1, 6):
        assert vote(context, ask(context, number).id, None, user="ada").counted
    assert vote(context, ask(context, 7).id, "A", user="ada").counted


@pytest.mark.slow
def test_the_bars_have_the_positions_of_the_options(testing: Place) -> None:
    context = testing.open()
    for number in range(3):
        pick(context, number, "A")
    view: VoteView = pick(context, 3, "")
    ballot = ask(context, 3)
    bars = {bar.letter: (bar.votes, bar.share) for bar in view.standings}
    assert bars[letter_of(context, ballot, "A")] == (3, 0.75)
    assert bars[letter_of(context, ballot, "")] == (1, 0.25)


@pytest.mark.slow
def test_a_vote_after_the_end_is_stored_and_does_not_count(testing: Place) -> None:
    context = testing.open()
    late = ask(context, 99)
    for number in range(6):
        pick(context, number, "A")
    view = vote(context, late.id, "A", vote_id="late")
    assert (view.accepted, view.counted, view.votes) == (True, False, 6)
    assert (view.decision, view.promoted_version) == ("promote", 2)
    with context.store.read() as work:
        (stored,) = work.experiments.votes_on([late.id])
    assert not stored.counted


@pytest.mark.slow
def test_unknown_ballots_and_choices_are_refused(testing: Place) -> None:
    context = testing.open()
    with pytest.raises(ExperimentError, match="no ballot nowhere"):
        vote(context, "nowhere", "A")
    with pytest.raises(UsageError, match="no option 'C'"):
        vote(context, ask(context, 1).id, "C")


@pytest.mark.slow
def test_concurrent_voters_decide_once(testing: Place) -> None:
    contexts = [testing.open() for _ in range(4)]
    ballots = [ask(contexts[0], number) for number in range(5 + len(contexts))]
    for ballot in ballots[:5]:
        vote(contexts[0], ballot.id, letter_of(contexts[0], ballot, "A"))
    ready = threading.Barrier(len(contexts), timeout=30)
    views: list[VoteView] = []

    def decide(context: Context, ballot: BallotRecord) -> None:
        letter = letter_of(context, ballot, "A")
        ready.wait()
        views.append(vote(context, ballot.id, letter))

    threads = [
        threading.Thread(target=decide, args=pair)
        for pair in zip(contexts, ballots[5:], strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [(view.decision, view.promoted_version) for view in views] == [("promote", 2)] * 4
    assert {view.votes for view in views} == {6}
    with contexts[0].store.read() as work:
        assert [version.number for version in work.versions.all(SKILL)] == [1, 2]
        assert len(work.experiments.votes(latest(contexts[0]).id)) == 9


@pytest.mark.slow
def test_the_time_limit_ends_the_test(testing: Place) -> None:
    context = testing.open()
    pick(context, 1, "A")
    late = ask(context, 2)
    testing.moment.pass_(days=6.9)
    assert conclude_due(context, SKILL) == []
    testing.moment.pass_(days=0.2)
    [conclusion] = conclude_due(context, SKILL)
    assert (conclusion.action, conclusion.variant) == ("keep", None)
    assert conclude_due(context, SKILL) == []
    assert latest(context).state is SessionState.KEPT
    view = vote(context, late.id, "A")
    assert (view.counted, view.votes, view.decision) == (False, 1, "keep")
    with pytest.raises(ExperimentError, match="no evolution session that is open"):
        cancel(context, SKILL)


@pytest.mark.slow
def test_a_running_test_keeps_its_first_limits(testing: Place) -> None:
    testing.setting("{ab_testing: {max_votes: 1, max_duration_days: 0.001}}")
    context = testing.open()
    testing.moment.pass_(days=1)
    view = pick(context, 1, "A")
    assert (view.decision, view.votes_needed) == (None, 49)


@pytest.mark.slow
def test_taste_only_requires_a_longer_lead(place: Place) -> None:
    place.setting("{ab_testing: {max_votes: 20}}")
    context = begin(place)
    views = [pick(context, number, "A") for number in range(9)]
    assert [view.decision for view in views] == [None] * 8 + ["promote"]
    assert active_version(context, SKILL).prompt == BETTER
    released = place.config()["skills"][SKILL]
    assert released["previous_accuracy"] is None and released["current_accuracy"] is None


@pytest.mark.slow
def test_an_edit_by_hand_ends_a_test_about_another_prompt(testing: Place) -> None:
    context = testing.open()
    ballot = ask(context, 1)
    testing.prompt_file("skills/feeling.md", Prompt("Mine."))
    assert active_version(context, SKILL).number == 2
    assert latest(context).state is SessionState.CANCELLED
    view = vote(context, ballot.id, "A")
    assert (view.accepted, view.counted, view.decision) == (True, False, "cancelled")
    assert "Version 2 went into production" in view.reason
    assert next_ballot(context, SKILL) is None


@pytest.mark.slow
def test_a_test_of_a_version_that_is_not_in_production_is_cancelled(testing: Place) -> None:
    context = testing.open()
    began_at_version(context, latest(context).id, 7)
    views = [pick(context, number, "A") for number in range(6)]
    assert (views[-1].decision, views[-1].promoted_version) == ("cancelled", None)
    assert active_version(context, SKILL).prompt == V1


@pytest.mark.slow
def test_the_original_rule_counts_the_arm_that_it_chose(place: Place) -> None:
    place.setting("{preset: original}")
    context = begin(place, WORSE, ALIKE, BETTER)
    view = pick(context, 0, "C")
    for number in range(1, 50):
        if view.decision:
            break
        view = pick(context, number, "C")
    assert view.decision == "promote" and view.votes < 50
    assert active_version(context, SKILL).prompt == BETTER
    with context.store.read() as work:
        assert len(work.experiments.assignments(latest(context).id)) == view.votes


@pytest.mark.slow
def test_a_poor_winner_of_the_original_preset_waits_for_a_person(place: Place) -> None:
    place.setting("{preset: original, ab_testing: {max_votes: 5}}")
    context = place.open()
    creation = create(place, context, WORSE, BETTER)
    with context.store.unit_of_work() as work:
        for variant in work.experiments.variants(creation.session_id):
            work.experiments.set_accuracy(variant.id, 0.65, 100)
    extra = ask(context, 9)
    views = [pick(context, number, "B") for number in range(5)]
    assert views[-1].decision == "review" and "a person must look" in views[-1].reason
    assert latest(context).state is SessionState.IN_REVIEW
    late = vote(context, extra.id, "A")
    assert (late.counted, late.decision) == (False, "review")
    assert conclude(context, creation.session_id).variant == "B"
    assert active_version(context, SKILL).prompt == V1
    assert promote(context, SKILL, "B").version == 2
    assert active_version(context, SKILL).prompt == BETTER
    assert latest(context).state is SessionState.PROMOTED
