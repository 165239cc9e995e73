"""Find and delete the data of one person."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Select,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
    type_coerce,
    update,
)

from tinyarms.core.ids import new_id
from tinyarms.skills.example_set import inputs_key
from tinyarms.store.db.repositories.base import Repository
from tinyarms.store.db.tables import (
    ab_test_results,
    annoyance_answers,
    approvals,
    assignments,
    ballot_options,
    ballots,
    candidates,
    evaluations,
    examples,
    feedback,
    grades,
    holdback_tasks,
    model_calls,
    promotion_intents,
    prompt_versions,
    sessions,
    snoozes,
    tasks,
    unanswered_calls,
    variants,
    votes,
)

Scrub = Callable[[Any], Any]
_WITH_PROMPTS = (
    (prompt_versions, prompt_versions.c.demonstrations, prompt_versions.c.skill),
    (prompt_versions, prompt_versions.c.verbalizer, prompt_versions.c.skill),
    (candidates, candidates.c.demonstrations, candidates.c.skill_name),
    (candidates, candidates.c.verbalizer, candidates.c.skill_name),
    (promotion_intents, promotion_intents.c.plan, promotion_intents.c.skill),
    (sessions, sessions.c.search, sessions.c.skill),
    (sessions, sessions.c.findings, sessions.c.skill),
)
"""Tables with a column of prompts, and the column that names the skill."""
_OF_SESSIONS = (
    (variants, variants.c.demonstrations),
    (variants, variants.c.verbalizer),
    (model_calls, model_calls.c.reply),
)
"""The same for tables whose session names the skill."""
_NO_KEY = "forgotten"
"""Replaces the key of a call, so that its reply is never used as a later call's."""


class Persons(Repository):
    """Finds and deletes the data of a named user."""

    def inputs(self, user: str) -> list[tuple[str, Mapping[str, str]]]:
        """(skill, inputs) of the user's tasks, ballots and collected examples."""
        found: list[tuple[str, Mapping[str, str]]] = []
        for table in (tasks, ballots):
            query = select(table.c.skill, table.c.inputs).where(_is(table, user))
            found += [(row.skill, row.inputs) for row in self._rows(query)]
        taught = select(examples.c.skill, examples.c.row).where(_is(examples, user))
        return found + [(row.skill, row.row["inputs"]) for row in self._rows(taught)]

    def ids(self, user: str) -> set[str]:
        """Ids of the user's tasks, ballots, feedback and votes, as a log may contain them."""
        found: set[str] = set()
        for table in (tasks, ballots, feedback, votes):
            found |= set(self._scalars(select(table.c.id).where(_is(table, user))))
        return found

    def gold_inputs(self, skill: str) -> set[frozenset[tuple[str, str]]]:
        """`inputs_key` of the examples in the examples file."""
        written = (examples.c.skill == skill, examples.c.origin == "gold")
        query = select(examples.c.row).where(*written, examples.c.user.is_(None))
        return {inputs_key(row["inputs"]) for row in self._scalars(query)}

    def example_ids(self, skill: str, user: str, ids: Collection[str]) -> set[str]:
        """The ids of the user's examples, and those among `ids` that name no user."""
        nobody = and_(
            examples.c.user.is_(None), examples.c.origin == "collected", examples.c.id.in_(ids)
        )
        mine = or_(_is(examples, user), nobody)
        return set(self._scalars(select(examples.c.id).where(examples.c.skill == skill, mine)))

    def delete(
        self, user: str, example_ids: Mapping[str, set[str]], reply: Scrub
    ) -> dict[str, int]:
        """Delete the user's rows; returns the number of rows per table.

        `example_ids`: skill → ids of the examples to delete. Model calls about them keep their cost
        and score; `reply` replaces their text, and a random id that of the example, which is a hash
        of what the user sent.
        """
        if self._connection.dialect.name == "sqlite":
            # Overwrite deleted rows, so that the file does not keep them readable.
            self._connection.exec_driver_sql("PRAGMA secure_delete = ON")
        mine = select(tasks.c.id).where(_is(tasks, user))
        asked = select(ballots.c.id).where(or_(_is(ballots, user), ballots.c.task_id.in_(mine)))
        counts = {"evaluations": self._forget_replies(example_ids, reply)}
        open_variants = self._variants_voted_on(user, asked)
        counts["votes"] = self._delete(votes, or_(_is(votes, user), votes.c.ballot_id.in_(asked)))
        self._delete(ballot_options, ballot_options.c.ballot_id.in_(asked))
        counts["ballots"] = self._delete(ballots, ballots.c.id.in_(list(self._scalars(asked))))
        counts["feedback"] = self._delete(
            feedback, or_(_is(feedback, user), feedback.c.task_id.in_(mine))
        )
        for table in (ab_test_results, assignments, grades, holdback_tasks):
            counts[table.name] = self._delete(table, table.c.task_id.in_(mine))
        counts["examples"] = sum(
            self._delete(examples, examples.c.skill == skill, examples.c.id.in_(ids))
            for skill, ids in example_ids.items()
        )
        counts["annoyance_answers"] = self._delete(annoyance_answers, _is(annoyance_answers, user))
        counts["snoozes"] = self._delete(snoozes, _is(snoozes, user))
        # What was decided stays, without the name.
        unnamed = update(approvals).where(_is(approvals, user)).values(user=None)
        counts["approvals"] = int(self._connection.execute(unnamed).rowcount)
        counts["task_history"] = self._delete(tasks, _is(tasks, user))
        self._count_votes(open_variants)
        return counts

    def replace_texts(self, skill: str, scrub: Scrub) -> int:
        """Apply `scrub` to all prompts and replies of a skill; returns the number of changes."""
        of_skill = select(sessions.c.id).where(sessions.c.skill == skill)
        changed = 0
        for table, column, whose in _WITH_PROMPTS:
            changed += self._replace(table, column, whose == skill, scrub)
        for table, column in _OF_SESSIONS:
            changed += self._replace(table, column, table.c.session_id.in_(of_skill), scrub)
        return changed

    def _replace(self, table: Table, column: Column[Any], where: Any, scrub: Scrub) -> int:
        keys = list(table.primary_key.columns)
        found = self._rows(select(*keys, type_coerce(column, JSON).label("data")).where(where))
        changed = 0
        for row in found:
            new = scrub(row.data)
            if new != row.data:
                at = and_(*(key == row._mapping[key.name] for key in keys))
                values = {column.name: type_coerce(new, JSON)}
                self._connection.execute(update(table).where(at).values(values))
                changed += 1
        return changed

    def _forget_replies(self, example_ids: Mapping[str, set[str]], reply: Scrub) -> int:
        changed = 0
        for skill, ids in example_ids.items():
            of_skill = select(sessions.c.id).where(sessions.c.skill == skill)
            other = {id: new_id() for id in ids}
            self._rename_in_plans(skill, other)
            for table in (evaluations, unanswered_calls):
                about = and_(table.c.session_id.in_(of_skill), table.c.example_id.in_(ids))
                rows = list(self._rows(select(table).where(about)))
                for row in rows:
                    at = and_(table.c.session_id == row.session_id, table.c.ordinal == row.ordinal)
                    values: dict[str, Any] = {"key": _NO_KEY, "example_id": other[row.example_id]}
                    if table is evaluations:
                        texts = dict.fromkeys(("output", "violation", "reason"))
                        values |= {"reply": reply(row.reply), **texts}
                    self._connection.execute(update(table).where(at).values(values))
                changed += len(rows)
        return changed

    def _rename_in_plans(self, skill: str, other: Mapping[str, str]) -> None:
        """Replace ids of examples in the plans of searches. A search that is open then lacks an
        example, and starts again."""

        def renamed(plan: dict[str, Any] | None) -> dict[str, Any] | None:
            lists = {name: (plan or {}).get(name) for name in ("example_ids", "failures")}
            return plan and plan | {
                name: [other.get(id, id) for id in ids] for name, ids in lists.items() if ids
            }

        self._replace(sessions, sessions.c.search, sessions.c.skill == skill, renamed)

    def _variants_voted_on(self, user: str, asked: Select[Any]) -> list[str]:
        """Variants of open sessions that this user voted for."""
        query = (
            select(ballot_options.c.variant_id)
            .join(votes, votes.c.ballot_id == ballot_options.c.ballot_id)
            .join(variants, variants.c.id == ballot_options.c.variant_id)
            .join(sessions, sessions.c.id == variants.c.session_id)
            .where(sessions.c.completed_at.is_(None))
            .where(or_(_is(votes, user), votes.c.ballot_id.in_(asked)))
        )
        return list(self._scalars(query.distinct()))

    def _count_votes(self, variant_ids: list[str]) -> None:
        chosen = and_(
            votes.c.ballot_id == ballot_options.c.ballot_id,
            votes.c.position == ballot_options.c.position,
        )
        counted = (
            select(func.count())
            .select_from(votes.join(ballot_options, chosen))
            .where(votes.c.excluded.is_(None), ballot_options.c.variant_id == variants.c.id)
        )
        statement = update(variants).where(variants.c.id.in_(variant_ids))
        self._connection.execute(statement.values(votes=counted.scalar_subquery()))

    def _delete(self, table: Table, *where: Any) -> int:
        return int(self._connection.execute(delete(table).where(*where)).rowcount)

    def _rows(self, query: Select[Any]) -> Iterator[Any]:
        yield from self._connection.execute(query).all()

    def _scalars(self, query: Select[Any]) -> Iterator[Any]:
        yield from self._connection.execute(query).scalars()


def _is(table: Table, user: str) -> Any:
    return table.c.user == user
