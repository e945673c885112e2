"""Dependency specifiers: read as `packaging` reads them, and answered by the releases that they mean."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from depfrag import pyspec
from depfrag.identity import python_name
from depfrag.pyspec import Answers, Asked, Offered, Specifiers


def read(text):
    return Specifiers().read(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", Asked("a")),
        (" A.b_C ", Asked("a-b-c")),
        ("a>=1,<2", Asked("a", specifier=">=1,<2")),
        ("a (>=1, <2)", Asked("a", specifier=">=1, <2")),
        ("a==1.*;os_name=='nt'", Asked("a", specifier="==1.*", condition="os_name=='nt'")),
        ("a[x, Y_z]~=1.0 ; os_name=='nt'", Asked("a", ("x", "y-z"), "~=1.0", "os_name=='nt'")),
        ("a[]", Asked("a")),
        ("a; extra == 'X_y'", Asked("a", under=("x-y",))),
        ('a>1; "x" == extra', Asked("a", specifier=">1", under=("x",))),
        ("a; os_name == 'nt' and extra == 'x'", Asked("a", condition="os_name == 'nt'", under=("x",))),
        ("a; (os_name == 'nt' or os_name == 'java') and extra == 'x'", Asked(
            "a", condition="os_name == 'nt' or os_name == 'java'", under=("x",)
        )),
        ("a; extra == 'x' or extra == 'y'", Asked("a", under=("x", "y"))),
        ("a; no marker", Asked("a", condition="no marker")),
        ("a @ https://u:p@h.example/a-1.zip", Asked("a", kind="url", source="https://h.example/a-1.zip")),
        ("a[x] @ git+https://h.example/a.git@v1 ; extra == 'y'", Asked(
            "a", ("x",), under=("y",), kind="git", source="git+https://h.example/a.git#v1"
        )),
        ("-e file:///src/a#egg=a", Asked("a", kind="link", source="/src/a")),
        ("./dist/a-1.0.tar.gz", Asked("a", kind="file", source="./dist/a-1.0.tar.gz")),
        ("two words", None),
        ("", None),
        ("a[x", None),
        ("-e .", None),
        ("a" * 10_001, None),
    ],
)  # fmt: skip
def test_what_is_asked_for(text, expected):
    assert read(text) == expected


NAME = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,4}[A-Za-z0-9])?", fullmatch=True)
CLAUSE = st.tuples(st.sampled_from(["==", ">=", "<", "~=", "!="]), st.sampled_from(["1.0", "2.3rc1", "1!4.0"]))
MARKER = st.sampled_from(["", "os_name == 'nt'", "python_version < '3.8' and (os_name != 'nt' or extra == 'x')"])
SPACE = st.sampled_from(["", " ", "  "])


@given(NAME, st.lists(NAME, max_size=3), st.lists(CLAUSE, max_size=3), MARKER, SPACE, st.booleans())
def test_packaging_reads_the_same(name, extras, clauses, marker, space, bracketed):
    versions = f",{space}".join(operator + version for operator, version in clauses)
    versions = f"({versions})" if bracketed and versions else versions
    asked_extras = f"[{f'{space},'.join(extras)}]" if extras else ""
    text = f"{name}{space}{asked_extras}{space}{versions}{' ;' if marker else ''}{space}{marker}"
    known = Requirement(text)
    found = read(text)
    assert (found.name, found.extras) == (
        python_name(known.name),
        tuple(sorted({python_name(e) for e in known.extras})),
    )
    assert set(found.specifier.replace(" ", "").split(",")) == set(str(known.specifier).split(","))
    assert (known.marker is None) == (found.condition is None)
    assert (found.under == ("x",)) == ("extra" in marker)


def test_addresses_are_bounded(monkeypatch):
    monkeypatch.setattr(pyspec, "_MAX_ADDRESSES", 2)
    specifiers = Specifiers()
    texts = ["a @ https://h.example/1", "b @ https://h.example/2", "c @ https://h.example/3"]
    assert [specifiers.read(text) is None for text in [*texts, texts[0], "d"]] == [False, False, True, False, False]


@pytest.mark.parametrize(
    "text", ["a" * 9_999 + "!", "a" + " " * 9_990 + "!", "a" + "[" * 9_000, "a-" * 4_999, "a;" + "(" * 9_000]
)
def test_nothing_takes_long(text):
    start = time.process_time()
    read(text)
    assert time.process_time() - start < 0.2


def registered(*releases):
    """Releases from an index, each as ``name version`` and perhaps a marker."""
    return [Offered(*text.split(" ", 2)[:2], "registry", None, *text.split(" ", 2)[2:]) for text in releases]


@pytest.mark.parametrize(
    ("releases", "asked", "where", "expected"),
    [
        (["a 1"], "b", None, None),
        (["a 1"], "a>=2; os_name == 'nt'", None, {0: "os_name == 'nt'"}),
        (["a 1", "a 2", "a 3"], "a>=2", None, {1: None, 2: None}),
        (["a 1", "a 2"], "a>=3", None, {0: None, 1: None}),
        (["a 1", "a 2rc1"], "a>1", None, {1: None}),
        (["a 1", "a not-one"], "a>0", None, {0: None}),
        (["a 1", "a 2"], "a==?", None, {0: None, 1: None}),
        (["a 1", "a 2"], f"a>{'9' * 5000}", None, {0: None, 1: None}),
        (["a 1", f"a {'9' * 5000}"], "a>0", None, {0: None}),
        (["a 1 os_name == 'nt'", "a 2 os_name != 'nt'"], "a", None, {0: "os_name == 'nt'", 1: "os_name != 'nt'"}),
        (["a 1 os_name == 'nt'", "a 2 os_name != 'nt'"], "a", "os_name == 'nt'", {0: None}),
        (["a 1 os_name == 'nt'", "a 2 os_name != 'nt'"], "a; os_name == 'posix'", None, {1: "os_name == 'posix'"}),
        (["a 1 os_name == 'nt'", "a 2 os_name != 'nt'"], "a; os_name == 'posix'", "os_name == 'nt'", {}),
        ([f"a {i}" for i in range(51)], "a==7", None, dict.fromkeys(range(51))),
    ],
)  # fmt: skip
def test_what_answers(releases, asked, where, expected):
    assert Answers(registered(*releases))(read(asked), where) == expected


def test_addresses_are_answered_by_what_comes_from_there():
    offered = [
        Offered("a", "1", "registry", None),
        Offered("a", "2", "url", "https://h.example/a.zip"),
        Offered("a", "3", "url", "https://h.example/b.zip"),
    ]
    answers = Answers(offered)
    assert answers(Asked("a", kind="url", source="https://h.example/b.zip")) == {2: None}
    assert answers(Asked("a", kind="url", source="https://h.example/c.zip")) == {1: None, 2: None}
    assert answers(Asked("a", kind="git", source="git+https://h.example/a.git")) == {0: None, 1: None, 2: None}


def test_comparisons_are_bounded(monkeypatch):
    monkeypatch.setattr(pyspec, "_MAX_COMPARED", 3)
    answers = Answers(registered("a 1", "a 2"))
    assert answers(read("a==1")) == {0: None}
    assert answers(read("a==2")) == {0: None, 1: None}
    assert answers(read("a==1")) == {0: None}
