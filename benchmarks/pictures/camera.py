"""What a camera or a scanner does to paper: a tilt, uneven light, noise, a turned image."""

from __future__ import annotations

import random
from datetime import date

import numpy as np
from PIL import Image

_ORIENTATION, _DATE = 0x0112, 0x0132
"""EXIF tags: how to turn the picture so that it is upright, and when it was taken."""
_TURNS = {1: None, 3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90}
_TURNS[8] = Image.Transpose.ROTATE_270
"""How the stored pixels are turned, by the value of the tag that turns them back."""


def photograph(paper: Image.Image, rng: random.Random) -> tuple[Image.Image, int]:
    """The paper on a table, as stored by a phone, and its EXIF orientation."""
    width, height = paper.size
    margin = round(min(width, height) * 0.12)
    table = (rng.randint(60, 150), rng.randint(45, 110), rng.randint(35, 90))
    shot = Image.new("RGB", (width + 2 * margin, height + 2 * margin), table)
    tilted = paper.convert("RGBA").rotate(rng.uniform(-3, 3), Image.Resampling.BICUBIC, expand=True)
    place = ((shot.width - tilted.width) // 2, (shot.height - tilted.height) // 2)
    shot.paste(tilted, place, tilted)
    shot = _light(shot, rng, darkest=0.72, noise=5.0)
    orientation = rng.choice((1, 3, 6, 6, 8))
    turn = _TURNS[orientation]
    return (shot if turn is None else shot.transpose(turn)), orientation


def scan(paper: Image.Image, rng: random.Random) -> Image.Image:
    """The page from a scanner: hardly tilted, a little grey."""
    tilted = paper.rotate(
        rng.uniform(-0.7, 0.7), Image.Resampling.BICUBIC, fillcolor=(246, 246, 244)
    )
    return _light(tilted, rng, darkest=0.93, noise=3.0)


def exif(orientation: int, day: date) -> Image.Exif:
    """What a camera writes into the file beside the pixels."""
    tags = Image.Exif()
    tags[_ORIENTATION] = orientation
    tags[_DATE] = f"{day:%Y:%m:%d} 12:00:00"
    return tags


def _light(image: Image.Image, rng: random.Random, darkest: float, noise: float) -> Image.Image:
    """Light that falls off to one side, and noise with a standard deviation in grey levels."""
    pixels = np.asarray(image, dtype=np.float32)
    rows = np.linspace(*_ends(rng, darkest), pixels.shape[0], dtype=np.float32)
    columns = np.linspace(*_ends(rng, darkest), pixels.shape[1], dtype=np.float32)
    grain = np.random.default_rng(rng.getrandbits(32)).standard_normal(
        pixels.shape[:2], dtype=np.float32
    )
    lit = pixels * np.sqrt(rows[:, None] * columns[None, :])[..., None] + noise * grain[..., None]
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8))


def _ends(rng: random.Random, darkest: float) -> tuple[float, float]:
    ends = [1.0, rng.uniform(darkest, 1.0)]
    rng.shuffle(ends)
    return ends[0], ends[1]
