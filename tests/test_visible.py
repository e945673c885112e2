"""Foreign text: nothing in it moves a cursor, turns writing round or hides."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from strategies import texts

from depfrag.visible import unambiguous, visible

ESCAPE = re.compile(r"\\x([0-9a-f]{2})|\\u([0-9a-f]{4})|\\U([0-9a-f]{8})")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("left-pad", "left-pad"),
        ("naïve 名前 💩", "naïve 名前 💩"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nb\tc\r", "a\\x0ab\\x09c\\x0d"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\u2066a\u2069", "\\u2066a\\u2069"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("\x9b2J", "\\x9b2J"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("\u2028", "\\u2028"),
        ("a\\b", "a\\b"),
    ],
)
def test_what_is_shown(text, shown):
    assert visible(text) == shown


IGNORABLE = (
    "ad 34f 61c 115f-1160 17b4-17b5 180b-180f 200b-200f 202a-202e 2060-206f 3164 fe00-fe0f feff ffa0 fff0-fff8 "
    "1bca0-1bca3 1d173-1d17a e0000-e0fff"
)
"""What Unicode calls default ignorable: drawn as nothing at all."""


def test_no_invisible_character_stays():
    for span in IGNORABLE.split():
        first, _, last = span.partition("-")
        for code in range(int(first, 16), int(last or first, 16) + 1):
            assert visible(chr(code)).startswith("\\"), hex(code)


@given(st.text(st.characters()) | texts())
def test_nothing_that_moves_or_turns_is_left(text):
    shown = visible(text)
    shown.encode()
    assert visible(shown) == shown
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    turning = {"RLE", "LRE", "RLO", "LRO", "PDF", "RLI", "LRI", "FSI", "PDI"}
    assert not {unicodedata.bidirectional(character) for character in shown} & turning


@given(st.text(st.characters()) | texts(), st.text(st.characters()) | texts())
@example("\\x1b", "\x1b")
def test_different_texts_stay_different(one, other):
    assert (unambiguous(one) == unambiguous(other)) == (one == other)


@given(st.text(st.characters()) | texts())
@example("\\x1b \\\\ \x1b")
def test_nothing_is_lost(text):
    back = ESCAPE.sub(lambda match: chr(int(match[1] or match[2] or match[3], 16)), unambiguous(text))
    assert back == text
