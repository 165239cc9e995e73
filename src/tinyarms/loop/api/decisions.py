"""What a person can decide about the prompts of an open project."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tinyarms.loop.api.questions import Questions

if TYPE_CHECKING:
    from tinyarms.loop.releasing.restore import Promotion
    from tinyarms.loop.testing.cancel import Cancelled
    from tinyarms.loop.testing.conclude import Conclusion


class Decisions(Questions):
    """The methods with which a person decides. They raise `UsageError` for an unknown skill."""

    def promote(self, skill: str, variant: str) -> Promotion:
        """Put a variant of the latest session into production by hand."""
        from tinyarms.loop.testing.review import promote

        return promote(self._context, skill, variant)

    def accept(self, skill: str) -> Promotion:
        """Put the variant that waits for a review into production."""
        from tinyarms.loop.testing.review import accept

        return accept(self._context, skill)

    def refuse(self, skill: str) -> Conclusion:
        """Keep the prompt in production; the variant that waits for a review is dropped."""
        from tinyarms.loop.testing.review import refuse

        return refuse(self._context, skill)

    def rollback(self, skill: str, to: int | None = None) -> Promotion:
        """Put an earlier text into production again."""
        from tinyarms.loop.releasing.restore import rollback

        return rollback(self._context, skill, to)

    def reset(self, skill: str) -> Promotion:
        """Put the text of version 1 into production again."""
        from tinyarms.loop.releasing.restore import reset

        return reset(self._context, skill)

    def cancel(self, skill: str) -> Cancelled:
        """Cancel the skill's open session, and take back a release that is not finished."""
        from tinyarms.loop.testing.cancel import cancel

        return cancel(self._context, skill)
