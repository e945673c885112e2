"""What the reader of pnpm's lockfiles tells beside the graph and what it refuses; its cases are in ``cases/pnpm-*``."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from lockfiles.pnpm import BY_FORMAT
from lockfiles.reading import Memory, case_name, corpus, document, parse
from lockfiles.test_bad_input import refused
from lockfiles.test_credentials import ADDRESSES, SECRET, said

from depfrag import complete, registry
from depfrag.discover import find
from depfrag.errors import LockfileError
from depfrag.lockfiles import pnpm

V9 = "lockfileVersion: '9.0'\n"


def read(text, files=None, path="pnpm-lock.yaml"):
    return pnpm.PARSER.parse(path, text.encode(), Memory(files))


def edges(lockfile):
    return [(d.dependent, d.dependency, d.kind) for d in lockfile.dependencies]


CONFLICT = (
    f"{V9}importers:\n  .:\n<<<<<<< HEAD\n    dependencies: {{}}\n=======\n    devDependencies: {{}}\n>>>>>>> x\n"
)
BAD = {
    "empty": ("", "the file is empty"),
    "white space": (" \n\n", "the file is empty"),
    "nothing but comments": ("# pnpm\n", "the file holds no lockfile; run pnpm install again"),
    "JSON": ('{"lockfileVersion": 3}', "lockfileVersion is '3'; known are 5, 6 and 9 of pnpm-lock.yaml"),
    "a later version": ("lockfileVersion: '14.0'\n", "is there a newer depfrag?"),
    "merge conflicts": (CONFLICT, "4: the file has merge conflicts; resolve them first"),
    "binary": (bytes(range(1, 256)), "byte 127 is not UTF-8 text"),
    "UTF-16": (V9.encode("utf-16"), "1: the text is UTF-16; save it as UTF-8"),
    "cut off": (V9 + "packages:\n  a@1.0.0: {resolution: {integr", "4: not YAML"),
    "the same twice": (V9 + "packages:\n  a@1.0.0: {}\n  a@1.0.0: {}\n", "4: the key 'a@1.0.0' is there twice"),
    "no dependency path": (V9 + "packages:\n  a: {}\n", "3: 'a' is no dependency path"),
    "a long one": (V9 + "packages:\n  " + "a" * 900 + ": {}\n", "3: 'aaaa"),
    "an old one": ("lockfileVersion: 5.3\npackages:\n  a/b: {}\n", "3: 'a/b' is no dependency path"),
    "10,000 levels": (V9 + "a: " + "[" * 10_000, "nested too deeply to be a lockfile"),
    "half a million dependencies": (
        V9
        + "importers:\n  .: {dependencies: &x {"
        + ", ".join(f"a{i}: 1.0.0" for i in range(1_500))
        + "}}\n"
        + "".join(f"  p{i}: {{dependencies: *x}}\n" for i in range(500))
        + "packages:\n"
        + "".join(f"  a{i}@1.0.0: {{}}\n" for i in range(1_500)),
        "more than 500,000 dependencies",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_bad_files_are_refused(what, tmp_path):
    content, message = BAD[what]
    (tmp_path / "pnpm-lock.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
    if what == "half a million dependencies":
        with pytest.raises(LockfileError, match=message):
            parse(tmp_path / "pnpm-lock.yaml")
    else:
        refused(tmp_path, "pnpm-lock.yaml", message)


NAMES = ("pnpm-lock.yaml", "shrinkwrap.yaml", "pnpm-lock.a!b.yaml", "a-pnpm-lock.yaml", ".pnpm-lock.yaml", "lock.yaml")


@pytest.mark.parametrize("name", NAMES)
def test_names(name, tmp_path):
    (tmp_path / name).write_text(V9)
    (target,) = find([str(tmp_path / name)], registry.LOCKFILES).targets
    assert target.form.name == "pnpm-lock"
    assert parse(tmp_path / name).format == "pnpm-v9"


def test_of_both_names_the_newer_counts(tmp_path):
    (tmp_path / "pnpm-lock.yaml").write_text(V9)
    (tmp_path / "shrinkwrap.yaml").write_text("shrinkwrapVersion: 3\n")
    found = find([str(tmp_path)], registry.LOCKFILES).targets
    assert [target.path.rpartition("/")[2] for target in found] == ["pnpm-lock.yaml"]


def test_marks_and_line_ends_do_not_matter():
    text = V9 + "importers:\n  .:\n    dependencies:\n      a:\n        version: 1.0.0\npackages:\n  a@1.0.0: {}\n"
    assert read("\ufeff" + text.replace("\n", "\r\n")) == read(text)


@pytest.mark.parametrize("path", corpus(*BY_FORMAT), ids=lambda path: case_name(path.parent))
def test_lines_of_real_files(path):
    """Each line holds a key of that release, or of that link; the cases show that it is the first."""
    rows = path.read_text("utf-8").split("\n")
    for release in parse(path).releases:
        row = rows[release.line - 1]
        if release.kind == "link":
            assert row.lstrip(" '\"").startswith(release.name)
            continue
        assert row.startswith("  ")
        assert release.name in row
        assert release.version in row or f"version: {release.version}" in "".join(rows[release.line : release.line + 6])


def test_a_folder_that_no_manifest_tells_of_has_no_version(shared):
    path = shared / "fixtures" / "pnpm-v6" / "snyk-pnpm-lock-v6-local-pkg-without-workspaces" / "pnpm-lock.yaml"
    entry = yaml.safe_load(path.read_text("utf-8"))["packages"]["file:local-pkg"]
    assert "version" not in entry
    assert entry["resolution"] == {"directory": "local-pkg", "type": "directory"}
    found = document(path)
    (folder,) = [p for p in found["packages"] if p["kind"] == "link"]
    assert (folder["name"], folder["version"]) == (entry["name"], None)
    needs = [d["to"] for d in found["dependencies"] if d["from"] == folder["id"]]
    assert needs == [f"npm:{name}@{version}" for name, version in entry["dependencies"].items()]


LINKED = V9 + "importers:\n  .:\n    dependencies:\n      a: {version: link:a}\n      b: {version: file:b}\n"
LINKED += "packages:\n  b@file:b:\n    resolution: {directory: b, type: directory}\n"


def test_manifests_name_what_is_linked():
    files = {"package.json": '{"name": "app"}', "a/package.json": '{"name": "x", "version": "1.2.3"}'}
    files["b/package.json"] = '{"name": "y", "version": "4.5.6"}'
    lockfile = read(LINKED, files)
    assert lockfile.roots[0].name == "app"
    assert [(r.name, r.version, r.line) for r in lockfile.releases] == [("b", "4.5.6", 8), ("x", "1.2.3", 5)]


@pytest.mark.parametrize("manifest", ["[]", "{", '{"name": 1, "version": []}', LockfileError("x", "cannot be read")])
def test_manifests_that_tell_nothing(manifest):
    lockfile = read(LINKED, dict.fromkeys(["package.json", "a/package.json", "b/package.json"], manifest))
    assert lockfile.roots[0].name is None
    assert [(r.name, r.version) for r in lockfile.releases] == [("a", None), ("b", None)]


def test_not_every_manifest_of_a_huge_workspace_is_read():
    text = V9 + "importers:\n" + "".join(f"  p{i}: {{}}\n" for i in range(3_000))
    lockfile = read(text, {f"p{i}/package.json": f'{{"name": "n{i}"}}' for i in range(3_000)})
    assert len(lockfile.roots) == 3_000
    assert sum(root.name is not None for root in lockfile.roots) == 2_000


def test_a_linked_folder_and_what_is_copied_from_it_are_one():
    text = V9 + "importers:\n  .:\n    dependencies:\n      a: {version: file:a}\n      b: {version: link:./a/}\n"
    text += "packages:\n  a@file:a: {resolution: {directory: a, type: directory}}\n"
    assert [r.id for r in read(text).releases] == ["npm:a@*"]
    assert edges(read(text)) == [("root:.", "npm:a@*", "runtime")]


def test_a_member_that_no_manifest_names_is_called_as_others_call_it():
    text = V9 + "importers:\n  a:\n    dependencies:\n      '@app/b': {version: link:../b}\n  b: {}\n"
    assert [(r.id, r.name) for r in read(text).roots] == [("root:a", None), ("root:b", "@app/b")]


def test_a_peer_that_is_not_there_although_it_was_given():
    peers = "    peerDependencies: {b: '*', c: '*', d: '*'}\n    peerDependenciesMeta: {c: {optional: true}}\n"
    text = V9 + f"packages:\n  a@1.0.0:\n{peers}snapshots:\n  a@1.0.0(b@1.0.0)(c@1.0.0):\n"
    text += "    dependencies: {b: 1.0.0, c: 1.0.0}\n"
    problems = [(p.code, p.line, p.message.partition(": ")[2]) for p in read(text).problems]
    assert problems == [("missing-dependency", 3, "b (for a)"), ("unmet-peer", 3, "d (for a)")]


def test_a_release_whose_entry_with_peers_is_gone():
    text = V9 + "importers:\n  .:\n    dependencies:\n      a: {version: 1.0.0(b@1.0.0)}\npackages:\n  a@1.0.0: {}\n"
    assert edges(read(text)) == [("root:.", "npm:a@1.0.0", "runtime")]


def test_references_that_are_none_are_passed_by():
    text = (
        V9
        + "importers:\n  .:\n    dependencies:\n      a: {specifier: '*'}\n      b: [1]\n      c:\n"
        + "    devDependencies: x\n"
    )
    assert not read(text).dependencies
    assert not read(text).problems


def test_a_project_without_dependencies_needs_nothing():
    for text in (V9, V9 + "importers: {}\n", V9 + "packages: {}\n"):
        lockfile = read(text)
        assert lockfile.direct_known
        assert [root.id for root in lockfile.roots] == ["root:."]
        assert not lockfile.releases


def test_without_projects_what_nothing_needs_is_supposed():
    text = (
        V9
        + "packages:\n  a@1.0.0: {}\n  b@1.0.0: {}\n"
        + "snapshots:\n  a@1.0.0:\n    dependencies: {b: 1.0.0}\n  b@1.0.0: {}\n"
    )
    assert not read(text).direct_known
    assert ("root:.", "npm:a@1.0.0", "runtime") in edges(complete.direct(read(text)))


def test_one_registry_for_all():
    text = "registry: 'https://user:secret@npm.example/'\nshrinkwrapVersion: 3\npackages:\n  /a/1.0.0: {}\n"
    lockfile = read(text, path="shrinkwrap.yaml")
    assert lockfile.indexes == ("https://npm.example/",)
    assert lockfile.releases[0].source == "https://npm.example/a/-/a-1.0.0.tgz"


def test_lines_where_several_things_share_one():
    text = "lockfileVersion: 5.1\nspecifiers: {}\ndependencies: {a: 'link:../a', b: 'link:../b'}\n"
    assert [r.line for r in read(text).releases] == [3, 3]


ADDRESS = st.sampled_from(ADDRESSES)
RESOLUTION = st.one_of(
    st.fixed_dictionaries({"tarball": ADDRESS}),
    st.fixed_dictionaries({"tarball": ADDRESS, "registry": ADDRESS, "gitHosted": st.booleans()}),
    st.fixed_dictionaries({"registry": ADDRESS}),
    st.fixed_dictionaries({"type": st.just("git"), "repo": ADDRESS, "commit": st.just("0" * 40)}),
    st.fixed_dictionaries({"type": st.just("directory"), "directory": ADDRESS}),
    st.fixed_dictionaries({"type": st.just("binary"), "url": ADDRESS}),
)


@given(RESOLUTION, ADDRESS, ADDRESS, st.sampled_from(["5.4", "6.0", "9.0"]), st.booleans())
def test_credentials_come_into_nothing(resolution, reference, key, version, named):
    bare = key.partition("://")[2]
    path = {"5.4": f"@{bare}", "6.0": f"@{bare}(b@1.0.0)", "9.0": f"a@{key}(b@1.0.0)"}[version]
    entry = {"resolution": resolution, "version": reference, "dependencies": {"b": reference, "c": f"link:{reference}"}}
    if named:
        entry["name"] = "a"
    table = {"lockfileVersion": version, "packages": {path: entry, f"u:{SECRET}@h.example/d/1.0.0": {"name": "d"}}}
    table["importers"] = {".": {"dependencies": {"a": path, "d": {"version": reference}}}}
    if version == "9.0":
        table["snapshots"] = {path: entry}
        table["packages"] = {f"a@{key}": entry}
    table["registry"] = reference
    assert SECRET not in said(pnpm.PARSER, "pnpm-lock.yaml", yaml.safe_dump(table))


def test_the_order_of_names_is_no_matter():
    """Peers are looked at in the order of the file, so that what is linked on the way always gets the same line."""
    text = "lockfileVersion: 5.0\nspecifiers: {}\ndependencies:\n" + "".join(f"  p{i}: link:../p\n" for i in range(9))
    text += "packages:\n  /a/1.0.0:\n    peerDependencies: {" + ", ".join(f"p{i}: '*'" for i in range(9)) + "}\n"
    (link,) = [r for r in read(text).releases if r.kind == "link"]
    assert (link.name, link.line) == ("p0", 4)
