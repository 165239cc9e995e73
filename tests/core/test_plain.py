from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.core.plain import plain
from tinyarms.core.settings import Smollm2


@dataclass(frozen=True)
class Inner:
    at: datetime
    missing: float | None


@dataclass(frozen=True)
class Outer:
    file: Path
    inner: tuple[Inner, ...]


def test_dataclasses_times_and_paths_at_any_depth() -> None:
    moment = datetime(2024, 11, 10, 8, 0, tzinfo=UTC)
    value = {"outer": [Outer(Path("a/b"), (Inner(moment, None),))]}
    assert plain(value) == {
        "outer": [{"file": "a/b", "inner": [{"at": "2024-11-10T08:00:00Z", "missing": None}]}]
    }


def test_settings_are_mappings() -> None:
    assert plain({"smollm2": Smollm2(model="small")})["smollm2"]["model"] == "small"


@pytest.mark.parametrize("value", [1j, {1}, object(), [b"x"], Inner])
def test_other_types_have_no_json_form(value: object) -> None:
    with pytest.raises(TypeError, match="has no JSON form"):
        plain(value)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.slow
@given(_JSON)
def test_what_json_holds_already_stays_as_it_is(value: object) -> None:
    assert plain(value) == value
    assert json.loads(json.dumps(plain(value))) == value
