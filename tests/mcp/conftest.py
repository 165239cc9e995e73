from __future__ import annotations

from tests.loop.conftest import _patient as _patient  # for tests on a busy machine
