"""Store the finalists of a search as variants of its session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from string import ascii_uppercase

from tinyarms.core.ids import derived_id
from tinyarms.evolution.cross_skill import origin
from tinyarms.evolution.protocol import Finalist
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.searching.driver import Search
from tinyarms.memory.memory import Memory
from tinyarms.skills.example import remembered
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import VariantRecord


def complete(search: Search, finalists: Sequence[Finalist]) -> list[Finalist]:
    """The finalists with the memory that they go to the users with, which is stored, and with the
    model that their verbalizers read.

    The memory also holds the `selection` examples, which the search has read by now. A finalist
    that takes nothing from its memory has none.
    """
    tag = search.caller.skill.model_tag
    finalists = [replace(each, prompt=_reading(each.prompt, tag)) for each in finalists]
    known = search.problem.memory
    if known is None or not finalists:
        return finalists
    skill, problem = search.caller.skill, search.problem
    rows = remembered((*problem.search, *problem.selection), "selection")
    memory = Memory.of(rows, skill.contract.labels)
    search.context.memories.keep(skill, memory)
    return [
        replace(finalist, prompt=_with_memory(finalist.prompt, memory)) for finalist in finalists
    ]


def _reading(prompt: Prompt, model_tag: str) -> Prompt:
    verbalizer = prompt.verbalizer
    if verbalizer is None:
        return prompt
    return replace(prompt, verbalizer=replace(verbalizer, model_tag=model_tag))


def _with_memory(prompt: Prompt, memory: Memory) -> Prompt:
    retrieve = prompt.retrieve
    if retrieve is None or not (retrieve.demonstrations or retrieve.prior_weight):
        return replace(prompt, retrieve=None)
    return replace(prompt, retrieve=replace(retrieve, snapshot=memory.snapshot))


def store_finalists(search: Search, finalists: Sequence[Finalist]) -> None:
    """Store the incumbent (letter "") and the finalists (A, B …) as the session's variants.

    The session is then ready for its live test. Ids are derived, so it is safe to repeat.
    """
    session_id = search.session.id
    accuracy, n = search.incumbent_accuracy
    incumbent = VariantRecord(
        id=derived_id(session_id, "variant", ""),
        session_id=session_id,
        variant_letter="",
        # A prompt that was edited by hand meanwhile becomes a version now, which ends the session.
        prompt=active_version(search.context, search.session.skill).prompt,
        role="incumbent",
        accuracy=accuracy,
        accuracy_n=n,
    )
    challengers = [
        VariantRecord(
            id=derived_id(session_id, "variant", letter),
            session_id=session_id,
            variant_letter=letter,
            prompt=finalist.prompt,
            reasoning=reasoning(finalist, search),
            candidate_id=finalist.candidate.id,
            accuracy=finalist.accuracy,
            accuracy_n=finalist.n,
        )
        for letter, finalist in zip(ascii_uppercase, finalists, strict=False)
    ]
    with search.context.store.unit_of_work(durable=True) as work:
        work.experiments.add_variants([incumbent, *challengers])
        work.sessions.make_ready(session_id)


def reasoning(finalist: Finalist, search: Search) -> str:
    """The origin of a finalist and its improvements, in words."""
    candidate = finalist.candidate
    searched = search.problem.remembering
    files = [m.name for m in search.plan.manual if searched(m.prompt).hash == candidate.prompt.hash]
    operator = candidate.operator.replace("_", " ")
    n_demonstrations = len(finalist.prompt.demonstrations)
    source = origin(candidate, {}, search.problem.inherited)
    parts = [
        f"Written by hand: {files[0]}"
        if candidate.operator == "manual" and files
        else f"Made by {operator} in generation {candidate.generation}",
        *([f"{n_demonstrations} demonstrations"] if n_demonstrations else []),
        *([f"with what won in {source}"] if source else []),
        *(["calibrated labels"] if finalist.prompt.calibration else []),
        *verbalizer_in_words(finalist.prompt),
        *words_from_in_words(finalist.prompt),
        *memory_in_words(finalist.prompt),
        f"fixes {finalist.fixes} of the examples the incumbent fails and breaks {finalist.breaks}",
        f"{finalist.accuracy:.0%} right on the last {finalist.n} examples",
    ]
    return "; ".join(parts) + "."


def verbalizer_in_words(prompt: Prompt) -> list[str]:
    """How many words the prompt's verbalizer weighs; empty without one."""
    verbalizer = prompt.verbalizer
    return [] if verbalizer is None else [f"weighs {len(verbalizer.words)} words of the model"]


def words_from_in_words(prompt: Prompt) -> list[str]:
    """Which inputs the words of its answers come from; empty: any words."""
    names = " and ".join(prompt.words_from)
    return [f"answers in words of {names}"] if names else []


def memory_in_words(prompt: Prompt) -> list[str]:
    """What the prompt takes from its memory; empty without a memory."""
    retrieve = prompt.retrieve
    if retrieve is None:
        return []
    shown, weight = retrieve.demonstrations, retrieve.prior_weight
    return [
        *([f"shows the {shown} nearest examples"] if shown else []),
        *([f"weighs the examples' labels by {weight:.2g}"] if weight else []),
    ]
