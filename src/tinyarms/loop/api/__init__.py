"""tinyArms from Python: what every door calls."""

from tinyarms.loop.api.facade import TinyArms

__all__ = ["TinyArms"]
