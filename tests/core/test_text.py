from tinyarms.core.text import one_line, shorten


def test_a_text_that_fits_stays_whole() -> None:
    assert shorten("x" * 8, 8) == "x" * 8


def test_a_longer_text_is_cut_to_the_width_with_its_mark() -> None:
    assert shorten("x" * 9, 8) == "x" * 7 + "…"
    assert shorten("x" * 9, 8, "...") == "xxxxx..."


def test_one_line_has_single_spaces() -> None:
    assert one_line(" a\n\tb  c\n") == "a b c"
