"""What pnpm's dependency paths, references and resolutions mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag.fetch.credentials import Credentials
from depfrag.fetch.npm_registries import NpmRegistries
from depfrag.model import Release
from depfrag.pnpmspec import AT, SLASH_AT, SLASHES, Named, Origin, bare, hashes, key, named, origin

SHA = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/1.0.0", Named("a", "1.0.0")),
        ("/@s/a/1.0.0", Named("@s/a", "1.0.0")),
        ("/@s%2fa/1.0.0", Named("@s/a", "1.0.0")),
        ("/a/1.0.0-rc.1+b_2", Named("a", "1.0.0-rc.1+b")),
        ("/a/1.0.0_b@1.0.0+@s+c@2.0.0", Named("a", "1.0.0")),
        ("/a_b/1.0.0_mzyrq4z7dqy2ixj6nlqdfnhguy", Named("a_b", "1.0.0")),
        ("/a/1.0.0/b@1.0.0", Named("a", "1.0.0")),
        ("/a/1.0rc1", Named("a", "1.0rc1")),
        ("h.example/a/1.0.0", Named("a", "1.0.0", "h.example")),
        ("localhost+4873/@s/a/1.0.0_b@1.0.0", Named("@s/a", "1.0.0", "localhost+4873")),
        (f"github.com/u/1.0/{SHA}", Named(None, address=f"github.com/u/1.0/{SHA}")),
        (f"github.com/u/r/{SHA}_b@1.0.0", Named(None, address=f"github.com/u/r/{SHA}_b@1.0.0")),
        (f"/home/3d/{SHA}", Named(None, address=f"/home/3d/{SHA}")),
        ("@h.example/a/-/a-1.0.0.tgz", Named(None, address="h.example/a/-/a-1.0.0.tgz")),
        (f"git@h.example+a/{SHA}", Named(None, address=f"h.example+a/{SHA}")),
        ("file:a-1.0.0.tgz", Named(None, address="file:a-1.0.0.tgz")),
        ("a", Named(None, address="a")),
        ("/a", Named(None, address="/a")),
        ("/", Named(None, address="/")),
        ("", Named(None, address="")),
        ("/@s", Named(None, address="/@s")),
    ],
)
def test_paths_with_slashes(path, expected):
    assert named(SLASHES, path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a@1.0.0", Named("a", "1.0.0")),
        ("/@s/a@1.0.0(@s/b@2.0.0(c@1.0.0))(d@1.0.0)", Named("@s/a", "1.0.0")),
        ("/a@1.0.0(patch_hash=dzxb)(b@1.0.0)", Named("a", "1.0.0")),
        ("/a@1.0.0_dzxb", Named("a", "1.0.0")),
        ("h.example/@s/a@1.0.0(b@1.0.0)", Named("@s/a", "1.0.0", "h.example")),
        ("@h.example/a/tarball/4.3.4", Named(None, address="h.example/a/tarball/4.3.4")),
        (f"github.com/u/r/{SHA}(b@1.0.0)", Named(None, address=f"github.com/u/r/{SHA}")),
        ("file:b(c@1.0.0)", Named(None, address="file:b")),
        ("invalid", Named(None, address="invalid")),
    ],
)
def test_paths_with_slashes_and_at(path, expected):
    assert named(SLASH_AT, path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a@1.0.0", Named("a", "1.0.0")),
        ("@s/a@1.0.0(@s/b@2.0.0(c@1.0.0))(d@1.0.0)", Named("@s/a", "1.0.0")),
        ("@(-.-)/a@1.0.0(patch_hash=00)(b@1.0.0)", Named("@(-.-)/a", "1.0.0")),
        ("a@work:1.0.0(b@1.0.0)", Named("a", "1.0.0", "work")),
        ("a@work:latest", Named("a", address="work:latest")),
        ("a@file:1.0.0", Named("a", address="file:1.0.0")),
        ("a@file:../a(b@1.0.0)", Named("a", address="file:../a")),
        ("node@runtime:24.11.1", Named("node", "24.11.1", address="runtime:24.11.1")),
        ("a@https://h.example/a.tgz", Named("a", address="https://h.example/a.tgz")),
        (f"a@git+ssh://git@h.example/a#{SHA}", Named("a", address=f"git+ssh://git@h.example/a#{SHA}")),
        ("a@2/b", Named("a", address="2/b")),
        ("a@", Named(None, address="a@")),
        ("a", Named(None, address="a")),
        ("@s/a", Named(None, address="@s/a")),
        ("https://user@h.example/a", Named(None, address="https://user@h.example/a")),
    ],
)
def test_paths_with_at(path, expected):
    assert named(AT, path) == expected


@pytest.mark.parametrize(
    ("style", "name", "reference", "expected"),
    [
        (SLASHES, "a", "1.0.0_b@1.0.0", "/a/1.0.0_b@1.0.0"),
        (SLASHES, "@s/a", "1.0.0", "/@s/a/1.0.0"),
        (SLASHES, "a", "/@s/b/1.0.0", "/@s/b/1.0.0"),
        (SLASHES, "a", "h.example/a/1.0.0", "h.example/a/1.0.0"),
        (SLASHES, "a", "file:a.tgz", "file:a.tgz"),
        (SLASH_AT, "a", "1.0.0(@s/b@1.0.0)", "/a@1.0.0(@s/b@1.0.0)"),
        (SLASH_AT, "a", "/@s/b@1.0.0(c@1.0.0)", "/@s/b@1.0.0(c@1.0.0)"),
        (SLASH_AT, "a", "file:b(c@1.0.0)", "file:b(c@1.0.0)"),
        (AT, "@s/a", "1.0.0(@s/b@1.0.0)", "@s/a@1.0.0(@s/b@1.0.0)"),
        (AT, "a", "b@1.0.0", "b@1.0.0"),
        (AT, "a", "@s/b@1.0.0(c@1.0.0)", "@s/b@1.0.0(c@1.0.0)"),
        (AT, "a", "file:b(c@1.0.0)", "a@file:b(c@1.0.0)"),
        (AT, "a", "b@file:b", "b@file:b"),
        (AT, "a", "https://u@h.example/a.tgz", "a@https://u@h.example/a.tgz"),
        (AT, "a", "work:1.0.0(b@1.0.0)", "a@work:1.0.0(b@1.0.0)"),
    ],
)
def test_references(style, name, reference, expected):
    assert key(style, name, reference) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a@1.0.0", "a@1.0.0"),
        ("a@1.0.0(b@1.0.0)", "a@1.0.0"),
        ("a@1.0.0(b@1.0.0(c@1.0.0)(d@1.0.0))(e@1.0.0)", "a@1.0.0"),
        ("a@file:x (copy)/y(b@1.0.0)", "a@file:x (copy)/y"),
        ("a@1.0.0)", "a@1.0.0)"),
        ("(a)", "(a)"),
        ("", ""),
    ],
)
def test_what_stands_before_the_peers(path, expected):
    assert bare(path) == expected


PEERS = st.recursive(
    st.just(""),
    lambda inner: st.lists(st.tuples(st.sampled_from(["b@1.0.0", "@s/c@2.0.0-rc.1"]), inner), max_size=3).map(
        lambda peers: "".join(f"({peer}{more})" for peer, more in peers)
    ),
    max_leaves=6,
)
NAME, VERSION = st.sampled_from(["a", "@s/a", "a_b.c"]), st.sampled_from(["1.0.0", "0.0.1-rc.1", "1.2.3+b.5"])


@given(NAME, VERSION, PEERS, st.sampled_from([SLASH_AT, AT]))
def test_what_a_reference_leads_to_names_what_it_is(name, version, peers, style):
    path = key(style, name, version + peers)
    assert named(style, path) == Named(name, version)
    assert key(style, "alias", path) == path
    assert bare(path) == path.removesuffix(peers)


def of(path, resolution, version="1.0.0", registry=None):
    found = named(AT, path)
    return origin(found.name, version, found, resolution, registry)


@pytest.mark.parametrize(
    ("path", "resolution", "expected"),
    [
        ("a@1.0.0", {"integrity": "sha512-x"}, Origin("registry", None)),
        ("a@1.0.0", {"tarball": "https://u:p@h.example/a"}, Origin("registry", "https://h.example/a")),
        ("a@file:a", {"type": "directory", "directory": "x/../a"}, Origin("link", "a")),
        ("a@file:b", {"type": "directory"}, Origin("link", "b")),
        ("a@file:b", {}, Origin("link", "b")),
        ("a@file:b.tgz", {"tarball": "file:./b.tgz"}, Origin("file", "b.tgz")),
        ("a@x", {"type": "git", "repo": "g@h.example:a", "commit": SHA}, Origin("git", f"g@h.example:a#{SHA}")),
        (f"a@git+https://h.example/a#{SHA}", {}, Origin("git", f"git+https://h.example/a#{SHA}")),
        ("a@https://h.example/a.git", {}, Origin("git", "https://h.example/a.git")),
        ("a@https://h.example/a.tgz", {}, Origin("url", "https://h.example/a.tgz")),
        ("a@https://h.example/a/-/a-1.0.0.tgz", {}, Origin("registry", "https://h.example/a/-/a-1.0.0.tgz")),
        (f"a@https://h.example/{SHA}", {"gitHosted": True}, Origin("git", f"https://h.example/{SHA}")),
        (f"a@https://h.example/{SHA}", {}, Origin("url", f"https://h.example/{SHA}")),
        ("a@https://gitlab.com/a.tar.gz?ref=v1", {}, Origin("url", "https://gitlab.com/a.tar.gz?ref=v1")),
        ("a@runtime:1.0.0", {"type": "binary", "url": "https://h.example/a.zip"}, Origin("url", "https://h.example/a.zip")),
        ("a@runtime:1.0.0", {"type": "variations", "variants": [1, {"resolution": {"url": "u"}}]}, Origin("url", "u")),
        ("a@custom:x", {"type": "custom:x"}, Origin("url", None)),
        ("a@custom:x", {}, Origin("url", "custom:x")),
    ],
)  # fmt: skip
def test_where_releases_come_from(path, resolution, expected):
    assert of(path, resolution) == expected


@pytest.mark.parametrize(
    ("path", "resolution", "registry", "expected"),
    [
        ("a@1.0.0", {}, "https://h.example/team", "https://h.example/team/a/-/a-1.0.0.tgz"),
        ("@s/a@1.0.0", {}, "https://h.example/", "https://h.example/@s/a/-/a-1.0.0.tgz"),
        ("a@1.0.0", {"tarball": "/a/-/a-1.tgz"}, "https://h.example/", "https://h.example/a/-/a-1.tgz"),
        ("a@1.0.0", {"tarball": "a/-/a-1.tgz"}, None, "a/-/a-1.tgz"),
        ("a@1.0.0", {"registry": "https://u:p@r.example/"}, "https://h.example/", "https://r.example/a/-/a-1.0.0.tgz"),
        ("a@work:1.0.0", {}, "https://h.example/", "work:a"),
    ],
)
def test_archives_of_registries(path, resolution, registry, expected):
    assert of(path, resolution, registry=registry) == Origin("registry", expected)


def test_builds_are_no_part_of_an_archive():
    assert of("a@1.0.0+b", {}, "1.0.0+b", "https://h.example/").source == "https://h.example/a/-/a-1.0.0.tgz"


@pytest.mark.parametrize(
    ("style", "path"), [(AT, "a@work:1.0.0"), (AT, "@s/a@gh:1.0.0"), (SLASHES, "u:p@localhost+4873/a/1.0.0")]
)
def test_nobody_else_is_asked_about_a_registry_that_only_settings_name(style, path):
    source = origin("a", "1.0.0", named(style, path), {}, None).source
    assert "u:p" not in source
    registries = NpmRegistries({}, Credentials({}, print), lambda: "https://registry.npm.example/")
    assert registries.base(Release("npm:a@1.0.0", "npm", "a", "1.0.0", source=source)) is None
    assert registries.base(Release("npm:a@1.0.0", "npm", "a", "1.0.0")) == "https://registry.npm.example/"


def test_hashes():
    assert hashes({"integrity": "sha512-b sha1-a"}) == ("sha1-a", "sha512-b")
    assert hashes({"integrity": ["x"]}) == hashes({}) == ()
    variants = [{"resolution": {"integrity": "sha256-y"}}, {"resolution": {"integrity": "sha256-x"}}, {"resolution": 1}]
    assert hashes({"type": "variations", "variants": variants}) == ("sha256-x", "sha256-y")
