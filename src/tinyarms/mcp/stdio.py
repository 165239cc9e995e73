"""Serve the tools on stdio, until the agent's program ends the connection, or Ctrl-C."""

from __future__ import annotations

import os
import signal
from typing import Any

import anyio
import anyio.to_thread
from mcp.server.mcpserver import MCPServer

from tinyarms.loop.api import TinyArms

_INTERRUPTED = 130


def serve(server: MCPServer[Any], arms: TinyArms) -> None:
    """Serve until stdin ends. Ctrl-C and SIGTERM close the project and end the process."""
    anyio.run(_serve, server, arms)


async def _serve(server: MCPServer[Any], arms: TinyArms) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(_end_on_signal, arms)
        await server.run_stdio_async()
        group.cancel_scope.cancel()


async def _end_on_signal(arms: TinyArms) -> None:
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            await anyio.to_thread.run_sync(arms.close)
            # The thread that waits for a line of stdin cannot be ended in another way.
            os._exit(_INTERRUPTED)
