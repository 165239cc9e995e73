"""The files of the demo's simulated users in the first week: each has a short caption."""

from __future__ import annotations

from tinyarms.skills.example import Example

_FILES = (
    ("IMG_2041.jpg", "Golden Gate Bridge at sunset", "golden-gate-bridge-sunset"),
    ("IMG_2042.jpg", "Two dogs on the beach", "two-dogs-beach"),
    ("IMG_2043.jpg", "Birthday cake with seven candles", "birthday-cake-candles"),
    ("IMG_2044.jpg", "Red bicycle against a wall", "red-bicycle-wall"),
    ("IMG_2045.jpg", "Snow on the garden fence", "snow-garden-fence"),
    ("IMG_2046.jpg", "Grandmother reading a newspaper", "grandmother-reading-newspaper"),
    ("IMG_2047.jpg", "Train station in Lisbon", "train-station-lisbon"),
    ("IMG_2048.jpg", "Bowl of ramen with egg", "ramen-bowl-egg"),
    ("IMG_2049.jpg", "Wedding couple under an oak", "wedding-couple-oak"),
    ("IMG_2050.jpg", "Lighthouse in heavy rain", "lighthouse-heavy-rain"),
    ("scan1.pdf", "Electricity bill March 2024", "electricity-bill-march-2024"),
    ("scan2.pdf", "Rental contract for the flat", "rental-contract-flat"),
    ("scan3.pdf", "School report of Maria", "school-report-maria"),
    ("scan4.pdf", "Dentist invoice for two fillings", "dentist-invoice-fillings"),
    ("scan5.pdf", "Boarding pass to Oslo", "boarding-pass-oslo"),
    ("scan6.pdf", "Warranty card of the washing machine", "washing-machine-warranty-card"),
    ("note1.txt", "Shopping list for Sunday", "shopping-list-sunday"),
    ("note2.txt", "Ideas for the garden", "garden-ideas"),
    ("note3.txt", "Packing list for Norway", "packing-list-norway"),
    ("note4.txt", "Recipe for lentil soup", "lentil-soup-recipe"),
    ("shot1.png", "Login page of the bank", "bank-login-page"),
    ("shot2.png", "Weather map for Friday", "friday-weather-map"),
    ("shot3.png", "Chat about the concert tickets", "concert-tickets-chat"),
    ("shot4.png", "Map of the zoo", "zoo-map"),
)

CAPTIONED = tuple(
    Example(
        id=f"caption-{place:02}",
        inputs={"file_name": file_name, "content": caption},
        expected=expected,
        split="search",
    )
    for place, (file_name, caption, expected) in enumerate(_FILES, start=1)
)
"""A name must contain the words of `expected`. No examples file has these files."""
