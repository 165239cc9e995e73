import pytest

from tests.experiments.votes import INCUMBENT, A, B, C, outcome
from tinyarms.core.errors import ExperimentError


def test_an_outcome_names_only_arms_that_were_shown() -> None:
    with pytest.raises(ExperimentError, match="arm-c"):
        outcome((A, B), picked=C)
    with pytest.raises(ExperimentError, match="arm-c"):
        outcome((A, B), picked=A, chosen=C)


def test_labels_of_arms() -> None:
    assert (INCUMBENT.label, B.label) == ("The incumbent", "Variant B")
