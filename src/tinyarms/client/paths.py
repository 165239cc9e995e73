"""The routes of `tinyarms serve` that the client uses. Names in them are quoted."""

from __future__ import annotations

from urllib.parse import quote

RUN = "/v1/tasks"
BALLOT = "/v1/ballot"
KEY = "Idempotency-Key"
"""The header by which the service counts a request once, however often it is sent."""


def prompt_path(skill: str) -> str:
    return f"/v1/skills/{quote(skill, safe='')}/prompt"


def feedback_path(task_id: str) -> str:
    return f"/v1/tasks/{quote(task_id, safe='')}/feedback"


def vote_path(ballot_id: str) -> str:
    return f"/v1/ballots/{quote(ballot_id, safe='')}/vote"
