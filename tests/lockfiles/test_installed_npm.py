"""A node_modules folder: what npm installs and says of it, layouts of others, and what is broken in it."""

from __future__ import annotations

import json
import subprocess

import pytest
from lockfiles import npm
from lockfiles.pytools import ENVIRONMENT, SECONDS
from lockfiles.reading import CASES, case_name, corpus, document, lockfile_in, parse
from lockfiles.test_arborist import differences
from lockfiles.trees import edges, ids, lay, lay_out, manifest, read_npm
from registries import NpmRegistry, tgz

from depfrag.discover import Folder
from depfrag.errors import LockfileError
from depfrag.lockfiles import installed_npm
from depfrag.model import Root


def package(name, version="1.0.0", **more):
    return {"name": name, "version": version, **more}


def needs(*names):
    return dict.fromkeys(names, "*")


# -- as npm has it ---------------------------------------------------------------------------------------------------

LISTED = [
    *corpus("package-lock-v2", "package-lock-v3"),
    *(lockfile_in(f) for f in CASES if f.parent.name == "package-lock-v3"),
]


def whole(path):
    """The entries of a lockfile, the project's own among them."""
    packages = json.loads(path.read_text("utf-8"))["packages"]
    return packages if packages.get("") else None


FILES = [path for path in LISTED if whole(path)]


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """The folder of each file's project, laid out as its lockfile says."""
    top = tmp_path_factory.mktemp("trees")
    found = {path: top / str(i) / "project" for i, path in enumerate(FILES)}
    for path, folder in found.items():
        lay_out(whole(path), folder)
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: case_name(path.parent))
def test_what_is_installed_reads_as_its_lockfile_does(path, trees):
    locked, found = parse(path), read_npm(trees[path])
    assert {(r.id, r.kind, r.hashes) for r in found.releases} == {(r.id, r.kind, r.hashes) for r in locked.releases}
    assert edges(found) == edges(locked)
    assert {r.id for r in found.roots} == {r.id for r in locked.roots}


@pytest.fixture(scope="module")
def answers(trees):
    """What npm's arborist says of each tree."""
    return dict(zip(trees, npm.ask(trees.values(), "loadActual"), strict=True))


def unlike(top, answer):
    """What differs between our reading of a tree and npm's: missing nodes, extra nodes, missing edges, extra edges."""
    assert "error" not in answer
    lockfile = read_npm(top)
    *rest, extra = differences(lockfile, answer)
    # What the project needs of its own members is to npm what its workspace is.
    members = {f"at:{root.path}" for root in lockfile.roots}
    return *rest, {edge for edge in extra if edge[0] != "root:." or edge[1] not in members}


SAME = (set(), set(), set(), set())


@pytest.mark.parametrize("path", FILES, ids=lambda path: case_name(path.parent))
def test_npm_sees_the_same_in_it(path, trees, answers):
    assert unlike(trees[path], answers[path]) == SAME


def served(packages):
    """A registry on loopback that has what a package-lock lists, each archive with a manifest and nothing else."""
    registry = NpmRegistry({})
    for place, entry in packages.items():
        if "node_modules/" in place and not entry.get("link") and not entry.get("inBundle"):
            told = manifest(place, entry)
            inside = {p: e for p, e in packages.items() if p.startswith(f"{place}/node_modules/") and e.get("inBundle")}
            files = {
                f"{p.removeprefix(place + '/')}/package.json": json.dumps(manifest(p, e)) for p, e in inside.items()
            }
            registry.archives[f"{told['name']}@{told['version']}"] = tgz({"package.json": json.dumps(told), **files})
    return registry


def install(packages, top):
    """Has npm install what a package-lock lists, from loopback."""
    if npm.arborist() is None:
        pytest.skip("npm is not installed")
    with served(packages) as registry:
        for place, entry in packages.items():
            if "node_modules/" in place and not entry.get("link") and not entry.get("inBundle"):
                told = manifest(place, entry)
                entry["resolved"] = (
                    f"{registry.url}/{told['name']}/-/{told['name'].rpartition('/')[2]}-{told['version']}.tgz"
                )
                entry.pop("integrity", None)
            elif "node_modules/" not in place:
                lay(top / place, {"package.json": entry})
        lay(top, {"package-lock.json": {"name": "app", "lockfileVersion": 3, "requires": True, "packages": packages}})
        words = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--cache", str(top.parent / "npm")]
        done = subprocess.run(
            [*words, "--registry", registry.url], cwd=top, env=ENVIRONMENT, capture_output=True, text=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
        assert not done.returncode, done.stderr


MADE = {
    "": {
        "name": "app", "version": "1.0.0", "workspaces": ["packages/*"],
        "dependencies": {"a": "^1", "alias": "npm:real@2"},
        "devDependencies": {"d": "1"}, "optionalDependencies": {"nowhere": "1", "o": "1"},
    },
    "packages/one": {"name": "@me/one", "version": "0.1.0", "dependencies": {"a": "^2"}, "devDependencies": {"d": "1"}},
    "node_modules/@me/one": {"resolved": "packages/one", "link": True},
    "packages/one/node_modules/a": {
        "version": "2.0.0", "peerDependencies": {"real": "*"}, "peerDependenciesMeta": {"real": {"optional": True}},
    },
    "node_modules/a": {"version": "1.2.3", "dependencies": {"@s/b": "*"}, "peerDependencies": {"d": "*"}},
    "node_modules/@s/b": {"version": "1.0.0", "bundleDependencies": ["inner"], "dependencies": {"inner": "*"}},
    "node_modules/@s/b/node_modules/inner": {"version": "3.0.0", "inBundle": True, "dependencies": {"d": "*"}},
    "node_modules/alias": {"name": "real", "version": "2.0.0"},
    "node_modules/d": {"version": "1.0.0"},
    "node_modules/o": {"version": "1.0.0", "optional": True},
    "node_modules/nowhere": {"version": "1.0.0", "optional": True, "os": ["nowhere"]},
}  # fmt: skip


def test_what_npm_installs_of_a_made_project(tmp_path):
    top = tmp_path / "project"
    install(json.loads(json.dumps(MADE)), top)
    (answer,) = npm.ask([top], "loadActual")
    assert unlike(top, answer) == SAME
    found = read_npm(top)
    assert sorted(edges(found)) == [
        (".", "a@1.2.3", "runtime"),
        (".", "d@1.0.0", "dev"),
        (".", "o@1.0.0", "optional"),
        (".", "real@2.0.0", "runtime"),
        ("@s/b@1.0.0", "inner@3.0.0", "runtime"),
        ("a@1.2.3", "@s/b@1.0.0", "runtime"),
        ("a@1.2.3", "d@1.0.0", "peer"),
        ("inner@3.0.0", "d@1.0.0", "runtime"),
        ("packages/one", "a@2.0.0", "runtime"),
        ("packages/one", "d@1.0.0", "dev"),
    ]
    assert [r.id for r in found.releases if r.bundled] == ["npm:inner@3.0.0"]


def test_what_npm_installs_of_a_real_project(shared, tmp_path):
    path = shared / "corpus" / "package-lock-v3" / "cchistory-202509" / "package-lock.json"
    top = tmp_path / "project"
    install(whole(path), top)
    (answer,) = npm.ask([top], "loadActual")
    assert unlike(top, answer) == SAME
    # Beside the lockfile, all that is for this system.
    assert {r.id for r in read_npm(top).releases} <= {r.id for r in parse(path).releases}
    assert len(read_npm(top).releases) > 150


# -- layouts of others -----------------------------------------------------------------------------------------------


def test_pnpm_s_store_of_links(tmp_path):
    store = "node_modules/.pnpm"
    lay(tmp_path, {
        "package.json": package("mono", dependencies=needs("a"), devDependencies=needs("@s/d")),
        "pnpm-workspace.yaml": "packages:\n  - 'apps/*'\n  - '!apps/old'\n",
        "apps/web/package.json": package("web", dependencies=needs("b", "old"), devDependencies=needs("b2")),
        "apps/old/package.json": package("old"),
        "apps/web/node_modules/b@": f"../../../{store}/b@2.0.0_a@1.0.0/node_modules/b",
        "apps/web/node_modules/b2@": f"../../../{store}/b@1.0.0/node_modules/b",
        "apps/web/node_modules/old@": "../../old",
        "node_modules/a@": ".pnpm/a@1.0.0/node_modules/a",
        "node_modules/@s/d@": "../.pnpm/@s+d@1.0.0/node_modules/@s/d",
        f"{store}/lock.yaml": "lockfileVersion: '9.0'\n",
        f"{store}/a@1.0.0/node_modules/a/package.json": package("a", dependencies=needs("c")),
        f"{store}/a@1.0.0/node_modules/c@": "../../c@1.0.0/node_modules/c",
        f"{store}/b@1.0.0/node_modules/b/package.json": package("b", "1.0.0", dependencies=needs("hoisted")),
        f"{store}/b@2.0.0_a@1.0.0/node_modules/b/package.json": package("b", "2.0.0", peerDependencies=needs("a")),
        f"{store}/b@2.0.0_a@1.0.0/node_modules/a@": "../../a@1.0.0/node_modules/a",
        f"{store}/c@1.0.0/node_modules/c/package.json": package("c"),
        f"{store}/@s+d@1.0.0/node_modules/@s/d/package.json": package("@s/d"),
        f"{store}/hoisted@1.0.0/node_modules/hoisted/package.json": package("hoisted"),
        f"{store}/node_modules/hoisted@": "../hoisted@1.0.0/node_modules/hoisted",
        f"{store}/left@1.0.0/node_modules/left/package.json": package("left"),
    })  # fmt: skip
    found = read_npm(tmp_path)
    assert found.roots == (Root("root:.", "mono", "."), Root("root:apps/web", "web", "apps/web"))
    assert ids(found) == [
        "@s/d@1.0.0", "a@1.0.0", "b@1.0.0", "b@2.0.0", "c@1.0.0", "hoisted@1.0.0", "left@1.0.0", "old@1.0.0",
    ]  # fmt: skip
    assert sorted(edges(found)) == [
        (".", "@s/d@1.0.0", "dev"),
        (".", "a@1.0.0", "runtime"),
        ("a@1.0.0", "c@1.0.0", "runtime"),
        ("apps/web", "b@1.0.0", "dev"),
        ("apps/web", "b@2.0.0", "runtime"),
        ("apps/web", "old@1.0.0", "runtime"),
        ("b@1.0.0", "hoisted@1.0.0", "runtime"),
        ("b@2.0.0", "a@1.0.0", "peer"),
    ]
    assert not found.problems
    # A member's own node_modules leads to the same releases, outside of its folder.
    web = read_npm(tmp_path, "apps/web/node_modules")
    assert ids(web) == ["a@1.0.0", "b@1.0.0", "b@2.0.0", "c@1.0.0", "hoisted@1.0.0", "old@1.0.0"]
    assert [(r.name, r.kind, r.source) for r in web.releases if r.kind != "registry"] == [("old", "link", "../old")]


def test_yarn_s_and_bun_s_stores(tmp_path):
    lay(tmp_path, {
        "package.json": package("app", dependencies=needs("a", "b")),
        "node_modules/a@": ".store/a-npm-1.0.0-8cf1/package",
        "node_modules/.store/a-npm-1.0.0-8cf1/package/package.json": package("a", dependencies=needs("c")),
        "node_modules/.store/a-npm-1.0.0-8cf1/node_modules/c@": "../../c-npm-1.0.0-7ab2/package",
        "node_modules/.store/c-npm-1.0.0-7ab2/package/package.json": package("c"),
        "node_modules/b@": ".bun/b@1.0.0/node_modules/b",
        "node_modules/.bun/b@1.0.0/node_modules/b/package.json": package("b"),
        "node_modules/.bun/d@1.0.0/node_modules/d/package.json": package("d"),
    })  # fmt: skip
    found = read_npm(tmp_path)
    assert sorted(edges(found)) == [
        (".", "a@1.0.0", "runtime"), (".", "b@1.0.0", "runtime"), ("a@1.0.0", "c@1.0.0", "runtime"),
    ]  # fmt: skip
    assert [(r.name, r.kind) for r in found.releases] == [(name, "registry") for name in "abcd"]


def test_what_a_folder_above_has_is_found_there(tmp_path):
    lay(tmp_path, {
        "node_modules/c/package.json": package("c", dependencies=needs("e")),
        "node_modules/e/package.json": package("e"),
        "node_modules/unasked/package.json": package("unasked"),
        "packages/app/package.json": package("app", dependencies=needs("a", "c")),
        "packages/app/node_modules/a/package.json": package("a", dependencies=needs("e")),
    })  # fmt: skip
    found = read_npm(tmp_path, "packages/app/node_modules")
    assert sorted(edges(found)) == [
        (".", "a@1.0.0", "runtime"), (".", "c@1.0.0", "runtime"), ("a@1.0.0", "e@1.0.0", "runtime"),
        ("c@1.0.0", "e@1.0.0", "runtime"),
    ]  # fmt: skip
    assert ids(found) == ["a@1.0.0", "c@1.0.0", "e@1.0.0"]


def test_without_a_manifest_nothing_is_known_to_be_direct(tmp_path):
    lay(tmp_path, {"node_modules/a/package.json": package("a")})
    found = read_npm(tmp_path)
    assert (found.roots, found.direct_known, found.format) == ((Root("root:.", None, "."),), False, "node_modules")


def test_where_it_comes_from(tmp_path):
    sha = "6c4d4b9aa4bd2c0b3a9de03ee9c0c4f4f4b1d7d2"
    noted = {
        "node_modules/a": {
            "version": "1.0.0",
            "resolved": "https://me:secret@npm.example/a.tgz",
            "integrity": "sha512-a",
        },
        "node_modules/b": {
            "version": "0.9.0",
            "resolved": "https://npm.example/b/-/b-0.9.0.tgz",
            "integrity": "sha512-b",
        },
        "node_modules/c": {"version": "1.0.0", "resolved": f"git+ssh://git@git.example/c.git#{sha}"},
        "node_modules/d": {"version": "1.0.0", "resolved": "file:d-1.0.0.tgz"},
    }
    project = package("app", dependencies={"a": "1", "e": "me/e", "f": "https://files.example/f.tgz", "g": "file:../g"})
    lay(tmp_path / "project", {
        "package.json": project,
        "node_modules/.package-lock.json": {"packages": noted},
        **{f"node_modules/{name}/package.json": package(name) for name in "abcdef"},
        "node_modules/g@": "../../g",
        "../g/package.json": package("g"),
        "node_modules/old/package.json": package(
            "old", _resolved="https://npm.example/old/-/old-1.0.0.tgz", _integrity="sha1-x sha512-y"
        ),
    })  # fmt: skip
    found = {
        r.name: (r.id.partition("@")[2], r.kind, r.source, r.hashes) for r in read_npm(tmp_path / "project").releases
    }
    assert found == {
        "a": ("1.0.0", "registry", "https://npm.example/a.tgz", ("sha512-a",)),
        "b": ("1.0.0", "registry", None, ()),
        "c": (f"git+{sha}", "git", f"git+ssh://git.example/c.git#{sha}", ()),
        "d": ("1.0.0", "file", "d-1.0.0.tgz", ()),
        "e": ("1.0.0", "git", None, ()),
        "f": ("1.0.0", "url", None, ()),
        "g": ("1.0.0", "link", "../g", ()),
        "old": ("1.0.0", "registry", "https://npm.example/old/-/old-1.0.0.tgz", ("sha1-x", "sha512-y")),
    }


# -- what is broken --------------------------------------------------------------------------------------------------


def test_what_is_not_there_is_a_problem(tmp_path):
    lay(tmp_path, {
        "package.json": package("app", dependencies=needs("a", "gone"), optionalDependencies=needs("spare")),
        "node_modules/a/package.json": package(
            "a", dependencies=needs("b", "plain/name", "@s/x"), peerDependencies=needs("p")
        ),
        "node_modules/b/index.js": "",
        "node_modules/@s/y/package.json": package("@s/y"),
        "node_modules/.bin/a": "",
    })  # fmt: skip
    found = read_npm(tmp_path)
    assert [(p.code, p.message) for p in found.problems] == [
        (
            "missing-dependency",
            "not in the lockfile: @s/x (for a), b (for a), gone (for the project), plain/name (for a)",
        ),
        ("unmet-peer", "peer dependencies that nothing provides: p (for a)"),
    ]
    assert ids(found) == ["@s/y@1.0.0", "a@1.0.0"]


def test_manifests_that_cannot_be_read_are_a_problem(tmp_path):
    bad = {f"node_modules/bad{i}/package.json": "{" for i in range(6)}
    lay(tmp_path, {
        "package.json": "[]",
        **bad,
        "node_modules/@s/nameless/package.json": {"name": 3, "version": ["1"], "dependencies": ["bad0"]},
        "node_modules/bad6/package.json/inside": "",
    })  # fmt: skip
    found = read_npm(tmp_path)
    assert [p.code for p in found.problems] == ["manifest", "unreadable"]
    assert "node_modules/bad0/package.json:1: not JSON" in found.problems[1].message
    assert found.problems[1].message.endswith("and 2 more")
    assert ids(found) == ["@s/nameless@*", *(f"bad{i}@*" for i in range(7))]
    assert not found.direct_known


def test_links_in_circles_and_to_nothing(tmp_path):
    lay(tmp_path, {
        "package.json": package("app", dependencies=needs("a", "b", "self", "round")),
        "node_modules/a/package.json": package("a", dependencies=needs("a", "b")),
        "node_modules/a/node_modules@": "../",
        "node_modules/b@": "a",
        "node_modules/gone@": "nowhere",
        "node_modules/round@": "round",
        "node_modules/there@": "back",
        "node_modules/back@": "there",
        "node_modules/self@": "..",
        "node_modules/modules@": ".",
    })  # fmt: skip
    found = read_npm(tmp_path)
    assert ids(found) == ["a@1.0.0"]
    assert edges(found) == {(".", "a@1.0.0", "runtime"): None}
    assert [(p.code, p.message) for p in found.problems] == [
        ("missing-dependency", "not in the lockfile: round (for the project)"),
    ]


def test_a_node_modules_that_is_a_link_itself(tmp_path):
    lay(tmp_path, {
        "project/package.json": package("app", dependencies=needs("a")),
        "project/node_modules@": "../cache/modules/node_modules",
        "cache/modules/node_modules/a/package.json": package("a", dependencies=needs("b")),
        "cache/modules/node_modules/b/package.json": package("b"),
    })  # fmt: skip
    found = read_npm(tmp_path / "project")
    assert sorted(edges(found)) == [(".", "a@1.0.0", "runtime"), ("a@1.0.0", "b@1.0.0", "runtime")]
    assert [r.kind for r in found.releases] == ["registry", "registry"]


@pytest.mark.parametrize("workspace", ["[", "packages: 1\n", "- a\n", "--- {}\n--- {}\n", ""])
def test_a_workspace_file_that_says_nothing(tmp_path, workspace):
    lay(tmp_path, {
        "package.json": package("app"),
        "pnpm-workspace.yaml": workspace,
        "node_modules/a/package.json": package("a"),
    })  # fmt: skip
    assert read_npm(tmp_path).roots == (Root("root:.", "app", "."),)


def test_a_note_of_npm_s_that_cannot_be_read_tells_nothing(tmp_path):
    lay(tmp_path, {"node_modules/.package-lock.json": "{", "node_modules/a/package.json": package("a")})
    assert [(r.id, r.hashes) for r in read_npm(tmp_path).releases] == [("npm:a@1.0.0", ())]


HOSTILE = ("__proto__", "new\nline", "\x1b[31mred", "\u202egnp", "a" * 300, "../../x", "@", "@/", "", ".", "..")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(tmp_path, name):
    asked = {"dependencies": {name: name}, "peerDependenciesMeta": {name: 1}, "peerDependencies": {name: [1]}}
    lay(tmp_path, {
        "package.json": package(name, name, workspaces=[name], **asked),
        "node_modules/a/package.json": package(name, name, bundleDependencies=name, **asked),
    })  # fmt: skip
    found = read_npm(tmp_path)
    (release,) = found.releases
    assert release.name == (name or "a")
    assert document(tmp_path / "node_modules")["packages"][0]["name"] == release.name


def test_bounds(tmp_path, monkeypatch):
    lay(tmp_path, {f"node_modules/a{i}/package.json": package(f"a{i}") for i in range(9)})
    monkeypatch.setattr(installed_npm, "_MAX_NAMES", 15)
    with pytest.raises(LockfileError, match=r"node_modules: more than 15 files and folders to look at"):
        read_npm(tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(installed_npm, "_MAX_BYTES", 100)
    with pytest.raises(LockfileError, match=r"node_modules: more than 0 MiB of package\.json files"):
        read_npm(tmp_path)
    monkeypatch.undo()
    monkeypatch.setattr(installed_npm, "_MAX_PLACE", 16)
    lay(tmp_path, {"node_modules/long-name/package.json": package("long-name")})
    assert "long-name@1.0.0" not in ids(read_npm(tmp_path))


def test_a_folder_that_cannot_be_looked_into_is_a_problem(tmp_path, monkeypatch):
    lay(tmp_path, {"node_modules/a/package.json": package("a"), "node_modules/@s/b/package.json": package("@s/b")})
    names = Folder.names

    def refuse(self, folder):
        if folder.endswith("@s"):
            raise LockfileError(folder, "cannot be read: Permission denied")
        return names(self, folder)

    monkeypatch.setattr(Folder, "names", refuse)
    found = read_npm(tmp_path)
    assert ids(found) == ["a@1.0.0"]
    assert [p.message for p in found.problems] == [
        "some of it cannot be read: node_modules/@s: cannot be read: Permission denied"
    ]


def test_a_folder_without_packages_is_refused(tmp_path):
    lay(tmp_path, {"node_modules/.package-lock.json": "{}", "node_modules/a.txt": ""})
    with pytest.raises(LockfileError, match="node_modules: no package is installed here"):
        read_npm(tmp_path)


# -- from the command line -------------------------------------------------------------------------------------------


def test_the_folder_is_named(cli, tmp_path, monkeypatch):
    lay(tmp_path, {
        "package.json": package("app", dependencies=needs("a")),
        "node_modules/a/package.json": package("a"),
        "node_modules/a/package-lock.json": "{}",
        "node_modules/a/index.js": "a()\n",
    })  # fmt: skip
    monkeypatch.chdir(tmp_path)
    said = json.loads(cli("graph", "node_modules").out)
    assert said["lockfiles"] == [{"path": "node_modules", "format": "node_modules"}]
    assert [d["to"] for d in said["dependencies"]] == ["npm:a@1.0.0"]
    scanned = json.loads(cli("scan", "node_modules", "--offline", "--format", "json").out)
    assert scanned["packages"][0]["facts"]["lines"]["value"] == 1
    monkeypatch.chdir(tmp_path / "node_modules")
    assert json.loads(cli("graph", ".").out)["lockfiles"] == [{"path": "../node_modules", "format": "node_modules"}]
    monkeypatch.chdir(tmp_path / "node_modules" / "a")
    assert json.loads(cli("graph", "..").out)["lockfiles"] == [{"path": "../../node_modules", "format": "node_modules"}]


def test_a_search_passes_it(cli, tmp_path, monkeypatch):
    lay(tmp_path, {"node_modules/a/package.json": package("a"), "b/node_modules@": "../node_modules"})
    monkeypatch.chdir(tmp_path)
    said = cli("graph", ".")
    assert said.code == 3
    assert "no lockfile here or below" in said.err
