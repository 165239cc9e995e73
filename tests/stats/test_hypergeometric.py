"""The tail of the hypergeometric distribution."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom

from tinyarms.stats.hypergeometric import at_least

COUNTS = st.integers(1, 3000)


@given(total=COUNTS, data=st.data())
def test_it_is_that_of_scipy(total: int, data: st.DataObject) -> None:
    of_kind, drawn = (data.draw(st.integers(0, total)) for _ in range(2))
    fewest = data.draw(st.integers(0, total))
    usual = float(hypergeom.sf(fewest - 1, total, of_kind, drawn))
    found = at_least(fewest, total, of_kind, drawn)
    assert abs(found - usual) <= 1e-9 * usual + 1e-13


def test_what_cannot_be_is_never() -> None:
    assert at_least(3, total=10, of_kind=2, drawn=5) == 0.0
    assert at_least(1, total=10, of_kind=0, drawn=5) == 0.0


def test_what_has_to_be_is_certain() -> None:
    assert at_least(0, total=10, of_kind=2, drawn=5) == 1.0
    assert at_least(1, total=10, of_kind=8, drawn=3) == 1.0
