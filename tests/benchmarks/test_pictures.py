"""The pictures of `benchmarks/pictures`: the same each time, with names that follow from them."""

from __future__ import annotations

import io
import json
import random
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

import bench_pictures
from pictures import canvas
from pictures.languages import KINDS, LANGUAGES
from pictures.render import EXAMPLES, FOLDER, draw, example_row, main, render
from pictures.scenes import PICTURES, plan, spellings
from search.contest import Row
from tinyarms.models.pictures.ocr import text_in
from tinyarms.skills.contract import Pattern
from tinyarms.skills.example import Example, parse_examples
from tinyarms.skills.scorers import keywords
from tinyarms.skills.skill import MAX_PIXELS

SEED = 10
"""Its first three pictures are a dashboard, a dialog and the photo of a receipt."""
CONTRACT = Pattern("[a-z0-9]+(-[a-z0-9]+){1,5}")
"""That of the skill `file-naming`."""


def examples(seed: int) -> list[Example]:
    rows = [json.dumps(example_row(scene, n)) for n, scene in enumerate(plan(seed), start=1)]
    return parse_examples(rows, ("picture",), EXAMPLES, CONTRACT)


@pytest.mark.slow
def test_the_same_seed_draws_the_same_pictures(tmp_path: Path) -> None:
    read = []
    for name in ("one", "two"):
        path = render(tmp_path / name, SEED, count=3)
        lines = path.read_text(encoding="utf-8").splitlines()
        rows = parse_examples(lines, ("picture",), str(path), CONTRACT)
        read.append([(row, (path.parent / row.inputs["picture"]).read_bytes()) for row in rows])
    assert read[0] == read[1]
    assert len(read[0]) == 3
    assert len(list((tmp_path / "one" / FOLDER).iterdir())) == 3
    formats, dates = [], []
    for _, data in read[0]:
        with Image.open(io.BytesIO(data)) as image:
            formats.append(image.format)
            dates.append(str(image.getexif().get(0x0132, "")))
            assert min(image.size) > 400
    assert formats == ["JPEG", "PNG", "JPEG"]
    assert dates[:2] == ["", ""]
    assert read[0][2][0].expected.endswith(f"-{dates[2][:4]}")


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_expected_name_keeps_the_contract_and_scores_best(seed: int) -> None:
    rows = examples(seed)
    assert len(rows) == PICTURES
    assert all(keywords(row, row.expected) == 1 for row in rows)
    assert Counter(row.split for row in rows) == {"test": 60, "search": 40, "selection": 20}
    assert len({row.expected.split("-")[0] for row in rows}) == PICTURES
    assert len({row.inputs["picture"] for row in rows}) == PICTURES


def test_neither_the_name_of_another_picture_nor_the_files_own_name_is_right() -> None:
    rows = examples(0)
    for row, other in zip(rows, rows[1:] + rows[:1], strict=True):
        assert keywords(row, other.expected) <= 0.6
        assert keywords(row, row.inputs["picture"]) == 0


def test_the_scripts_and_kinds_are_mixed_in_every_split() -> None:
    scenes = plan(0)
    for language in LANGUAGES:
        splits = {scene.split for scene in scenes if scene.language == language}
        assert splits == {"test", "search", "selection"}
    for kind in KINDS:
        assert sum(s.kind == kind and s.split == "test" for s in scenes) in (7, 8)
    assert [s.expected for s in scenes] != [s.expected for s in plan(1)]


def test_names_are_spelled_in_the_letters_of_the_contract() -> None:
    assert spellings("Süßkind") == ("suesskind", "susskind")
    assert spellings("Écluse") == ("ecluse",)
    assert spellings("Fenwick") == ("fenwick",)


def test_without_the_font_one_line_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(canvas, "FONT_PACKAGE", "a_font_that_is_not_installed")
    canvas.font_path.cache_clear()
    canvas.font.cache_clear()
    with pytest.raises(SystemExit, match=r"^The pictures need a font: pip install noto-cjk"):
        main(["--to", str(tmp_path), "--seed", "1"])
    canvas.font_path.cache_clear()


@pytest.mark.slow
def test_ocr_reads_the_name_and_the_number_of_pictures_in_every_script(tmp_path: Path) -> None:
    wanted = {"de": "Einstellungen", "fr": "Facture", "zh": "年度总结", "ja": "ダッシュボード"}
    read: set[str] = set()
    for scene in plan(0):
        code = scene.language.code
        if code not in read and scene.title == wanted.get(code):
            path = tmp_path / scene.file_name
            draw(scene, random.Random(0), path)
            text = text_in(path.read_bytes(), MAX_PIXELS, path.name)
            assert scene.name in text
            assert scene.shown_detail in text
            assert scene.title in text
            read.add(code)
    assert read == set(wanted)


def row(contestant: str, right: int) -> Row:
    answers = tuple(n < right for n in range(60))
    return Row("file-naming", contestant, 0, 600, 590, 40, 1.0, {"text": "p"}, answers, "")


def test_the_bar_is_the_mean_gain_of_the_seeds() -> None:
    found = bench_pictures.report(
        [row("first prompt", 6), row("seed 1", 12), row("seed 2", 18)], ""
    )
    (bar,) = found.bars
    assert (bar.value, bar.holds) == (0.15, True)
    assert len(found.table.splitlines()) == 6
    (bar,) = bench_pictures.report([row("first prompt", 6), row("seed 1", 14)], "").bars
    assert (bar.value, bar.holds) == (0.1333, False)
