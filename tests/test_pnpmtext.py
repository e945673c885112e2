"""The documents of pnpm's lockfiles."""

from __future__ import annotations

import pytest

from depfrag.errors import LockfileError
from depfrag.pnpmspec import AT, SLASH_AT, SLASHES
from depfrag.pnpmtext import documents


def one(content):
    (document,), _ = documents("x.yaml", content)
    return document


def refused(content):
    with pytest.raises(LockfileError) as caught:
        documents("x.yaml", content)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "form", "style"),
    [
        ("lockfileVersion: 5", "pnpm-v5", SLASHES),
        ("lockfileVersion: 5.4-inlineSpecifiers", "pnpm-v5", SLASHES),
        ("lockfileVersion: '6.0'", "pnpm-v6", SLASH_AT),
        ("lockfileVersion: 6.1", "pnpm-v6", SLASH_AT),
        ("lockfileVersion: '9.0'", "pnpm-v9", AT),
        ("lockfileVersion: '9.17'", "pnpm-v9", AT),
        ("lockfileVersion: '12.0'", "pnpm-v12", AT),
        ("lockfileVersion: '9.0'\npackages:\n  /a@1.0.0: {}", "pnpm-v9", SLASH_AT),
        ("shrinkwrapVersion: 3\nshrinkwrapMinorVersion: 9", "pnpm-shrinkwrap-yaml", SLASHES),
        ("shrinkwrapVersion: 4", "pnpm-shrinkwrap-yaml", SLASHES),
        ("version: 3", "pnpm-shrinkwrap-yaml", SLASHES),
    ],
)
def test_versions(content, form, style):
    document = one(content)
    assert (document.format, document.style) == (form, style)


KNOWN = "known are 5, 6 and 9 of pnpm-lock.yaml, 3 and 4 of shrinkwrap.yaml"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("lockfileVersion: 2", f"lockfileVersion is '2'; {KNOWN}; run pnpm install with a newer pnpm"),
        ("lockfileVersion: 10.0", f"lockfileVersion is '10.0'; {KNOWN}; is there a newer depfrag?"),
        ('{\n\t"lockfileVersion": "13.0",\n}', "lockfileVersion is '13.0'"),
        ('{\n\t"lockfileVersion": "13.0",\n}', "set lockfile.format to v9 in pnpm-workspace.yaml and run pnpm install"),
        ("lockfileVersion: true", "lockfileVersion is True"),
        ("lockfileVersion: [9]", "lockfileVersion is ['9']"),
        (f"lockfileVersion: {'9' * 5000}", "lockfileVersion is '999"),
        ("lockfileVersion: 9.0.0", "lockfileVersion is '9.0.0'"),
        ("version: 2", f"shrinkwrapVersion is '2'; {KNOWN}; run pnpm install with a newer pnpm"),
        ("shrinkwrapVersion: 5", "shrinkwrapVersion is '5'"),
        ("a: b", f"x.yaml: lockfileVersion is missing; {KNOWN}; is there"),
        ("[default]\nsecret = 1", "x.yaml:2: not YAML"),
        ("- a", "x.yaml: no pnpm lockfile: not a mapping of lockfileVersion, packages and the like"),
        ("---\n---\n", "x.yaml: the file holds no lockfile; run pnpm install again"),
        ("lockfileVersion: 9.0\npackages: []", "x.yaml: 'packages': not a mapping"),
        ("lockfileVersion: 9.0\npackages: {a@1.0.0: x}", "x.yaml: 'a@1.0.0': not a mapping"),
        ("lockfileVersion: 9.0\nsnapshots: {a@1.0.0: x}", "x.yaml: 'a@1.0.0': not a mapping"),
        ("lockfileVersion: 9.0\nsnapshots: {a@1.0.0: {}}\npackages: {a@1.0.0: x}", "x.yaml: 'a@1.0.0': not a mapping"),
        ("lockfileVersion: 9.0\nimporters: x", "x.yaml: 'importers': not a mapping"),
        ("lockfileVersion: 9.0\nimporters: {a: x}", "x.yaml: 'a': not a mapping"),
        ("lockfileVersion: 9.0\npackages: {}\npackages: {}", "x.yaml:3: the key 'packages' is there twice"),
    ],
)
def test_what_is_refused(content, said):
    assert said in refused(content)


def test_several_documents():
    found, _ = documents("x.yaml", "---\nlockfileVersion: '9.0'\n---\nlockfileVersion: '6.0'\n---\n")
    assert [document.format for document in found] == ["pnpm-v9", "pnpm-v6"]


def test_of_a_release_with_peers_the_line_is_that_of_the_release():
    document = one(
        "lockfileVersion: '9.0'\npackages:\n  a@1.0.0: {}\nsnapshots:\n  a@1.0.0(b@1.0.0): {}\n  b@1.0.0: {}\n"
    )
    assert {key: entry.line for key, entry in document.entries.items()} == {"a@1.0.0(b@1.0.0)": 3, "b@1.0.0": 6}


def test_releases_without_snapshots_are_kept():
    document = one("lockfileVersion: '9.0'\npackages:\n  a@1.0.0: {}\n  b@1.0.0:\nsnapshots:\n  a@1.0.0: {}\n")
    assert {key: entry.line for key, entry in document.entries.items()} == {"a@1.0.0": 3, "b@1.0.0": None}


@pytest.mark.parametrize(
    ("content", "known"),
    [
        ("lockfileVersion: '6.0'", True),
        ("lockfileVersion: '6.0'\npackages:\n  /a@1.0.0: {}", False),
        ("lockfileVersion: '6.0'\npackages:\n  /a@1.0.0: {}\ndevDependencies: {}", True),
        ("lockfileVersion: 5.1\npackages:\n  /a/1.0.0: {}\nspecifiers: {}", True),
        ("lockfileVersion: '6.0'\npackages:\n  /a@1.0.0: {}\nimporters: {}", True),
    ],
)
def test_whether_it_says_what_projects_need(content, known):
    assert one(content).direct_known is known


@pytest.mark.parametrize(
    ("content", "own"),
    [
        ("shrinkwrapVersion: 3", True),
        ("shrinkwrapVersion: 4\nimporters: {}", False),
        ("lockfileVersion: 5", True),
        ("lockfileVersion: 5.0", True),
        ("lockfileVersion: 5.0\nimporters: {}", False),
        ("lockfileVersion: 5.1", False),
        ("lockfileVersion: '6.0'", False),
    ],
)
def test_whether_peers_of_the_project_are_left_out(content, own):
    assert one(content).own_peers is own
