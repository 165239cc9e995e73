from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.skills.gbnf import accepts
from tinyarms.core.errors import ConfigError
from tinyarms.skills.grammar import labels_grammar, pattern_grammar


def test_the_grammars_as_llama_cpp_gets_them() -> None:
    assert labels_grammar(["yes", 'a "b"\\']) == r'root ::= "yes" | "a \x22b\x22\x5C"'
    assert pattern_grammar("[a-z0-9]+(-[a-z0-9]+){1,5}") == (
        'root ::= ([a-z0-9]){1,} (("-" ([a-z0-9]){1,})){1,5}'
    )
    # llama.cpp knows no escaped `^`, and an older one no escaped `-`.
    assert pattern_grammar(r"[\^a\-\]]") == r"root ::= [\x5Ea\x2D\x5D]"


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.lists(st.text('ab "\\]\n', min_size=1), min_size=1, max_size=4), st.text('ab "\\]\n'))
def test_a_grammar_of_labels_allows_the_labels(labels: list[str], other: str) -> None:
    grammar = labels_grammar(labels)
    assert all(accepts(grammar, label) for label in labels)
    assert accepts(grammar, other) == (other in labels)


@pytest.mark.parametrize(
    ("pattern", "accepted", "refused"),
    [
        ("abc", ["abc"], ["ab", "abcd", "ABC"]),
        ("", [""], ["a"]),
        ("a|bc|", ["a", "bc", ""], ["b", "abc"]),
        ("abc|abd|xyz", ["abc", "abd", "xyz"], ["ab", "abx"]),
        ("^a+$", ["a", "aaa"], ["", "b"]),
        (r"\Aab\Z", ["ab"], ["a"]),
        ("a?b*c+", ["c", "abbc", "acc"], ["ab", "aac"]),
        ("(?:ab){2,3}", ["abab", "ababab"], ["ab", "abababab"]),
        ("a{3}", ["aaa"], ["aa", "aaaa"]),
        ("a{2,}", ["aa", "aaaaa"], ["a"]),
        ("(?P<name>a)b", ["ab"], ["a"]),
        ("a.c", ["abc", "a.c", "a\tc"], ["a\nc", "ac"]),
        ("a+?b*?", ["a", "aab"], ["b"]),
        (r"\d{4}-\d\d", ["2024-11"], ["24-11", "2024-1"]),
        (r"\w+", ["a_1"], ["a-1", ""]),
        (r"a\sb", ["a b", "a\tb", "a\nb"], ["ab"]),
        (r"\S+", ["a-1"], ["a b", ""]),
        (r"\D\W", ["a-"], ["1-", "aa"]),
        (r"[^\s]", ["a"], [" "]),
        (r"[^\D]", ["1"], ["a"]),
        (r"[\S ]+", ["a b"], ["a\tb"]),
        (r"[\W\d]+", ["-1"], ["a"]),
        ("[\\W\x03-\x06\x07]+", ["-\x03\x07"], ["a", "1"]),
        ("[\x03\x04]", ["\x03", "\x04"], ["a", "1", " "]),
        (r"[\w.-]+", ["a.b-c_1"], ["a b"]),
        ("[^a]", ["b", "-", "\n"], ["a", ""]),
        ("[^ab]", ["c"], ["a", "b"]),
        (r"[^\n]+", ["ab"], ["a\nb"]),
        ("[a]", ["a"], ["b"]),
        ("[a-]", ["a", "-"], ["b"]),
        (r"[+-\-]", ["+", ",", "-"], ["a"]),
        (r"[]^\\-]", ["]", "^", "\\", "-"], ["a"]),
        (r"[\^x]", ["^", "x"], ["a"]),
        (r"\^\-\[\]\"\\", ['^-[]"\\'], ["^-"]),
        ("\t\n\r", ["\t\n\r"], ["tnr"]),
        ("[\t\n]", ["\t", "\n"], ["t", "n"]),
        ("[\x01\x02]é€", ["\x01é€"], ["é€"]),
        ("(a(b|c)?){1,2}", ["a", "abac"], ["", "abca"]),
        ("(a?){0,2}", ["", "aa"], ["aaa"]),
    ],
)
def test_a_grammar_allows_what_the_pattern_does(
    pattern: str, accepted: list[str], refused: list[str]
) -> None:
    grammar = pattern_grammar(pattern)
    for text in accepted:
        assert re.fullmatch(pattern, text), "the case itself is wrong"
        assert accepts(grammar, text), (grammar, text)
    for text in refused:
        assert not re.fullmatch(pattern, text), "the case itself is wrong"
        assert not accepts(grammar, text), (grammar, text)


_ATOMS = st.sampled_from(
    ["a", "b", "-", '"', r"\\", ".", r"\d", r"\w", r"\W", "[ab]", "[^a]", "[^a-b1]", r"[\^\-\]]"]
)
_PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda pair: f"(?:{pair[0]}|{pair[1]})"),
        st.tuples(inner, st.sampled_from(["?", "{1,2}", "{2}", "{0,3}"])).map(
            lambda pair: f"({pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=5,
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(_PATTERNS, st.lists(st.text('ab1-^]"\\ ', max_size=5), max_size=8), st.data())
def test_grammar_and_pattern_agree(pattern: str, texts: list[str], data: st.DataObject) -> None:
    grammar = pattern_grammar(pattern)
    kept = st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True, alphabet=_ASCII)
    for text in (*texts, data.draw(kept)):
        assert accepts(grammar, text) == bool(re.fullmatch(pattern, text)), grammar


_ASCII = st.characters(max_codepoint=0x7E)


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("(?=a)b", "assert"),
        ("(?!a)b", "assert_not"),
        (r"(a)\1", "groupref"),
        (r"a\b", "at"),
        ("(?i)yes", "a flag"),
        ("(?i:yes)", "a flag"),
        ("(?s).", "a flag"),
        (r"[^\Sa]", "a negated class that contains a negated class"),
        ("a++", "possessive_repeat"),
        ("(?>a)", "atomic_group"),
        ("(a?)*", "an endless repeat of a part that may be empty"),
        ("(a*)+", "an endless repeat of a part that may be empty"),
        ("(a|)*", "an endless repeat of a part that may be empty"),
    ],
)
def test_what_no_grammar_can_express_is_an_error(pattern: str, what: str) -> None:
    re.compile(pattern)
    with pytest.raises(ConfigError, match=f"uses {what}, which no grammar"):
        pattern_grammar(pattern)


@pytest.mark.parametrize("pattern", ["(", "[", "*", "a{2,1}"])
def test_what_is_no_regular_expression_is_an_error(pattern: str) -> None:
    with pytest.raises(ConfigError, match="is not a regular expression"):
        pattern_grammar(pattern)
