"""`deploy/compose.yaml`, as far as it can be checked without Docker."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from click.testing import CliRunner
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from ruamel.yaml import YAML

from tests.loop.place import SKILL
from tests.web.conftest import Web
from tinyarms.cli.main import cli
from tinyarms.core.ending import LONGEST_S

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


def test_what_one_part_needs_of_another_is_there(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for other in service.get("depends_on", {}):
            assert "healthcheck" in services[other], (name, other)
    words = services["service"]["command"]
    port = words[words.index("--port") + 1]
    assert services["service"]["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f":{port}/" in services["service"]["healthcheck"]["test"][-1]
    given = services["service"]["environment"]["TINYARMS_DATABASE"]
    address = urlsplit(re.sub(r"\$\{[^}]*\}", "secret", given))
    database = services["database"]["environment"]
    assert address.hostname in services
    assert (address.username, address.path) == (
        database["POSTGRES_USER"],
        f"/{database['POSTGRES_DB']}",
    )


def test_its_environment_is_what_the_program_reads(
    services: dict[str, Any], new_web_project: Path, tmp_path: Path
) -> None:
    """The project's folder and the database: with a file in place of the server."""
    root = shutil.copytree(new_web_project, tmp_path / "project")
    given = {"TINYARMS_HOME": str(root), "TINYARMS_DATABASE": str(tmp_path / "other.db")}
    for name in ("service", "daemon"):
        assert services[name]["environment"].keys() == given.keys()
        assert (
            f"project:{services[name]['environment']['TINYARMS_HOME']}"
            in (services[name]["volumes"])
        )
    done = CliRunner().invoke(cli, ["serve", "token", "list"], env=given)
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(cli, ["prompt", "stats", SKILL], env=given)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "other.db").is_file()


def test_parts_are_killed_after_they_would_have_ended(services: dict[str, Any]) -> None:
    for name in ("service", "daemon"):
        seconds = re.fullmatch(r"(\d+)s", services[name]["stop_grace_period"])
        assert seconds is not None and int(seconds[1]) >= LONGEST_S


def test_the_image_is_built_of_what_is_there() -> None:
    lines = (ROOT / "deploy/Dockerfile").read_text()
    [extras] = re.findall(r"/source\[([\w,]+)\]", lines)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert set(extras.split(",")) <= set(project["optional-dependencies"])
    assert {"postgres", "server"} <= set(extras.split(","))
    [version] = re.findall(r"FROM python:([\d.]+)-slim", lines)
    assert Version(version) in SpecifierSet(project["requires-python"])
    program, *words = json.loads(lines.partition("CMD ")[2])
    assert program in project["scripts"]
    assert CliRunner().invoke(cli, [*words, "--help"]).exit_code == 0
    folders = re.findall(r"WORKDIR (\S+)", lines)
    assert all(f"mkdir {folder} && chown arms {folder}" in lines for folder in folders)


def test_the_commands_of_the_page_are_of_this_file(services: dict[str, Any]) -> None:
    page = (ROOT / "docs/service.md").read_text()
    asked = re.findall(r"docker compose -f (\S+) (?:run --rm|exec) (\w+) tinyarms (.+)", page)
    assert len(asked) == 2
    for file, service, words in asked:
        assert (ROOT / file).is_file() and service in services
        assert CliRunner().invoke(cli, [*words.split(), "--help"]).exit_code == 0


def test_its_health_check_is_a_route_that_everybody_may_ask(
    services: dict[str, Any], web: Web
) -> None:
    [address] = re.findall(r"http://\S+?(?=')", services["service"]["healthcheck"]["test"][-1])
    assert web.client(host="127.0.0.1:8765").get(address).status_code == 200
