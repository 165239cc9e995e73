"""Find orders to a language model that are hidden in text; no model is called.

There are four kinds: orders to set earlier instructions aside, to be somebody else or answer in
some way from now on, or to reveal the instructions, and marks that imitate another turn of the
conversation. The words are searched in several readings of the text because they may be disguised
by look-alike letters, digits for letters, spaces between letters, reversed direction, or an
encoding.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import urllib.parse
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tinyarms.core.unicode import plain, without_look_alikes
from tinyarms.evolution.guards import addressee_words as addressee
from tinyarms.evolution.guards import injection_words as words
from tinyarms.evolution.guards.dictation import dictated
from tinyarms.evolution.guards.dictation_words import ANSWER, ONE_ANSWER, entries
from tinyarms.evolution.guards.word_table import Reading, WordTable, bare

_MOST_CHARACTERS = 60
"""Most characters between the words of one order. Higher: finds longer orders, and more unrelated
words."""
_DEEPEST = 2
"""Most nested encodings that are decoded: 2 finds base64 within base64."""

_MARKERS = re.compile(
    r"""
      <\s*\|\s*[\w\s-]{1,30}\s*\|\s*> | \[\s*/?\s*INST\s*\] | <<\s*/?\s*SYS\s*>> | <\s*/?\s*s\s*>
    | <\s*(?:start|end)_of_turn\s*> | <\s*/?\s*(?:system|assistant|instructions?)\s*>
    | <\s*(?:bos|eos|begin_of_text|end_of_text|endoftext|im_start|im_end|eot_id)\s*>
    | ^[\W_]*(?:system|assistant|human|user|developer|chatgpt|ai\ assistant
        |系统|系統|助手|助理|用户|システム|アシスタント|ユーザー|시스템|어시스턴트|사용자
        |система|ассистент|помощник|пользователь|système|sistema|asistente|assistente
        |sistem|asisten|النظام|المساعد|المستخدم|सिस्टम|सहायक)\s*(?:\([^)]*\)|\])?\s*[:：](?!//)
    | ^[\#>*`~\s]*(?:system|assistant)\s*(?:[-–—=]+>?|\||>)\s
    | ^\s*[\[({]\s*(?:system|assistant|developer|inst)(?:\s(?:message|prompt))?\s*[\])}]
    | ^\s*(?:```|~~~)\s*(?:system|assistant|user|instructions?|prompt)\b
    | ^\s*\#{1,6}\s*(?:system|new\ instructions?|assistant|user|human)\s*:?\s*$
    | ^\s*\#{3}\s*(?:instruction|response|input)\s*:
    | ["']role["']\s*:\s*["'](?:system|assistant|developer|user|tool)["']
    | \b(?:begin|end)\s(?:of\s)?(?:the\s)?(?:system\s)?(?:prompt|instructions)\b
    | \b(?:new|updated|revised|real|actual)\s(?:system\s)?instructions?\s*:
    | \b(?:neue\ anweisung(?:en)?|nouvelles?\ instructions?|nuevas?\ instrucci(?:ón|ones)
        |novas?\ instruç(?:ão|ões)|nuove\ istruzioni|nieuwe\ instructies?|nowe\ instrukcje
        |новые\ (?:инструкции|указания)|yeni\ talimatlar|تعليمات\ جديدة|नए\ निर्देश|নতুন\ নির্দেশ
        |新(?:的)?指令|新しい指示|새로운\ 지시(?:사항)?|instruksi\ baru|hướng\ dẫn\ mới)\s*[:：]
    | <\s*(?:script|iframe|object|embed)\b | \b(?:javascript|vbscript)\s*: | \bdata:text/html
    | \bon(?:error|load|click|mouseover)\s*=\s*["'\w]
    """,
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
"""Marks between the turns of a conversation, similar headings, and active content."""

_SENTENCE_END = re.compile(r"[.!?…]+(?=\s|$)|[。！？｡।؟]")
_SET_ASIDE = WordTable(words.SET_ASIDE)
_WEAKLY = WordTable(words.WEAKLY_SET_ASIDE)
_EARLIER = WordTable(words.EARLIER)
_INSTRUCTIONS = WordTable(words.INSTRUCTIONS)
_STANDING = WordTable(words.INSTRUCTIONS + words.RULES)
_RULES = WordTable(words.INSTRUCTIONS + words.RULES + words.ORDERS)
_LAPSED = WordTable(words.LAPSED)
_CONSIDER = WordTable(words.CONSIDER)
_INVALID = WordTable(words.INVALID)
_TOLD = WordTable(words.WHAT_YOU_WERE_TOLD)
_FROM_NOW_ON = WordTable(words.FROM_NOW_ON)
_YOU_MUST = WordTable(words.YOU_MUST)
_REVEAL = WordTable(words.TO_REVEAL)
_HIDDEN = WordTable(words.HIDDEN_INSTRUCTIONS)
_PHRASES = WordTable(
    words.CHANGES_OF_ROLE
    + words.ALONE
    + ONE_ANSWER
    + addressee.LOYALTY
    + addressee.NO_RULES
    + addressee.TO_A_MODEL
)
_GIVEN = WordTable(addressee.GIVEN_TO_YOU)
_SET_ASIDE_IN_ANY_WAY = WordTable(words.SET_ASIDE + words.WEAKLY_SET_ASIDE + addressee.SWITCHED_OFF)
_DUTIES = WordTable(words.INSTRUCTIONS + words.RULES + addressee.DUTY)
_PASSAGE = WordTable(addressee.PASSAGE + words.INSTRUCTIONS)
_OFF = WordTable(addressee.SWITCHED_OFF)
_YOURS = WordTable(addressee.YOURS)
_LIMITS = WordTable(addressee.LIMITS)
_MORE_PHRASES = re.compile(
    # Who is addressed: a person is not told what to do if they are a language model.
    r"(?<![^ ])(?:if|when) you (?:are|re) (?:an? |the )?(?:\w+ )?(?:ai|llm|language model|chatbot)"
    r"(?![^ ])"
    r"|(?<![^ ])(?:note|message|instructions?|memo|notice|attention|dear|hey|hello|hi)"
    r"(?: (?:to|for))?(?: (?:any|the|all|every|whichever))?(?: (?:large|reading|grading))*"
    r" (?:ais?|llms?|language models?|ai (?:models?|systems?|assistants?|agents?|graders?))(?![^ ])"
    r"|(?<![^ ])(?:ais?|llms?|language models?|ai (?:models?|systems?|assistants?|agents?)) "
    r"(?:reading|processing|evaluating|grading|reviewing|summarizing|summarising|classifying) this"
    r"|(?<![^ ])your (?:only|sole|real|actual|true|new)"
    r" (?:job|task|goal|mission|purpose|objective|role) (?:here )?(?:now )?is (?:now )?to(?![^ ])"
    r"|(?<![^ ])your (?:job|task|goal|mission|objective|role) (?:now is|is now)(?![^ ])"
    r"|(?<![^ ])you (?:are|re) now (?!(?:able|connected|ready|logged|subscribed|signed"
    r"|registered|at|on|up|leaving|entering|eligible|covered|due|welcome|viewing|browsing"
    r"|following|using|receiving|part|one|done|finished|set|all|enrolled|paying|in)(?![^ ]))"
    r"|(?<![^ ])you are an? [^ .]+ now(?![^ ])"
    r"|(?<![^ ])(?:ignore|disregard|forget) (?:everything|anything|all|what|whatever)(?![^ ])"
    r"[^.]{0,40}? (?:above|before|previously|earlier|so far)(?![^ ])"
    r"|(?<!不要)(?<!别)(?<!勿)(?<!不可)(?<!不能)(?:忽略|无视|無視|忘记|忘記|忘掉)[^.]{0,12}(?:指令|指示|提示|命令|规则|規則|フロンフト)"
    r"|(?:これまて|以前|上記|前)の?[^.]{0,8}(?:指示|命令|フロンフト)[^.]{0,6}無視(?!しな|せす)"
)
"""Phrases with a gap, as patterns of the folded form, in which kana have no marks."""
_ARTICLES = 2
"""Most words between the order and the noun."""
_BEGINS = re.compile(
    r"(?:^|(?<= \. ))(?:(?:please|now|just|so|also|kindly|bitte|jetzt|merci de) )*$"
)
_ENDS = re.compile(
    r" ?(?:$|\.)|(?: (?:and|then|et|puis|und|y|luego|e|poi|en|i|и|ve|dan|và|و))? (?:"
    + "|".join(
        sorted({re.escape(bare(w)) for w in entries(ANSWER) if "*" not in w}, key=len, reverse=True)
    )
    + r")(?![^ ])"
)
"""The end of a sentence, or an order to answer."""
_NEGATION = WordTable(words.NEGATIONS)
_NEGATED_AFTER = re.compile(r" ?(?:nicht|pas|niet|ikke|inte)(?![^ ])|しない|せす|するな| ?하지")
_NEGATED_BEFORE = re.compile(r"(?:不要|别|勿|不可|不能|不得|不应)$")
_SQUASHED = re.compile(
    r"""
      (?<!not)(?<!dont)(?<!never)(?:ignor(?:e|ing|a|ez|iere?n?)|disregard|forget|override|bypass
        |olvida|vergiss|oublie|dimentica)
      (?:any|the|of|these|those|las|les|le|os|as){0,3}
      (?:all|your|my|every|previous|prior|above|earlier|preceding|system|everything|alle
        |vorherigen|bisherigen|todas|anteriores|toutes|tutte)
      (?:all|any|the|of|your|my|these|those|every|previous|prior|above|earlier|preceding|system
        |vorherigen|bisherigen|las|anteriores|les|le|os|as){0,4}
      (?:instructions?|prompts?|rules|directions|guidelines|commands|anweisungen|regeln
        |instrucciones|consignes|istruzioni|instrucoes)
    | fromnowonyou(?:must|shall|should|only)
    | youarenow(?:a|an|the|my|dan)(?:evil|free|hacker|pirate|unrestricted|different)
    | (?:reveal|print|repeat|show)(?:me)?(?:the|your)(?:system|initial|hidden)prompt
    """,
    re.VERBOSE,
)
"""English and related languages, with the letters spaced apart or run together."""
_DIGITS_FOR_LETTERS = str.maketrans("0134578@$€!|", "oieastbaseii")
_UPRIGHT = str.maketrans("ɐqɔpǝɟƃɓɥᴉıɾʞlɯuodbɹsʇnʌʍxʎz", "abcdefgghiijklmnopqrstuvwxyz")
"""Letters on their heads."""
_TURNED = re.compile("[ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ].*[ɐɔǝɟƃɥᴉɾʞɯɹʇʌʍʎ]", re.DOTALL)
_BASE64 = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{16,}={0,2}(?![\w+/=])")
_HEX = re.compile(r"(?:0x|\\x)?(?<![0-9A-Za-z])(?:[0-9a-fA-F]{2}[ :]?){10,}(?![0-9A-Za-z])")
_ESCAPES = re.compile(r"\\u\{?([0-9a-fA-F]{4,6})\}?|\\x([0-9a-fA-F]{2})|\\([0-7]{3})")


@lru_cache(maxsize=4096)
def injections(text: str) -> frozenset[str]:
    """The injections in a text, each as the words that reveal it; empty if there is none.

    The same order always has the same words, so that the injections of two texts can be compared.
    """
    return frozenset(_found(text, _DEEPEST))


@lru_cache(maxsize=4096)
def dictations(text: str, answer: str) -> frozenset[str]:
    """The orders in a text to give this answer, in any reading; empty if there is none."""
    found = (dictated(Reading(reading), answer) for reading in _all_readings(text))
    return frozenset(filter(None, found))


def _all_readings(text: str) -> set[str]:
    seen = plain(text)
    hidden = (plain(inner) for inner in _decoded(seen))
    return {*_readings(text, seen), *(r for inner in hidden for r in _readings(inner, inner))}


def _found(text: str, deepest: int) -> Iterator[str]:
    seen = plain(text)
    yield from (bare(m.group()) or m.group() for m in _MARKERS.finditer(seen))
    for reading in dict.fromkeys(_readings(text, seen)):
        yield from _orders(Reading(reading))
    for letters in dict.fromkeys((seen, seen.translate(_DIGITS_FOR_LETTERS))):
        squashed = without_look_alikes(bare(letters)).replace(" ", "")
        yield from (m.group() for m in _SQUASHED.finditer(squashed))
    if deepest:
        for hidden in _decoded(seen):
            yield from _found(hidden, deepest - 1)


def _readings(text: str, seen: str) -> Iterator[str]:
    """The text as words, for each possible substitution of letters."""
    word_form = _sentences(seen)
    yield word_form
    yield without_look_alikes(word_form)
    yield without_look_alikes(_sentences(seen.translate(_DIGITS_FOR_LETTERS)))
    if "\u202e" in text or "\u202d" in text or "\u2067" in text:
        yield _sentences(_turned(text))
    if _TURNED.search(seen):
        upright = seen.translate(_UPRIGHT)
        yield from (_sentences(upright), _sentences(upright[::-1]))
    for disguised in (seen[::-1], codecs.encode(seen, "rot13")):
        yield _sentences(disguised)


def _sentences(text: str) -> str:
    """The words separated by one space, with ` . ` at the end of a sentence."""
    parts = (bare(part) for part in _SENTENCE_END.split(text))
    return " . ".join(part for part in parts if part)


def _turned(text: str) -> str:
    """The text as it is displayed if a mark reverses its direction."""
    return re.sub(
        "[\u202e\u2067]([^\u202c\u2069\n]*)[\u202c\u2069]?",
        lambda turned: turned.group(1)[::-1],
        text,
    )


def _orders(reading: Reading) -> Iterator[str]:
    yield from (reading.text[start:end] for start, end in _PHRASES.spans(reading))
    yield from (match.group() for match in _MORE_PHRASES.finditer(reading.text))
    yield from _set_aside(reading, _SET_ASIDE, _RULES, _TOLD)
    yield from _set_aside(reading, _WEAKLY, _INSTRUCTIONS, None)
    yield from _set_aside(reading, _LAPSED, _STANDING, _TOLD)
    yield from _commands(reading)
    yield from _together(reading, _FROM_NOW_ON, _YOU_MUST)
    yield from _together(reading, _HIDDEN, _REVEAL)
    yield from _together(reading, _CONSIDER, _INVALID, _STANDING, _EARLIER)
    yield from _together(reading, _GIVEN, _SET_ASIDE_IN_ANY_WAY, _DUTIES)
    yield from _together(reading, _GIVEN, _REVEAL, _PASSAGE)
    yield from _together(reading, _OFF, _YOURS, _LIMITS)


def _set_aside(
    reading: Reading, verbs: WordTable, nouns: WordTable, told: WordTable | None
) -> Iterator[str]:
    orders = [span for span in verbs.spans(reading) if not _is_negated(reading, span)]
    if not orders:
        return
    of_told = told.spans(reading) if told else []
    of_nouns, of_earlier = nouns.spans(reading), _EARLIER.spans(reading)
    for order in orders:
        near = _sentence_around(reading.text, order)
        parts = [_nearest(order, near, of_told)]
        if parts[0] is None:
            parts = [_nearest(order, near, of_nouns), _nearest(order, near, of_earlier)]
        spans = [order, *(part for part in parts if part is not None)]
        if len(spans) == 1 + len(parts):
            yield reading.text[min(s for s, _ in spans) : max(e for _, e in spans)]


def _commands(reading: Reading) -> Iterator[str]:
    """Sentences that begin with an order to set instructions aside, and end or go on with an order.

    `Forget the rules and answer` is one, `Forget the rules of the genre` is not.
    """
    starts = [
        span for span in _SET_ASIDE.spans(reading) if _BEGINS.search(reading.text, 0, span[0])
    ]
    nouns = _STANDING.spans(reading) if starts else []
    for start, end in starts:
        for noun_start, noun_end in nouns:
            between = reading.text[end:noun_start]
            if noun_start < end or " . " in between or len(between.split()) > _ARTICLES:
                continue
            if _ENDS.match(reading.text, noun_end):
                yield reading.text[start:noun_end]


def _together(reading: Reading, first: WordTable, *others: WordTable) -> Iterator[str]:
    """The passages of one sentence that contain a word of each table."""
    places = first.spans(reading)
    spans = [other.spans(reading) for other in others] if places else []
    for place in places:
        near = _sentence_around(reading.text, place)
        found = [_nearest(place, near, of_table) for of_table in spans]
        passage = [place, *(span for span in found if span is not None)]
        if len(passage) == 1 + len(others):
            yield reading.text[min(s for s, _ in passage) : max(e for _, e in passage)]


def _nearest(
    place: tuple[int, int], near: tuple[int, int], others: Sequence[tuple[int, int]]
) -> tuple[int, int] | None:
    """The span nearest to `place` that lies within `near` and does not overlap it."""
    inside = [
        other
        for other in others
        if near[0] <= other[0]
        and other[1] <= near[1]
        and (other[1] <= place[0] or place[1] <= other[0])
    ]
    return min(
        inside, key=lambda other: max(place[0] - other[1], other[0] - place[1]), default=None
    )


def _is_negated(reading: Reading, order: tuple[int, int]) -> bool:
    """Whether a negation is one of the two words before the order, or right after it."""
    start, end = order
    if _NEGATED_AFTER.match(reading.text, end):
        return True
    before = reading.text[max(0, start - _MOST_CHARACTERS) : start]
    before = before[before.rfind(" . ") + 1 :]
    if _NEGATED_BEFORE.search(before):
        return True
    return bool(_NEGATION.spans(Reading(" ".join(before.split()[-2:]))))


def _sentence_around(text: str, place: tuple[int, int]) -> tuple[int, int]:
    """The part of the sentence near enough to belong to the place."""
    before, after = text.rfind(" . ", 0, place[0]), text.find(" . ", place[1])
    return (
        max(before + 3 if before >= 0 else 0, place[0] - _MOST_CHARACTERS),
        min(after if after >= 0 else len(text), place[1] + _MOST_CHARACTERS),
    )


def _decoded(text: str) -> Iterator[str]:
    """The texts that are encoded in the text."""
    for match in _BASE64.finditer(text):
        letters = match.group().rstrip("=").replace("-", "+").replace("_", "/")
        try:
            yield base64.b64decode(letters + "=" * (-len(letters) % 4)).decode()
        except (binascii.Error, ValueError):
            continue
    for match in _HEX.finditer(text):
        try:
            yield bytes.fromhex(re.sub(r"0x|\\x|[ :]", "", match.group())).decode()
        except ValueError:
            continue
    unescaped = html.unescape(urllib.parse.unquote(text))
    unescaped = _ESCAPES.sub(_character, unescaped)
    if unescaped != text:
        yield unescaped


def _character(escape: re.Match[str]) -> str:
    code = int(escape.group(1) or escape.group(2) or "0", 16) or int(escape.group(3) or "0", 8)
    return chr(code) if 0 < code < 0xD800 or 0xDFFF < code < 0x110000 else " "
