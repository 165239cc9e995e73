"""The counter of `tests/trips.py` works, and a vote stays within its transactions."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from tests.trips import Recorder, measure
from tinyarms.store.db.database import open_store

MOST_RETURNS = {
    "task": 54,
    "task, the next one": 34,
    "next ballot": 95,
    "vote": 206,
    "vote that decides": 523,
    "drop: feedback": 14,
    "drop: check": 162,
    "drop: check and search": 451,
}
"""The most of each trip: two thirds of what they were before the rooms."""
TRANSACTIONS_OF_A_VOTE = 3
"""The most that an ordinary vote, which does not decide its test, may begin."""

FILES = {
    "__init__.py": "",
    "context.py": """
        def look(): pass
        """,
    "a.py": """
        from contextlib import contextmanager
        from some_package import b, context

        class Way:
            @property
            def name(self): return context.look()

        @contextmanager
        def opened():
            context.look()
            yield
            context.look()

        def walk():
            Way().name
            b.step()
            b.step()
            helper()
            with opened():
                b.step()

        def helper(): pass
        """,
    "b.py": """
        def step(): return [deeper(n) for n in range(3)]
        def deeper(n): pass
        """,
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "some_package"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(dedent(text))
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "some_package"]:
        del sys.modules[name]


@pytest.mark.slow
def test_files_hops_and_returns(package: Path) -> None:
    recorder = Recorder(package)
    with recorder.installed():
        a = importlib.import_module("some_package.a")
        with recorder.caller() as trail:
            a.walk()
        a.walk()
    count = trail.count()
    # walk and name, look, step (twice), helper and opened, look, step, look: `opened` itself is
    # not called again at the end of the `with` block.
    assert [f for n, f in enumerate(trail.files) if trail.files[n - 1 : n] != [f]] == [
        "a.py", "context.py", "b.py", "a.py", "context.py", "b.py", "context.py",
    ]  # fmt: skip
    assert (count.files, count.hops, count.returns) == (3, 6, 4)
    # a, b, a, b.
    assert count.returns_without_context == 2


@pytest.mark.slow
def test_an_import_is_no_part_of_a_trip(package: Path) -> None:
    recorder = Recorder(package)
    with recorder.installed(), recorder.caller() as trail:
        importlib.import_module("some_package.a")
    assert trail.files == []


@pytest.mark.slow
def test_transactions_are_counted_on_the_thread_that_begins_them(tmp_path: Path) -> None:
    package = importlib.import_module("tinyarms")
    recorder = Recorder(Path(package.__file__ or "").parent)
    with recorder.installed(), recorder.background() as others:
        store = open_store(tmp_path / "a.db")
        with recorder.caller() as trail:
            for _ in range(3):
                with store.read() as work:
                    work.intents.pending()
            for _ in range(2):
                with store.unit_of_work():
                    pass
            with store._engine.connect() as connection, connection.begin():
                pass
            store.write_soon(lambda work: None)
        store.close()
    count = trail.count()
    assert (count.reads, count.writes, count.others, count.transactions) == (3, 2, 1, 6)
    [writer] = others.values()
    assert (writer.count().transactions, writer.count().others) == (1, 1)


@pytest.mark.slow
def test_a_trip_returns_a_third_less_often_than_before_the_rooms(tmp_path: Path) -> None:
    returns = {name: count.returns for name, count in measure(tmp_path / "1").items()}
    # A lease or a thread that is due meanwhile is no part of a trip: the least of three counts.
    for again in ("2", "3"):
        if all(returns[name] <= most for name, most in MOST_RETURNS.items()):
            break
        for name, count in measure(tmp_path / again).items():
            returns[name] = min(returns.get(name, count.returns), count.returns)
    # The threads that watch the writer, and the spool on a busy machine, stay in their files.
    assert min(n for name, n in returns.items() if not name.endswith(("keeper", "returns"))) > 0
    assert {name for name, most in MOST_RETURNS.items() if returns[name] > most} == set()


@pytest.mark.slow
def test_the_transactions_of_a_vote(tmp_path: Path) -> None:
    counts = measure(tmp_path, ["vote"])
    vote, deciding = counts["vote"], counts["vote that decides"]
    assert 1 <= vote.transactions <= TRANSACTIONS_OF_A_VOTE
    assert vote.writes >= 1
    assert vote.others == deciding.others == 0
    assert vote.transactions < deciding.transactions


@pytest.mark.slow
def test_the_returns_of_a_check(tmp_path: Path) -> None:
    check = measure(tmp_path, ["drop"])["drop: check"]
    assert 0 < check.returns <= MOST_RETURNS["drop: check"]
    assert check.writes == check.others == 0
