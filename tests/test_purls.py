"""Package URLs are read as the library reads them, and also as tools write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl import PackageURL

from depfrag import purls

SEGMENT = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=8)
PLAIN = st.text("abcXYZ019._-", min_size=1, max_size=8).filter(lambda t: t.strip(".") == t)
KEY = st.text("abc_", min_size=1, max_size=5)


@given(
    st.sampled_from(["npm", "generic", "golang"]),
    st.none() | st.lists(SEGMENT.filter(lambda t: "/" not in t), min_size=1, max_size=2).map("/".join),
    SEGMENT.filter(lambda t: "/" not in t),
    st.none() | SEGMENT.filter(lambda t: "/" not in t),  # the library writes "/" as it is and cannot read it back
    st.dictionaries(KEY, SEGMENT, max_size=2),
)
def test_as_the_library_writes_them(kind, namespace, name, version, qualifiers):
    written = PackageURL(kind, namespace, name, version, qualifiers)
    found = purls.read(written.to_string())
    full = f"{written.namespace}/{written.name}" if written.namespace else written.name
    assert found == purls.Purl(kind, full, written.version, written.qualifiers)


@given(st.sampled_from(["npm", "pypi"]), PLAIN, st.none() | PLAIN)
def test_the_fast_way_is_the_slow_one(kind, name, version):
    text = f"pkg:{kind}/{name}" + (f"@{version}" if version else "")
    assert purls.read(text) == purls.read(text + "#") == purls.read("PKG://" + text[4:])


@pytest.mark.parametrize(
    ("text", "name", "version", "qualifiers"),
    [
        ("pkg:npm/%40s/a@1", "@s/a", "1", {}),
        ("pkg:npm/@s/a@1", "@s/a", "1", {}),
        ("pkg:npm/@s/a", "@s/a", None, {}),
        ("pkg:npm/@s", "@s", None, {}),
        ("pkg:npm/a@git+ssh://git@h.example/a", "a", "git+ssh://git@h.example/a", {}),
        ("pkg:npm/a@%5E1.0", "a", "^1.0", {}),
        ("pkg:npm/a@1?B=%2F&c=&d", "a", "1", {"b": "/"}),
        ("pkg:npm/a@1?vcs_url=git+ssh://git@h.example/a.git#0ff", "a", "1",
         {"vcs_url": "git+ssh://git@h.example/a.git#0ff"}),
        ("pkg:npm/a@1?vcs_url=x%23y#sub", "a", "1", {"vcs_url": "x#y"}),
        ("pkg:npm/a@1#sub", "a", "1", {}),
    ],
)  # fmt: skip
def test_as_tools_write_them(text, name, version, qualifiers):
    assert purls.read(text) == purls.Purl("npm", name, version, qualifiers)


@pytest.mark.parametrize(
    "text",
    ["", "npm/a@1", "pkg:", "pkg:npm", "pkg:npm/", "a-purl-2", "pkg:n m/a", "pkg:npm/" + "a" * 9000 + "!"],
)
def test_what_is_none(text):
    assert purls.read(text) is None
