"""An agent is told which file of the project is wrong, and not where the project lies."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mcp import Client
from tests.loop.conftest import make_new_project
from tests.loop.place import SKILL, Place
from tests.web.test_file_names import WRONG
from tinyarms.loop.api import TinyArms
from tinyarms.mcp.catalog import TOOLS
from tinyarms.mcp.server import build_server

pytestmark = pytest.mark.slow

GIVEN = {
    "inputs": {"text": "comment 1"},
    "task_id": "x",
    "success": True,
    "prompts": ["Good or bad, please?"],
    "examples": [{"inputs": {"text": "new"}, "expected": "good"}],
    "content": "text,label\na,good\n",
}


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_new_project(tmp_path_factory.mktemp("mcp-names"))


@pytest.mark.parametrize("wrong", [each for each in WRONG if each != "tokens"])
@pytest.mark.parametrize("reads_files", [True, False])
def test_no_tool_says_where_the_project_lies(
    project: Path, tmp_path: Path, wrong: str, reads_files: bool
) -> None:
    root = Path(shutil.copytree(project, tmp_path / "project"))
    spoil, file = WRONG[wrong]
    with TinyArms.open(root, {}, Place(root).moment) as arms:
        spoil(root)
        answers = asyncio.run(answers_of(arms, reads_files))
    assert set(answers) == set(TOOLS)
    said = json.dumps(answers)
    assert str(root) not in said
    assert file in said, "No answer tells what is wrong."


async def answers_of(arms: TinyArms, reads_files: bool) -> dict[str, Any]:
    found = {}
    async with Client(build_server(arms, reads_files=reads_files)) as client:
        for tool in (await client.list_tools()).tools:
            names = tool.input_schema["properties"]
            given = {name: GIVEN[name] for name in names if name in GIVEN}
            given |= {"skill": SKILL} if "skill" in names else {}
            result = await client.call_tool(tool.name, given)
            found[tool.name] = result.structured_content
    return found
