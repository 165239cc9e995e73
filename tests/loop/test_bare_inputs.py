"""Inputs without their names are refused at the door."""

from __future__ import annotations

from typing import Any

import pytest

from tests.loop.place import SKILL, Place, text
from tinyarms.core.errors import UsageError
from tinyarms.loop.api.facade import TinyArms


@pytest.mark.slow
@pytest.mark.parametrize("bare", ["a text", b"bytes", ["a", "b"], 3])
def test_a_value_without_its_name_is_refused(place: Place, bare: Any) -> None:
    arms = TinyArms(place.open())
    with pytest.raises(UsageError, match="not names with their values") as caught:
        arms.run(SKILL, bare)
    assert "text" in caught.value.hint


@pytest.mark.slow
def test_inputs_come_in_a_mapping_by_name_or_both(place: Place) -> None:
    arms = TinyArms(place.open())
    one, other = arms.run(SKILL, {"text": text(1)}), arms.run(SKILL, {"text": "no"}, text=text(1))
    assert one.output == other.output == arms.run(SKILL, text=text(1)).output
