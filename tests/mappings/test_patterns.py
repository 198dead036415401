"""Patterns: they find what Python's engine finds, refuse what they do not know, and cannot hang."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.patterns import pattern_of

ATOMS = st.sampled_from(
    ["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", r"\b", "^", "$", "(a|b)", "(?:ab)", "(a*)", "()", "a|b"]
)
PATTERNS = st.lists(
    st.tuples(ATOMS, st.sampled_from(["", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?"])), max_size=5
)


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("abc", "xabcx", True),
        ("^abc$", "xabc", False),
        ("a.c", "a\nc", False),
        (r"\d{3}-\d{4}", "call 555-1234", True),
        (r"^\d{2,3}$", "1234", False),
        (r"@(acme|corp)\.com$", "jane@acme.com", True),
        ("(?i)JANE", "jane", True),
        ("Jane", "jane", False),
        (r"\bcat\b", "concatenate", False),
        ("[א-ת]+", "שלום", True),
        ("[^a-z ]", "abc", False),
        ("[]x]", "]", True),
        ("[[&]", "&", True),
        ("{a}", "{a}", True),
        (r"\.", "a", False),
        ("", "", True),
        ("a||b", "", True),
        ("()*x", "x", True),
    ],
)
def test_a_pattern_is_found_anywhere(pattern: str, text: str, found: bool) -> None:
    assert pattern_of(pattern).found_in(text) is found


@given(PATTERNS, st.text(alphabet="ab1 ", max_size=8))
def test_the_same_is_found_as_by_pythons_engine(parts: list[tuple[str, str]], text: str) -> None:
    wrapped = [f"(?:{atom}){mark}" for atom, mark in parts]
    pattern = "".join(wrapped)
    assert pattern_of(pattern).found_in(text) == bool(re.search(pattern, text))


@pytest.mark.parametrize("pattern", ["(a+)+b", "^(a|aa)*b", "(.*)*x", ".*.*.*.*.*x", "(a?){50}a{50}b", "((a*)*)*b"])
def test_patterns_that_hang_other_engines_do_not_hang(pattern: str) -> None:
    assert pattern_of(pattern).found_in("a" * 5000 + "!") is False


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(a", "lacks a “)”"),
        ("a)", "a “)” too many"),
        ("[a", "lacks a “]”"),
        ("*a", "nothing to repeat"),
        ("{2}", "nothing to repeat"),
        ("a**", "repeats a repetition"),
        ("a++", "repeats a repetition"),
        ("a{2}{3}", "repeats a repetition"),
        ("a{3,2}", "the smaller count first"),
        ("a{101}", "at most 100 times"),
        ("((a{90}){90}){90}", "too large"),
        ("(((){100}){100}){100}", "too large"),
        ("(" * 30 + ")" * 30, "groups inside each other"),
        ("(?=a)", "Look-arounds"),
        (r"(a)\1", "not supported"),
        ("[b-a]", "cannot be read"),
        ("a\\", "not supported"),
        ("a" * 201, "at most 200 characters"),
    ],
)
def test_what_cannot_be_read_is_explained(pattern: str, said: str) -> None:
    with pytest.raises(ValueError, match=".") as caught:
        pattern_of(pattern)
    assert said in str(caught.value)


@given(st.text(alphabet="ab()[]{}|*+?^$.\\d-,1&", max_size=20))
def test_any_text_is_a_pattern_or_a_plain_refusal(pattern: str) -> None:
    try:
        pattern_of(pattern).found_in("ab1")
    except ValueError as error:
        assert str(error).endswith(".")
