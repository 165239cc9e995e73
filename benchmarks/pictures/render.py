"""120 pictures whose file names follow from what they show, for the skill `file-naming`.

    python -m benchmarks.pictures.render --to DIR --seed N

It draws screenshots of windows and web pages, invoices, receipts, dashboards, error dialogs, slides
and notes in English, German, French, Spanish, Chinese and Japanese, writes them to `DIR/pictures`,
and `DIR/file-naming.jsonl` with an example for each of them: 60 `test`, 40 `search` and 20
`selection`. The same seed draws the same pictures.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

try:
    import PIL  # noqa: F401
except ModuleNotFoundError:
    sys.exit("The pictures are drawn with Pillow: pip install pillow")

from . import camera, papers, screens
from .canvas import Sheet
from .languages import Kind
from .scenes import PICTURES, Scene, plan

EXAMPLES = "file-naming.jsonl"
FOLDER = "pictures"
_Draw = Callable[[Scene, random.Random], Sheet]
_SCREENS: Final[Mapping[Kind, _Draw]] = {
    "settings": screens.settings,
    "order": screens.order,
    "invoice": papers.invoice,
    "dashboard": screens.dashboard,
    "error": screens.error,
    "slide": screens.slide,
    "note": screens.note,
}
_PAPERS: Final[Mapping[Kind, _Draw]] = {
    "invoice": papers.invoice,
    "receipt": papers.receipt,
    "note": papers.note,
}
_QUALITIES = (55, 90)
"""Range of the JPEG quality. Lower: more visible blocks around letters."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--to", type=Path, required=True, help="folder to write to")
    parser.add_argument("--seed", type=int, default=0, help="another seed draws others (default 0)")
    options = parser.parse_args(arguments)
    path = render(options.to, options.seed)
    print(f"{path}: {PICTURES} examples")
    return 0


def render(folder: Path, seed: int, count: int = PICTURES) -> Path:
    """Draw the first `count` pictures and write their examples; returns the examples file."""
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    rows = []
    for number, scene in enumerate(plan(seed)[:count], start=1):
        draw(scene, random.Random(f"{seed} {number}"), folder / FOLDER / scene.file_name)
        rows.append(json.dumps(example_row(scene, number), ensure_ascii=False))
    path = folder / EXAMPLES
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


def example_row(scene: Scene, number: int) -> dict[str, object]:
    """The scene's row in the examples file."""
    return {
        "id": f"pic-{number:03}",
        "kind": scene.kind,
        "inputs": {"picture": f"{FOLDER}/{scene.file_name}"},
        "expected": scene.expected,
        "required": scene.required,
        "forbidden": list(scene.forbidden),
        "split": scene.split,
        "origin": "gold",
    }


def draw(scene: Scene, rng: random.Random, path: Path) -> None:
    """Draw one picture and write it in the format of the path's ending."""
    if not scene.photographed:
        image = _SCREENS[scene.kind](scene, rng).image
        if path.suffix == ".png":
            image.save(path)
        else:
            image.save(path, quality=rng.randint(*_QUALITIES))
        return
    paper = _PAPERS[scene.kind](scene, rng).image
    if scene.kind == "invoice":
        image, orientation = camera.scan(paper, rng), 1
    else:
        image, orientation = camera.photograph(paper, rng)
    exif = camera.exif(orientation, scene.day)
    image.save(path, quality=rng.randint(*_QUALITIES), exif=exif)


if __name__ == "__main__":
    sys.exit(main())
