"""`deploy/compose.yaml`, as far as it can be checked without Docker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from tests.web.conftest import Web
from tinyarms.cli.main import cli

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    document = YAML(typ="safe").load((ROOT / "deploy/compose.yaml").read_text())
    named = {
        volume.partition(":")[0] for s in document["services"].values() for volume in s["volumes"]
    }
    assert named == set(document["volumes"])
    found: dict[str, Any] = document["services"]
    return found


def test_it_has_the_four_parts(services: dict[str, Any]) -> None:
    assert set(services) == {"database", "service", "daemon", "model"}
    assert all("image" in service or "build" in service for service in services.values())
    images = [service["image"] for service in services.values() if "image" in service]
    assert all(re.fullmatch(r"[\w./-]+:v?\d[\w.]*", image) for image in images)
    build = services["service"]["build"]
    assert (ROOT / "deploy" / build["context"] / build["dockerfile"]).is_file()


def test_only_this_machine_reaches_it_and_no_password_is_in_it(services: dict[str, Any]) -> None:
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert ports == ["127.0.0.1:8765:8765"]
    passwords = re.findall(r"PASSWORD: (.*)", (ROOT / "deploy/compose.yaml").read_text())
    assert passwords and all(password.startswith("${") for password in passwords)


def test_the_password_goes_neither_into_git_nor_into_the_image() -> None:
    """`deploy/.env` is where the password is; the image is built of what the package needs."""
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
    lines = (ROOT / "deploy/Dockerfile.dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert let_in == {"LICENSE", "README.md", "pyproject.toml", "src"}
    assert all((ROOT / name).exists() for name in let_in)


def test_its_commands_exist(services: dict[str, Any]) -> None:
    for name in ("service", "daemon"):
        program, *words = services[name]["command"]
        assert program == "tinyarms"
        assert CliRunner().invoke(cli, [*words, "--help"]).exit_code == 0


def test_its_health_check_is_a_route_that_everybody_may_ask(
    services: dict[str, Any], web: Web
) -> None:
    [address] = re.findall(r"http://\S+?(?=')", services["service"]["healthcheck"]["test"][-1])
    assert web.client(host="127.0.0.1:8765").get(address).status_code == 200
