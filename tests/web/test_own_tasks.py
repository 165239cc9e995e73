"""Tasks of a caller's own model are credited to the prompt that they got, and named in answers."""

from __future__ import annotations

from tests.loop.place import BETTER, SKILL, text
from tests.web.conftest import Web, data_of
from tinyarms.skills.prompt_file import format_prompt_file

TASK = {"skill": SKILL, "inputs": {"text": text(7)}}


def test_a_release_and_wrong_requests_in_between_change_no_credit(web: Web) -> None:
    application, other = web.client("application"), web.client("run", "eve")
    begun = data_of(application.post("/v1/tasks/begin", json=TASK))
    path = f"/v1/tasks/{begun['task_id']}/finish"
    (web.arms.root / "skills" / f"{SKILL}.md").write_text(format_prompt_file(BETTER))
    assert web.arms.show(SKILL).number == 2
    wrong = {"skill": SKILL, "inputs": {"tekst": "?"}, "output": "good"}
    for client in (application, other):
        assert data_of(client.post(path, json=wrong), 400)["kind"] == "usage"
    done = data_of(application.post(path, json=TASK | {"output": "good"}))
    assert done["prompt_version"] == begun["prompt_version"] == 1


def test_a_repeated_request_gets_the_headers_of_its_answer(web: Web) -> None:
    client = web.client("run", **{"idempotency-key": "one"})
    for path, name in (("/v1/tasks/begin", "x-tinyarms-task"), ("/v1/doctor", "location")):
        first, second = (client.post(path, json=TASK if "tasks" in path else None) for _ in "ab")
        assert second.headers["idempotent-replay"] == "true" and second.json() == first.json()
        assert second.headers[name] == first.headers[name]
