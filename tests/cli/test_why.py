"""``depfrag why``: every path to a package, shortest first, with the kind of each step."""

from __future__ import annotations

import json

import pytest

LOCK = {
    "name": "app",
    "lockfileVersion": 3,
    "packages": {
        "": {
            "name": "app",
            "workspaces": ["lib"],
            "dependencies": {"a": "1", "lib": "*"},
            "devDependencies": {"x": "1"},
        },
        "lib": {"name": "lib", "version": "1.0.0", "dependencies": {"x": "1"}},
        "node_modules/lib": {"resolved": "lib", "link": True},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "1"}, "optionalDependencies": {"x": "2"}},
        "node_modules/a/node_modules/x": {"version": "2.0.0"},
        "node_modules/b": {"version": "1.0.0", "peerDependencies": {"x": "1"}},
        "node_modules/x": {"version": "1.0.0"},
        "node_modules/lost": {"version": "1.0.0"},
    },
}

TEXT = json.dumps(LOCK, indent=1)
X1, X2, B = (
    next(number for number, line in enumerate(TEXT.splitlines(), 1) if f'"{place}": {{' in line)
    for place in ("node_modules/x", "node_modules/a/node_modules/x", "node_modules/b")
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A workspace with two versions of x, to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "package-lock.json").write_text(TEXT)
    return tmp_path


def test_paths_are_shown_shortest_first_with_the_kind_of_each_step(project, cli):
    said = cli("why", ".", "x")
    assert (said.code, said.err) == (0, "")
    assert said.out.splitlines() == [
        f"x@1.0.0 (package-lock.json:{X1})",
        "  the project → (dev) x@1.0.0",
        "  lib → x@1.0.0",
        "  the project → lib → x@1.0.0",
        "  the project → a → b → (peer) x@1.0.0",
        "",
        f"x@2.0.0 (package-lock.json:{X2})",
        "  the project → a → (optional) x@2.0.0",
    ]


def test_json(project, cli):
    document = json.loads(cli("why", "package-lock.json", "x@2.0.0", "--format", "json").out)
    assert document["schema"] == "depfrag.why/1"
    (package,) = document["packages"]
    assert (package["id"], package["line"], package["more"], package["exact"]) == ("npm:x@2.0.0", X2, 0, True)
    assert package["paths"] == [
        [
            {"from": "root:.", "to": "npm:a@1.0.0", "kind": "runtime"},
            {"from": "npm:a@1.0.0", "to": "npm:x@2.0.0", "kind": "optional"},
        ]
    ]


def test_prod_leaves_out_dev_paths(project, cli):
    assert "(dev)" not in cli("why", ".", "x", "--prod").out


def test_what_nothing_needs_is_said(project, cli):
    assert "  nothing in the project needs it" in cli("why", ".", "lost").out.splitlines()


def test_a_few_paths_are_shown_and_the_rest_counted(project, cli):
    places = {f"node_modules/p{i}": {"version": "1.0.0", "dependencies": {"x": "1"}} for i in range(7)}
    root = {"name": "app", "dependencies": {f"p{i}": "1" for i in range(7)}}
    packages = {"": root, **places, "node_modules/x": {"version": "1.0.0"}}
    (project / "package-lock.json").write_text(json.dumps({"lockfileVersion": 3, "packages": packages}))
    lines = cli("why", ".", "x").out.splitlines()
    assert len(lines) == 7
    assert lines[-1] == "  and 2 more; --all lists them"
    assert len(cli("why", ".", "x", "--all").out.splitlines()) == 8


def test_several_lockfiles(project, cli):
    (project / "b").mkdir()
    (project / "b" / "package-lock.json").write_text(json.dumps(LOCK))
    said = cli("why", ".", "b")
    assert [line for line in said.out.splitlines() if line.startswith("b@")] == [
        f"b@1.0.0 (package-lock.json:{B})", "b@1.0.0 (b/package-lock.json:1)",
    ]  # fmt: skip
    only = json.dumps(
        {"lockfileVersion": 3, "packages": {"": {"name": "c"}, "node_modules/only": {"version": "1.0.0"}}}
    )
    (project / "b" / "package-lock.json").write_text(only)
    assert cli("why", ".", "only").code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["why", ".", "losst"], "there is no package 'losst'; did you mean 'lost'?"),
        (["why", ".", "x", "--format", "xml"], "--format: 'xml' is not terminal or json"),
        (["explain", ".", "nobody"], "there is no package 'nobody'"),
        (["explain", ".", "x", "--format", "xml"], "--format: 'xml' is not terminal or json"),
    ],
)
def test_mistakes(project, cli, words, said):
    found = cli(*words, "--offline")
    assert (found.code, found.out) == (2, "")
    assert found.err.startswith(f"depfrag: {said}")


def test_explain(project, cli):
    said = cli("explain", ".", "x@1.0.0", "--offline")
    assert (said.code, said.err) == (0, "")
    lines = said.out.splitlines()
    assert lines[0] == "x@1.0.0"
    assert lines[1] == f"pkg:npm/x@1.0.0 · package-lock.json:{X1}"
    headings = [line for line in lines if line in ("Facts", "If it goes", "Needed through", "Findings")]
    assert headings == ["Facts", "If it goes", "Needed through", "Findings"]
    assert "  the project → (dev) x@1.0.0" in lines


def test_explain_json_is_a_package_of_the_analysis(project, cli):
    document = json.loads(cli("explain", ".", "x", "--offline", "--format", "json").out)
    assert document["schema"] == "depfrag.explanation/1"
    analysis = json.loads(cli("scan", ".", "--offline", "--format", "json").out)
    by_id = {package["id"]: package for package in analysis["packages"]}
    assert document["packages"] == [by_id["npm:x@1.0.0"], by_id["npm:x@2.0.0"]]


def test_explain_over_several_lockfiles(project, cli):
    (project / "b").mkdir()
    only = {"lockfileVersion": 3, "packages": {"": {"name": "c"}, "node_modules/only": {"version": "1.0.0"}}}
    (project / "b" / "package-lock.json").write_text(json.dumps(only))
    assert cli("explain", ".", "only", "--offline").out.startswith("only@1.0.0\n")


def test_a_lockfile_found_by_search_that_cannot_be_read(project, cli):
    (project / "bad").mkdir()
    (project / "bad" / "package-lock.json").write_text("{")
    said = cli("why", ".", "x")
    assert said.code == 3
    assert said.err.startswith("depfrag: bad/package-lock.json:1: not JSON")
