"""No reply keeps a copy of a picture that was sent."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.core.errors import PictureError
from tinyarms.skills.execution import (
    PICTURE,
    Message,
    ModelReply,
    ModelRequest,
    SentPicture,
    ask,
)
from tinyarms.skills.picture_copies import REMOVED, without_copies


def _plain(data: bytes) -> str:
    return base64.b64encode(data).decode()


_FORMS: dict[str, Callable[[bytes], str]] = {
    "data URL": lambda data: f"data:image/png;base64,{_plain(data)}",
    "with a name": lambda data: f"data:image/jpeg;name=a.jpg;base64,{_plain(data)}",
    "bare": _plain,
    "for addresses": lambda data: base64.urlsafe_b64encode(data).decode(),
    "in JSON": lambda data: json.dumps({"url": _plain(data)}).replace("/", "\\/"),
    "quoted": lambda data: quote(_plain(data), safe=""),
    "hexadecimal": bytes.hex,
    "cut": lambda data: _plain(data)[7:-9],
}


@pytest.mark.slow
@pytest.mark.parametrize("form", _FORMS)
@given(data=st.binary(min_size=90, max_size=300), before=st.text(), after=st.text())
def test_no_piece_of_the_picture_is_left(form: str, data: bytes, before: str, after: str) -> None:
    copy = _FORMS[form](data)
    kept = without_copies(f"{before}{copy}{after}", [lambda: b"another", lambda: data])
    assert REMOVED in kept
    for name in ("bare", "for addresses", "hexadecimal"):
        whole = _FORMS[name](data)
        assert not any(whole[at : at + 48] in kept for at in range(len(whole) - 47))


def test_lines_of_a_copy_leave_one_mark() -> None:
    data = bytes(range(256))
    text = f"See:\n{base64.encodebytes(data).decode()}It is an invoice."
    assert without_copies(text, [lambda: data]) == f"See:\n{REMOVED}\nIt is an invoice."


@pytest.mark.parametrize(
    "text",
    [
        "quarterly-report-of-the-northern-branch-2024-final",
        "0123456789abcdef" * 4,
        "https://example.org/a/very/long/path/without/any/picture/in/it",
        "",
    ],
)
def test_other_long_words_stay(text: str) -> None:
    assert without_copies(text, [lambda: bytes(range(200, 256)) * 9]) == text


def test_without_pictures_and_with_one_that_is_gone() -> None:
    url = f"data:image/png;base64,{_plain(bytes(60))}"
    assert without_copies(url, []) == url

    def gone() -> bytes:
        raise PictureError("It is gone.", "Give it again.")

    assert without_copies(f"{url} {_plain(bytes(range(90)))}", [gone]) == REMOVED


class Copies:
    """A model of an application that answers with the pictures that it is sent."""

    name = "copies"

    def complete(self, request: ModelRequest) -> ModelReply:
        [picture] = request.messages[0].pictures
        return ModelReply(f"{_plain(picture.load())}, a cat", 9, 9, 1.0)


def test_every_model_is_asked_so() -> None:
    picture = SentPicture("0" * 64, "image/png", 9, lambda: bytes(range(99)))
    reply = ask(Copies(), ModelRequest((Message("user", PICTURE, (picture,)),)))
    assert reply.text == f"{REMOVED}, a cat"
