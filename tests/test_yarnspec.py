"""Locators, descriptors and resolutions of yarn 2 and later."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from depfrag.yarnspec import Origin, bare, origin, resolution, split

AT_APP = "::locator=app%40workspace%3A."


@pytest.mark.parametrize(
    ("text", "name", "rest"),
    [
        ("a@npm:^1.0.0", "a", "npm:^1.0.0"),
        ("@s/a@npm:b@1.0.0", "@s/a", "npm:b@1.0.0"),
        ("a@git@host.example:a.git", "a", "git@host.example:a.git"),
        ("a", "a", ""),
        ("@s/a", "@s/a", ""),
        ("https://u:p@h.example/a", "https://h.example/a", "https://u:p@h.example/a"),
        ("", "", ""),
    ],
)
def test_names(text, name, rest):
    assert split(text) == (name, rest)


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        ("npm:^1.0.0", ("^1.0.0", "")),
        ("^1.0.0", ("^1.0.0", "")),
        ("workspace:^", ("workspace:^", "")),
        ("link:./a" + AT_APP, ("link:./a", "app@workspace:.")),
        ("patch:a@npm%3A^1.0.0#x", ("patch:a@^1.0.0#x", "")),
        ("patch:a@^1.0.0#x", ("patch:a@^1.0.0#x", "")),
        ("patch:a@1.0.0#x::version=1.0.0&hash=ab&locator=b%40npm%3A1", ("patch:a@1.0.0#x", "b@npm:1")),
        ("npm:1.0.0::__archiveUrl=x", ("1.0.0", "")),
    ],
)
def test_ranges(spec, found):
    assert bare(spec) == found


@pytest.mark.parametrize(
    ("locator", "version", "found"),
    [
        ("a@npm:1.0.0", "1.0.0", Origin("a", "registry", None)),
        ("a@virtual:0f0f#npm:1.0.0", "1.0.0", Origin("a", "registry", None)),
        ("a@npm:1.0.0::__archiveUrl=https%3A%2F%2Fu%3Ap%40r.example%2Fa.tgz", "1.0.0",
         Origin("a", "registry", "https://r.example/a.tgz")),
        ("a@patch:@s/b@npm%3A1.0.0#x::version=1.0.0", "1.0.0", Origin("@s/b", "registry", None)),
        ("a@patch:a@workspace%3Alibs/a#x", None, Origin("a", "link", None, "libs/a")),
        ("a@workspace:.", None, Origin("a", "link", None, ".")),
        ("a@workspace:./packages/a/", None, Origin("a", "link", None, "packages/a")),
        ("a@link:../a" + AT_APP, None, Origin("a", "link", "../a")),
        ("a@portal:libs/a", None, Origin("a", "link", "libs/a")),
        ("a@file:a.tgz#a.tgz::hash=0f&locator=b%40workspace%3Alibs%2Fb", "1", Origin("a", "file", "libs/b/a.tgz")),
        ("a@file:/abs/a" + AT_APP, "1", Origin("a", "link", "/abs/a")),
        ("a@exec:./a.js#./a.js" + AT_APP, "1", Origin("a", "file", "a.js")),
        ("a@link:./a::locator=b%40npm%3A1.0.0", None, Origin("a", "link", "a")),
        ("a@https://u:p@h.example/a.git#commit=0f", "1", Origin("a", "git", "https://h.example/a.git#commit=0f")),
        ("a@git@h.example:a.git#workspace=b&commit=0f", "1", Origin("a", "git", "git@h.example:a.git#commit=0f")),
        ("a@https://h.example/a.tgz", "1.0.0", Origin("a", "url", "https://h.example/a.tgz")),
        ("b@https://r.example/a/-/a-1.0.0.tgz", "1.0.0", Origin("a", "registry", "https://r.example/a/-/a-1.0.0.tgz")),
        ("b@https://r.example/a/-/a-1.0.0.tgz", "1.0.1", Origin("b", "url", "https://r.example/a/-/a-1.0.0.tgz")),
        ("a@of-a-plugin:x", None, Origin("a", "url", "of-a-plugin:x")),
        ("a", None, Origin("a", "url", "")),
    ],
)  # fmt: skip
def test_origins(locator, version, found):
    assert origin(locator, version) == found


def test_layers_have_an_end():
    locator, bound = "a@npm:1.0.0", "a@workspace:."
    for _ in range(9):
        locator = f"a@patch:{quote(locator)}#x"
        bound = f"a@link:b::locator={quote(bound)}"
    assert origin(locator, "1.0.0") == Origin("a", "registry", None)
    assert origin(bound, None).source == "/".join("b" * 9)
    assert origin("a@" + "patch:a@" * 100_000, None).kind == "url"
    assert origin("a@" + "virtual:#" * 100_000, None).kind == "url"
    assert origin("a@link:b" + "::locator=a%40link%3Ab" * 1000, None).source == "/".join("b" * 20)


@pytest.mark.parametrize(
    ("pattern", "holds", "fails"),
    [
        ("b", [("a@npm:1", "npm:^1"), ("app@workspace:.", "^2")], []),
        ("a/b", [("a@npm:1", "npm:^1"), ("a@workspace:x", "^1")], [("c@npm:1", "npm:^1")]),
        ("@s/a/b", [("@s/a@npm:1", "^1")], [("a@npm:1", "^1")]),
        ("a@1/b", [("a@npm:1", "^1")], [("a@npm:2", "^1")]),
        ("a@npm:1/b@^1", [("a@npm:1", "npm:^1"), ("a@npm:1", "^1")], [("a@npm:1", "npm:^2"), ("a@npm:2", "npm:^1")]),
        ("b@npm:^1", [("a@npm:1", "^1")], [("a@npm:1", "^2")]),
    ],
)
def test_resolutions(pattern, holds, fails):
    found = resolution(pattern, "9")
    assert (found.name, found.instead) == ("b", "9")
    assert all(found.holds(*case) for case in holds)
    assert not any(found.holds(*case) for case in fails)


@pytest.mark.parametrize("pattern", ["**/b", "a/**/b", "", "/", "a/", "@s", "a/b/c", "@" * 10_000, "a@" * 10_000])
def test_no_resolutions(pattern):
    found = resolution(pattern, "9")
    assert found is None or not found.holds("a@npm:1", "^1")
