from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from tinyarms.skills import duplicates
from tinyarms.skills.duplicates import Originals, folded, near_copies
from tinyarms.skills.text_runs import are_similar

LETTERS = "abcdefghijklmnopqrstuvwxyz"


def similarity(one: str, other: str) -> float:
    """By the definition: 1 for the same text, else Jaccard of the runs of five characters."""
    if one == other:
        return 1.0
    runs = [{text[i : i + 5] for i in range(len(text) - 4)} for text in (one, other)]
    return len(runs[0] & runs[1]) / len(runs[0] | runs[1]) if runs[0] | runs[1] else 0.0


def changed(text: str, rng: random.Random, changes: int) -> str:
    for _ in range(changes):
        place = rng.randrange(len(text))
        text = text[:place] + rng.choice(LETTERS) + text[place + 1 :]
    return text


def texts_alike(rng: random.Random, n: int) -> tuple[list[str], list[str]]:
    """Texts, and copies of them with 0 to 3 changed letters: some are near enough, some not."""
    originals = ["".join(rng.choices(LETTERS, k=rng.randint(3, 400))) for _ in range(n)]
    return originals, [changed(text, rng, rng.randint(0, 3)) for text in originals]


def by_definition(texts: Sequence[str], originals: Sequence[str]) -> set[str]:
    return {text for text in texts if any(similarity(text, o) >= 0.9 for o in originals)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hello, World!", "hello world"),
        ("ＡＢＣ １２", "abc12"),
        ("Straße", "STRASSE"),
        ("a\u200bb\n\nc", "abc"),
        ("1.5 kg", "15KG"),
    ],
)
def test_case_width_signs_and_blanks_do_not_matter(one: str, other: str) -> None:
    assert folded({"text": one}) == folded({"text": other})


def test_what_differs_in_letters_differs() -> None:
    assert folded({"text": "abc"}) != folded({"text": "abd"})
    assert folded({"a": "ab", "b": "c"}) != folded({"a": "a", "b": "bc"})


def test_a_text_of_signs_only_is_kept() -> None:
    assert folded({"text": "👍"}) != folded({"text": "👎"})
    assert near_copies([folded({"text": "?!"})], [folded({"text": "..."})]) == {}


@pytest.mark.slow
def test_near_copies_are_those_of_the_definition() -> None:
    originals, copies = texts_alike(random.Random(1), 30)
    found = near_copies(copies, originals)
    assert set(found) == by_definition(copies, originals)
    assert 8 < len(found) < 26
    assert all(similarity(text, original) >= 0.9 for text, original in found.items())


@pytest.mark.slow
def test_every_original_that_a_text_copies_is_found() -> None:
    rng = random.Random(3)
    texts, copies = texts_alike(rng, 20)
    originals = Originals([*texts, *copies, *(changed(text, rng, 1) for text in texts)])
    known = [*texts, *copies]
    for text in [*texts, *copies]:
        found = list(originals.copies_of(text))
        assert found[0] == text
        assert len(set(found)) == len(found)
        assert {o for o in known if similarity(text, o) >= 0.9} == set(found) & set(known)
    assert sum(len(list(originals.copies_of(text))) > 1 for text in texts) > 8


@pytest.mark.slow
def test_among_many_rows_nothing_is_lost() -> None:
    rng = random.Random(2)
    words = ["".join(rng.choices(LETTERS, k=rng.randint(2, 9))) for _ in range(500)]
    texts = ["".join(rng.choices(words, k=12)) for _ in range(5000)]
    copies = [text[:-1] + "0" for text in texts[:300] if len(text) > 60]
    near = [c for c in copies if similarity(c, c[:-1] + LETTERS[0]) >= 0.9]
    others = ["".join(rng.choices(words, k=12)) for _ in range(1000)]
    assert len(near) > 100
    assert set(near_copies([*copies, *others], texts)) == set(near)


@pytest.mark.slow
def test_texts_of_one_template_are_compared_as_by_the_definition() -> None:
    forms = ("order {} of our shop", "the number of the order of the customer is {}", "{}")
    texts = [form.format(f"{n:05d}") for form in forms for n in range(0, 400, 7)]
    long = [f"{'a long text that all of them have in common ' * 4}{n:03d}" for n in range(40)]
    texts = [folded({"text": text}) for text in texts + long]
    half = len(texts) // 2
    for wanted, originals in ((texts[:half], texts[half:]), (texts[::2], texts[1::2])):
        assert set(near_copies(wanted, originals)) == by_definition(wanted, originals)
    assert set(near_copies(texts[-40::2], texts[-39::2])) == set(texts[-40::2])


@pytest.mark.slow
def test_ten_thousand_rows_of_one_template_are_few_comparisons(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []

    def counting(one: frozenset[str], other: frozenset[str]) -> bool:
        compared.append(1)
        return are_similar(one, other)

    monkeypatch.setattr(duplicates, "are_similar", counting)
    texts = [f"classifytheorderwiththenumber{n:06d}ofourshop" for n in range(10_000)]
    assert near_copies(texts[::2], texts[1::2]) == {}
    assert len(compared) < len(texts)
