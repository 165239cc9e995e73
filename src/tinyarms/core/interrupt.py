"""Ctrl-C: whether it has been reported already, and whether it is what led to another error."""

from __future__ import annotations


class ReportedInterrupt(KeyboardInterrupt):
    """Ctrl-C after which a person has been told what is kept and how to resume."""


def interrupt_behind(error: BaseException) -> KeyboardInterrupt | None:
    """The Ctrl-C that led to this error; `None` if there was none.

    What a program does to clean up after Ctrl-C may fail too, and its error then hides the Ctrl-C.
    """
    waiting, seen = [error], set[int]()
    while waiting:
        each = waiting.pop()
        if isinstance(each, KeyboardInterrupt):
            return each
        seen.add(id(each))
        causes = (each.__cause__, each.__context__)
        waiting += [cause for cause in causes if cause is not None and id(cause) not in seen]
    return None
