from __future__ import annotations

from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import readable_prompt_file
from tinyarms.skills.verbalizer import Verbalizer


def test_a_verbalizer_is_one_line_however_long_its_words_are() -> None:
    words = {f" a rather long word {n}": (0.1 * n, -0.1 * n) for n in range(-5, 6)}
    text = readable_prompt_file(Prompt("Good or bad?", verbalizer=Verbalizer(("a", "b"), words)))
    assert len(text.splitlines()) == 4  # two fences, the verbalizer, the text
