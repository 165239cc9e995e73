from __future__ import annotations

import pytest

pytest.importorskip("mcp.server.mcpserver", reason="needs the extra mcp")
