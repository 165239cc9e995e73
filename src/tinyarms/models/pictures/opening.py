"""Open a picture that somebody gives, and make of it what a model gets.

Formats are told by the content, never by the name. Only formats whose decoders run no other program
are opened. What a model gets is upright, has no metadata and at most as many pixels as allowed.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from tinyarms.core.errors import ConfigError, PictureError
from tinyarms.core.text import one_line, shorten

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 50_000_000
"""Largest file that is opened, in bytes. Higher: one picture can fill the memory of a small
machine."""
MAX_SOURCE_PIXELS = 100_000_000
"""Most pixels that are decoded: 300 MB of memory. A small file can claim many more."""
MIN_SIDE = 8
"""Smallest width and height in pixels. A smaller picture shows nothing, and vision models fail on
it."""
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "PPM", "AVIF")
"""What Pillow may decode; EPS, for instance, would run Ghostscript. AVIF is not in every build."""
_QUALITY = 90
"""Of a JPEG that is made from a JPEG. Lower: smaller requests, but small print blurs."""
_ORIENTATION, _DATE, _DATE_TAKEN, _EXIF = 0x0112, 0x0132, 0x9003, 0x8769
"""Tags of EXIF."""
_SIDEWAYS = (5, 6, 7, 8)
"""Orientations of EXIF that swap width and height."""
EXTRA = "pip install 'tinyarms[images]'"


@dataclass(frozen=True)
class Facts:
    """What is known of a picture before it is decoded."""

    sha256: str
    """Hash of the bytes."""
    width: int
    """In pixels, turned upright."""
    height: int
    """In pixels, turned upright."""
    date: str
    """The day when it was taken, as `2024-03-11`; empty if not said."""


@dataclass(frozen=True)
class Encoded:
    """A picture as a model gets it."""

    data: bytes
    media_type: str
    """`image/png` or `image/jpeg`."""
    pixels: int
    """Width times height."""

    @property
    def sha256(self) -> str:
        """Hash of `data`: 64 hexadecimal characters."""
        return hashlib.sha256(self.data).hexdigest()


def facts_of(data: bytes, where: str) -> Facts:
    """Hash, size and date of a picture, without decoding it.

    Raises `PictureError`, which begins with `where`, and `ConfigError` without the extra.
    """
    with _opened(data, where) as image:
        exif = _exif(image)
        width, height = image.size
        if exif.get(_ORIENTATION) in _SIDEWAYS:
            width, height = height, width
        taken = exif.get_ifd(_EXIF).get(_DATE_TAKEN) or exif.get(_DATE)
        return Facts(hashlib.sha256(data).hexdigest(), width, height, _day(taken))


def encoded(data: bytes, max_pixels: int, where: str) -> Encoded:
    """The picture as it is sent: upright, without metadata, of an animation the first frame.

    A picture with more than `max_pixels` pixels is scaled down. JPEGs stay JPEGs; anything else
    becomes PNG, which keeps small print sharp. Raises as `facts_of`.
    """
    with _opened(data, where) as image:
        is_jpeg = image.format in ("JPEG", "MPO")
        upright = _upright(image, max_pixels)
        out, pixels = io.BytesIO(), upright.width * upright.height
        if is_jpeg:
            upright.save(out, "JPEG", quality=_QUALITY)
            return Encoded(out.getvalue(), "image/jpeg", pixels)
        upright.save(out, "PNG")
        return Encoded(out.getvalue(), "image/png", pixels)


def decoded(data: bytes, max_pixels: int, where: str) -> Image.Image:
    """As `encoded`, but as an RGB image of Pillow. Raises as `facts_of`."""
    with _opened(data, where) as image:
        return _upright(image, max_pixels)


@contextmanager
def _opened(data: bytes, where: str) -> Iterator[Image.Image]:
    """The picture, not yet decoded. What fails inside is raised as `PictureError` too."""
    if len(data) > MAX_BYTES:
        raise PictureError(f"{where}: has more than {MAX_BYTES / 1e6:.0f} MB.", "Scale it down.")
    open_image = _pillow(where)
    with warnings.catch_warnings():
        # Pillow warns of odd metadata and of large sizes, which are checked below.
        warnings.simplefilter("ignore")
        try:
            with open_image(data) as image:
                _check_size(image, where)
                yield image
        except PictureError:
            raise
        # Decoders raise anything for broken content: OSError, SyntaxError, struct.error …
        except Exception as error:
            raise PictureError(f"{where}: {_why(error, data)}.", _remedy(error)) from error


def _pillow(where: str) -> Callable[[bytes], Image.Image]:
    try:
        from PIL import Image
    except ImportError as error:
        raise ConfigError(f"{where}: Pillow is not installed to open it.", EXTRA) from error
    Image.init()
    formats = [name for name in _FORMATS if name in Image.OPEN]
    return lambda data: Image.open(io.BytesIO(data), formats=formats)


def _why(error: Exception, data: bytes) -> str:
    from PIL import Image, UnidentifiedImageError

    if not data:
        return "is empty"
    if isinstance(error, UnidentifiedImageError):
        return "is not a picture that can be opened"
    if isinstance(error, Image.DecompressionBombError):
        return f"has far more than {MAX_SOURCE_PIXELS:,} pixels"
    return f"is broken ({shorten(one_line(str(error) or type(error).__name__), 60)})"


def _remedy(error: Exception) -> str:
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return "Give a PNG, JPEG, WebP, GIF, BMP or TIFF: convert HEIC, SVG and PDF to PNG."
    if isinstance(error, Image.DecompressionBombError):
        return "Scale it down."
    return "Give a whole PNG, JPEG, WebP, GIF, BMP or TIFF."


def _check_size(image: Image.Image, where: str) -> None:
    width, height = image.size
    if width * height > MAX_SOURCE_PIXELS:
        raise PictureError(
            f"{where}: has {width}×{height} pixels.",
            f"At most {MAX_SOURCE_PIXELS:,} pixels are decoded; scale it down.",
        )
    if min(width, height) < MIN_SIDE:
        raise PictureError(
            f"{where}: has {width}×{height} pixels, which show nothing.",
            f"Give a picture of at least {MIN_SIDE}×{MIN_SIDE} pixels.",
        )


def _exif(image: Image.Image) -> Image.Exif:
    """The metadata; of a PNG only what comes before its pixels, which would have to be decoded."""
    from PIL import Image

    is_late = image.format == "PNG" and "exif" not in image.info
    return Image.Exif() if is_late else image.getexif()


def _upright(image: Image.Image, max_pixels: int) -> Image.Image:
    """An RGB copy without metadata, on white where it is transparent."""
    from PIL import Image, ImageOps

    # A JPEG is decoded at a fraction of its size where that is still large enough.
    share = (max_pixels / (image.width * image.height)) ** 0.5
    if share < 1:
        image.draft("RGB", (round(image.width * share), round(image.height * share)))
    is_turned = _ORIENTATION in _exif(image)
    image.load()
    opaque = _on_white(ImageOps.exif_transpose(image) if is_turned else image)
    share = (max_pixels / (opaque.width * opaque.height)) ** 0.5
    if share < 1:
        size = (max(1, int(opaque.width * share)), max(1, int(opaque.height * share)))
        opaque = opaque.resize(size, Image.Resampling.LANCZOS)
    bare = Image.new("RGB", opaque.size)
    bare.paste(opaque)
    return bare


def _on_white(image: Image.Image) -> Image.Image:
    from PIL import Image

    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return _eight_bits(image).convert("RGB")
    if not image.has_transparency_data:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    white = Image.new("RGBA", layer.size, "white")
    return Image.alpha_composite(white, layer).convert("RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey values of more than 8 bits, stretched from black to white."""
    wide = image.convert("F")
    low, high = wide.getextrema()
    assert isinstance(low, float) and isinstance(high, float)  # it has one band
    factor = 255 / (high - low) if high > low else 1.0
    return wide.point(lambda value: value * factor - low * factor).convert("L")


def _day(taken: object) -> str:
    """The day in an EXIF time such as `2024:03:11 09:12:44`; empty for anything else."""
    try:
        year, month, day = (int(part) for part in str(taken)[:10].split(":"))
        return date(year, month, day).isoformat()
    except ValueError:
        return ""
