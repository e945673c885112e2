"""What the reader of npm's lockfiles tells beside the graph; its cases are in ``cases/package-lock-*`` and the like."""

from __future__ import annotations

import json

import pytest
from lockfiles.reading import Memory

from depfrag.errors import LockfileError
from depfrag.lockfiles.package_lock import PARSER


def read(table, path="package-lock.json", **files):
    text = json.dumps(table, indent=2)
    return PARSER.parse(path, text.encode(), Memory({f"{k}/package.json".lstrip("/"): v for k, v in files.items()}))


def v3(packages):
    return {"lockfileVersion": 3, "packages": packages}


def by_id(lockfile):
    return {r.id.removeprefix("npm:"): r for r in lockfile.releases}


def test_a_release_is_bundled_when_all_its_copies_are():
    found = by_id(
        read(
            v3(
                {
                    "node_modules/a": {"version": "1", "inBundle": True},
                    "node_modules/b": {"version": "1"},
                    "node_modules/b/node_modules/c": {"version": "1", "inBundle": True},
                    "node_modules/d/node_modules/c": {"version": "1", "inBundle": True},
                    "node_modules/e/node_modules/b": {"version": "1", "inBundle": True},
                }
            )
        )
    )
    assert {name for name, release in found.items() if release.bundled} == {"a@1", "c@1"}


def test_copies_share_hashes_and_the_first_source():
    copies = {
        "node_modules/a": {"version": "1", "integrity": "sha512-b"},
        "node_modules/x/node_modules/a": {
            "version": "1",
            "integrity": "sha1-a sha512-b",
            "resolved": "https://r.example/1",
        },
        "node_modules/y/node_modules/a": {"version": "1", "integrity": 1, "resolved": "https://r.example/2"},
    }
    found = by_id(read(v3(copies)))["a@1"]
    assert (found.hashes, found.source, found.line) == (("sha1-a", "sha512-b"), "https://r.example/1", 4)


def test_copies_of_another_kind_are_another_release():
    packages = {
        "node_modules/a": {"version": "1", "resolved": "https://r.example/a/-/a-1.tgz"},
        "node_modules/x/node_modules/a": {"version": "1", "resolved": "file:../a-1.tgz"},
        "node_modules/y/node_modules/a": {"link": True, "resolved": "libs/a"},
        "libs/a": {"version": "1"},
        "": {"dependencies": {"a": "1"}},
    }
    found = by_id(read(v3(packages)))
    assert {name: r.kind for name, r in found.items()} == {
        "a@1": "registry",
        "a@file+../a-1.tgz": "file",
        "a@link+libs/a": "link",
    }


def test_problems_stand_at_the_first_who_asks():
    packages = {
        "node_modules/a": {"version": "1", "dependencies": {"x": "1"}},
        "node_modules/b": {"version": "1", "dependencies": {"w": "1"}, "peerDependencies": {"p": "1"}},
        "node_modules/c": {"version": "1", "peerDependencies": {"o": "1"}},
    }
    missing, unmet = read(v3({"": {"dependencies": {"y": "1"}}, **packages})).problems
    assert (missing.code, missing.line) == ("missing-dependency", 4)
    assert missing.message == "not in the lockfile: w (for b), x (for a), y (for the project)"
    assert (unmet.code, unmet.level, unmet.line) == ("unmet-peer", "info", 15)
    assert unmet.message == "peer dependencies that nothing provides: o (for c), p (for b)"


def test_many_missing_ones_are_counted():
    (problem,) = read(v3({"": {"dependencies": dict.fromkeys("abcdefg", "1")}})).problems
    assert problem.message.endswith("e (for the project) and 2 more")
    assert problem.line == 4, "of the project's own entry"


@pytest.mark.parametrize(
    ("path", "version", "form"),
    [
        ("x/package-lock.json", 3, "package-lock-v3"),
        ("my-package-lock.json", 2.0, "package-lock-v2"),
        ("x\\npm-shrinkwrap.json", 1, "npm-shrinkwrap"),
        ("node_modules/.package-lock.json", 3, "hidden-package-lock"),
    ],
)
def test_formats(path, version, form):
    assert read({"lockfileVersion": version, "packages": {}}, path).format == form
    assert read({"name": "app", "version": "1.0.0"}, "npm-shrinkwrap.json").format == "npm-shrinkwrap"


def test_the_project_of_a_hidden_lockfile_is_above():
    manifest = json.dumps({"name": "above"})
    assert read(v3({}), "x/node_modules/.package-lock.json", **{"..": manifest}).roots[0].name == "above"
    assert read(v3({}), "x/.package-lock.json", **{"..": manifest, "": "{}"}).roots[0].name is None


def test_names_of_version_1_that_are_places():
    found = read({"lockfileVersion": 1, "dependencies": {"node_modules/a": {"version": "1.0.0"}}})
    assert [r.id for r in found.releases] == ["npm:a@1.0.0"]


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ({"version": "npm:b"}, "b@*"),
        ({"version": "npm:@s/b@2.0.0"}, "@s/b@2.0.0"),
        ({"version": "v1.0.0"}, "a@v1.0.0"),
        ({"version": "latest"}, "a@*"),
        ({"version": "1.0.0", "from": "user/repo", "resolved": "git://h.example/a.git#0f"}, "a@git+0f"),
        ({"version": "https://h.example/@s/b/-/b-1.2.3.tgz"}, "@s/b@1.2.3"),
        ({"version": "https://r.example/a/-/a-1.2.3.tgz"}, "a@1.2.3"),
        ({"version": "1.2.3", "from": "https://r.example/a/-/a-1.2.3.tgz"}, "a@1.2.3"),
        ({}, "a@*"),
    ],
)
def test_versions_of_version_1(entry, found):
    assert [*by_id(read({"lockfileVersion": 1, "dependencies": {"a": entry}}))] == [found]


def test_a_folder_of_version_1_is_called_as_its_manifest_says():
    lock = {"lockfileVersion": 1, "dependencies": {"a": {"version": "file:x/@s/b"}, "c": {"version": "file:../d"}}}
    assert [*by_id(read(lock))] == ["@s/b@*", "d@*"]
    assert [*by_id(read(lock, **{"x/@s/b": '{"name": "e", "version": "2"}', "../d": "{"}))] == ["d@*", "e@2"]


def test_an_old_shrinkwrap_keeps_the_places_for_later():
    lock = {"dependencies": {"a": {"version": "1.0.0", "dependencies": {"b": {"version": "1.0.0"}}}}}
    found = read(lock, "npm-shrinkwrap.json")
    assert found.open == {"npm:a@1.0.0", "npm:b@1.0.0"}
    assert found.places == {
        "node_modules/a": "npm:a@1.0.0",
        "node_modules/a/node_modules/b": "npm:b@1.0.0",
        "": "root:.",
    }
    # With `requires`, even an empty one, the file says what each release needs.
    assert not read({**lock, "requires": True}, "npm-shrinkwrap.json").open


def test_places_take_bounded_room(monkeypatch):
    """Each level of an old file lengthens the places of all that is in it."""
    monkeypatch.setattr("depfrag.decode.MAX_BYTES", 50_000)
    inside = {f"p{i}": {"version": "1"} for i in range(100)}
    for _ in range(20):
        inside = {"a" * 10: {"version": "1", "dependencies": inside}}
    assert len(read({"dependencies": {f"p{i}": {"version": "1"} for i in range(100)}}).releases) == 100
    with pytest.raises(LockfileError, match="nested too deeply"):
        read({"dependencies": inside})
