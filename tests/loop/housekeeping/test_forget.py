"""One user's data are deleted: no byte remains, and the other data stay consistent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.loop.place import BETTER, LABELS, SKILL, V1, Place, text
from tests.loop.steps import ask, begin, create, letter_of
from tinyarms.core.errors import ConflictError, UsageError
from tinyarms.loop.housekeeping.database_check import check_database
from tinyarms.loop.housekeeping.forget import Forgotten, forget
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.reporting.results import results
from tinyarms.loop.reporting.stats import stats
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.tasks import task
from tinyarms.loop.testing.annoyance import note_annoyance
from tinyarms.loop.testing.asking import snooze
from tinyarms.loop.testing.review import promote
from tinyarms.loop.testing.votes import vote
from tinyarms.memory.memory import Memory
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Demonstration, Prompt
from tinyarms.skills.verbalizer import Verbalizer, key_of

ANNA = "anna-k"
SECRET = "my neighbour Zebulon sings in the bath each night"
"""What Anna sent: it may stand nowhere afterwards."""


def served(context: Context, user: str, content: str, task_id: str) -> None:
    with task(context, SKILL, task_id=task_id, user=user) as running:
        running.finish({"text": content}, "good")


def taught(place: Place) -> Context:
    """Anna and Ben each have a task, feedback and an example; the prompt shows both examples."""
    context = place.open()
    served(context, ANNA, SECRET, "anna-task")
    served(context, "ben", "It rained all day.", "ben-task")
    feedback(context, "anna-task", correction="bad", user=ANNA)
    feedback(context, "ben-task", correction="bad", user="ben")
    shown = Prompt(
        BETTER.text,
        (
            Demonstration({"text": SECRET}, "bad"),
            Demonstration({"text": "It rained all day."}, "bad"),
        ),
    )
    place.prompt_file("skills/feeling.md", shown)
    assert active_version(context, SKILL).prompt == shown
    return context


def examples_of(context: Context) -> list[Example]:
    with context.store.read() as work:
        return work.examples.all(SKILL)


def everything(root: Path) -> bytes:
    files = (path for path in root.rglob("*") if path.is_file() and path.name != "replies.jsonl")
    return b"\n".join(path.read_bytes() for path in files)


@pytest.mark.slow
def test_nothing_of_the_person_stays_and_nobody_else_loses_anything(place: Place) -> None:
    context = taught(place)
    before = active_version(context, SKILL)
    snooze(context, ANNA)
    note_annoyance(context, True, user=ANNA)
    [example] = [e for e in examples_of(context) if e.inputs["text"] == SECRET]
    (place.root / "tinyarms.log").write_text(
        '{"task": "anna-task", "event": "x"}\n{"user": "anna-k"}\n{"user": "anna-karin"}\n'
        f'{{"example": "{example.id}"}}\n'
    )
    (place.root / "tinyarms.log").chmod(0o600)
    (place.root / "old.db").write_text("a backup")
    skill = context.skill(SKILL).skill
    memory = Memory.of(examples_of(context), LABELS)
    context.memories.keep(skill, memory)
    assert SECRET in {
        row.inputs["text"] for row in context.memories.of(skill, memory.snapshot).examples
    }
    done = forget(context, ANNA)
    assert done.deleted["task_history"] == done.deleted["feedback"] == 1
    assert done.deleted["examples"] == done.deleted["memories"] == 1
    remade = context.memories.of(skill, memory.snapshot)
    assert remade.examples
    assert SECRET not in {row.inputs["text"] for row in remade.examples}
    assert done.deleted["snoozes"] == done.deleted["annoyance_answers"] == 1
    assert done.files_changed == (before.path,)
    assert done.log_lines == 3
    assert any("old.db" in line for line in done.left)
    after = active_version(context, SKILL)
    assert after.number == before.number
    assert after.prompt.demonstrations == (
        Demonstration({"text": "[forgotten]"}, "bad"),
        Demonstration({"text": "It rained all day."}, "bad"),
    )
    with context.store.read() as work:
        assert work.tasks.get("anna-task") is None
        assert work.tasks.get("ben-task") is not None
    assert {"text": "It rained all day."} in [e.inputs for e in examples_of(context)]
    assert stats(context, SKILL).skill == SKILL
    place.close()
    left = everything(place.root)
    assert SECRET.encode() not in left
    assert b"anna-karin" in left
    left = left.replace(b"anna-karin", b"")
    assert b"anna-k" not in left and b"anna-task" not in left
    assert example.id.encode() not in left
    assert check_database(place.root, {}).ok


@pytest.mark.slow
def test_a_dry_run_counts_the_same_and_changes_nothing(place: Place) -> None:
    context = taught(place)
    log = place.root / "tinyarms.log"
    log.write_text('{"task": "anna-task"}\n')
    counted = forget(context, ANNA, dry_run=True)
    assert log.read_text() == '{"task": "anna-task"}\n'
    assert SECRET in (place.root / active_version(context, SKILL).path).read_text()
    done = forget(context, ANNA)
    assert Forgotten(**{**vars(done), "dry_run": True}) == counted
    again = forget(context, ANNA)
    assert (again.rows, again.prompts_changed, again.log_lines) == (0, 0, 0)


@pytest.mark.slow
def test_a_text_of_a_gold_example_is_the_projects_own(place: Place) -> None:
    context = place.open()
    context.examples(context.skill(SKILL).skill)
    own = text(250)
    served(context, ANNA, own, "anna-task")
    place.prompt_file("skills/feeling.md", Prompt(V1.text, (Demonstration({"text": own}, "good"),)))
    prompt = active_version(context, SKILL).prompt
    done = forget(context, ANNA)
    assert done.deleted["task_history"] == 1
    assert done.prompts_changed == 0
    assert active_version(context, SKILL).prompt == prompt


def test_a_user_needs_a_name(place: Place) -> None:
    with pytest.raises(UsageError):
        forget(place.open(), " ")


@pytest.mark.slow
def test_a_live_test_goes_on_without_the_persons_votes(place: Place) -> None:
    context = begin(place)
    for number, user in enumerate((ANNA, "ben", ANNA, "ben")):
        ballot = ask(context, number)
        vote(context, ballot.id, letter_of(context, ballot, "A"), user=user)
    with context.store.read() as work:
        session = work.sessions.open(SKILL)
        assert session is not None
        assert len(work.experiments.votes(session.id)) == 4
    assert forget(context, ANNA).deleted["votes"] == 2
    with context.store.read() as work:
        assert len(work.experiments.votes(session.id)) == 2
        counts = {v.variant_letter: v.votes for v in work.experiments.variants(session.id)}
    assert counts["A"] == 2
    assert results(context, SKILL).session_id == session.id
    promote(context, SKILL, "A")
    place.close()
    assert check_database(place.root, {}).ok


@pytest.mark.slow
def test_a_running_process_soon_recalls_nothing_of_the_person(place: Place) -> None:
    """What is left is the memory that would have been made without the person's examples."""
    context = taught(place)
    skill = context.skill(SKILL).skill
    memory = Memory.of(examples_of(context), LABELS)
    context.memories.keep(skill, memory)
    other = place.open()  # as the daemon has it, beside the one in which the user is forgotten
    of_other = other.memories.of(skill, memory.snapshot)
    assert [r for r in of_other.examples if r.inputs["text"] == SECRET]
    assert other.memories.of(skill, memory.snapshot) is of_other
    forget(context, ANNA)
    place.moment.pass_(seconds=2)
    left = other.memories.of(skill, memory.snapshot)
    assert left.to_bytes() == Memory.of(examples_of(context), LABELS).to_bytes()
    assert left.to_bytes() == context.memories.of(skill, memory.snapshot).to_bytes()
    assert SECRET.encode() not in left.to_bytes()
    # It does not change when nothing is forgotten, whatever examples come.
    served(context, "ben", "It snowed.", "ben-2")
    feedback(context, "ben-2", correction="bad", user="ben")
    forget(context, "nobody")
    place.moment.pass_(seconds=2)
    assert other.memories.of(skill, memory.snapshot) is left


@pytest.mark.slow
def test_a_memory_of_one_person_alone_is_empty_afterwards(place: Place) -> None:
    context = taught(place)
    skill = context.skill(SKILL).skill
    theirs = [e for e in examples_of(context) if e.inputs["text"] == SECRET]
    memory = Memory.of(theirs, LABELS)
    context.memories.keep(skill, memory)
    forget(context, ANNA)
    left = context.memories.of(skill, memory.snapshot)
    assert left.examples == ()
    assert left.nearest({"text": "x"}, 4) == []
    shares = left.label_logprobs({"text": "x"})
    assert shares["good"] == pytest.approx(shares["bad"])


@pytest.mark.slow
def test_no_memory_is_stored_with_an_example_that_was_deleted_meanwhile(place: Place) -> None:
    context = taught(place)
    memory = Memory.of(examples_of(context), LABELS)
    forget(context, ANNA)
    with pytest.raises(ConflictError, match="was deleted"):
        context.memories.keep(context.skill(SKILL).skill, memory)
    with context.store.read() as work:
        assert work.memories.example_ids(SKILL, memory.snapshot) is None


@pytest.mark.slow
def test_no_verbalizer_keeps_a_hash_of_what_the_person_sent(place: Place) -> None:
    context = taught(place)
    theirs, others = key_of({"text": SECRET}), key_of({"text": "It rained all day."})
    verbalizer = Verbalizer(
        LABELS, {" Great": (0.5, -0.5)}, {theirs: (0.1, -0.1), others: (0.2, -0.2)}
    )
    weighed = Prompt("Good or bad? Weigh it.", verbalizer=verbalizer)
    before = active_version(context, SKILL)
    place.prompt_file(before.path, weighed)
    version = active_version(context, SKILL)
    assert version.prompt == weighed
    create(place, context, replace(weighed, text="Good or bad? Weigh it well."))
    (place.root / "variant-0.md").unlink()  # The variant itself is in the database.
    assert theirs.encode() in everything(place.root)
    counted = forget(context, ANNA, dry_run=True)
    assert active_version(context, SKILL).prompt == weighed
    done = forget(context, ANNA)
    assert (done.left, done.files_changed) == (counted.left, counted.files_changed)
    assert f"{version.path}: the weights" in done.left[0]
    assert "2 examples, 1 of them of the user" in done.left[0]
    after = active_version(context, SKILL)
    assert after.number == version.number
    assert after.prompt.verbalizer == replace(verbalizer, without={others: (0.2, -0.2)})
    place.close()
    assert theirs.encode() not in everything(place.root)
    assert others.encode() in everything(place.root)
    assert check_database(place.root, {}).ok
