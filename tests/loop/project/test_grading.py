from __future__ import annotations

import pytest

from tinyarms.core.errors import ConfigError
from tinyarms.loop.project.grading import import_scorer
from tinyarms.skills.example import Example

NOT_A_FUNCTION = "text"


def halves(example: Example, output: str) -> float:
    return 0.5


def test_a_function_in_a_module_is_imported_as_a_scorer() -> None:
    scorer = import_scorer(f"{__name__}:halves", "skill s")
    assert scorer(Example("e", {"x": ""}, "", "test"), "anything") == 0.5


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("no_such_module:f", "cannot import the scorer no_such_module:f"),
        (f"{__name__}:no_such_function", "cannot import the scorer"),
        (":f", "cannot import the scorer :f"),
        (f"{__name__}:NOT_A_FUNCTION", "is not a function"),
    ],
)
def test_a_scorer_that_cannot_be_imported_is_a_config_error(name: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=f"^skill s: .*{complaint}"):
        import_scorer(name, "skill s")
