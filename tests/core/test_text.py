import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.core.text import (
    check_origin,
    escaped,
    host_only,
    one_line,
    shorten,
    visible,
    without_login,
)


def test_a_text_that_fits_stays_whole() -> None:
    assert shorten("x" * 8, 8) == "x" * 8


def test_a_longer_text_is_cut_to_the_width_with_its_mark() -> None:
    assert shorten("x" * 9, 8) == "x" * 7 + "…"
    assert shorten("x" * 9, 8, "...") == "xxxxx..."


def test_one_line_has_single_spaces() -> None:
    assert one_line(" a\n\tb  c\n") == "a b c"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b]0;title\x07b", "a�]0;title�b"),
        ("a\x9b2Jb\x7f", "a�2Jb�"),
        ("\u202edoog\u202c \u2066x\u2069", "�doog� �x�"),
        ("a\u200bb\u2060c\u2028d", "a�b�c�d"),
        ("tag\U000e0049", "tag�"),
        ("שלום \u200f(abc)", "שלום (abc)"),
        ("می\u200cکنید 👩\u200d🚀 日本\n\t", "می\u200cکنید 👩\u200d🚀 日本\n\t"),
    ],
)
def test_what_could_drive_or_deceive_a_terminal_is_not_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.slow
@given(st.text(max_size=60))
def test_escaped_json_means_the_same_and_is_visible(text: str) -> None:
    line = escaped(json.dumps({"text": text}, ensure_ascii=False))
    assert json.loads(line) == {"text": text}
    assert visible(line) == line


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ada:s3:cr@et@example.org:8000/v1", "https://***@example.org:8000/v1"),
        ("http://token@[::1]:8000/v1", "http://***@[::1]:8000/v1"),
        ("http://example.org/a@b", "http://example.org/a@b"),
        ("no url", "no url"),
    ],
)
def test_a_url_is_shown_without_its_login(url: str, shown: str) -> None:
    assert without_login(url) == shown


def test_of_a_secret_url_the_host_is_shown() -> None:
    assert (
        host_only("https://u:p@hooks.example.org:9/T0/x?k=y")
        == "https://***@hooks.example.org:9/***"
    )
    assert host_only("https://[broken/x") == "***"
    assert host_only("nothing") == "***"


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.org",
        "http://127.0.0.1:3000",
        "http://[::1]:3000",
        "capacitor://localhost",
    ],
)
def test_an_origin_is_as_browsers_send_it(origin: str) -> None:
    check_origin(origin)


@pytest.mark.parametrize(
    "text",
    [
        *("", "*", "null", "app.example.org", "https://", "https://*.example.org"),
        *("https://app.example.org/", "https://App.example.org", "https://app.example.org:443"),
        *("http://app.example.org:80", "https://a@app.example.org", "https://app.example.org\n"),
    ],
)
def test_what_no_browser_sends_is_no_origin(text: str) -> None:
    with pytest.raises(ValueError, match="is no origin: write it as https://host"):
        check_origin(text)
