"""Make an example of a user's correction, from which searches learn."""

from __future__ import annotations

import logging
from datetime import datetime

from tinyarms.core.errors import ConfigError, ExampleError
from tinyarms.core.privacy.masking import masks_in
from tinyarms.loop.project.collectable import collected_example, objection_to
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.gold_examples import GoldExamples, gold_examples
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import TaskRecord
from tinyarms.store.db.unit_of_work import UnitOfWork

_log = logging.getLogger("tinyarms")


def collect(
    context: Context,
    work: UnitOfWork,
    skill: Skill,
    task: TaskRecord,
    correction: str,
    user: str | None,
    now: datetime,
) -> str | None:
    """Store a correction as a collected example; a gold example with the same inputs stays as it
    is.

    Returns why it is not stored, and what to do about it; `None` if it is stored.

    The examples file is brought into the database first, so that its gold is there to be found.
    Private parts of the inputs are masked, as `privacy.mask` says. If the file cannot be read, a
    guard rejects the text, or the output has a private part, nothing is collected, and the log
    says so too. Raises `ContractViolation` if the skill could never answer so.
    """
    inputs, masks = dict(task.inputs), context.project.settings.privacy.mask
    example = collected_example(skill, inputs, correction, masks)
    file = _file(context, skill)
    if file.is_broken:
        return f"{skill.examples} cannot be read. Mend it, and send the correction again."
    if context.synced_examples.get(skill.name) != file.stamp:
        work.examples.sync(skill.name, file.rows, now)
    stored = work.examples.find(skill.name, example.id)
    if file.has(inputs):
        return f"{skill.examples} has the answer to these inputs. Change it there if it is wrong."
    if stored is not None and stored.origin == "gold":
        return "A person has reviewed the answer to these inputs. Another one belongs in the file."
    private, guard = objection_to(example, masks)
    if context.task_masks and not private:
        # It came before its task, and was stored masked.
        private = next(iter(masks_in(example.expected)), "")
    if not (private or guard):
        work.examples.collect(skill.name, example, user, now)
        return None
    if private:
        why = f"It has a private part ({private}). Send the right output without it."
    else:
        why = f"The guard {guard} rejects it. If it is meant so, add it to the file by hand."
    _log.warning("%s: the correction of the task %s is not collected: %s", skill.name, task.id, why)
    return why


def note_synced(context: Context, skill: str) -> None:
    """Remember that what `collect` has brought into the database is committed."""
    file = context.gold_examples.get(skill)
    if file is not None and not file.is_broken:
        context.synced_examples[skill] = file.stamp


def _file(context: Context, skill: Skill) -> GoldExamples:
    """The examples file; a broken one is logged."""
    if skill.examples is None:
        return GoldExamples(None)
    try:
        return gold_examples(context.gold_examples, context.project.root, skill, context.pictures)
    except (ExampleError, ConfigError) as error:
        _log.warning("%s: no correction is collected: %s", skill.name, error)
        return context.gold_examples[skill.name]
