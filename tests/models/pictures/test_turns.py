from __future__ import annotations

import threading

from tinyarms.models.pictures.turns import Turns


def test_reading_waits_for_work_and_new_work_waits_for_reading() -> None:
    turns, told = Turns(), list[str]()
    working, may_end, waiting = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        with turns.work():
            working.set()
            may_end.wait()
            told.append("work ends")

    def read() -> None:
        waiting.set()
        with turns.read():
            told.append("read")

    def work_again() -> None:
        with turns.work():
            told.append("new work")

    threads = [threading.Thread(target=work), threading.Thread(target=read)]
    threads[0].start()
    working.wait()
    threads[1].start()
    waiting.wait()
    while not turns.has_readers:
        pass
    threads.append(threading.Thread(target=work_again))
    threads[2].start()
    may_end.set()
    for thread in threads:
        thread.join()
    assert told == ["work ends", "read", "new work"]


def test_calls_work_side_by_side() -> None:
    turns, both = Turns(), threading.Barrier(2, timeout=10)

    def work() -> None:
        with turns.work():
            both.wait()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not both.broken


def test_an_error_ends_a_turn() -> None:
    turns = Turns()
    for take in (turns.work, turns.read):
        try:
            with take():
                raise ValueError
        except ValueError:
            pass
    with turns.read():
        pass
    with turns.work():
        pass
