from __future__ import annotations

import hashlib
import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from tests.pictures import drawn, png
from tinyarms.core.errors import PictureError
from tinyarms.models.pictures.opening import (
    MAX_BYTES,
    MAX_SOURCE_PIXELS,
    Encoded,
    encoded,
    facts_of,
)

MANY = 10**9
"""More pixels than any picture of these tests has."""


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def opened(data: bytes, max_pixels: int = MANY) -> Image.Image:
    """What a model gets, decoded again."""
    sent = encoded(data, max_pixels, "shot")
    image = Image.open(io.BytesIO(sent.data))
    assert Image.MIME[image.format or ""] == sent.media_type
    image.load()
    return image


def halves(left: str, right: str) -> Image.Image:
    image = Image.new("RGB", (60, 40), left)
    image.paste(Image.new("RGB", (30, 40), right), (30, 0))
    return image


def with_exif(image: Image.Image, **tags: Any) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = tags.get("orientation", 1)
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8769)[0x9003] = tags.get("taken", "2024:03:11 09:12:44")
    exif.get_ifd(0x8825)[1] = "N"
    return saved(image, "JPEG", exif=exif, quality=95)


def test_hash_size_and_date_are_known_without_decoding() -> None:
    data = with_exif(halves("red", "blue"))
    facts = facts_of(data, "shot")
    assert (facts.width, facts.height, facts.date) == (60, 40, "2024-03-11")
    assert facts.sha256 == hashlib.sha256(data).hexdigest()
    assert facts_of(png(drawn("x")), "shot").date == ""
    assert facts_of(with_exif(halves("red", "blue"), taken="yesterday"), "shot").date == ""


def test_a_picture_is_turned_upright_and_loses_its_metadata() -> None:
    data = with_exif(halves("red", "blue"), orientation=6)
    facts = facts_of(data, "shot")
    assert (facts.width, facts.height) == (40, 60)
    image = opened(data)
    assert image.size == (40, 60)
    top, bottom = image.getpixel((20, 5)), image.getpixel((20, 55))
    assert isinstance(top, tuple) and isinstance(bottom, tuple)
    assert top[0] > 200 > 60 > top[2] and bottom[2] > 200 > 60 > bottom[0]
    assert not image.getexif() and b"SecretCamera" in data
    assert b"SecretCamera" not in encoded(data, MANY, "shot").data


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_turned_upright(orientation: int) -> None:
    upright = Image.new("RGB", (60, 40), "white")
    upright.paste("red", (0, 0, 30, 20))
    upright.paste("blue", (30, 0, 60, 20))
    transpose = Image.Transpose
    as_stored = {
        2: transpose.FLIP_LEFT_RIGHT,
        3: transpose.ROTATE_180,
        4: transpose.FLIP_TOP_BOTTOM,
        5: transpose.TRANSPOSE,
        6: transpose.ROTATE_90,
        7: transpose.TRANSVERSE,
        8: transpose.ROTATE_270,
    }
    turned = upright.transpose(as_stored[orientation]) if orientation > 1 else upright
    image = opened(with_exif(turned, orientation=orientation))
    assert image.size == (60, 40)
    corners = [image.getpixel(place) for place in ((5, 5), (55, 5), (5, 35), (55, 35))]
    assert [tuple(band > 128 for band in corner) for corner in corners] == [  # type: ignore[union-attr]
        *((True, False, False), (False, False, True), (True, True, True), (True, True, True))
    ]


def test_text_in_a_png_is_dropped() -> None:
    from PIL.PngImagePlugin import PngInfo

    notes = PngInfo()
    notes.add_text("Author", "SecretAuthor")
    data = saved(drawn("x"), "PNG", pnginfo=notes)
    assert b"SecretAuthor" in data and b"SecretAuthor" not in encoded(data, MANY, "shot").data


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_scaled_down_to_the_pixels_and_never_up(kind: str) -> None:
    data = saved(drawn("Invoice", size=(900, 300)), kind)
    small = opened(data, 30_000)
    assert 28_000 < small.width * small.height <= 30_000
    assert abs(small.width / small.height - 3) < 0.05
    assert opened(data, 270_000).size == (900, 300)


def test_the_same_picture_is_always_sent_as_the_same_bytes() -> None:
    data = saved(drawn("Invoice"), "JPEG")
    assert encoded(data, 50_000, "a") == encoded(data, 50_000, "b")
    assert isinstance(encoded(data, MANY, "a"), Encoded)


@pytest.mark.parametrize(
    "make",
    [
        lambda: saved(halves("red", "blue"), "GIF", save_all=True, append_images=[drawn("two")]),
        lambda: saved(halves("red", "blue").convert("CMYK"), "JPEG", quality=95),
        lambda: saved(halves("red", "blue").convert("P"), "PNG"),
        lambda: saved(halves("red", "blue").convert("RGBA"), "WEBP", lossless=True),
        lambda: saved(halves("red", "blue"), "TIFF"),
        lambda: saved(halves("red", "blue"), "BMP"),
        lambda: saved(halves("red", "blue"), "PPM"),
    ],
    ids=["animated", "cmyk", "palette", "webp", "tiff", "bmp", "ppm"],
)
def test_any_kind_is_sent_as_red_and_blue(make: Callable[[], bytes]) -> None:
    image = opened(make())
    assert (image.mode, image.size) == ("RGB", (60, 40))
    left, right = image.getpixel((10, 20)), image.getpixel((50, 20))
    assert isinstance(left, tuple) and isinstance(right, tuple)
    assert left[0] > 190 > 60 > left[2] and right[2] > 190 > 60 > right[0]


def test_what_is_transparent_is_white() -> None:
    image = Image.new("RGBA", (20, 20), (0, 0, 0, 0))
    assert opened(saved(image, "PNG")).getpixel((5, 5)) == (255, 255, 255)


def test_sixteen_bits_are_stretched_to_eight() -> None:
    image = Image.new("I;16", (20, 20), 1000)
    image.paste(3000, (10, 0, 20, 20))
    sent = opened(saved(image, "PNG"))
    assert (sent.getpixel((2, 2)), sent.getpixel((15, 2))) == ((0, 0, 0), (255, 255, 255))


def bomb(width: int, height: int) -> bytes:
    """A small PNG that claims to be large."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(bytes(10_000)), b"IEND"]
    framed = (struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(framed)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"hello, I am no picture", "is not a picture that can be opened"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not a picture that can be op"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "is not a picture that can be opened"),
        (png(drawn("x"))[:-200], "is broken"),
        (saved(halves("red", "blue"), "JPEG")[:-60], "is broken"),
        (png(drawn("x"))[:20], "is (broken|not a picture)"),
        (png(Image.new("RGB", (1, 1))), "has 1×1 pixels, which show nothing"),
        (png(Image.new("RGB", (900, 2))), "has 900×2 pixels, which show nothing"),
        (bomb(12_000, 9_000), "has 12000×9000 pixels"),
        (bomb(60_000, 60_000), f"has far more than {MAX_SOURCE_PIXELS:,} pixels"),
        (png(drawn("x")) + bytes(MAX_BYTES), "has more than 50 MB"),
    ],
    ids=[
        "empty",
        "text",
        "eps",
        "svg",
        "truncated png",
        "truncated jpeg",
        "headless png",
        "1x1",
        "a line",
        "bomb",
        "great bomb",
        "large file",
    ],
)
def test_a_bad_picture_gets_one_line(data: bytes, why: str) -> None:
    with pytest.raises(PictureError, match=f"^shot: {why}") as caught:
        facts_of(data, "shot")
        encoded(data, MANY, "shot")
    assert "\n" not in str(caught.value)
    assert caught.value.hint


def test_the_largest_picture_is_known_by_its_header() -> None:
    assert facts_of(bomb(10_000, 10_000), "shot").width == 10_000
