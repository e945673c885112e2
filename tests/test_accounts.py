"""Handles and foreign text: no e-mail address and no credentials get through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag.accounts import account_name, is_handle, without_mail

AT = "@"


@pytest.mark.parametrize("name", ["ann", "then-bot", "TooTallNate", "a.b_c~d", "V1", "o'neill"])
def test_handles(name):
    assert is_handle(name)
    assert account_name(name) == name


@pytest.mark.parametrize("name", ["Ann Example", "ann" + AT + "mail.example", "", "Jörg", "a" * 200, "a/b", "<ann>"])
def test_what_is_no_handle(name):
    assert not is_handle(name)


def test_names_in_full_are_names_and_addresses_are_not():
    assert account_name("Ann Example") == "Ann Example"
    assert account_name("ann" + AT + "mail.example") is None
    assert account_name(None) is None
    assert account_name(7) is None
    assert account_name("  ") is None
    assert account_name("a\nb") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("use chalk@1.1.3 or above", "use chalk@1.1.3 or above"),
        ("moved to @hapi/boom. Please", "moved to @hapi/boom. Please"),
        ("npm:dot-prop-legacy@^4.2.1", "npm:dot-prop-legacy@^4.2.1"),
        ("ask ann.b" + AT + "mail.example or <b" + AT + "x.y.example>", "ask … or <…>"),
        ("git+ssh://git" + AT + "code.example/a/b.git", "git+ssh://code.example/a/b.git"),
        ("git" + AT + "code.example:a/b.git", "…:a/b.git"),
        ("git+https://ann:secret" + AT + "code.example/a", "git+https://code.example/a"),
        ("x" * 1600, "x" * 1000),
    ],
)
def test_text_without_mail(text, said):
    assert without_mail(text) == said


@given(st.text(), st.from_regex(r"[a-z.]{1,9}@[a-z]{1,9}\.[a-z]{2,5}", fullmatch=True), st.text())
def test_no_address_survives(before, mail, after):
    assert mail not in without_mail(before + mail + after)


def test_long_text_takes_no_time():
    assert len(without_mail("a" * 10_000_000 + AT)) == 1000
    assert AT not in without_mail("a." * 400 + AT + "b." * 40 + "cc")
