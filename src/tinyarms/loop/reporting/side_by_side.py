"""What the finalists of a search said to the same examples."""

from __future__ import annotations

from dataclasses import dataclass

from tinyarms.loop.project.context import Context
from tinyarms.skills.picture import all_for_people

_ROWS = 12
"""Most examples that are shown. Higher: a longer page."""


@dataclass(frozen=True)
class FinalistAnswer:
    """What one prompt said to an example."""

    letter: str
    """The variant's letter; empty for the prompt in production."""
    output: str | None
    """Its output; `None`: it broke the contract, or it was not asked."""
    said: str
    """What the model said, as it was; empty if it was not asked."""
    score: float | None
    """In [0, 1]; `None`: no score, or it was not asked."""


@dataclass(frozen=True)
class ComparedExample:
    """An example with the answers of all finalists."""

    id: str
    inputs: dict[str, str]
    expected: str
    answers: tuple[FinalistAnswer, ...]
    """One for each prompt: the one in production first."""

    @property
    def differs(self) -> bool:
        """Whether the prompts that were asked got different scores."""
        scores = {each.score for each in self.answers if each.score is not None}
        return len(scores) > 1


@dataclass(frozen=True)
class SideBySideView:
    """The finalists of a skill's latest session on the same examples, none of them held out."""

    skill: str
    letters: tuple[str, ...]
    """The prompts: empty for the one in production, then the letters of the variants."""
    rows: tuple[ComparedExample, ...]
    """Those on which the prompts differ first."""


def side_by_side(context: Context, name: str) -> SideBySideView | None:
    """The finalists side by side; `None` if the skill had no search."""
    context.skill(name)
    with context.store.read() as work:
        searches = [each for each in work.sessions.all(name) if each.search is not None]
        if not searches:
            return None
        session = searches[-1]
        candidates = {each.variant_id: each.prompt.hash for each in work.candidates.all(session.id)}
        variants = work.experiments.variants(session.id)
        variants.sort(key=lambda each: (each.role != "incumbent", each.variant_letter))
        letter_of: dict[str, str] = {}
        for variant in variants:
            for prompt_hash in (variant.prompt.hash, candidates.get(variant.candidate_id or "")):
                if prompt_hash is not None:
                    letter_of.setdefault(prompt_hash, variant.variant_letter)
        ids = work.calls.asked_about(session.id, list(letter_of), 10 * _ROWS)
        made = work.calls.on_examples(session.id, list(letter_of), ids)
        examples = {each.example.id: each.example for each in work.examples.records(name)}
    said: dict[str, dict[str, FinalistAnswer]] = {}
    for each in made:
        letter = letter_of[each.prompt_hash]
        answer = FinalistAnswer(letter, each.output, each.reply.text, each.score)
        said.setdefault(each.example_id, {})[letter] = answer
    letters = tuple(dict.fromkeys(variant.variant_letter for variant in variants))
    rows = [
        ComparedExample(
            id=id,
            inputs=dict(all_for_people(examples[id].inputs)),
            expected=examples[id].expected,
            answers=tuple(
                said.get(id, {}).get(letter, FinalistAnswer(letter, None, "", None))
                for letter in letters
            ),
        )
        for id in ids
        if id in examples
    ]
    rows.sort(key=lambda row: not row.differs)
    return SideBySideView(name, letters, tuple(rows[:_ROWS]))
