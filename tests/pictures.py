"""Pictures for tests."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from tinyarms.loop.project.pictures import Pictures

if TYPE_CHECKING:
    from PIL import Image


class NothingKept:
    """Keeps no text of a picture."""

    def find(self, sha256: str, reader: str) -> str | None:
        return None

    def keep(self, sha256: str, reader: str, text: str) -> None:
        pass


def pictures_of(root: Path) -> Pictures:
    """The pictures of a project that keeps no texts."""
    return Pictures(root, NothingKept())


def drawn(*lines: str, size: tuple[int, int] = (640, 240), seed: int = 0) -> Image.Image:
    """Black lines of text on white. Another `seed` gives other bytes that look the same."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(32)
    for number, line in enumerate(lines):
        draw.text((20, 20 + 50 * number), line, fill="black", font=font)
    image.putpixel((0, 0), (254, 254, seed % 256))
    return image


def png(image: Image.Image) -> bytes:
    """The bytes of a PNG."""
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
