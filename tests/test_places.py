"""Places in an npm tree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag.places import is_inside, is_installed, name_of, outwards


@pytest.mark.parametrize(
    ("place", "name", "installed"),
    [
        ("node_modules/a", "a", True),
        ("node_modules/@s/a", "@s/a", True),
        ("node_modules/a/node_modules/@s/b", "@s/b", True),
        ("packages/a", "a", False),
        ("packages/@s/a", "@s/a", False),
        ("a", "a", False),
        ("../a", "a", False),
        ("node_modules/a/packages/b", "b", False),
        ("node_modules/.store/a@1.0.0-hash", "a@1.0.0-hash", False),
        ("node_modules/.store/a@1.0.0-hash/node_modules/a", "a", True),
    ],
)
def test_names(place, name, installed):
    assert name_of(place) == name
    assert is_installed(place) == installed


@pytest.mark.parametrize(
    ("place", "folders"),
    [
        ("", [""]),
        ("node_modules/a", ["node_modules/a/", ""]),
        ("node_modules/@s/a/node_modules/b", ["node_modules/@s/a/node_modules/b/", "node_modules/@s/a/", ""]),
        ("packages/a", ["packages/a/", "packages/", ""]),
        ("packages/a/node_modules/b", ["packages/a/node_modules/b/", "packages/a/", "packages/", ""]),
        ("node_modules/a/lib", ["node_modules/a/lib/", "node_modules/a/", ""]),
        ("..", ["../"]),
        ("../..", ["../../"]),
        ("../a/b", ["../a/b/", "../a/", "../"]),
        ("../a/node_modules/b", ["../a/node_modules/b/", "../a/", "../"]),
        ("../node_modules/b", ["../node_modules/b/", "../"]),
        ("/a/b", ["/a/b/", "/a/"]),
        ("/node_modules/b", ["/node_modules/b/"]),
        ("/", []),
        ("//", []),
        ("//a", ["//a/"]),
    ],
)
def test_where_nodejs_looks(place, folders):
    assert list(outwards(place)) == folders


@given(st.text("/.a@") | st.lists(st.sampled_from(["node_modules", "a", "@s", "..", ".", ""])).map("/".join))
def test_looking_outwards_comes_to_an_end(place):
    folders = list(outwards(place))
    assert len(folders) <= len(place) + 1
    assert ("" in folders) == is_inside(place)


@pytest.mark.parametrize(
    ("place", "inside"),
    [
        ("", True),
        ("a", True),
        ("..a/b", True),
        ("..", False),
        ("../a", False),
        ("/a", False),
        (".", False),
        ("a//b", False),
    ],
)
def test_what_is_inside_of_the_project(place, inside):
    assert is_inside(place) == inside
