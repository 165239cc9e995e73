"""Approvals of prompts by people."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, select

from tinyarms.store.db.dialects import insert_record_or_ignore
from tinyarms.store.db.records import ApprovalRecord, Verdict
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.rows import record_of, records_of
from tinyarms.store.db.tables import approvals as table

_SWITCHES = ("switched_on", "switched_off")
# Each vote runs it while all others wait, and building a statement takes longer than running it.
_NEWEST_SWITCH = (
    select(table.c.verdict)
    .where(table.c.skill == bindparam("of"), table.c.verdict.in_(_SWITCHES))
    .order_by(table.c.sequence.desc())
    .limit(1)
)
_SAYS_YES: Sequence[Verdict] = ("approved", "switched_on")
_DECIDES: Sequence[Verdict] = (*_SAYS_YES, "refused", "taken_back")


class Approvals(Repository):
    """A ledger: rows are added, and the newest one about a prompt counts."""

    def add(self, record: ApprovalRecord) -> None:
        """Add it, unless its id exists."""
        insert_record_or_ignore(self._connection, table, record)

    def all(self, skill: str) -> list[ApprovalRecord]:
        """All rows of a skill, oldest first."""
        query = select(table).where(table.c.skill == skill).order_by(table.c.sequence)
        return records_of(ApprovalRecord, self._connection.execute(query).all())

    def is_on(self, skill: str) -> bool:
        """Whether prompts of the skill needed approval when a process last looked."""
        return self._connection.execute(_NEWEST_SWITCH, {"of": skill}).scalar() == "switched_on"

    def is_approved(self, skill: str, prompt_hash: str) -> bool:
        """Whether a person's yes to this prompt still stands."""
        newest = self._newest(skill, prompt_hash, _DECIDES)
        return newest is not None and newest.verdict in _SAYS_YES

    def newest(self, skill: str, prompt_hash: str) -> ApprovalRecord | None:
        """The newest row about a prompt, also one that says that it waits; `None`: none."""
        return self._newest(skill, prompt_hash, (*_DECIDES, "asked"))

    def waiting(self, skill: str) -> list[ApprovalRecord]:
        """The rows of the prompts in files that wait, oldest first."""
        asked = (row for row in self.all(skill) if row.verdict == "asked")
        return [row for row in asked if self.newest(skill, row.prompt_hash or "") == row]

    def _newest(
        self, skill: str, prompt_hash: str, verdicts: Sequence[Verdict]
    ) -> ApprovalRecord | None:
        query = (
            select(table)
            .where(
                table.c.skill == skill,
                table.c.prompt_hash == prompt_hash,
                table.c.verdict.in_(verdicts),
            )
            .order_by(table.c.sequence.desc())
            .limit(1)
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else record_of(ApprovalRecord, row)
