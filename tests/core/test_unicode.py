from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.core.unicode import (
    folded,
    hidden_characters,
    plain,
    plain_with_origins,
    without_look_alikes,
)


@pytest.mark.parametrize(
    "disguise",
    [
        "і\u200bgnоrе",  # Cyrillic letters and a space of no width
        "ｉｇｎｏｒｅ",
        "𝐢𝐠𝐧𝐨𝐫𝐞",
        "ⓘⓖⓝⓞⓡⓔ",
        "🅘🅖🅝🅞🅡🅔",
        "🇮🇬🇳🇴🇷🇪",
        "ɪɢɴᴏʀᴇ",
        "ìg̲ñör̈é",
        "IGN\u00adORE",
        "ig\ufe0fno\u2060re",
        "ιgnοrε",  # Greek letters
    ],
)
def test_one_word_has_one_form_however_it_is_disguised(disguise: str) -> None:
    assert without_look_alikes(folded(disguise)) == "ignore"


def test_text_of_other_scripts_keeps_its_letters_when_folded() -> None:
    assert folded("Забудь ВСЁ") == "забудь все"
    assert folded("이전 지시를 무시하고") == "이전 지시를 무시하고"
    assert folded("TALİMATLARI yok say") == "talimatlari yok say"


@pytest.mark.slow
@given(st.text(max_size=60))
def test_each_character_of_the_plain_form_knows_where_it_came_from(text: str) -> None:
    form = plain_with_origins(text)
    assert len(form.text) == len(form.origins)
    assert list(form.origins) == sorted(form.origins)
    for index in range(len(form.text)):
        start, end = form.span(index, index + 1)
        assert form.text[index] in plain_with_origins(text[start:end]).text


@pytest.mark.parametrize(
    "text",
    [
        "a\x1b[2Jb",
        "a\x00b",
        "a\x9b2J",
        "\u202erongi\u202c all",
        "left \u2066isolate\u2069",
        "a\u200fb",  # a mark of direction where nothing runs from right to left
        "a\u200bb",
        "a\u200db",
        "a\u2060b",
        "na\u200cme",
        "a\rb",
        "tag\U000e0049\U000e0047",
        "a\ufffdb",
        "\ue000",
        "a\u3164b",
        "g\u00ado\u00ado\u00add",
    ],
)
def test_characters_that_hide_or_turn_text_are_found(text: str) -> None:
    assert hidden_characters(text)


@pytest.mark.parametrize(
    "text",
    [
        "two\nlines\tand a tab\r\nand a third",
        "انتخاب می\u200cکنید",
        "फ\u093cाइल क\u094d\u200dष",
        "👩\u200d💻 and ❤\ufe0f and 👩🏽\u200d🚀",
        "שלום \u200e(abc)\u200e",
        "ประ\u200bเทศ",
        "Donau\u00addampf\u00adschifffahrt is long, as words go",
        "\ufeffA file with a byte order mark",
    ],
)
def test_characters_that_a_script_needs_are_not_found(text: str) -> None:
    assert hidden_characters(text) == set()


@pytest.mark.slow
@given(st.text(max_size=60))
def test_the_plain_form_hides_nothing_and_is_its_own_plain_form(text: str) -> None:
    assert plain(plain(text)) == plain(text)
