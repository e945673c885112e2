"""Random lockfiles, facts and texts for property tests."""

from __future__ import annotations

from hypothesis import strategies as st

from depfrag.model import Dependency, Fact, Lockfile, Release, Root

KINDS = ("runtime", "peer", "optional", "extra")
HOSTILE = (
    "a", "end", "left-pad", "@scope/name", '"', "\\", "\\x1b", "\x1b[31m", "\n", "\r\n", "\t=1+1", "=cmd()", "-1", "+1",
    "@x", "<script>", "&amp;", "]]>", "#quot;", "%%{init: {}}%%", "|", "`", "\u202e", "\u200b", "\ud800", "\ufffe",
    "\x00", "\U0001f4a9", "é", "; rm", "'", ",", "a b", "graph TD", "\\N", "\\\\", "{}", "[]", "a\\",
)  # fmt: skip
"""Pieces of names that break a format which forgets to escape them."""


@st.composite
def lockfiles(draw, most=40, *, partly_known=True, conditions=False):
    """A lockfile with up to `most` releases: cycles, several roots that may need one another, every kind of edge, two
    versions of a package, releases that nothing reaches, and (`partly_known`) releases whose edges nobody knows."""
    count = draw(st.integers(0, most))
    releases = tuple(
        sorted(Release(f"npm:p{i // 2}@{i % 2}", "npm", f"p{i // 2}", str(i % 2), line=i + 1) for i in range(count))
    )
    roots = tuple(Root(f"root:{path}", path, path) for path in (".", "a", "b")[: draw(st.integers(1, 3))])
    ids = [*(r.id for r in roots), *(r.id for r in releases)]
    node = st.integers(0, len(ids) - 1)
    size = draw(st.integers(0, 3 * len(ids)))
    found = {}
    for a, b, kind in draw(st.lists(st.tuples(node, node, st.integers(0, 4)), min_size=size, max_size=size)):
        # A kind that does not suit a release is the dev edge of a root.
        name = "dev" if kind == 4 and a < len(roots) else KINDS[kind % 4]
        if a != b:
            condition = draw(st.sampled_from((None, "os == 'x'"))) if conditions else None
            found[ids[a], ids[b], name] = Dependency(ids[a], ids[b], name, condition)
    unknown = draw(st.sets(st.sampled_from(ids[len(roots) :]))) if partly_known and releases else ()
    return Lockfile(
        path="package-lock.json",
        format="package-lock-v3",
        roots=roots,
        releases=releases,
        dependencies=tuple(sorted(found.values(), key=lambda d: d[:3])),
        open=frozenset(unknown if draw(st.booleans()) else ()),
    )


def texts():
    """Names as an attacker would choose them: pieces that mean something to some format, in any order."""
    piece = st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=3)
    return st.lists(piece, min_size=1, max_size=3).map("".join)


@st.composite
def hostile_lockfiles(draw, most=6):
    """A small lockfile whose every text is foreign and hostile."""
    names = draw(st.lists(texts(), max_size=most, unique=True))
    releases = tuple(sorted(Release(f"npm:{name}@1", "npm", name, draw(texts())) for name in names))
    paths = draw(st.lists(texts(), min_size=1, max_size=2, unique=True))
    roots = tuple(sorted(Root(f"root:{path}", draw(st.none() | texts()), path) for path in paths))
    ids = [*(r.id for r in roots), *(r.id for r in releases)]
    found = {}
    for a, b in draw(st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=8)):
        kind = draw(st.sampled_from(("dev", *KINDS) if a.startswith("root:") else KINDS))
        found[a, b, kind] = Dependency(a, b, kind, draw(st.none() | texts()))
    return Lockfile(
        path=draw(texts()),
        format="package-lock-v3",
        roots=roots,
        releases=releases,
        dependencies=tuple(sorted(found.values(), key=lambda d: d[:3])),
    )


def fact(value, grade="registry"):
    """A fact of no particular source."""
    return Fact(value, "test", "2026-01-02", grade)


def publishers(most=30):
    """A fact that lists up to `most` accounts."""
    return st.integers(0, most).map(lambda n: fact(tuple(f"account{i}" for i in range(n))))


def sizes(most=10_000_000):
    """A fact that says how many lines or bytes there are."""
    return st.integers(0, most).map(fact)
