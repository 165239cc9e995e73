"""The doors for programs, pages and agents, asked as their clients ask them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from fastapi.testclient import TestClient

from mcp import Client
from tinyarms.core.roles import Role
from tinyarms.core.settings import Server
from tinyarms.loop.api import TinyArms
from tinyarms.mcp.server import build_server
from tinyarms.web.app import make_app
from tinyarms.web.security.caller import Caller
from tinyarms.web.settings import WebSettings

Door = Literal["rest", "page"]
_JOB_S = 60.0
"""Seconds that a job may take."""


@dataclass
class Remote:
    """The doors of a process that has the project open."""

    arms: TinyArms

    @cached_property
    def _app(self) -> Any:
        return make_app(self.arms, WebSettings(server=Server(requests_per_s=1e6)))

    def rest(self, path: str, body: Mapping[str, Any], role: Role = "release") -> int:
        """Send a request to `/v1` with a token, and wait for its job; its status."""
        token = self.arms.add_token(role, role).token
        headers = {"authorization": f"Bearer {token}"}
        client = TestClient(self._app, "http://127.0.0.1:8765", headers=headers)
        answer = client.post(f"/v1{path}", json=dict(body))
        self._end_jobs()
        return answer.status_code

    def page(self, path: str, form: Mapping[str, str], role: Role = "release") -> int:
        """Send a form as the pages do, from a session of this role; its status."""
        sessions = self._app.state.service.sessions
        headers = {"origin": "http://127.0.0.1:8765", "accept": "text/html"}
        client = TestClient(
            self._app, "http://127.0.0.1:8765", headers=headers, follow_redirects=False
        )
        client.get(f"/sign-in/{sessions.new_code(Caller(role, None, 'owner'))}")
        answer = client.post(path, data=dict(form))
        self._end_jobs()
        return answer.status_code

    def decide(self, door: Door, skill: str, what: str, form: Mapping[str, str]) -> bool:
        """Let somebody who may release decide; whether it was done."""
        if door == "page":
            return self.page(f"/skills/{skill}/{what}", form) == 303
        if what in ("approve", "refuse"):
            return self.rest(f"/skills/{skill}/review", {"answer": what, **form}) == 200
        body = {key: int(value) if key == "to" else value for key, value in form.items()}
        return self.rest(f"/skills/{skill}/{what}", body) == 200

    def agent(self, tool: str, arguments: Mapping[str, Any]) -> Any:
        """What a tool of the agents' door answers."""

        async def asked() -> Any:
            async with Client(build_server(self.arms, reads_files=True)) as client:
                return await client.call_tool(tool, dict(arguments))

        return asyncio.run(asked()).structured_content

    def _end_jobs(self) -> None:
        for job in self._app.state.service.jobs.all():
            job.wait(_JOB_S)
            assert job.state != "running", job.what
