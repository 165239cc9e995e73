"""Paper: invoices, receipts and written notes, before a camera or a scanner takes them."""

from __future__ import annotations

import random

from .canvas import PAPER, Sheet
from .scenes import Scene, spellings


def invoice(scene: Scene, rng: random.Random) -> Sheet:
    """A page of A4 with a sender, a customer, a table, a total and the small print."""
    words = scene.language
    sheet = Sheet(720, 1018, 1.0 + scene.scale / 4, PAPER)
    sheet.text(64, 60, scene.company, 22, bold=True)
    sheet.text(64, 94, f"info@{spellings(scene.name)[0]}.example", 12, PAPER.faint)
    sheet.text(64, 168, words.customer, 12, PAPER.faint)
    sheet.text(64, 188, rng.choice(words.people), 15)
    sheet.text(64, 266, scene.title, 30, bold=True)
    sheet.text(64, 316, f"{words.number} {scene.day.year}-{rng.randint(100, 9999):04}", 14)
    sheet.text(656, 316, scene.written_date, 14, anchor="ra")
    y = 372.0
    sheet.box((64, y, 656, y + 30), PAPER.panel)
    sheet.text(470, y + 6, words.number, 13, PAPER.faint, anchor="ra")
    sheet.text(644, y + 6, words.total, 13, PAPER.faint, anchor="ra")
    amounts = [rng.uniform(4, 480) for _ in range(rng.randint(3, 5))]
    for name, amount in zip(rng.sample(words.goods, len(amounts)), amounts, strict=True):
        y += 40
        sheet.text(76, y, name, 14)
        sheet.text(470, y, str(rng.randint(1, 12)), 14, anchor="ra")
        sheet.text(644, y, words.price(amount), 14, anchor="ra")
        sheet.line([(64, y + 28), (656, y + 28)], PAPER.line)
    y += 50
    sheet.text(470, y, words.total, 17, bold=True, anchor="ra")
    sheet.text(644, y, words.price(sum(amounts)), 17, bold=True, anchor="ra")
    sheet.line([(64, 930), (656, 930)], PAPER.line)
    bank = f"IBAN XX00 {rng.randint(1000, 9999)} {rng.randint(1000, 9999)} {rng.randint(10, 99)}"
    sheet.text(64, 942, bank, 11, PAPER.faint)
    sheet.text(64, 960, "  ·  ".join(words.footer[:3]), 11, PAPER.faint)
    return sheet


def receipt(scene: Scene, rng: random.Random) -> Sheet:
    """A narrow strip with the shop, the goods, the total and how it was paid."""
    words = scene.language
    count = rng.randint(3, 7)
    goods = rng.sample(words.goods, min(count, len(words.goods)))
    sheet = Sheet(340, 430 + 30 * len(goods), 1.6 + scene.scale / 4, PAPER)
    sheet.text(170, 28, scene.name, 25, bold=True, anchor="ma")
    if scene.local:
        sheet.text(170, 66, scene.local, 19, anchor="ma")
    sheet.text(170, 98, scene.title, 16, anchor="ma")
    sheet.text(28, 136, scene.written_date, 14)
    sheet.text(312, 136, f"{rng.randint(8, 21):02}:{rng.randint(0, 59):02}", 14, anchor="ra")
    sheet.line([(28, 164), (312, 164)], PAPER.line)
    y, total = 178.0, 0.0
    for name in goods:
        amount = rng.uniform(0.5, 40)
        total += amount
        sheet.text(28, y, name, 15)
        sheet.text(312, y, words.price(amount), 15, anchor="ra")
        y += 30
    sheet.line([(28, y + 4), (312, y + 4)], PAPER.line)
    sheet.text(28, y + 16, words.total, 19, bold=True)
    sheet.text(312, y + 16, words.price(total), 19, bold=True, anchor="ra")
    sheet.text(28, y + 56, f"{words.paid} **** {rng.randint(1000, 9999)}", 13)
    sheet.text(170, y + 96, words.thanks, 14, anchor="ma")
    x = 60.0
    while x < 280:
        bar = rng.uniform(1, 4)
        sheet.box((x, y + 130, x + bar, y + 172), PAPER.ink)
        x += bar + rng.uniform(1.5, 4)
    return sheet


def note(scene: Scene, rng: random.Random) -> Sheet:
    """A page of a ruled notebook."""
    words = scene.language
    sheet = Sheet(520, 640, 1.2 + scene.scale / 3, PAPER)
    for y in range(96, 640, 36):
        sheet.line([(0, y), (520, y)], (196, 208, 226))
    sheet.line([(62, 0), (62, 640)], (226, 150, 150))
    ink = rng.choice(((28, 44, 120), (30, 30, 34), (120, 26, 40)))
    sheet.text(78, 62, f"{scene.title}: {scene.name}", 24, ink, bold=True)
    sheet.text(78, 106, scene.written_date, 18, ink)
    for place, task in enumerate(rng.sample(words.tasks, 4)):
        sheet.text(78 + rng.uniform(-4, 8), 179 + place * 72, f"– {task}", 19, ink)
    return sheet
