"""What is said of a Ray cluster that cannot be joined; `end_to_end/test_fleet.py` has real ones."""

from __future__ import annotations

from tinyarms.models.ray.ask import not_here


def test_a_machine_that_does_not_belong_to_the_cluster_is_told_what_to_do() -> None:
    assert not_here({"a", "b"}, {"b"}, "10.0.0.5:6379") == {}
    said = not_here({"a", "b"}, {"c"}, "10.0.0.5:6379")
    assert said["error"] == "this machine does not belong to it"
    assert "ray start --address=10.0.0.5:6379" in said["hint"]
