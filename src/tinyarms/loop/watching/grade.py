"""Let a skill's judge grade the output of one task."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from tinyarms.core.errors import (
    BadReply,
    CheckTimeout,
    ContractViolation,
    ModelError,
    ModelRejected,
    NotScored,
)
from tinyarms.core.prices import Price
from tinyarms.core.privacy.masking import mask
from tinyarms.core.settings import Online
from tinyarms.core.text import one_line, shorten, storable
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.grading import graded, reasoned_grade_request
from tinyarms.models.base import as_sent_by
from tinyarms.skills.contract import JsonSchema
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelReply, ModelRequest, ask, masked_request
from tinyarms.skills.request_size import most_prompt_tokens
from tinyarms.skills.scorers import Grade, score_of
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import GradeRecord, TaskRecord

_REASON_CHARACTERS = 300
"""Most characters of a stored reason. Higher: people read more of each."""


class NoMoney(Exception):
    """The next call could cost more than is left for today."""


@dataclass(frozen=True)
class Grader:
    """The judge of a skill's live tasks."""

    context: Context
    skill: Skill
    online: Online

    def grade(self, task: TaskRecord, sampled: bool, dollars_left: float | None) -> GradeRecord:
        """The grade of a task's output, or why this output can have none.

        An output that broke the contract has 0, and needs no judge. Raises `ModelError` if the
        judge does not answer now, `NoMoney`, and `ConfigError` if the judge cannot be used.
        """
        assert task.prompt_version is not None
        record = GradeRecord(
            task_id=task.id,
            judge=self.online.key,
            skill=task.skill,
            prompt_version=task.prompt_version,
            task_at=task.created_at,
            graded_at=self._now,
            sampled=sampled,
            score=None,
        )
        if task.output is None:
            why = self._stored(task.violation or "It broke the contract")
            return replace(record, score=0.0, reason=why, calls=0, dollars=0.0)
        dollars: float | None = 0.0
        try:
            if self.online.judge is None:
                grade = self._scored(task, task.output)
            else:
                reply, dollars = self._asked(self.online.judge, task, task.output, dollars_left)
                grade = graded(reply)
        except NotScored as error:
            return replace(record, problem=self._stored(error.message), dollars=dollars)
        except ModelError as error:
            about_it = isinstance(error, ModelRejected | BadReply) or error.concerns == "input"
            if error.concerns == "server" or not about_it:
                raise
            return replace(record, problem=self._stored(error.message))
        reason = self._stored(grade.reason) if grade.reason.strip() else None
        return replace(record, score=float(grade), reason=reason, dollars=dollars)

    @property
    def _now(self) -> datetime:
        return self.context.clock()

    def _scored(self, task: TaskRecord, output: str) -> Grade:
        schema, name = self.online.json_schema, self.online.scorer
        if schema is not None:
            try:
                JsonSchema(schema).parse(output)
            except CheckTimeout:
                raise
            except ContractViolation as error:
                return Grade(0.0, error.message)
            return Grade(1.0)
        options = {} if self.online.pattern is None else {"pattern": self.online.pattern}
        scorer = self.context.scorer(replace(self.skill, scorer=name, scorer_options=options))
        assert scorer is not None
        score = score_of(scorer, Example(task.id, task.inputs, "", "search"), output)
        return score if isinstance(score, Grade) else Grade(score)

    def _asked(
        self, judge: str, task: TaskRecord, output: str, dollars_left: float | None
    ) -> tuple[ModelReply, float | None]:
        request = masked_request(
            reasoned_grade_request(self.online.rubric, task.inputs, output),
            self.context.masks_for(judge),
        )
        model, price = self.context.model(judge), self.context.price(judge)
        if dollars_left is not None and not _pays(as_sent_by(model, request), price, dollars_left):
            raise NoMoney
        reply = ask(model, request)
        if price is None:
            return reply, None
        spent = price.of(reply.prompt_tokens, reply.completion_tokens, reply.cached_tokens)
        return reply, spent

    def _stored(self, text: str) -> str:
        kinds = self.context.project.settings.privacy.mask
        return shorten(mask(one_line(storable(text)), kinds).text, _REASON_CHARACTERS)


def _pays(request: ModelRequest, price: Price | None, dollars_left: float) -> bool:
    """Whether the call cannot cost more than is left, however long its reply."""
    if price is None:
        return False
    return price.most(most_prompt_tokens(request), request.max_tokens) <= dollars_left
