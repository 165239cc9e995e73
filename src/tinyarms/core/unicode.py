"""Unicode: normal forms of a text, so that nothing can hide from a rule that reads it.

Text that tries to evade a rule uses look-alike letters (Cyrillic `а`), letters of another width or
style, invisible characters between letters, and marks that reverse the direction. Rules therefore
read one of two forms: `plain` (what a person sees), or `folded` (plain, without case, accents and
look-alikes). Neither form is ever shown or stored.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_LOOK_ALIKES = {
    "a": "ɐɑαаᎪᗅᴀꓮ",
    "b": "ßƅʙβвьᏏᏴᑲᖯᗷꓐꞵ",
    "c": "сᏟᴄⲥꓚꮯ𐐽",
    "d": "đԁᎠᏧᑯᗞᗪᴅꓒꓓ",
    "e": "ǝεеєҽᎬᴇⴹꓰꬲ",
    "f": "ƒϝքᖴẝꓝꜰꞙꬵ",
    "g": "ƍɡɢԍցᏀᏳᶃꓖ",
    "h": "ħʜнһհᎻᏂᕼⲏꓧ",
    "i": "ıɨɩɪιіӏᎥꙇ",
    "j": "ʝϳјᎫᒍᴊꓙ",
    "k": "ƙκкᏦᛕᴋⲕꓗ",
    "l": "łǀʟᏞᒪᛁⲓⳑⵏꓡꓲ𐑃",
    "m": "μϻмᎷᗰᛖᴍⲙꓟ",
    "n": "ɴηпոռⲛꓠ",
    "o": "øοσоօჿዐᴏᴑⲟⵔꓳꬽ𐐬𐓪",
    "p": "þρрᏢᑭᴘⲣꓑ",
    "q": "ԛգզⵕ",
    "r": "ɹʀгᎡᎱᏒᖇᴦⲅꓣꭇꭈ𐓜",
    "s": "ƽѕտᏕᏚꓢꜱ𐑈",
    "t": "ŧƭʇτтᎢᴛⲧꓔ",
    "u": "ʋυиսሀᑌᴜꓴꞟꭎꭒ𐓶",
    "v": "ʌνѵᏙᐯᴠⴸꓦ",
    "w": "ɯʍωѡԝաᎳᏔᴡꓪ",
    "x": "χхᕁᕽᚷⲭⵝꓫꭓ",
    "y": "ɣʏγуүყᎩᎽᶌỿⲩꓬꭚ",
    "z": "ζᏃᴢꓜ",
}
"""Letters of other scripts that look like a Latin letter: from Unicode's confusables.txt (UTS #39),
letters only, and the small capitals and turned letters that text "fonts" use."""
_TO_LATIN = str.maketrans(
    {shape: letter for letter, shapes in _LOOK_ALIKES.items() for shape in shapes}
)
_SYMBOL_LETTERS = str.maketrans(
    {
        first + n: chr(ord("a") + n)
        for first in (0x1F150, 0x1F170, 0x1F1E6)  # white on black discs and squares, flags' letters
        for n in range(26)
    }
)
_UNSEEN_SPACES = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
"""Characters that Unicode classes as letters or marks, but that are blank or have no width on a
screen."""
_KEPT_CONTROLS = "\n\t"
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_DIRECTION_MARKS = frozenset("\u200e\u200f\u061c")
"""Marks that right-to-left text may need beside a number or a Latin word."""
_JOINED = re.compile(
    "[\u0600-\u06ff\u0700-\u074f\u0750-\u077f\u08a0-\u08ff\u0900-\u0dff\u1000-\u109f"
    "\u1780-\u17ff\u1800-\u18af\ufb50-\ufdff\ufe70-\ufefc]"
)
"""Scripts whose letters change their shape beside a joiner."""
_JOINERS = frozenset("\u200c\u200d")
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
"""Thai, Lao, Burmese and Khmer mark possible line breaks with a zero-width space."""


@dataclass(frozen=True)
class PlainText:
    """The plain form of a text, and the origin of each of its characters."""

    text: str
    origins: tuple[int, ...]
    """For each character of `text`, the index of the original character that it comes from."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The start and the exclusive end, in the original, of `text[start:end]`.

        Raises `IndexError` unless 0 <= start < end <= len(text).
        """
        return self.origins[start], self.origins[end - 1] + 1


class _Seen(dict[int, str]):
    """For `str.translate`: visible characters stay, invisible ones go, and a control character that
    moves the cursor becomes a line end."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        shape = ("\n" if char.isspace() else "") if is_unseen(char) else char
        self[code] = shape
        return shape


class _Folded(dict[int, str]):
    """For `str.translate`: each character without case and accents."""

    def __missing__(self, code: int) -> str:
        apart = unicodedata.normalize("NFKD", chr(code).translate(_SYMBOL_LETTERS))
        bare = "".join(c for c in apart if unicodedata.category(c) != "Mn")
        self[code] = bare.casefold().replace("ı", "i").replace("\u0307", "")
        return self[code]


_SEEN, _FOLDED = _Seen(), _Folded()


def plain(text: str) -> str:
    """The text in Unicode form NFKC, without invisible characters.

    Examples
    --------
    >>> from tinyarms.core.unicode import plain
    >>> plain("ｉ\\u200bｇnore")
    'ignore'
    """
    return unicodedata.normalize("NFKC", text.translate(_SEEN))


def plain_with_origins(text: str) -> PlainText:
    """`plain`, with the index in the original of each character."""
    parts = [
        (part, index)
        for index, char in enumerate(text)
        for part in unicodedata.normalize("NFKC", _SEEN[ord(char)])
    ]
    return PlainText("".join(p for p, _ in parts), tuple(index for _, index in parts))


def folded(text: str) -> str:
    """The plain form without case and accents.

    Examples
    --------
    >>> from tinyarms.core.unicode import folded
    >>> folded("Önceki TALİMATLARI")
    'onceki talimatlari'
    """
    return unicodedata.normalize("NFKC", plain(text).translate(_FOLDED))


def without_look_alikes(text: str) -> str:
    """A folded text with a Latin letter in place of each letter that looks like it.

    Examples
    --------
    >>> from tinyarms.core.unicode import folded, without_look_alikes
    >>> without_look_alikes(folded("іgnоre"))  # Cyrillic і and о
    'ignore'
    """
    return text.translate(_TO_LATIN)


def is_unseen(char: str) -> bool:
    """Whether the character is invisible: a control, a format mark, a filler, or one that no font
    has, like �. Line feed and tab do not count."""
    if char in _KEPT_CONTROLS:
        return False
    category = unicodedata.category(char)
    return (
        category in {"Cc", "Cf", "Cs"}
        or char in _UNSEEN_SPACES
        or "\ufe00" <= char <= "\ufe0f"
        or "\U000e0100" <= char <= "\U000e01ef"
    )


def hidden_characters(text: str) -> set[str]:
    """Characters that hide or reorder text without need, and � and unassigned ones.

    Invisible characters that a script needs are allowed: joiners between letters of Arabic, Indic
    and a few other scripts and within emoji, direction marks in a text with right-to-left letters,
    zero-width spaces in Thai and related scripts, soft hyphens, a byte order mark at the very
    beginning, and a variation selector after its symbol.
    """
    return {char for index, char in enumerate(text) if _hides(text, index, char)}


def _hides(text: str, index: int, char: str) -> bool:
    if char == "\ufffd" or unicodedata.category(char) in {"Cn", "Co"}:
        return True
    if not is_unseen(char):
        return False
    before, after = text[max(0, index - 1) : index], text[index + 1 : index + 2]
    if char == "\r":
        return after != "\n"
    if char in _JOINERS:
        return not (_is_joined(before) or _is_joined(after))
    if char in _DIRECTION_MARKS:
        return _RIGHT_TO_LEFT.search(text) is None
    if char == "\u200b":
        return not (_SPACELESS.match(before) or _SPACELESS.match(after))
    if "\ufe00" <= char <= "\ufe0f":
        return not before or before.isspace() or (before.isascii() and before.isalpha())
    if char == "\u00ad":
        return not (before.isalpha() and after.isalpha()) or text.count(char) > len(text) // 8
    return not (char == "\ufeff" and index == 0)


def _is_joined(char: str) -> bool:
    """Whether a joiner beside the character changes how it is drawn."""
    return bool(char) and (
        _JOINED.match(char) is not None
        or unicodedata.category(char) == "So"
        or char in "\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
    )
