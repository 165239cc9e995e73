"""Earlier rows are found in memory, in the table, and where the filter cannot tell keys apart."""

import pytest

from tinyarms.store import seen_rows as module
from tinyarms.store.seen_rows import Earlier, Seen


@pytest.mark.parametrize(("filter_bytes", "together"), [(1, 3), (7, 1), (1 << 16, 50), (5, 1000)])
def test_every_repeated_row_and_id_is_found(
    monkeypatch: pytest.MonkeyPatch, filter_bytes: int, together: int
) -> None:
    monkeypatch.setattr(module, "_FILTER_BYTES", filter_bytes)
    monkeypatch.setattr(module, "_WRITTEN_TOGETHER", together)
    with Seen() as seen:
        for n in range(200):
            assert seen.add({"text": f"text {n}"}, ("yes",), f"line {n}") is None
            assert seen.add_id(f"id {n}") == "new"
            back = n * 7 % (n + 1)  # one that came long ago, or just now
            found = seen.add({"text": f" text {back} "}, ("yes",), "later")
            assert found == Earlier(f"line {back}", is_same=True)
            other = seen.add({"text": f"text {back}"}, (f"no {n}",), f"other {n}")
            assert other == Earlier(f"line {back}", is_same=False)
            again = seen.add({"text": f"text {back}"}, (f"no {n}",), "later")
            assert again == Earlier(f"other {n}", is_same=True)
            assert seen.add_id(f"id {back}") == "used"
