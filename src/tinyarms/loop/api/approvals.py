"""What waits for a person in an open project, and the person's answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tinyarms.loop.api.courses import Courses

if TYPE_CHECKING:
    from tinyarms.loop.approving.view import PatchView, RefusedView, ReviewView
    from tinyarms.loop.housekeeping.drift import DriftView
    from tinyarms.loop.releasing.restore import Promotion


class Approvals(Courses):
    """The methods about proposals. They raise `UsageError` for an unknown skill."""

    def review(self, skill: str | None = None) -> list[ReviewView]:
        """The prompts that wait for a person to approve or refuse them, of one skill or of all."""
        from tinyarms.loop.approving.waiting import waiting

        return waiting(self._context, None if skill is None else [skill])

    def propose(self, skill: str, proposal: str | None = None) -> PatchView:
        """A proposal as a patch that can be reviewed in Git, with its evidence.

        `proposal`: as for `approve`. Nothing is changed.
        """
        from tinyarms.loop.approving.patch import propose

        return propose(self._context, skill, proposal)

    def drift(self, skills: Sequence[str] = ()) -> DriftView:
        """Where Git, the project's files and the database disagree. Changes nothing.

        `skills`: by default all.
        """
        from tinyarms.loop.housekeeping.drift import drift

        return drift(self._context, skills)

    def approve(
        self,
        skill: str,
        proposal: str | None = None,
        *,
        user: str | None = None,
        vouched: bool = False,
    ) -> Promotion:
        """Say yes to a prompt as a person who may release: it goes into production at once.

        `proposal`: the id of one that waits, a letter for a variant of the latest session (`A`), or
        `v3` for version 3; `None`: the only one that waits. `user`: who says so, by default the
        user of the shell. `vouched`: the caller has made sure that this person may release, as a
        door does by a token. Otherwise `ApprovalRequired` is raised unless the user of this process
        owns `config.yaml`. Raises `ExperimentError` if nothing waits, `UsageError` for an unknown
        proposal, `PromptError` if its file cannot be used, and `ConflictError` if it changed or was
        refused meanwhile.
        """
        from tinyarms.loop.approving.approve import approve

        return approve(self._context, skill, proposal, user, vouched=vouched)

    def refuse(
        self,
        skill: str,
        proposal: str | None = None,
        *,
        user: str | None = None,
        vouched: bool = False,
    ) -> RefusedView:
        """Say no to a prompt that waits: the one in production stays. As `approve`."""
        from tinyarms.loop.approving.approve import refuse

        return refuse(self._context, skill, proposal, user, vouched=vouched)
