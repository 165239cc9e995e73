"""All doors to production, as rules that hypothesis calls in any order.

The test keeps its own list of the prompts that a person has approved; it does not read the ledger.
After every step, tasks of several processes are served, and each must get a prompt of that list.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Literal

from click.testing import CliRunner
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.loop.approving.remote import Door, Remote
from tests.loop.place import ALIKE, BETTER, RIGHT_OF_10, SKILL, V1, WORSE, Moment, Place, text
from tests.loop.steps import create, leave_unfinished, letter_of
from tinyarms.cli.main import cli
from tinyarms.core.errors import (
    ApprovalRequired,
    ConfigError,
    PromptError,
    StoreError,
    TinyArmsError,
)
from tinyarms.core.roles import Role
from tinyarms.daemon.daemon import Daemon
from tinyarms.loop.api import TinyArms
from tinyarms.loop.opening import open_project
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import SILENT
from tinyarms.loop.releasing.release_intent import in_production
from tinyarms.loop.releasing.reset_check import reset_if_due
from tinyarms.loop.serving.feedback import feedback
from tinyarms.loop.serving.routing import route_task
from tinyarms.loop.serving.tasks import run
from tinyarms.loop.testing.ballots import prepare_ballot
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.testing.votes import vote
from tinyarms.mcp.catalog import TOOLS
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import format_prompt_file
from tinyarms.store.db.records import BallotRecord

SETTINGS = (
    "{preset: original, reset_after_days: 2, ab_testing: {max_votes: 2, min_tasks: 0}, "
    "triggers: {sample_size: 4}, learning: {rollback_threshold: 0.4}}"
)
NO_DATABASE = {"TINYARMS_DATABASE": "postgresql+psycopg://nobody@127.0.0.1:1/nothing"}
PROMPTS = st.sampled_from([V1, BETTER, WORSE, ALIKE])
PROCESSES = st.sampled_from(["old", "new"])
DOORS: tuple[Literal["python", "cli"] | Door, ...] = ("python", "cli", "rest", "page")
ANY_DOOR = st.sampled_from(DOORS)
LESSER_ROLES: tuple[Role, ...] = ("view", "vote", "run", "edit", "application")
FILES = ("skills/feeling.md", "skills/feeling-v2.md", "skills/feeling-v3.md", "skills/mine.md")


_TASK = {"skill": SKILL, "inputs": {"text": text(3)}}
_TABLE = {"skill": SKILL, "content": "text,expected\nmore,good\n", "expected": "expected"}
AGENT_ARGUMENTS: dict[str, dict[str, Any]] = {
    "list_skills": {},
    "show_stats": {"skill": SKILL},
    "show_prompt": {"skill": SKILL},
    "show_results": {"skill": SKILL},
    "show_history": {"skill": SKILL},
    "check_examples": {"skill": SKILL},
    "show_examples": {"skill": SKILL},
    "run_task": _TASK,
    "evaluate_prompt": {"skill": SKILL, "split": "search", "n": 2},
    "evolve": {"skill": SKILL, "calls": 200, "variants": 1},
    "create_variants": {"skill": SKILL, "prompts": [BETTER.text]},
    "give_feedback": {"task_id": "seen", "success": False},
    "add_examples": {
        "skill": SKILL,
        "examples": [{"inputs": {"text": "one more"}, "expected": "good"}],
    },
    "import_examples": _TABLE,
}
"""Arguments for each tool of the agents' door."""


class Doors(RuleBasedStateMachine):
    """One project, a process that runs all the time, and others that come and go."""

    template: Path
    """A project that was never used; each run copies it."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(mkdtemp(prefix="tinyarms-doors-"))
        self.place = Place(Path(shutil.copytree(self.template, self.folder / "p")), Moment())
        self.place.setting(SETTINGS)
        # Without a scorer, a refresh needs no replies, and goes through if a person says yes.
        self.place.edit_config(lambda config: config["skills"][SKILL].pop("scorer"))
        self.approved: set[str] = set()
        self.required = True
        self.in_use = False
        """Whether a prompt was in production."""
        self.numbers = count()

    def teardown(self) -> None:
        self.place.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @initialize(from_the_start=st.booleans())
    def begin(self, from_the_start: bool) -> None:
        """`approval: required` from the first prompt on, or in a project that is in use."""
        if from_the_start:
            self.set_approval("required")
            self.old = self.place.open()
            return
        self.old = self.place.open()
        self.approved.add(route_task(self.old, SKILL, "first").prompt.hash)
        self.set_approval("required")

    # What is served.

    @invariant()
    def only_approved_prompts_are_served(self) -> None:
        if not hasattr(self, "old"):
            return
        self.place.moment.pass_(seconds=3)  # So that nothing comes from a cache.
        self.look(self.old)
        with self.process("new") as context:
            self.look(context)

    @rule()
    def a_process_starts_without_the_database(self) -> None:
        context = open_project(self.place.root, NO_DATABASE, self.place.moment)
        with closing(context), suppress(StoreError, PromptError):
            self.check(route_task(context, SKILL, "task").prompt)

    def look(self, context: Context) -> None:
        """Serve tasks. Nothing keeps an approved prompt from being served."""
        for number in range(3):
            try:
                self.check(route_task(context, SKILL, f"task-{number}").prompt)
            except (ApprovalRequired, PromptError, ConfigError):
                assert not (self.in_use and self.required)
                return
            self.in_use = True

    def check(self, served: Prompt) -> None:
        if self.required:
            assert served.hash in self.approved, f"served without approval: {served}"

    # What people and programs do. A person approves only by `approve`.

    @rule(which=st.integers(0, 2), door=ANY_DOOR, process=PROCESSES)
    def approve(self, which: int, door: str, process: str) -> None:
        with self.process(process) as context:
            waiting = TinyArms(context).review(SKILL)
            if not waiting:
                return
            view = waiting[which % len(waiting)]
            found = self.hash_of(context, view.id)
            if door == "cli":
                if self.shell("prompt", "approve", SKILL, view.id) == 0:
                    self.approved.add(found)
                return
            if door == "rest" or door == "page":
                if Remote(TinyArms(context)).decide(door, SKILL, "approve", {"proposal": view.id}):
                    self.approved.add(found)
                return
            with suppress(TinyArmsError):
                TinyArms(context).approve(SKILL, view.id, user="ann")
                self.approved.add(found)

    @rule(process=PROCESSES)
    def refuse(self, process: str) -> None:
        with self.process(process) as context, suppress(TinyArmsError):
            waiting = TinyArms(context).review(SKILL)
            if waiting:
                TinyArms(context).refuse(SKILL, waiting[0].id, user="ben")

    @rule(file=st.sampled_from(FILES), prompt=PROMPTS, broken=st.booleans())
    def edit_a_file(self, file: str, prompt: Prompt, broken: bool) -> None:
        text = "{{nothing}}" if broken else format_prompt_file(prompt)
        (self.place.root / file).write_text(text)

    @rule(file=st.sampled_from(FILES), number=st.integers(1, 9))
    def edit_the_config(self, file: str, number: int) -> None:
        values = {"prompt_template": file, "prompt_version": number}
        self.place.edit_config(lambda config: config["skills"][SKILL].update(values))

    @rule(file=st.sampled_from(FILES))
    def delete_a_file(self, file: str) -> None:
        (self.place.root / file).unlink(missing_ok=True)

    @rule(prompt=PROMPTS, process=PROCESSES, conclude=st.booleans())
    def win_a_live_test(self, prompt: Prompt, process: str, conclude: bool) -> None:
        with self.process(process) as context, suppress(TinyArmsError):
            create(self.place, context, prompt)
            self.vote(context, prompt)
            if conclude:
                conclude_due(context, SKILL)

    @rule(process=PROCESSES, door=ANY_DOOR)
    def promote(self, process: str, door: str) -> None:
        if door == "cli":
            self.shell("prompt", "promote", SKILL, "A")
            return
        with self.process(process) as context, suppress(TinyArmsError):
            if door == "rest" or door == "page":
                Remote(TinyArms(context)).decide(door, SKILL, "promote", {"variant": "A"})
                return
            TinyArms(context).promote(SKILL, "A")

    @rule(process=PROCESSES, to=st.one_of(st.none(), st.integers(1, 6)), door=ANY_DOOR)
    def roll_back(self, process: str, to: int | None, door: str) -> None:
        if door == "cli":
            self.shell("prompt", "rollback", SKILL, *([] if to is None else ["--to", str(to)]))
            return
        with self.process(process) as context, suppress(TinyArmsError):
            if door == "rest" or door == "page":
                form = {} if to is None else {"to": str(to)}
                Remote(TinyArms(context)).decide(door, SKILL, "rollback", form)
                return
            TinyArms(context).rollback(SKILL, to)

    @rule(process=PROCESSES, role=st.sampled_from(LESSER_ROLES), page=st.booleans())
    def somebody_who_may_not_release_tries(self, process: str, role: Role, page: bool) -> None:
        """Every decision that the doors offer is refused to a lesser role."""
        with self.process(process) as context:
            arms = TinyArms(context)
            proposal = next((view.id for view in arms.review(SKILL)), "0" * 12)
            remote = Remote(arms)
            if page:
                forms: dict[str, dict[str, str]] = {
                    "promote": {"variant": "A"},
                    "approve": {"proposal": proposal},
                    "refuse": {"proposal": proposal},
                    "rollback": {"to": "1"},
                }
                for what, form in forms.items():
                    assert remote.page(f"/skills/{SKILL}/{what}", form, role) == 403
                return
            bodies: dict[str, dict[str, Any]] = {
                "promote": {"variant": "A"},
                "review": {"answer": "approve", "proposal": proposal},
                "rollback": {},
                "reset": {},
                "refresh": {"demonstrations": 2, "yes": True},
            }
            for what, body in bodies.items():
                assert remote.rest(f"/skills/{SKILL}/{what}", body, role) == 403

    @rule(process=PROCESSES)
    def a_program_resets_and_refreshes(self, process: str) -> None:
        with self.process(process) as context:
            remote = Remote(TinyArms(context))
            remote.rest(f"/skills/{SKILL}/reset", {})
            for body in ({"yes": True}, {"demonstrations": 2, "yes": True}):
                remote.rest(f"/skills/{SKILL}/refresh", body)

    @rule(process=PROCESSES, prompt=PROMPTS, agent=st.booleans())
    def a_program_starts_a_live_test(self, process: str, prompt: Prompt, agent: bool) -> None:
        """And wins it: with votes that it casts itself."""
        with self.process(process) as context, suppress(TinyArmsError):
            arms = TinyArms(context)
            remote = Remote(arms)
            if agent:
                remote.agent("create_variants", {"skill": SKILL, "prompts": [prompt.text]})
            else:
                body = {"prompts": [format_prompt_file(prompt)]}
                remote.rest(f"/skills/{SKILL}/variants", body, "edit")
            for ballot in self.ballots(context, prompt):
                body = {"choice": letter_of(context, ballot, "A")}
                remote.rest(f"/ballots/{ballot.id}/vote", body, "vote")

    @rule(process=PROCESSES, name=st.sampled_from(sorted(TOOLS)))
    def an_agent_asks(self, process: str, name: str) -> None:
        """Any tool, with arguments that it takes."""
        with self.process(process) as context:
            Remote(TinyArms(context)).agent(name, AGENT_ARGUMENTS[name])

    @rule(process=PROCESSES)
    def reset(self, process: str) -> None:
        with self.process(process) as context, suppress(TinyArmsError):
            TinyArms(context).reset(SKILL)

    @rule(process=PROCESSES)
    def the_setting_resets(self, process: str) -> None:
        self.place.moment.pass_(days=3)
        with self.process(process) as context, suppress(TinyArmsError):
            reset_if_due(context, SKILL)

    @rule(process=PROCESSES, yes=st.booleans())
    def refresh(self, process: str, yes: bool) -> None:
        with self.process(process) as context, suppress(TinyArmsError):
            TinyArms(context).refresh(SKILL, yes=yes)
        with self.process(process) as context, suppress(TinyArmsError):
            TinyArms(context).refresh(SKILL, demonstrations=2, yes=yes)

    @rule(process=PROCESSES)
    def the_new_prompt_does_badly(self, process: str) -> None:
        """The holdback takes a promotion back."""
        with self.process(process) as context, suppress(TinyArmsError):
            for _ in range(5):
                task = f"bad-{next(self.numbers)}"
                self.check(route_task(context, SKILL, task).prompt)
                with suppress(TinyArmsError):  # Not all prompts have a recorded reply.
                    run(context, SKILL, {"text": text(next(self.numbers) % 300)}, task_id=task)
                    feedback(context, task, success=False)
            context.finish_background()
            conclude_due(context, SKILL)

    @rule()
    def the_daemon_looks(self) -> None:
        with self.process("new") as context:
            Daemon(context, listener=SILENT, on_event=lambda event: None).tick()

    @rule(prompt=PROMPTS)
    def a_process_dies_in_a_release(self, prompt: Prompt) -> None:
        """While no approval is needed; then it is switched on again before anybody looks."""
        self.switch_to(False)
        with self.process("old") as context, suppress(TinyArmsError):
            route_task(context, SKILL, "seen")
            leave_unfinished(context, prompt)
        self.switch_to(True)

    @rule(on=st.booleans(), seen=st.booleans())
    def switch(self, on: bool, seen: bool) -> None:
        """Approval is switched on or off; `seen`: and a process looks before it changes again."""
        self.switch_to(on)
        if seen:
            with self.process("new") as context, suppress(TinyArmsError):
                route_task(context, SKILL, "seen")

    def switch_to(self, on: bool) -> None:
        if on and not self.required:
            # What serves tasks in this moment counts as approved.
            with self.process("old") as context, context.store.read() as work:
                if work.history.active(SKILL) is not None and not work.approvals.is_on(SKILL):
                    version, held = in_production(work, SKILL), work.holdbacks.open(SKILL)
                    self.approved.add(version.prompt.hash)
                    if held is not None and held.version == version.number:
                        reference = work.versions.get(SKILL, held.reference)
                        self.approved.add(reference.prompt.hash)
        self.set_approval("required" if on else "none")
        self.required = on

    # Tools.

    @contextmanager
    def process(self, which: str) -> Iterator[Context]:
        if which == "old":
            yield self.old
            return
        context = open_project(self.place.root, {}, self.place.moment)
        try:
            yield context
        finally:
            context.close()

    def shell(self, *words: str) -> int:
        environ = {"TINYARMS_HOME": str(self.place.root)}
        return CliRunner().invoke(cli, list(words), env=environ).exit_code

    def set_approval(self, value: str) -> None:
        self.place.edit_config(lambda config: config["skills"][SKILL].update(approval=value))

    def vote(self, context: Context, prompt: Prompt) -> None:
        """Two votes for the new prompt."""
        for ballot in self.ballots(context, prompt):
            vote(context, ballot.id, letter_of(context, ballot, "A"))

    def ballots(self, context: Context, prompt: Prompt) -> Iterator[BallotRecord]:
        """Two ballots, on tasks on which the outputs differ."""
        now = route_task(context, SKILL, "ask").prompt
        right = sorted(RIGHT_OF_10.get(each.text, 5) for each in (prompt, now))
        for tens in range(2):
            number = 10 * (tens + next(self.numbers) % 20) + right[0]
            task = f"vote-{next(self.numbers)}"
            yield prepare_ballot(context, SKILL, {"text": text(number)}, task)

    def hash_of(self, context: Context, proposal: str) -> str:
        from tinyarms.loop.approving.proposals import find

        with context.store.read() as work:
            return find(context, work, SKILL, proposal).hash


def machine(template: Path) -> Any:
    """The rules on copies of this project."""
    return type("DoorsOfProject", (Doors,), {"template": template})


STEPS = int(os.environ.get("TINYARMS_DOOR_STEPS", "12"))
"""Steps of each run. More: longer stories, and a slower test."""
EXAMPLES = int(os.environ.get("TINYARMS_DOOR_RUNS", "20"))
"""Runs of the test. More: rarer orders are seen."""
