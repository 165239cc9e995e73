from __future__ import annotations

import sys

import pytest

from tinyarms.core.privacy.extra import library_finders


def found(text: str) -> list[tuple[str, str]]:
    return [
        (finder.label, text[start:end])
        for finder in library_finders()
        for start, end in finder.places(text)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Llama al 612 34 56 78 mañana", ("phone", "612 34 56 78")),
        ("SK0123456789abcdef0123456789abcdef", ("key", "SK0123456789abcdef0123456789abcdef")),
    ],
)
def test_the_libraries_of_the_extra_find_more(text: str, expected: tuple[str, str]) -> None:
    assert expected in found(text)


@pytest.mark.parametrize(
    "text", ["In 1998 we sold 1,234,567 of 20 000 000.", "A password is secret."]
)
def test_they_leave_ordinary_text_alone(text: str) -> None:
    assert found(text) == []


def test_without_the_extra_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("phonenumbers", "detect_secrets", "detect_secrets.plugins.artifactory"):
        monkeypatch.setitem(sys.modules, module, None)
    assert library_finders() == ()
