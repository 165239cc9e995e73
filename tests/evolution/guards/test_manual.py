from __future__ import annotations

from tests.evolution.world import FRAME, problem
from tinyarms.core.settings import Evolution
from tinyarms.evolution.guards.manual import manual_verdicts
from tinyarms.evolution.problem import ManualPrompt
from tinyarms.skills.prompt import Prompt


def manual(name: str, instruction: str, frame: str = FRAME) -> ManualPrompt:
    return ManualPrompt(name, Prompt(f"{instruction}\n\n{frame}"))


def verdicts(*prompts: ManualPrompt, similar_at: float = 90) -> dict[str, str]:
    searched = problem(settings=Evolution(similar_at=similar_at))
    return {prompt.name: verdict for prompt, verdict in manual_verdicts(prompts, searched)}


def test_a_rejected_prompt_carries_the_name_of_its_guard_and_the_others_pass() -> None:
    prompts = (
        manual("link", "See https://example.org first."),
        manual("frame", "Is the writer happy?", "Review: {{txt}}"),
        manual("good", "Find the feeling behind the words."),
        manual("better", "Is the writer happy?"),
    )
    assert verdicts(*prompts) == {
        "link": "address",
        "frame": "variable_changed",
        "good": "accepted",
        "better": "accepted",
    }


def test_a_prompt_is_compared_with_those_accepted_before_it() -> None:
    first = manual("first", "Find the feeling behind the words.")
    again = manual("again", "Find the feeling behind the words!")
    assert verdicts(first, again) == {"first": "accepted", "again": "too_similar"}
    assert verdicts(again) == {"again": "accepted"}
    assert verdicts(first, again, similar_at=99.9) == {"first": "accepted", "again": "accepted"}
