"""Store the finalists of a search as variants of its session."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from tinyarms.core.ids import derived_id
from tinyarms.evolution.cross_skill import origin
from tinyarms.evolution.protocol import Finalist
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.searching.driver import Search
from tinyarms.store.db.records import VariantRecord


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
    files = [m.name for m in search.plan.manual if m.prompt.hash == candidate.prompt.hash]
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
        f"fixes {finalist.fixes} of the examples the incumbent fails and breaks {finalist.breaks}",
        f"{finalist.accuracy:.0%} right on the last {finalist.n} examples",
    ]
    return "; ".join(parts) + "."
