"""Call the tools with the official client."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tinyarms
from mcp import Client, StdioServerParameters
from tinyarms.loop.api import TinyArms
from tinyarms.mcp.server import build_server

Answer = Mapping[str, Any]


def call(arms: TinyArms, name: str, *, reads_files: bool = True, **arguments: Any) -> Answer:
    """What a tool of an open project answers."""
    return asyncio.run(_call(arms, name, reads_files, arguments))


async def _call(arms: TinyArms, name: str, reads_files: bool, arguments: Answer) -> Answer:
    async with Client(build_server(arms, reads_files=reads_files)) as client:
        result = await client.call_tool(name, dict(arguments))
    return content_of(result)


def content_of(result: Any) -> Answer:
    """The answer, which is there as text too."""
    import json

    [text] = result.content
    assert json.loads(text.text) == result.structured_content
    assert result.is_error == ("error" in result.structured_content)
    answer: Answer = result.structured_content
    return answer


def on_stdio(root: Path) -> StdioServerParameters:
    """A server process for a project, on stdio."""
    source = str(Path(tinyarms.__file__).parents[1])
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "tinyarms", "mcp"],
        cwd=str(root),
        env={**os.environ, "PYTHONPATH": source},
    )
