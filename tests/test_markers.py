"""Conditions of edges: how they are joined, what extras leave of them, and whether two can hold at once."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.markers import Marker

from depfrag import markers
from depfrag.markers import Overlaps, both, either


@pytest.mark.parametrize(
    ("terms", "joined"),
    [
        ((), None),
        ((None, ""), None),
        ((None, "a == 'b'"), "a == 'b'"),
        (("a", "a"), "a"),
        (("a", None, "b and c"), "a and b and c"),
        (("a or b", "c"), "(a or b) and c"),
    ],
)
def test_both(terms, joined):
    assert both(*terms) == joined


@pytest.mark.parametrize(
    ("terms", "joined"),
    [((), None), ((None, "a"), None), (("b", "a", "b"), "a or b"), (("a and b", "c"), "a and b or c")],
)
def test_either(terms, joined):
    assert either(terms) == joined


@pytest.mark.parametrize(
    ("marker", "extras", "left"),
    [
        ("os_name == 'nt'", {"a"}, (True, "os_name == 'nt'")),
        ("extra == 'a'", {"a"}, (True, None)),
        ("extra == 'a'", {"b"}, (False, None)),
        ("extra == 'a'", None, (True, None)),
        ("'A_b' == extra", {"a-b"}, (True, None)),
        ("extra != 'a'", {"a"}, (False, None)),
        ("extra != 'a'", (), (True, None)),
        ("extra == 'a' or extra == 'b'", {"b"}, (True, None)),
        ("os_name == 'nt' and extra == 'a'", {"a"}, (True, "os_name == 'nt'")),
        ("os_name == 'nt' and extra == 'a'", {"b"}, (False, None)),
        ("os_name == 'nt' or extra == 'a'", {"b"}, (True, "os_name == 'nt'")),
        ("(os_name == 'nt' or os_name == 'x') and extra == 'a'", {"a"}, (True, "os_name == 'nt' or os_name == 'x'")),
        ("((extra == 'a')) and (os_name == 'nt' or os_name == 'x') and python_version < '3'", {"a"},
         (True, "(os_name == 'nt' or os_name == 'x') and python_version < '3'")),
        ("os_name not  in 'extra' and extra == 'a'", {"a"}, (True, "os_name not  in 'extra'")),
        # What cannot be read stays.
        ("extra", {"a"}, (True, "extra")),
        ("extra == 'a' and", {"a"}, (True, "extra == 'a' and")),
        ("extra == 'a' os_name == 'nt'", {"a"}, (True, "extra == 'a' os_name == 'nt'")),
        ("(extra == 'a'", {"a"}, (True, "(extra == 'a'")),
        ("extra == 'a')", {"a"}, (True, "extra == 'a')")),
        ("extra in 'a'", {"a"}, (True, "extra in 'a'")),
        ("'a' == 'extra'", {"a"}, (True, "'a' == 'extra'")),
        ("(" * 60 + "extra == 'a'" + ")" * 60, {"a"}, (True, "(" * 60 + "extra == 'a'" + ")" * 60)),
    ],
)  # fmt: skip
def test_given_extras(marker, extras, left):
    assert markers.given(marker, extras) == left


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (None, "os_name == 'nt'", True),
        ("os_name == 'nt'", "os_name == 'nt'", True),
        ("os_name == 'nt'", "os_name == 'posix'", False),
        ("os_name == 'nt'", "os_name != 'posix'", True),
        ("os_name == 'nt'", "sys_platform == 'linux'", True),
        ("sys_platform in 'linux darwin'", "sys_platform == 'win32'", False),
        ("'win' in sys_platform", "sys_platform == 'win32'", True),
        ("'win' not in sys_platform", "sys_platform == 'win32'", False),
        ("python_version < '3.8'", "python_version >= '3.8'", False),
        ("python_version <= '3.8'", "python_version >= '3.8'", True),
        ("python_version > '3.8'", "python_version < '3.9'", False),
        ("python_full_version > '3.8.0'", "python_version < '3.9'", True),
        ("python_full_version < '3.11.0a6'", "python_version == '3.11'", False),
        ("python_full_version <= '3.11.0a6'", "python_version >= '3.11'", False),
        ("python_full_version >= '3.11.0rc1'", "python_version == '3.11'", True),
        ("python_full_version == '3.11.0rc1'", "python_version == '3.11'", False),
        ("python_version == '3.*'", "python_version < '3'", False),
        ("python_version != '3.*'", "python_version == '2.7'", True),
        ("python_version in '2.7, 3.4'", "python_version >= '3.5'", False),
        ("python_version not in '2.7, 3.4'", "python_version == '3.4'", False),
        ("'3.8' <= python_version", "python_version < '3.8'", False),
        ("extra == 'a'", "extra != 'a'", False),
        (
            "python_version < '3' and (os_name == 'nt' or os_name == 'x')",
            "python_version >= '2' and os_name == 'x'",
            True,
        ),
        # What cannot be told may be.
        ("platform_release >= '5'", "platform_release < '4'", True),
        ("python_version ~= '3.8'", "python_version < '3'", True),
        ("python_version < 'three'", "python_version > 'three'", True),
        ("nonsense", "os_name == 'nt'", True),
        ("os_name == 'nt' and", "os_name == 'posix'", True),
    ],
)
def test_overlaps(one, other, overlap):
    overlaps = Overlaps()
    assert overlaps(one, other) is overlaps(other, one) is overlap


def test_too_many_environments_to_try():
    one = " or ".join(f"platform_machine == 'm{i}'" for i in range(40))
    other = " and ".join(f"platform_node != 'n{i}'" for i in range(40))
    assert Overlaps()(one, other)
    assert Overlaps().taken(one, (other, None)) == (0, 1)


def test_the_best_choice_is_taken_wherever_it_can_be():
    taken = Overlaps().taken
    assert taken(None, ("python_version >= '3.9'", None)) == (0, 1)
    assert taken("python_version >= '3.9'", ("python_version >= '3.9'", None)) == (0,)
    assert taken("python_version < '3.9'", ("python_version >= '3.9'", None)) == (1,)
    assert taken(None, ("os_name == 'nt'", "os_name == 'nt'", "os_name != 'nt'")) == (0, 2)
    assert taken(None, (None, None)) == (0,)
    assert taken(None, ()) == ()
    assert taken("python_version < '3'", ("python_version > '3'",)) == ()
    assert taken(None, ("nonsense", None)) == (0, 1)


def test_hostile_questions_end():
    overlaps, start = Overlaps(), time.process_time()
    for i in range(5_000):
        one = " and ".join(f"python_version != '3.{j}'" for j in range(i, i + 30))
        overlaps(one, f"python_version < '2.{i}' and os_name == 'nt'")
        if time.process_time() - start > 8:
            break
    assert time.process_time() - start < 8
    assert overlaps("os_name == 'a'", "os_name == 'b'"), "without trials left, they overlap"
    start = time.process_time()
    for text in ("(" * 10**5, "'" * 10**5, "a == " * 10**4, " " * 10**5, "os_name == 'a' and " * 10**4):
        assert overlaps(text, "os_name == 'b'")
        assert markers.given(text + "extra", {"a"}) == (True, text + "extra")
    assert time.process_time() - start < 2


PYTHONS = [f"{major}.{minor}.{patch}" for major in (2, 3, 4) for minor in range(13) for patch in (0, 1, 4, 5, 6)]
VERSIONS = st.sampled_from(["2.7", "3", "3.0", "3.5", "3.8", "3.8.5", "3.10", "3.11.0", "4.0", "3.8.*"])
OPERATORS = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])


def comparison(draw_version=VERSIONS):
    python = st.builds(
        lambda name, operator, version: (
            f'{name} {operator} "{version if operator in ("==", "!=") else version.removesuffix(".*")}"'
        ),
        st.sampled_from(["python_version", "python_full_version"]),
        OPERATORS,
        draw_version,
    )
    platform = st.builds(
        "{} {} '{}'".format,
        st.sampled_from(["sys_platform", "os_name"]),
        st.sampled_from(["==", "!=", "in", "not in"]),
        st.sampled_from(["linux", "win32", "nt"]),
    )
    return python | platform


MARKERS = st.recursive(
    comparison(),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
    max_leaves=4,
)
WORLDS = [
    {
        "python_full_version": python,
        "python_version": python.rpartition(".")[0],
        "sys_platform": system,
        "os_name": name,
    }
    for python, system, name in itertools.product(PYTHONS[::3], ["linux", "win32", "other"], ["nt", "posix"])
]


@given(MARKERS, MARKERS)
def test_conditions_that_hold_at_once_in_some_environment_overlap(one, other):
    first, second = Marker(one), Marker(other)
    if any(first.evaluate(world) and second.evaluate(world) for world in WORLDS):
        assert Overlaps()(one, other)


PYTHON_MARKERS = st.recursive(
    st.builds('python_version {} "{}"'.format, OPERATORS, st.sampled_from(["2.7", "3.5", "3.6", "3.8", "3.10"])),
    lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner),
    max_leaves=4,
)


@given(PYTHON_MARKERS, PYTHON_MARKERS)
def test_conditions_that_never_hold_at_once_do_not_overlap(one, other):
    assume(one != other)
    first, second = Marker(one), Marker(other)
    worlds = ({"python_version": f"{major}.{minor}"} for major in (1, 2, 3, 4) for minor in range(101))
    assert Overlaps()(one, other) == any(first.evaluate(world) and second.evaluate(world) for world in worlds)
