from __future__ import annotations

import pytest

from tests.pictures import drawn, png
from tinyarms.core.errors import PictureError
from tinyarms.models.pictures.ocr import MAX_CHARACTERS, Line, reader_name, text_in, text_of

MANY = 10**9


def test_unsure_lines_are_counted_and_not_guessed() -> None:
    assert text_of([]) == ""
    assert text_of([Line("Invoice 7", 0.9, 5), Line("~", 0.1, 1), Line("", 1, 1)]) == (
        "Invoice 7\n(2 lines could not be read)"
    )
    assert text_of([Line("~", 0.1, 1)]) == "(1 line could not be read)"


def test_a_line_with_little_text_for_its_width_was_read_in_part() -> None:
    assert text_of([Line("Total 6", 0.9, 3.5), Line("7", 0.99, 6)]) == (
        "Total 6\n7\n(1 line could only be read in part)"
    )


def test_a_page_is_cut_and_says_so() -> None:
    text = text_of([Line("word " * 300, 0.9, 50)] * 10)
    assert text.endswith("\n(cut here: the picture has more text)")
    assert len(text) < MAX_CHARACTERS + 50


def test_the_reader_has_a_version() -> None:
    assert reader_name().startswith("rapidocr 3")


@pytest.mark.slow
def test_text_is_read_on_this_machine(capfd: pytest.CaptureFixture[str]) -> None:
    data = png(drawn("Invoice 2024-117", "Total: 612,40 Euro"))
    assert text_in(data, MANY, "shot") == "Invoice 2024-117\nTotal: 612,40 Euro"
    assert text_in(png(drawn()), MANY, "shot") == ""
    with pytest.raises(PictureError, match=r"^shot: is not a picture"):
        text_in(b"nothing", MANY, "shot")
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
