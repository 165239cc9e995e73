"""What is said of a Ray cluster that cannot be joined; `end_to_end/test_fleet.py` has real ones."""

from __future__ import annotations

from tinyarms.models.ray.ask import not_here
from tinyarms.models.ray.pool import why_it_died


def test_a_machine_that_does_not_belong_to_the_cluster_is_told_what_to_do() -> None:
    assert not_here({"a", "b"}, {"b"}, "10.0.0.5:6379") == {}
    said = not_here({"a", "b"}, {"c"}, "10.0.0.5:6379")
    assert said["error"] == "no node of it runs on this machine"
    assert "ray start --address=10.0.0.5:6379" in said["hint"]


def test_an_actor_that_died_is_explained_in_one_line() -> None:
    missing = RuntimeError(
        "The actor died because of an error raised in its creation task, "
        "\x1b[36mray::ModelActor.__init__()\x1b[39m (pid=22947)\n"
        "ModuleNotFoundError: No module named 'tinyarms'"
    )
    assert why_it_died(missing) == "ModuleNotFoundError: No module named 'tinyarms'"
    killed = RuntimeError("The actor died unexpectedly before it answered.\n\tactor_id: 4711")
    assert why_it_died(killed) == "The actor died unexpectedly before it answered"
    assert why_it_died(KeyboardInterrupt()) == "KeyboardInterrupt"
