"""Skills, imports, checks and prompts for a search come in as contents, and nothing else does."""

from __future__ import annotations

import base64
import json
from typing import Any, get_args

import pytest

from tests.loop.evaluating.test_check import git
from tests.loop.place import ENOUGH, SKILL, V1, WORSE, Place, write_examples
from tests.web.conftest import Web, data_of, ended
from tests.web.pages.conftest import SKILL as NAMING
from tinyarms.skills.prompt_file import format_prompt_file
from tinyarms.skills.scorers import SCORER_NAMES
from tinyarms.web.rest.imports import Scoring

ROWS = "text,label\n" + "".join(
    f"{what} number {n},{'yes' if what == 'Bread' else 'no'}\n"
    for n in range(20)
    for what in ("Bread", "Stone")
)


def config_of(web: Web) -> Any:
    return Place(web.arms.root).config()


def test_a_skill_is_made_of_a_table(web: Web) -> None:
    client = web.client("release")
    before = config_of(web)
    body = {"skill": "edible", "contents": {"rows.csv": ROWS}, "description": "Can one eat it?"}
    proposed = data_of(client.post("/v1/skills", json=body | {"dry_run": True}))
    assert proposed["added"] is None and config_of(web) == before
    assert proposed["proposal"]["output"] == {"labels": ["yes", "no"]}
    made = data_of(client.post("/v1/skills", json=body))
    assert (made["added"]["rows"], made["added"]["source"]) == (40, "rows.csv")
    assert made["proposal"]["view"]["source"] == "rows.csv"
    entry = config_of(web)["skills"]["edible"]
    assert (entry["model"], entry["scorer"]) == ("small", "labels")
    assert data_of(client.get("/v1/skills/edible/prompt"))["version"]["number"] == 1
    again = data_of(client.post("/v1/skills", json=body), 400)
    assert "There is a skill edible already" in again["detail"]


@pytest.mark.slow
def test_what_a_person_says_of_a_skill_counts(web: Web) -> None:
    client = web.client("release")
    body = {
        "skill": "colour",
        "input_names": ["thing"],
        "output": {"pattern": "[a-z]+"},
        "scoring": "none",
        "prompt": "Which colour has {{thing}}?",
        "model": "small",
    }
    made = data_of(client.post("/v1/skills", json=body))
    assert made["proposal"]["prompt"] == "Which colour has {{thing}}?"
    entry = config_of(web)["skills"]["colour"]
    assert entry["output"] == {"pattern": "[a-z]+"} and "scorer" not in entry
    wrong = {"skill": "other", "input_names": ["a"]}
    for more in ({"output": {"labels": ["one"]}}, {"scoring": "checks", "output": {}}):
        assert data_of(client.post("/v1/skills", json=wrong | more), 400)["hint"] is not None
    assert "There is no content" not in json.dumps(config_of(web))


def test_bytes_come_in_with_their_encoding(web: Web) -> None:
    content = {"base64": base64.b64encode(ROWS.replace("Bread", "Käse").encode("latin-1")).decode()}
    body = {
        "skill": "edible",
        "contents": {"rows.csv": content},
        "encoding": "latin-1",
        "inputs": {"what": "text"},
        "expected": "label",
    }
    data_of(web.client("release").post("/v1/import", json=body))
    first = (web.arms.root / "examples/edible.jsonl").read_text().splitlines()[0]
    assert json.loads(first)["inputs"] == {"what": "Käse number 0"}


CONFIG = """\
prompts: [file://ask.txt]
providers:
- {id: openai:gpt-4.1, config: {apiBaseUrl: 'http://127.0.0.1:9/v1', apiKeyEnvar: HOME}}
- ollama:chat:llama3
defaultTest: {options: {provider: openai:judge}}
tests:
- {vars: {x: a}, assert: [{type: equals, value: 'yes'}, {type: python, value: 'file://c.py'}]}
- {vars: {x: b}, assert: [{type: equals, value: 'no'}, {type: llm-rubric, value: Is it kind?}]}
- {vars: {x: c}, assert: [{type: webhook, value: 'http://127.0.0.1:9/hook'}]}
"""


def test_files_of_another_tool_declare_no_model_and_run_nothing(web: Web) -> None:
    client = web.client("release")
    models = config_of(web)["models"]
    contents = {"promptfooconfig.yaml": CONFIG, "ask.txt": "Sort {{x}}", "c.py": "raise SystemExit"}
    came = data_of(client.post("/v1/import", json={"skill": "sort", "contents": contents}))
    assert (came["models"], came["model"]) == ([], "small")
    assert came["source"] == "promptfooconfig.yaml, ask.txt, c.py"
    listed = json.dumps(came["listed"])
    assert "gpt-4.1" in listed and "llama3" in listed and "only who owns the project" in listed
    config = config_of(web)
    assert config["models"] == models
    assert config["skills"]["sort"]["model"] == "small"
    assert "127.0.0.1" not in (web.arms.root / "config.yaml").read_text()
    assert web.arms.show("sort").prompt.text == "Sort {{x}}"


def test_rows_are_added_to_a_skill(web: Web) -> None:
    body = {"skill": SKILL, "contents": {"more.jsonl": '{"text": "so so", "expected": "bad"}\n'}}
    came = data_of(web.client("release").post("/v1/import", json=body))
    assert (came["rows"], came["is_new"]) == (1, False)
    assert "so so" in (web.arms.root / "examples.jsonl").read_text()


def test_a_skill_that_takes_pictures_gets_no_rows_of_files(web: Web) -> None:
    Place(web.arms.root).edit_config(
        lambda config: config["skills"][SKILL].update(inputs={"text": {"type": "image"}})
    )
    web.arms.reread()
    body = {"skill": SKILL, "contents": {"more.jsonl": '{"text": "/etc/passwd"}\n'}}
    refused = data_of(web.client("release").post("/v1/import", json=body), 400)
    assert "takes pictures" in refused["detail"]


@pytest.mark.parametrize(
    "name", ["../config.yaml", "/etc/passwd", "a/b.csv", ".env", "..", "a\0b", "a\nb", "x" * 101]
)
def test_a_content_is_named_as_no_other_file(web: Web, name: str) -> None:
    before = config_of(web)
    for path in ("/v1/import", "/v1/skills"):
        body = {"skill": "new", "contents": {name: ROWS}}
        assert web.client("release").post(path, json=body).status_code in (400, 422)
    assert config_of(web) == before


@pytest.mark.slow
@pytest.mark.parametrize("reference", ["/etc/hostname", "../config.yaml", "file:///etc/hostname"])
def test_contents_lead_to_no_file_of_the_machine(web: Web, reference: str) -> None:
    config = f"prompts: ['file://{reference}']\nproviders: [echo]\ntests: [{{vars: {{x: a}}}}]\n"
    body = {"skill": "new", "contents": {"promptfooconfig.yaml": config}}
    refused = web.client("release").post("/v1/import", json=body)
    assert refused.status_code == 422, refused.text
    assert "tinyarms-" not in refused.text and str(web.arms.root) not in refused.text


@pytest.mark.slow
def test_who_may_not_declare_a_model_cannot_name_one(web: Web) -> None:
    client = web.client("release")
    for model in ("openai:gpt-4.1@http://127.0.0.1:9/v1", "smollm2:135m", "/tmp/model.gguf"):
        for path in ("/v1/skills", "/v1/import"):
            body = {"skill": "new", "contents": {"rows.csv": ROWS}, "model": model}
            assert "There is no model" in data_of(client.post(path, json=body), 400)["detail"]


def test_only_scorers_without_code_can_be_named(web: Web) -> None:
    assert {*get_args(Scoring)} == {*SCORER_NAMES, "none"} - {"regex", "judge", "module:function"}
    body = {"skill": "new", "contents": {"rows.csv": ROWS}, "scoring": "os:system"}
    assert web.client("release").post("/v1/skills", json=body).status_code == 422


@pytest.mark.slow
def test_a_commit_is_checked(web: Web) -> None:
    place = Place(web.arms.root)
    write_examples(place.root, ENOUGH)
    git(place.root, "init", "-q", "-b", "main")
    git(place.root, "add", "config.yaml", "skills", "examples.jsonl")
    git(place.root, "commit", "-qm", "The project")
    place.prompt_file("skills/feeling.md", WORSE)
    client = web.client("run")
    body = {"against": "main", "skills": [SKILL], "split": "test", "n": 24}
    job = ended(client, data_of(client.post("/v1/check", json=body), 202))
    [checked] = job["result"]["skills"]
    assert (checked["skill"], checked["status"]) == (SKILL, "worse")
    assert job["result"]["ok"] is False
    missing = ended(client, data_of(client.post("/v1/check", json={"against": "none"}), 202))
    assert "There is no git ref" in missing["error"]["message"]
    for ref in ("HEAD:config.yaml", "--help", "/etc/passwd", ":/x", ""):
        assert client.post("/v1/check", json={"against": ref}).status_code == 422, ref
    unknown = client.post("/v1/check", json={"against": "main", "skills": ["feelin"]})
    assert unknown.status_code == 404


@pytest.mark.slow
def test_texts_are_compared(web: Web) -> None:
    client = web.client("run")
    body = {"before": 1, "after": format_prompt_file(WORSE), "split": "search"}
    compared = data_of(client.post(f"/v1/skills/{SKILL}/compare", json=body), 202)
    result = ended(client, compared)["result"]
    names = [result[side]["prompt"]["name"] for side in ("before", "after")]
    assert names == ["version 1", "after.md"]


@pytest.mark.slow
def test_a_prompt_for_a_search_is_read_at_once(web: Web) -> None:
    client = web.client("run")
    rows = [{"inputs": {"text": f"new {n}"}, "expected": "good"} for n in range(10)]
    with (web.arms.root / "examples.jsonl").open("a") as file:
        file.writelines(json.dumps(row | {"split": "selection"}) + "\n" for row in rows)
    for path in ("evolve", "estimate"):
        twice = {"prompts": [format_prompt_file(WORSE)] * 2}
        refused = data_of(client.post(f"/v1/skills/{SKILL}/{path}", json=twice), 400)
        assert refused["detail"] == "B.md is the same as A.md."
        broken = client.post(f"/v1/skills/{SKILL}/{path}", json={"prompts": ["{{nothing}}"]})
        assert broken.status_code == 422 and "A.md" in broken.json()["detail"]


@pytest.mark.slow
def test_a_search_begins_with_the_prompts_that_were_sent(searchable_web: Web) -> None:
    client = searchable_web.client("run")
    mine = "Write a short name for {{file_name}}: {{content}}"
    body = {"prompts": [mine], "optimizer": "random_search", "force": True}
    job = data_of(client.post(f"/v1/skills/{NAMING}/evolve", json=body), 202)
    done = ended(client, job)
    assert done["state"] == "done", done["error"]
    assert [each["name"] for each in done["result"]["manual"]][:1] == ["A.md"]


@pytest.mark.slow
def test_what_is_proposed_is_a_patch(web: Web) -> None:
    place = Place(web.arms.root)
    web.arms.stats(SKILL)
    place.edit_config(lambda config: config["skills"][SKILL].update(approval="required"))
    place.prompt_file("skills/feeling.md", WORSE)
    found = data_of(web.client("view").get(f"/v1/skills/{SKILL}/patch"))
    assert f"+{WORSE.text}" in found["patch"] and f"-{V1.text}" in found["patch"]
    drift = data_of(web.client("view").get("/v1/drift", params={"skill": SKILL}))
    assert {point["skill"] for point in drift["points"]} == {SKILL}
    assert web.client("view").get("/v1/drift", params={"skill": "feelin"}).status_code == 404


@pytest.mark.slow
def test_skills_that_are_due_are_evolved(web: Web) -> None:
    client = web.client("run")
    job = data_of(client.post("/v1/monitor/evolve", json={"skills": [SKILL]}), 202)
    [checked] = ended(client, job)["result"]["skills"]
    assert checked["skill"] == SKILL
