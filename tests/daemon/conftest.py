"""The projects of the loop's tests, for the daemon."""

from tests.loop.conftest import new_project, place, testing, testing_project

__all__ = ["new_project", "place", "testing", "testing_project"]
