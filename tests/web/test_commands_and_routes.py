"""What the command line does is done over HTTP too, or a reason says why not."""

from __future__ import annotations

from collections.abc import Iterator

import click

from tests.web.conftest import Web
from tinyarms.cli.command_or_group import CommandOrGroup
from tinyarms.cli.main import cli
from tinyarms.web.security.access import routes_of

ROUTES: dict[str, tuple[str, ...]] = {
    "skill add": ("POST /v1/skills",),
    "doctor": ("POST /v1/doctor",),
    "config show": ("GET /v1/settings",),
    "run": ("POST /v1/tasks",),
    "feedback": ("POST /v1/tasks/{task_id}/feedback",),
    "examples check": ("GET /v1/skills/{skill}/examples/check",),
    "examples add": ("POST /v1/skills/{skill}/examples",),
    "examples show": ("GET /v1/skills/{skill}/examples",),
    "examples split": (
        "GET /v1/skills/{skill}/examples/splits",
        "PUT /v1/skills/{skill}/examples/splits",
    ),
    "examples review": (
        "GET /v1/skills/{skill}/examples/collected",
        "POST /v1/skills/{skill}/examples/review",
    ),
    "examples export": ("GET /v1/skills/{skill}/export/{format}",),
    "import": ("POST /v1/import",),
    "export": ("GET /v1/skills/{skill}/export/{format}",),
    "monitor": ("POST /v1/monitor/check", "POST /v1/monitor/evolve"),
    "monitor status": ("GET /v1/monitor",),
    "prompt stats": ("GET /v1/skills/{skill}/stats", "GET /v1/skills/{skill}/failures"),
    "prompt results": ("GET /v1/skills/{skill}/results",),
    "prompt history": ("GET /v1/skills/{skill}/history",),
    "prompt show": ("GET /v1/skills/{skill}/prompt", "POST /v1/skills/{skill}/recall"),
    "prompt diff": ("GET /v1/skills/{skill}/diff",),
    "eval": ("POST /v1/skills/{skill}/evaluate", "POST /v1/skills/{skill}/compare"),
    "check": ("POST /v1/check",),
    "prompt evolve": ("POST /v1/skills/{skill}/evolve", "POST /v1/skills/{skill}/estimate"),
    "prompt create": ("POST /v1/skills/{skill}/variants",),
    "prompt simulate": ("POST /v1/skills/{skill}/forecast",),
    "prompt vote": ("GET /v1/ballot", "POST /v1/ballots/{ballot_id}/vote", "POST /v1/snooze"),
    "prompt cancel": ("POST /v1/skills/{skill}/cancel",),
    "prompt review": ("GET /v1/reviews",),
    "prompt approve": ("POST /v1/skills/{skill}/review",),
    "prompt refuse": ("POST /v1/skills/{skill}/review",),
    "prompt propose": ("GET /v1/skills/{skill}/patch",),
    "drift": ("GET /v1/drift",),
    "prompt promote": ("POST /v1/skills/{skill}/promote",),
    "prompt refresh": ("POST /v1/skills/{skill}/refresh",),
    "prompt rollback": ("POST /v1/skills/{skill}/rollback",),
    "prompt reset": ("POST /v1/skills/{skill}/reset",),
    "db prune": ("POST /v1/prune",),
    "forget": ("POST /v1/forget",),
}
"""Command → the routes that do the same."""

OF_THE_MACHINE = "it is about the machine of the service: programs, weights or files there"
DATABASE = "it moves or repairs the database, which the service has open"
WHO_MAY = "who may use the service is decided at the shell, so that no token makes another"
DOOR = "it is or begins another door"
REASONS: dict[str, str] = {
    "init": "the service has one project, which is there",
    "model list": OF_THE_MACHINE,
    "model pull": OF_THE_MACHINE,
    "model tune": OF_THE_MACHINE,
    "config schemas": OF_THE_MACHINE,
    "completion": OF_THE_MACHINE,
    "demo": OF_THE_MACHINE,
    "monitor install": OF_THE_MACHINE,
    "monitor uninstall": OF_THE_MACHINE,
    "agent-skill": OF_THE_MACHINE,
    "serve": DOOR,
    "mcp": DOOR,
    "serve token add": WHO_MAY,
    "serve token list": WHO_MAY,
    "serve token revoke": WHO_MAY,
    "db backup": DATABASE,
    "db check": DATABASE,
    "db copy": DATABASE,
    "db restore": DATABASE,
    "db upgrade": DATABASE,
}
"""Command → why no route does it."""


def commands(command: click.Command, name: str = "") -> Iterator[str]:
    """The commands below one that do something, as they are typed."""
    group = command.group if isinstance(command, CommandOrGroup) else command
    if name and (group is not command or not isinstance(command, click.Group)):
        yield name
    if isinstance(group, click.Group):
        context = click.Context(group)
        for below in group.list_commands(context):
            found = group.get_command(context, below)
            assert found is not None
            yield from commands(found, f"{name} {below}".strip())


def test_every_command_has_its_routes_or_a_reason() -> None:
    named = set(commands(cli))
    assert {"prompt vote", "serve token add", "monitor", "monitor status"} <= named
    assert not ROUTES.keys() & REASONS.keys()
    assert named == ROUTES.keys() | REASONS.keys()


def test_the_routes_are_those_of_the_app(web: Web) -> None:
    there = {
        f"{method} {route.path_format}"
        for route in routes_of(web.app)
        for method in (route.methods or ())
    }
    assert {route for routes in ROUTES.values() for route in routes} <= there
