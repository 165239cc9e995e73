"""The Python API, which every door uses."""

from tinyarms.loop.api.facade import TinyArms

__all__ = ["TinyArms"]
