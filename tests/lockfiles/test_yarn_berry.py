"""What the reader of lockfiles of yarn 2 and later tells beside the graph; its cases are in ``cases/yarn-berry``."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lockfiles.reading import Memory, case_name, corpus, parse
from lockfiles.test_credentials import ADDRESSES, SECRET

from depfrag import peers
from depfrag.errors import LockfileError
from depfrag.lockfiles import yarn_berry
from depfrag.lockfiles.yarn import PARSER

HEAD = "__metadata:\n  version: 8\n\n"


def read(entries, manifest=None, **files):
    """`entries` by their keys; files by names in which underscores are slashes."""
    if manifest is not None:
        files["package.json"] = json.dumps(manifest)
    text = HEAD + "".join(f"{json.dumps(key)}: {json.dumps(entry)}\n" for key, entry in entries.items())
    return PARSER.parse("yarn.lock", text.encode(), Memory(files))


def entry(locator, version="1.0.0", **more):
    return {"version": version, "resolution": locator, "linkType": "hard", **more}


def edges(lockfile):
    return [(d.dependent, d.dependency, d.kind, d.condition) for d in lockfile.dependencies]


def test_a_workspace_has_a_root_for_each_member():
    found = read(
        {
            "b@workspace:b": entry("b@workspace:b"),
            "app@workspace:.": entry("app@workspace:."),
            "!@workspace:!": entry("!@workspace:!"),
        }
    )
    assert [(root.id, root.name) for root in found.roots] == [("root:.", "app"), ("root:!", "!"), ("root:b", "b")]
    assert found.direct_known
    assert not found.problems


@pytest.mark.parametrize("manifest", [None, {"name": "app"}])
def test_a_file_without_entries(manifest):
    found = read({}, manifest)
    assert [(root.id, root.name) for root in found.roots] == [("root:.", manifest and "app")]
    assert found.direct_known is (manifest is not None)


def test_names_of_members_are_those_of_their_manifests():
    entries = {"a-1234@workspace:a": entry("a-1234@workspace:a"), "b@workspace:b": entry("b@workspace:b")}
    found = read(entries, {}, **{"a/package.json": "{}", "b/package.json": "["})
    assert [(root.path, root.name) for root in found.roots] == [(".", None), ("a", None), ("b", "b")]


def test_what_is_not_told_is_said():
    asked = {"dependencies": {"x": "npm:^1.0.0"}}
    entries = {
        "app@workspace:.": entry("app@workspace:.", **asked),
        "b@workspace:b": entry("b@workspace:b", **asked),
        "c@workspace:c": entry("c@workspace:c"),
        "x@npm:^1.0.0": entry("x@npm:1.0.0"),
    }
    (problem,) = read(entries, {"devDependencies": {"x": "^1.0.0"}}).problems
    text = "is not there: what they need for development counts as runtime"
    assert problem[:3] == ("manifest", "info", f"the package.json of 1 of 3 workspaces {text}")
    (problem,) = read(entries).problems
    assert problem.message.startswith("the package.json of 2 of 3 workspaces")


def test_a_condition_holds_for_each_edge_to_what_has_it():
    entries = {
        "app@workspace:.": entry("app@workspace:.", dependencies={"a": "1", "b": "npm:a@2", "c": "1"}),
        "a@npm:1": entry("a@npm:1.0.0", conditions="os=linux"),
        "b@npm:a@2": entry("a@patch:a@npm%3A1.0.0#x", conditions="os=darwin & cpu=arm64"),
        "c@npm:1": entry("c@npm:1.0.0", dependencies={"a": "npm:1"}),
    }
    assert edges(read(entries, {})) == [
        ("npm:c@1.0.0", "npm:a@1.0.0", "runtime", "os=linux"),
        ("root:.", "npm:a@1.0.0", "runtime", "(os=darwin & cpu=arm64) | (os=linux)"),
        ("root:.", "npm:c@1.0.0", "runtime", None),
    ]
    del entries["a@npm:1"]["conditions"]
    assert [d[3] for d in edges(read(entries, {}))] == [None, None, None]


def test_optional_dependencies_may_be_left_out():
    asked = {"a": "npm:^1.0.0", "b": "npm:^1.0.0", "c": "npm:^1.0.0"}
    meta = {"a": {"optional": True}, "b": {"optional": False}, "c": {"optional": "true"}}
    found = read({"app@workspace:.": entry("app@workspace:.", dependencies=asked, dependenciesMeta=meta)}, {})
    assert [p.message for p in found.problems] == ["not in the lockfile: b (for the project)"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ("catalog: {a: ^1.0.0}", None),
        ("catalog: {a: npm:^1.0.0}\nother: &x 1", None),
        ("catalogs: {'': {a: ^1.0.0}}", None),
        ("", None),
        ("# nothing\n", None),
        ("- a\n", None),
        ("catalog: [a]\ncatalogs: 1\n", None),
        ("a: [", "settings"),
        (b"\xff\xfe", "settings"),
    ],
)
def test_settings(settings, code):
    entries = {
        "app@workspace:.": entry("app@workspace:.", dependencies={"a": "catalog:"}),
        "a@npm:^1.0.0": entry("a@npm:1.0.0"),
    }
    found = read(entries, {}, **{".yarnrc.yml": settings})
    assert [p.code for p in found.problems] == [code] * (code is not None)
    # What a catalog that nothing tells of stands for is what is there under the name, if that is one.
    assert edges(found) == [("root:.", "npm:a@1.0.0", "runtime", None)]
    entries["a@npm:^2.0.0"] = entry("a@npm:2.0.0", "2.0.0")
    assert bool(edges(read(entries, {}, **{".yarnrc.yml": settings}))) is ("^1" in str(settings))


def test_without_the_projects_manifest_one_of_a_name_is_meant():
    entries = {
        "a@npm:1": entry("a@npm:1.0.0", dependencies={"b": "npm:^1.0.0"}),
        "b@npm:2": entry("b@npm:2.0.0", "2.0.0"),
    }
    assert edges(read(entries)) == [("npm:a@1.0.0", "npm:b@2.0.0", "runtime", None)]
    found = read(entries, {"name": "app"})
    assert not found.dependencies
    assert [(p.code, p.line) for p in found.problems] == [("missing-dependency", 4)]


def test_resolutions_may_lead_to_a_catalog_and_to_nothing():
    entries = {
        "app@workspace:.": entry("app@workspace:.", dependencies={"a": "npm:^1.0.0", "b": "npm:^1.0.0"}),
        "a@npm:9": entry("a@npm:9.0.0", "9.0.0"),
        "b@npm:^1.0.0": entry("b@npm:1.0.0"),
    }
    manifest = {"resolutions": {"a": "catalog:", "b": "2.0.0", "**/c": "1", "d": 1}}
    found = read(entries, manifest, **{".yarnrc.yml": "catalog: {a: '9'}"})
    assert edges(found) == [("root:.", "npm:a@9.0.0", "runtime", None)]
    assert [p.message for p in found.problems] == ["not in the lockfile: b (for the project)"]


def test_peers_that_nothing_provides_are_told_once():
    entries = {
        "app@workspace:.": entry("app@workspace:.", dependencies={"a": "1"}, peerDependencies={"nobody": "*"}),
        "a@npm:1": entry("a@npm:1.0.0", dependencies={"b": "1"}, peerDependencies={"x": "*"}),
        "b@npm:1": entry(
            "b@npm:1.0.0",
            peerDependencies={"x": "*", "y": "*", "a": "*"},
            peerDependenciesMeta={"y": {"optional": True}},
        ),
    }
    found = read(entries, {})
    assert [p.message for p in found.problems] == ["peer dependencies that nothing provides: x (for a), x (for b)"]
    assert ("npm:b@1.0.0", "npm:a@1.0.0", "peer", None) in edges(found)


def test_types_of_peers_are_passed_on_to_who_asks_for_them():
    entries = {
        "app@workspace:.": entry("app@workspace:.", dependencies={"a": "1", "@types/s__x": "1"}),
        "a@npm:1": entry("a@npm:1.0.0", dependencies={"b": "1"}, peerDependencies={"@s/x": "*"}),
        "b@npm:1": entry("b@npm:1.0.0", peerDependencies={"@types/s__x": "*"}),
        "@types/s__x@npm:1": entry("@types/s__x@npm:1.0.0"),
    }
    found = edges(read(entries, {}))
    assert ("npm:b@1.0.0", "npm:@types/s__x@1.0.0", "peer", None) in found
    assert ("npm:a@1.0.0", "npm:@types/s__x@1.0.0") not in [edge[:2] for edge in found]


def test_the_work_on_peers_has_an_end(monkeypatch):
    many = dict.fromkeys(map(str, range(50)), "*")
    entries = {
        f"a@npm:{i}": entry(f"a@npm:{i}", dependencies={"a": str(i + 1)}, peerDependencies=many) for i in range(50)
    }
    read(entries)
    monkeypatch.setattr(peers, "_MAX_STEPS", 2000)
    with pytest.raises(LockfileError, match="more peers of more releases than any project has"):
        read(entries)


BAD = {
    "not YAML": (HEAD + "a: [\n", ": not YAML"),
    "a list": ('# This file is generated by running "yarn install" inside your project.\n- a\n', "1: not one table"),
    "two documents": (HEAD + "---\na: b\n", "1: not one table of entries"),
    "an entry that is none": (HEAD + '"a@npm:1": 1\n', "entry 1: an entry without a resolution"),
    "an entry without resolution": (HEAD + '"a@npm:1":\n  version: 1\n', "4: an entry without a resolution"),
    "merge conflicts": (HEAD + "<<<<<<< HEAD\na:\n=======\n", "4: the file has merge conflicts"),
    "10,000 levels": (HEAD + "a: " + "[" * 10_000, "nested too deeply to be a lockfile"),
}


@pytest.mark.parametrize(("text", "said"), BAD.values(), ids=list(BAD))
def test_bad_files(text, said):
    with pytest.raises(LockfileError) as error:
        PARSER.parse("yarn.lock", text.encode(), Memory())
    assert str(error.value).startswith("yarn.lock:")
    assert said in str(error.value)


def test_bounds(monkeypatch):
    monkeypatch.setattr(yarn_berry, "_MAX_ENTRIES", 2)
    with pytest.raises(LockfileError, match="more than 2 entries"):
        read({f"a@npm:{i}": entry(f"a@npm:{i}") for i in range(3)})
    with pytest.raises(LockfileError, match="more than 2 entries"):
        read({"a@1, a@2, a@3, a@4": entry("a@npm:1")})
    monkeypatch.setattr(yarn_berry, "_MAX_ASKED", 2)
    with pytest.raises(LockfileError, match="more than 2 dependencies"):
        read({"a@1": entry("a@npm:1", dependencies=dict.fromkeys("bcd", "1"))})


@pytest.mark.parametrize("path", corpus("yarn-berry"), ids=lambda path: case_name(path.parent))
def test_lines_of_real_files(path):
    """Each line is the key of an entry, with the resolution to that release below."""
    text = path.read_text("utf-8").split("\n")
    for release in parse(path).releases:
        assert text[release.line - 1].startswith(('"', f"{release.name}@", "? "))
        below = "".join(text[release.line : release.line + 4])
        assert f'resolution: "{release.name}@' in below
        assert f"version: {release.version}" in below


maybe = st.sampled_from(["npm:1.0.0", "npm:^1.0.0", *ADDRESSES])


@given(maybe, maybe, maybe)
def test_no_credentials(locked, asked, other):
    entries = {
        "app@workspace:.": entry("app@workspace:.", dependencies={"a": asked, "x": other}),
        f"a@{asked}": entry(f"a@{locked}", dependencies={"a": asked, "y": other}),
        f"p@patch:a@{other}#x": entry(f"p@patch:a@{locked}#x"),
    }
    assert SECRET not in repr(read(entries, {"resolutions": {"x": other}}))
    with pytest.raises(LockfileError) as error:
        read({**entries, f"b@{other}": {"version": other}})
    assert SECRET not in str(error.value)
