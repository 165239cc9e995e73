from __future__ import annotations

from typing import Any

import pytest

from tinyarms.core.errors import UsageError
from tinyarms.loop.serving.given_inputs import by_name


def test_inputs_come_in_a_mapping_by_name_or_both() -> None:
    assert by_name(None, {"a": "1"}) == {"a": "1"}
    assert by_name({"a": "1", "b": "2"}, {"b": "3"}) == {"a": "1", "b": "3"}


@pytest.mark.parametrize("bare", ["a text", b"bytes", ["a", "b"], 3, ""])
def test_a_value_without_its_name_is_refused(bare: Any) -> None:
    with pytest.raises(UsageError, match="not a mapping of names to values"):
        by_name(bare, {})
