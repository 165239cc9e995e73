"""The pages tell what the facade tells, to those who may see it, and do what the buttons say."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from tests.loop.place import LABELS, OTHER, SKILL, Place, contested, text
from tests.web.conftest import Web
from tests.web.pages.conftest import SKILL as NAMING
from tinyarms.core.roles import Role
from tinyarms.loop.api import TinyArms
from tinyarms.loop.project.listener import Listener, Progress
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file
from tinyarms.skills.verbalizer import Verbalizer

PAGES = ("", "/prompt", "/examples", "/evolution", "/test", "/vote", "/history")
BROWSER = {"accept": "text/html,*/*"}


def seen(web: Web, path: str, role: Role = "release", **headers: str) -> str:
    """What a person reads on a page, without its marks and with single spaces."""
    answer = web.client(role, **BROWSER, **headers).get(path)
    assert answer.status_code == 200, answer.text
    body = answer.text.partition("<body>")[2] or answer.text
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body.replace("<wbr>", ""))).split())


def run_tasks(web: Web, right: int, wrong: int) -> None:
    for number in range(right + wrong):
        done = web.arms.run(SKILL, text=text(number))
        web.arms.feedback(done.task_id, success=number < right)


def ballots(web: Web, count: int) -> None:
    """Tasks on which the prompts differ, until so many ballots wait."""
    for number in range(40):
        if web.arms.waits(SKILL).ballots >= count:
            return
        web.arms.run(SKILL, text=text(contested(number)))
        web.arms._context.finish_background()
    raise AssertionError("too few ballots")


def test_every_page_opens_in_a_new_project_and_says_what_to_do(web: Web) -> None:
    for path in ("/", "/settings", *(f"/skills/{SKILL}{page}" for page in PAGES)):
        seen(web, path)
    assert "No outcome is known in these days. Tell how tasks went" in seen(web, f"/skills/{SKILL}")
    assert "There was no search yet." in seen(web, f"/skills/{SKILL}/evolution")
    assert "There was no test yet." in seen(web, f"/skills/{SKILL}/test")
    assert "Nothing to choose" in seen(web, f"/skills/{SKILL}/vote")
    first = seen(web, "/")
    assert "Waiting for you Nothing." in first
    assert SKILL in first and OTHER in first and "No known outcomes yet" in first


@pytest.mark.slow
def test_accuracy_stands_with_its_number_and_interval(web: Web) -> None:
    run_tasks(web, right=8, wrong=2)
    stats = web.arms.stats(SKILL)
    assert (stats.n, stats.interval) == (10, web.arms.course(SKILL).interval)
    said = "80% right, 49% to 94% at 95% confidence, 10 outcomes"
    for path in ("/", f"/skills/{SKILL}"):
        assert said in seen(web, path)
    page = seen(web, f"/skills/{SKILL}")
    assert stats.next in page and stats.status in page
    for group in web.arms.failures(SKILL).groups:
        assert group.kind == "other" or group.shared in page


def test_a_live_test_is_told_with_both_gates(testing_web: Web) -> None:
    view = testing_web.arms.results(SKILL)
    page = seen(testing_web, f"/skills/{SKILL}/test")
    assert view.standings is not None and view.standings.ends
    for end in view.standings.ends:
        assert end in page
    for variant in view.variants:
        assert variant.prompt in page
        assert variant.gate is None or variant.gate in page


@pytest.mark.slow
def test_votes_are_cast_by_the_form_and_told_without_names(testing_web: Web) -> None:
    ballots(testing_web, 2)
    assert "2 ballots" in seen(testing_web, "/")
    voter = testing_web.client("vote", name="zenobia", **BROWSER)
    page = voter.get(f"/skills/{SKILL}/vote").text
    fields = dict(re.findall(r'name="(ballot|vote_id)" value="([^"]+)"', page))
    for _ in range(2):  # sent twice, it counts once
        sent = voter.post(f"/skills/{SKILL}/vote", data={**fields, "choice": "A"})
        assert (sent.status_code, sent.headers["location"]) == (
            303,
            f"/skills/{SKILL}/vote?note=voted",
        )
    assert testing_web.arms.results(SKILL).votes == 1
    course = testing_web.arms.vote_course(SKILL)
    assert course is not None and (course.by_voter, course.votes) == ((1,), (1,))
    told = seen(testing_web, f"/skills/{SKILL}/test")
    assert "1 named person: 1 vote." in told and "zenobia" not in told


@pytest.mark.slow
def test_a_voter_sees_ballots_and_nothing_of_the_evidence(testing_web: Web) -> None:
    ballots(testing_web, 1)
    voter = testing_web.client("vote", **BROWSER)
    assert voter.get("/").headers["location"] == "/vote"
    assert voter.get("/vote").headers["location"] == f"/skills/{SKILL}/vote"
    page = seen(testing_web, f"/skills/{SKILL}/vote", "vote")
    assert "Which output do you prefer?" in page
    assert "History" not in page and "Evolution" not in page
    for path in (f"/skills/{SKILL}/test", f"/skills/{SKILL}", "/settings"):
        assert voter.get(path).status_code == 403


@pytest.mark.slow
def test_a_variant_goes_into_production_and_back(testing_web: Web) -> None:
    client = testing_web.client("release", **BROWSER)
    assert client.post(f"/skills/{SKILL}/promote", data={"variant": "A"}).status_code == 303
    assert testing_web.arms.show(SKILL).number == 2
    page = seen(testing_web, f"/skills/{SKILL}/history")
    assert "Version 2 in production" in page and "Go back to version 1" in page
    assert client.post(f"/skills/{SKILL}/rollback", data={"to": "1"}).status_code == 303
    assert [row.source for row in testing_web.arms.history(SKILL)][-1] == "rollback"
    assert "rolled back by 3" in seen(testing_web, f"/skills/{SKILL}/history")
    difference = seen(testing_web, f"/skills/{SKILL}/prompt?version=2&against=1")
    assert all(line in difference for line in ("-Good or bad?", "+Is this good or bad?"))


@pytest.mark.slow
def test_buttons_that_a_role_may_not_press_are_not_there(testing_web: Web) -> None:
    assert "into production by hand" in seen(testing_web, f"/skills/{SKILL}/test")
    for path in (
        f"/skills/{SKILL}/test",
        f"/skills/{SKILL}/evolution",
        f"/skills/{SKILL}/examples",
    ):
        answer = testing_web.client("view", **BROWSER).get(path)
        assert 'method="post"' not in answer.text


@pytest.mark.slow
def test_examples_are_added_and_corrections_reviewed(web: Web) -> None:
    client = web.client("edit", **BROWSER)
    before = web.arms.example_splits(SKILL)
    row = {"input.text": "What a day!\r\nReally.", "expected": "good"}
    assert client.post(f"/skills/{SKILL}/examples", data=row).status_code == 303
    [added] = web.arms.show_examples(SKILL, contains="What a day").examples
    assert added.inputs == {"text": "What a day!\nReally."}
    assert sum(vars(before)[s] for s in ("search", "selection", "test")) + 1 == sum(
        vars(web.arms.example_splits(SKILL))[s] for s in ("search", "selection", "test")
    )
    done = web.arms.run(SKILL, text=text(7))
    web.arms.feedback(done.task_id, correction="good" if done.output == "bad" else "bad")
    [waiting] = web.arms.collected_examples(SKILL)
    assert "Review corrections" in seen(web, "/")
    answers = {f"answer.{waiting.id}": "gold"}
    assert client.post(f"/skills/{SKILL}/examples/review", data=answers).status_code == 303
    assert web.arms.collected_examples(SKILL) == []
    assert web.arms.waits(SKILL).nothing


def test_settings_say_where_they_come_from(web: Web) -> None:
    rows = {(row.group, row.name): row for row in web.arms.setting_rows()}
    set_one, default = rows["ab_testing", "min_tasks"], rows["prompt_evolution", "alpha"]
    assert (set_one.source, set_one.value, set_one.changed) == ("config/constants.yaml", "0", True)
    assert (default.source, default.value, default.changed) == ("default", "0.05", False)
    page = seen(web, "/settings")
    assert f"min_tasks 0 config/constants.yaml changed, default {set_one.default}" in page
    assert "alpha 0.05 default" in page


@pytest.mark.slow
def test_a_page_that_looks_for_news_gets_only_what_changed(web: Web) -> None:
    client = web.client("view", **BROWSER)
    whole = client.get(f"/skills/{SKILL}").text
    mark = unescape(re.findall(r'hx-vals="([^"]+)"', whole)[0])
    known = re.findall(r'"seen": ?"(\w+)"', mark)[0]
    again = client.get(f"/skills/{SKILL}?seen={known}", headers={"hx-request": "true"})
    assert (again.status_code, again.text) == (204, "")
    run_tasks(web, right=1, wrong=0)
    news = client.get(f"/skills/{SKILL}?seen={known}", headers={"hx-request": "true"})
    assert news.status_code == 200 and news.text.startswith('<div id="live"')
    assert "<html" not in news.text


def test_errors_are_pages_for_people_and_problems_for_programs(web: Web) -> None:
    people, programs = web.client("release", **BROWSER), web.client("release")
    shown = people.post(f"/skills/{SKILL}/rollback", data={"to": "9"})
    assert shown.status_code == 400 and "<h1>" in shown.text
    assert shown.headers["content-type"].startswith("text/html")
    told = programs.post(f"/skills/{SKILL}/rollback", data={"to": "9"})
    assert told.headers["content-type"] == "application/problem+json"
    assert people.get("/skills/nothing").status_code == 404
    assert web.client(**BROWSER).get("/").headers["location"] == "/sign-in"


@pytest.mark.slow
@pytest.mark.parametrize("note", ["<script>alert(1)</script>", "no-such-note"])
def test_an_address_says_nothing_on_a_page(web: Web, note: str) -> None:
    page = web.client("view", **BROWSER).get("/", params={"note": note})
    assert note not in page.text and 'class="note"' not in page.text


@pytest.mark.slow
def test_a_first_prompt_is_found_and_approved_through_the_pages(web: Web) -> None:
    place = Place(web.arms.root)
    skill = place.config()["skills"][SKILL] | {"approval": "required"}
    place.edit_config(lambda config: config["skills"].update(fresh=skill))
    web.arms.reread()
    client = web.client("release", **BROWSER)
    assert "Approve or refuse skills/feeling.md of fresh" in seen(web, "/")
    for page in ("", "/prompt", "/history"):
        answer = client.get(f"/skills/fresh{page}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/skills/fresh/test")
    page = client.get("/skills/fresh/test").text
    assert "skills/feeling.md waits for you" in page and "Refuse it" in page
    [proposal] = re.findall(r'approve"><input type="hidden" name="proposal" value="([^"]+)"', page)
    done = client.post("/skills/fresh/approve", data={"proposal": proposal})
    assert done.headers["location"] == "/skills/fresh/history?note=approved"
    assert "The prompt is in production." in client.get(done.headers["location"]).text
    assert "Nothing. You can close this page." in seen(web, "/")


@pytest.mark.slow
def test_a_promotion_that_needs_approval_says_where_it_is_given(testing_web: Web) -> None:
    Place(testing_web.arms.root).edit_config(
        lambda config: config["skills"][SKILL].update(approval="required")
    )
    client = testing_web.client("release", **BROWSER)
    refused = client.post(f"/skills/{SKILL}/promote", data={"variant": "A"})
    assert refused.status_code == 409 and f'href="/skills/{SKILL}/test"' in refused.text
    over_rest = client.post(f"/v1/skills/{SKILL}/promote", json={"variant": "A"})
    assert over_rest.status_code == 409 and over_rest.json()["kind"] == "approval_required"
    assert testing_web.arms.show(SKILL).number == 1


class _Stops(Listener):
    """Interrupts a search, as Ctrl-C does."""

    def progress(self, progress: Progress) -> None:
        if progress.done > 20:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_an_interrupted_search_has_no_time_left(
    searchable_web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    web, arms = searchable_web, searchable_web.arms
    with pytest.raises(KeyboardInterrupt):
        arms.evolve(NAMING, optimizer="random_search", force=True, listener=_Stops())
    page = seen(web, f"/skills/{NAMING}/evolution")
    assert "interrupted" in page and "Go on with the search" in page
    assert "Time left" not in page
    view = arms.population(NAMING)
    assert view is not None and view.task_calls
    monkeypatch.setattr(
        TinyArms, "population", lambda *given: replace(view, running="pid 1 elsewhere")
    )
    page = seen(web, f"/skills/{NAMING}/evolution")
    assert "searching now" in page and "Time left" in page


def test_the_page_of_a_prompt_says_which_words_it_weighs(web: Web) -> None:
    assert "Verbalizer" not in seen(web, f"/skills/{SKILL}/prompt")
    words = {" Great": (0.5, -0.5), "<b>Sorry": (-0.5, 0.5)}
    prompt = Prompt("Good or bad?", verbalizer=Verbalizer(LABELS, words))
    file = web.arms._context.project.root / web.arms.show(SKILL).path
    file.write_text(format_prompt_file(prompt))
    said = seen(web, f"/skills/{SKILL}/prompt")
    assert "Verbalizer It weighs 2 words" in said
    assert 'For good " Great"; for bad "<b>Sorry".' in said
