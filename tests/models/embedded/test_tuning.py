from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tinyarms.core.errors import ModelUnavailable
from tinyarms.models.embedded import tuning
from tinyarms.models.embedded.tuning import Measured, Tuning, calibrate, thread_choices
from tinyarms.skills.execution import ModelReply, ModelRequest


class Clock:
    """Time that only the calls make pass."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Machine:
    """Answers `rates[threads, slots]` calls a second, all slots together."""

    def __init__(self, rates: dict[tuple[int, int], float]) -> None:
        self.rates = rates
        self.clock = Clock()
        self.tried: list[tuple[int, int]] = []
        self.open = 0
        self._lock = threading.Lock()

    def start(self, threads: int, slots: int) -> Machine:
        self.tried.append((threads, slots))
        self.open += 1
        return self

    def complete(self, request: ModelRequest) -> ModelReply:
        rate = self.rates[self.tried[-1]]
        with self._lock:
            self.clock.now += 1 / rate
        slots = self.tried[-1][1]
        ms = 1000 * slots / rate
        return ModelReply("positive", 60, 2, ms, 40, prompt_ms=0.8 * ms, generation_ms=0.2 * ms)

    def close(self) -> None:
        self.open -= 1

    def calibrate(self, cores: int) -> Tuning:
        return calibrate(self.start, cores, now=self.clock)


def test_threads_in_rising_order_with_all_and_all_but_one() -> None:
    assert [list(thread_choices(n)) for n in (1, 2, 4, 6)] == [
        [1],
        [1, 2],
        [1, 2, 3, 4],
        [1, 2, 4, 5, 6],
    ]


def test_two_cores_are_both_used_where_that_helps() -> None:
    machine = Machine({(1, 1): 3.6, (2, 1): 6.9, (2, 2): 7.5, (2, 4): 7.9})
    found = machine.calibrate(2)
    assert (found.chosen.threads, found.chosen.slots) == (2, 1)
    assert machine.tried == [(1, 1), (2, 1), (2, 2), (2, 4)]
    assert machine.open == 0
    assert found.chosen.calls_per_second == pytest.approx(6.9, rel=0.1)
    assert found.chosen.prompt_per_second == pytest.approx(20 * 6.9 / 0.8)
    assert found.chosen.generation_per_second == pytest.approx(2 * 6.9 / 0.2)


def test_the_last_core_and_more_slots_have_to_bring_a_quarter() -> None:
    rates = {(1, 1): 2.0, (2, 1): 4.0, (3, 1): 5.5, (4, 1): 6.5, (3, 2): 6.5, (3, 4): 8.0}
    chosen = Machine(rates).calibrate(4).chosen
    assert (chosen.threads, chosen.slots) == (3, 4)
    worth_it = Machine({**rates, (4, 1): 7.5, (4, 2): 7.5, (4, 4): 9.0}).calibrate(4).chosen
    assert (worth_it.threads, worth_it.slots) == (4, 1)


def test_it_stops_when_more_threads_bring_nothing() -> None:
    rates = {(n, 1): 5.0 for n in (1, 2, 4, 8, 16, 31, 32)} | {(1, 2): 5.0, (1, 4): 5.0}
    machine = Machine(rates)
    assert machine.calibrate(32).chosen.threads == 1
    assert machine.tried == [(1, 1), (2, 1), (4, 1), (1, 2), (1, 4)]


def test_a_model_that_fails_is_closed() -> None:
    machine = Machine({})
    with pytest.raises(KeyError):
        machine.calibrate(2)
    assert machine.open == 0


def test_what_was_measured_on_a_busy_machine_is_told_apart() -> None:
    # Measured so on two cores that were both taken by other programs.
    busy = Machine({(1, 1): 6.8, (2, 1): 0.2, (1, 2): 6.8, (1, 4): 6.9}).calibrate(2)
    assert busy.disturbed
    assert busy.chosen.threads == 1
    assert not Machine({(1, 1): 6.8, (2, 1): 5.0, (1, 2): 6.8, (1, 4): 4.0}).calibrate(2).disturbed


ONE = Measured(1, 1, 3.6, 200.0, 60.0)
TWO = Measured(2, 1, 6.9, 400.0, 100.0)


def test_stored_beside_the_weights_and_found_again(tmp_path: Path) -> None:
    weights, others = tmp_path / "a.gguf", tmp_path / "b.gguf"
    assert tuning.stored(weights) is None
    tuning.store(weights, Tuning(TWO, (ONE, TWO)))
    tuning.store(others, Tuning(ONE, (ONE,)))
    assert tuning.stored(weights) == Tuning(TWO, (ONE, TWO))
    assert tuning.stored(others) == Tuning(ONE, (ONE,))
    (key, _) = json.loads((tmp_path / tuning.FILE).read_text())
    assert "a.gguf" in key
    assert f"x{len(tuning.usable_cpus())}" in key
    assert "xllamacpp" in key
    assert [path.name for path in tmp_path.iterdir()] == [tuning.FILE]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"KEY": {}}', '{"KEY": 3}'])
def test_a_broken_file_counts_as_none(tmp_path: Path, text: str) -> None:
    weights = tmp_path / "a.gguf"
    tuning.store(weights, Tuning(ONE, (ONE,)))
    path = tmp_path / tuning.FILE
    (key,) = json.loads(path.read_text())
    path.write_text(text.replace("KEY", key))
    assert tuning.stored(weights) is None
    tuning.store(weights, Tuning(TWO, (TWO,)))
    assert tuning.stored(weights) == Tuning(TWO, (TWO,))


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match="TINYARMS_MODELS"):
        tuning.store(tmp_path / "nowhere" / "a.gguf", Tuning(ONE, (ONE,)))


def test_figures_of_what_was_not_measured_go_by_threads() -> None:
    found = Tuning(replace(TWO, threads=4), (replace(TWO, threads=4), ONE))
    assert found.of(1, 1) is ONE
    assert found.of(2, 1).prompt_per_second == 200.0
    assert found.of(8, 1).prompt_per_second == 400.0
