"""A promotion on one machine reaches the prompt cache of another by the PostgreSQL server."""

from __future__ import annotations

import shutil
import time

import pytest

from tests.loop.place import BEGIN, SKILL, Moment, Place
from tests.postgresql import Server, new_database
from tinyarms.loop.api import TinyArms
from tinyarms.loop.housekeeping.database import copy_database
from tinyarms.loop.opening import open_project
from tinyarms.loop.serving.routing import route_task

pytestmark = pytest.mark.slow


def test_a_promotion_comes_within_a_second(testing: Place, postgresql: Server) -> None:
    here, there = testing.root, testing.root.parent / "there"
    with new_database(postgresql) as url:
        environ = {"TINYARMS_DATABASE": url}
        copy_database(url, here, {})
        shutil.copytree(here, there)
        # Its clock stands, and its files are its own: only the server can tell it.
        context = open_project(there, environ, Moment(BEGIN))
        try:
            assert route_task(context, SKILL, "t1").version.number == 1
            assert route_task(context, SKILL, "t2").asks
            time.sleep(0.5)  # it listens by now
            with TinyArms.open(here, environ) as arms:
                arms.promote(SKILL, "A")
            promoted = time.monotonic()
            while (seen := route_task(context, SKILL, "t3")).version.number == 1:
                assert time.monotonic() - promoted < 1
            assert not seen.asks
        finally:
            context.close()
