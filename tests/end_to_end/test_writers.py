"""What a search finds out about its writer, and does with one that can reflect."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.project import CONFIG, SKILL, MadeUp, write_project
from tests.evolution.world import CASE, capable_writer
from tinyarms.core.clock import utc_now
from tinyarms.core.plain import plain
from tinyarms.core.settings import ModelSettings
from tinyarms.evolution.writer_probe import OPERATOR, TRIES
from tinyarms.loop.api import TinyArms
from tinyarms.loop.project.listener import Progress, Silent
from tinyarms.loop.searching.answer import EvolveView
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.store.db.records import SessionRecord

pytestmark = pytest.mark.slow

ALL = ("completion", "reflection", "merging")


@dataclass
class Capable:
    """A writer that reflects, unless it is `tiny`."""

    name: str = "big"
    tiny: bool = False
    slots: int = 1
    sent: list[ModelRequest] = field(default_factory=list)

    def complete(self, request: ModelRequest) -> ModelReply:
        self.sent.append(request)
        if self.tiny or not request.messages:
            return MadeUp().complete(request)
        return ModelReply(capable_writer(request), 400, 80, 20.0)

    def close(self) -> None:
        pass

    @property
    def reflected(self) -> list[str]:
        return [r.messages[-1].content for r in self.sent if r.messages]


class Stops(Silent):
    """Ctrl-C after this many task calls."""

    def __init__(self, after: int) -> None:
        self.after = after

    def progress(self, progress: Progress) -> None:
        if progress.done >= self.after:
            raise KeyboardInterrupt


@dataclass
class Project:
    """A project whose task model is made up, and whose writer is `writer`."""

    root: Path
    writer: Capable = field(default_factory=Capable)

    def evolve(self, days: int = 0, **options: Any) -> EvolveView:
        clock = utc_now if not days else lambda: utc_now() + timedelta(days=days)
        with TinyArms.open(self.root, environ={}) as arms:
            arms._context.clock = clock
            view = arms.evolve(SKILL, **{"budget_calls": 120, "force": True, **options})
            if view.result == "testing":
                arms.cancel(SKILL)
            return view

    def sessions(self) -> list[SessionRecord]:
        with TinyArms.open(self.root, environ={}) as arms, arms._context.store.read() as work:
            return work.sessions.all(SKILL)


@pytest.fixture
def project(tmp_path: Path, migrated: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    root = tmp_path / "project"
    write_project(root)
    shutil.copy(migrated, root)
    kept = [
        line for line in (root / "examples.jsonl").read_text().splitlines() if "test" not in line
    ]
    (root / "examples.jsonl").write_text("\n".join(kept) + "\n")
    write_writer(root, "{kind: openai, model: big, base_url: 'https://models.example/v1'}")
    made = Project(root)

    def make(name: str, settings: ModelSettings, *_: Any, **more: Any) -> Any:
        return made.writer if name != "small" else _Task()

    monkeypatch.setattr("tinyarms.loop.project.context.make_model", make)
    yield made


class _Task(MadeUp):
    slots = 1


def write_writer(root: Path, writer: str) -> None:
    config = CONFIG.replace("models:\n", f"models:\n  big: {writer}\n")
    (root / "config.yaml").write_text(config)
    constants = (root / "config" / "constants.yaml").read_text()
    if "writer_model" not in constants:
        constants += "  evolution: {writer_model: big}\n"
    (root / "config" / "constants.yaml").write_text(constants)


def probes(project: Project) -> int:
    """Writer calls of the probe that are stored."""
    with TinyArms.open(project.root, environ={}) as arms, arms._context.store.read() as work:
        calls = [
            work.calls.writer(session.id, ordinal)
            for session in work.sessions.all(SKILL)
            for ordinal in range(400)
        ]
    return sum(call is not None and call.operator == OPERATOR for call in calls)


def test_a_capable_writer_is_found_out_used_and_remembered_for_a_while(project: Project) -> None:
    first = project.evolve()
    assert first.writer_abilities == ALL
    assert plain(first)["writer_abilities"] == list(ALL)
    assert probes(project) == 2
    assert "reflect" in {view.operator for view in first.operators}
    reflected = len(project.writer.reflected)
    assert reflected > 2
    assert first.spent["writer_calls"] == len(project.writer.sent)
    second = project.evolve(days=80, seed=2)
    assert second.writer_abilities == ALL
    assert probes(project) == 2
    assert len(project.writer.reflected) > reflected
    project.evolve(days=100, seed=3)
    assert probes(project) == 4


def test_a_writer_that_cannot_reflect_costs_three_calls_once(project: Project) -> None:
    project.writer.tiny = True
    view = project.evolve()
    assert view.writer_abilities == ("completion",)
    assert not {"reflect", "merge"} & {o.operator for o in view.operators}
    assert len(project.writer.reflected) == TRIES
    project.evolve(seed=2)
    assert len(project.writer.reflected) == TRIES


@pytest.mark.parametrize(
    "writer",
    [
        "{kind: ollama, model: 'smollm2:135m'}",
        "{kind: openai, model: 'smollm2:135m', base_url: 'http://localhost:1/v1'}",
        "{kind: embedded, model: 'smollm2:360m-instruct'}",
    ],
)
def test_the_tiny_models_of_the_package_are_never_probed(
    project: Project, writer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinyarms.loop.searching.run.tune_first", lambda *_: None)
    write_writer(project.root, writer)
    view = project.evolve(optimizer="random_search")
    assert view.writer_abilities == ("completion",)
    assert project.writer.sent
    assert not project.writer.reflected


def test_optimizers_with_operators_of_their_own_need_no_probe(project: Project) -> None:
    assert project.evolve(optimizer="opro").writer_abilities == ("completion",)
    assert not project.writer.reflected


def test_a_stopped_search_resumes_to_the_same_result(project: Project) -> None:
    undisturbed = Project(Path(shutil.copytree(project.root, project.root.parent / "other")))
    undisturbed.writer = project.writer
    whole = undisturbed.evolve()
    for after in (30, 60, 90):
        with pytest.raises(KeyboardInterrupt):
            project.evolve(listener=Stops(after))
    resumed = project.evolve()
    assert resumed.resumed
    assert resumed.operators == whole.operators
    assert resumed.variants == whole.variants
    assert resumed.writer_abilities == whole.writer_abilities
    assert probes(project) == 2


def test_a_search_that_began_before_there_was_a_probe_goes_on_without_one(
    project: Project,
) -> None:
    with pytest.raises(KeyboardInterrupt):
        project.evolve(listener=Stops(1))
    with closing(sqlite3.connect(project.root / "tinyarms.db")) as database, database:
        database.execute(
            "UPDATE prompt_evolution_sessions SET search = json_remove(search, '$.abilities')"
        )
    [session] = project.sessions()
    assert session.search_plan.abilities == ("completion",)
    assert project.evolve().resumed
    assert not project.writer.reflected


def test_rows_of_other_splits_and_private_data_stay_here(project: Project) -> None:
    lines = (project.root / "examples.jsonl").read_text()
    (project.root / "examples.jsonl").write_text(
        lines.replace('"text": "comment ', '"text": "ada@example.org wrote comment ')
    )
    project.evolve()
    sent = "".join(project.writer.reflected)
    assert "ada@example.org" not in sent
    rows = [row for text in project.writer.reflected[2:] for _, row, _ in CASE.findall(text)]
    numbers = {int(row.rpartition(" ")[2]) for row in rows}
    assert numbers
    assert numbers <= set(range(100, 120))
    assert all(row.startswith("[email] wrote comment") for row in rows)
