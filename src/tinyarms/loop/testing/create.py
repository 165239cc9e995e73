"""Start a live test of prompts that people wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from string import ascii_uppercase

from tinyarms.core.errors import ExperimentError, NotEvolvable, UsageError
from tinyarms.core.ids import new_id
from tinyarms.experiments.gate_outlook import GateOutlook
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.example_sets import ExamplesView, examples_view
from tinyarms.loop.project.leases import lease
from tinyarms.loop.project.listener import SILENT, Listener
from tinyarms.loop.releasing.prompt_texts import PromptText, prompt_in
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.testing.gate_report import GateReport
from tinyarms.loop.testing.held_out import outlook
from tinyarms.loop.testing.rounds import cut_examples, seats, sentence_ahead
from tinyarms.loop.testing.start import check_mode, start_experiment
from tinyarms.loop.testing.variant_counts import VariantCounts, variant_counts
from tinyarms.loop.testing.winner import MANUAL
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.skills.skill import Skill
from tinyarms.store.db.records import SessionRecord, SessionState, VariantRecord
from tinyarms.store.db.unit_of_work import UnitOfWork


@dataclass(frozen=True)
class Created:
    """A live test of variants that people wrote."""

    session_id: str
    skill: str
    letters: tuple[str, ...]
    """Letters of the variants."""
    outlook: GateOutlook
    """How the examples were split, and whether the offline gate was expected to run."""
    gate: GateReport
    """What the offline gate found, and whether the live test began."""
    counts: VariantCounts | None
    """How many variants were written and are shown, which were cut by their scores on examples, and
    which wait for a later round; `None` if no live test began."""
    examples: ExamplesView | None = None
    """Which examples the offline gate uses, and why others are left out."""


@dataclass(frozen=True)
class GivenPrompt:
    """A prompt that somebody has written."""

    name: str
    """What messages call it."""
    prompt: Prompt
    reasoning: str
    """Who wrote it, as results show it."""


def create_variants(
    context: Context, name: str, given: Sequence[Path | PromptText], listener: Listener = SILENT
) -> Created:
    """Begin a session with the prompt files, or the texts of such files, as its variants A, B …,
    and start its live test.

    After an interruption, another call with the same prompts resumes the session. Raises
    `NotEvolvable`, `UsageError` for equal prompts or an unusable number of prompts, `PromptError`,
    `ExperimentError` if a session is open, and what `start_experiment` raises.
    """

    def read(version: PromptVersion) -> list[GivenPrompt]:
        skill = context.skill(name).skill
        prompts = [prompt_in(each, skill, context.pictures) for each in given]
        return [
            GivenPrompt(
                str(each) if isinstance(each, Path) else each.name,
                prompt,
                f"Written by hand: {each.name}",
            )
            for each, prompt in zip(given, prompts, strict=True)
        ]

    return start_test_of(context, name, len(given), read, listener)


def start_test_of(
    context: Context,
    name: str,
    n: int,
    read: Callable[[PromptVersion], Sequence[GivenPrompt]],
    listener: Listener = SILENT,
) -> Created:
    """Start the live test of `n` prompts. `read` gives them, from the version in production.

    Raises the errors of `create_variants`, and those of `read`.
    """
    skill = context.skill(name).skill
    check_evolvable(skill)
    check_mode(context, name)
    if not 1 <= n <= len(ascii_uppercase):
        raise UsageError(f"{n} variants were given.", "Give 1 to 26 prompts.")
    with lease(context, name, "start of a live test"):
        conclude_due(context, name)
        version = active_version(context, name)
        prompts = read(version)
        _check_different(version, prompts)
        session_id = _session(context, version, prompts)
        ahead = _look_ahead(context, skill, n, listener)
        report = start_experiment(context, session_id, listener=listener)
    with context.store.read() as work:
        counts = variant_counts(work, work.sessions.get(session_id))
    letters = tuple(ascii_uppercase[:n])
    examples = examples_view(context.example_set(skill, sync=False))
    return Created(session_id, name, letters, ahead, report, counts, examples)


def _look_ahead(context: Context, skill: Skill, files: int, listener: Listener) -> GateOutlook:
    """Tell how the prompts will be tested, and whether the offline gate will run."""
    preset = context.project.settings.preset
    seats_per_round, rounds = seats(context, preset, files), 1
    if files > seats_per_round and not cut_examples(context, skill, preset):
        rounds = ceil(files / seats_per_round)
    sentence = sentence_ahead(context, skill, preset, files)
    if sentence is not None:
        listener.note(sentence)
    ahead = outlook(context, skill, preset, min(files, seats_per_round), rounds=rounds)
    listener.note(ahead.sentence)
    return ahead


def resume_gate(
    context: Context, session: SessionRecord, listener: Listener = SILENT
) -> GateReport:
    """Resume the interrupted offline gate of variants that people wrote.

    Raises `LeaseHeld` while another process works on the skill, and what `start_experiment` raises.
    """
    with lease(context, session.skill, "start of a live test"):
        conclude_due(context, session.skill)
        return start_experiment(context, session.id, listener=listener)


def check_evolvable(skill: Skill) -> None:
    """Raise `NotEvolvable` if the config says that the skill is not evolvable."""
    if not skill.evolvable:
        raise NotEvolvable(f"{skill.name} is not evolved: {skill.reason or 'evolvable: false'}.")


def _check_different(version: PromptVersion, prompts: Sequence[GivenPrompt]) -> None:
    names = {version.prompt.hash: f"the prompt in production (version {version.number})"}
    for given in prompts:
        hash = given.prompt.hash
        if hash in names:
            raise UsageError(f"{given.name} is the same as {names[hash]}.", "Give another prompt.")
        names[hash] = given.name


def _session(context: Context, version: PromptVersion, prompts: Sequence[GivenPrompt]) -> str:
    """Store the session with its variants, or resume the interrupted one; returns its id."""
    session = SessionRecord(
        id=new_id(),
        skill=version.skill,
        original_prompt_hash=version.prompt.hash,
        triggered_at=context.clock(),
        trigger_reason="manual",
        base_version=version.number,
        preset=context.project.settings.preset,
        author="people",
        optimizer=MANUAL,
        seed=0,
        state=SessionState.READY,
    )
    variants = [VariantRecord(
        id=new_id(), session_id=session.id, variant_letter="", prompt=version.prompt,
        role="incumbent",
    )]  # fmt: skip
    for letter, given in zip(ascii_uppercase, prompts, strict=False):
        variants.append(
            replace(
                variants[0],
                id=new_id(),
                variant_letter=letter,
                prompt=given.prompt,
                role="challenger",
                reasoning=given.reasoning,
            )
        )
    with context.store.unit_of_work(durable=True) as work:
        open_session = work.sessions.open(version.skill)
        if open_session is None:
            work.sessions.add(session)
            work.experiments.add_variants(variants)
            return session.id
        if _was_interrupted(work, open_session, variants):
            return open_session.id
    raise session_is_open(open_session)


def _was_interrupted(
    work: UnitOfWork, session: SessionRecord, variants: Sequence[VariantRecord]
) -> bool:
    stored_hashes = {v.variant_letter: v.prompt.hash for v in work.experiments.variants(session.id)}
    new_hashes = {v.variant_letter: v.prompt.hash for v in variants}
    is_ready = session.author == "people" and session.state is SessionState.READY
    return is_ready and stored_hashes == new_hashes


def session_is_open(session: SessionRecord) -> ExperimentError:
    """The error for a second open session of a skill."""
    name = session.skill
    return ExperimentError(
        f"{name} has an evolution session that is open: {session.id[:8]} ({session.state.words}).",
        f"See tinyarms prompt results {name}, or end it: tinyarms prompt cancel {name}",
    )
