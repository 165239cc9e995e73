from __future__ import annotations

import inspect

from tinyarms.core import errors
from tinyarms.core.errors import ModelError, ModelTimeout, NewerSchema, TinyArmsError, UsageError


def test_an_error_says_what_happened_and_what_to_do() -> None:
    error = UsageError("There is no skill 'x'.", "Did you mean y?")
    assert (error.message, error.hint) == ("There is no skill 'x'.", "Did you mean y?")
    assert str(error) == "There is no skill 'x'. Did you mean y?"
    assert str(UsageError("Plain.")) == "Plain."


def test_all_errors_stand_in_one_tree() -> None:
    found = [each for _, each in inspect.getmembers(errors, inspect.isclass)]
    assert len(found) > 10
    assert all(issubclass(each, TinyArmsError) for each in found)
    assert issubclass(ModelTimeout, ModelError)


def test_only_what_no_new_start_mends_ends_with_2() -> None:
    found = [each for _, each in inspect.getmembers(errors, inspect.isclass)]
    lasting = (UsageError, NewerSchema)
    assert {each.exit_code for each in found if issubclass(each, lasting)} == {2}
    assert {each.exit_code for each in found if not issubclass(each, lasting)} == {1}
