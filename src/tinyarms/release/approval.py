"""Whether a prompt may go into production without another yes of a person.

Where approval is required, an approval of a prompt stands until a person refuses the prompt or a
release goes back from it.
"""

from __future__ import annotations

from tinyarms.release.plan import ReleaseCause

_NEEDS_A_NEW_YES: frozenset[ReleaseCause] = frozenset({"promotion", "periodic_reset", "refresh"})
"""Steps forward that follow from evidence, examples or a setting. An earlier yes to the same prompt
does not do: since then, a person has chosen the prompt in production."""


def may_release(cause: ReleaseCause, approved: bool) -> bool:
    """Whether a release may happen where approval is required, and nobody approves it now.

    An automatic step may go back to the prompt before, if that one's approval stands. What a person
    asks for needs an approval of exactly that prompt. `approved`: whether one stands.

    Examples
    --------
    >>> from tinyarms.release.approval import may_release
    >>> may_release("rollback", approved=True), may_release("rollback", approved=False)
    (True, False)
    >>> may_release("promotion", approved=True)
    False
    """
    return approved and cause not in _NEEDS_A_NEW_YES
