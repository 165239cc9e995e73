from __future__ import annotations

from tinyarms.experiments.refresh_gate import refresh_gate


def rows(n: int, *wrong: int) -> dict[str, bool]:
    return {f"e{number}": number not in wrong for number in range(n)}


def test_only_rows_that_both_answered_count() -> None:
    gate = refresh_gate(rows(120), {**rows(110, 3), "other": True})
    assert (gate.n, gate.wins, gate.losses) == (110, 0, 1)
    assert (gate.before, gate.after) == (1.0, 109 / 110)


def test_equal_answers_pass_and_lost_ones_do_not() -> None:
    assert refresh_gate(rows(100), rows(100)).passed
    refused = refresh_gate(rows(100), rows(100, 1, 2))
    assert not refused.passed
    assert "0 gained and 2 lost: p = 0.4" in refused.reason
    assert refused.reason.endswith("not passed (at most 0.05).")


def test_a_few_rows_are_no_gate() -> None:
    few = refresh_gate(rows(99), rows(99))
    assert (few.enough, few.passed) == (False, False)
    assert few.reason.endswith("too few rows for the gate, which needs 100.")
    none = refresh_gate({}, {})
    assert (none.n, none.before, none.passed) == (0, None, False)
