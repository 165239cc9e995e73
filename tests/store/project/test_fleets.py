"""Models of `kind: ray` and models with `urls:` in config.yaml."""

from __future__ import annotations

from pathlib import Path

import pytest

from tinyarms.core.errors import ConfigError
from tinyarms.core.settings import FleetSettings
from tinyarms.loop.project.model_settings import settings_in_force, source_of_replies
from tinyarms.models.registry import is_local
from tinyarms.store.project.config import load_project

SKILL = """
skills:
  tickets:
    description: Sort tickets.
    prompt_template: skills/tickets.md
    model: used
    inputs: [text]
    output: {labels: [a, b]}
"""
SMOL = '  smol: {kind: embedded, model: "smollm2:135m"}\n'


def write(root: Path, *entries: str) -> Path:
    (root / "config.yaml").write_text("models:\n" + SMOL + "".join(entries) + SKILL)
    return root


def mistake(root: Path, *entries: str) -> str:
    project = load_project(write(root, *entries))
    return str(project.unusable["tickets"])


def test_a_fleet_has_the_settings_of_the_model_that_it_runs(tmp_path: Path) -> None:
    entry = "  used: {kind: ray, model: smol, actors: 8, num_cpus: 2}\n"
    project = load_project(write(tmp_path, entry))
    settings = settings_in_force(project, "used")
    assert isinstance(settings, FleetSettings)
    assert (settings.kind, settings.model) == ("embedded", "smollm2:135m")
    assert (settings.of_actors.threads, settings.of_actors.slots) == (2, 1)
    assert source_of_replies(project, "used", settings, {}) == "smollm2:135m"


def test_texts_leave_this_machine_for_a_cluster(tmp_path: Path) -> None:
    project = load_project(write(tmp_path, "  used: {kind: ray, model: smol}\n"))
    assert is_local(settings_in_force(project, "used"), {})
    assert not is_local(settings_in_force(project, "used", "10.0.0.5:6379"), {})


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        ("{kind: ray, model: smoll}", "there is no such model. Did you mean smol?"),
        ("{kind: ray, model: used}", "it is of `kind: ray`"),
        ("{kind: ray, model: keyed}", "needs an API key"),
        ("{kind: ray, model: smol, slots: 4}", "`slots` belongs to models.smol"),
        ("{kind: ray, model: smol, cluster: auto}", "write HOST:PORT or ray://HOST:PORT"),
        ("{kind: embedded, model: x, actors: 4}", "`actors` is only for `kind: ray`"),
        ('{kind: openai, model: x, base_url: "http://a/v1", urls: ["http://b/v1"]}', "remove one"),
        ('{kind: openai, model: x, urls: ["http://b/v1", "http://b/v1"]}', "named twice"),
        ('{kind: embedded, model: x, urls: ["http://b/v1"]}', "`urls` is only for"),
        ('{kind: openai, model: x, urls: ["b:1"]}', "is no URL"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(tmp_path: Path, entry: str, why: str) -> None:
    keyed = '  keyed: {kind: openai, model: x, base_url: "http://a/v1", api_key_env: KEY}\n'
    try:
        said = mistake(tmp_path, keyed, f"  used: {entry}\n")
    except ConfigError as error:
        said = str(error)
    assert why in said


def test_replies_of_several_servers_are_kept_when_a_server_is_replaced(tmp_path: Path) -> None:
    sources = set()
    for host in ("a", "b"):
        entry = f'  used: {{kind: openai, model: x, urls: ["http://{host}/v1", "http://c/v1"]}}\n'
        project = load_project(write(tmp_path, entry))
        sources.add(source_of_replies(project, "used", settings_in_force(project, "used"), {}))
    assert sources == {"x at models.used"}
