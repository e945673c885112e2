"""``depfrag graph``: every form, no scores, no network, and a say of what could not be read."""

from __future__ import annotations

import csv
import io
import json

import networkx as nx
import pytest
from contracts import valid

from depfrag import registry

LOCK = {
    "name": "app",
    "lockfileVersion": 3,
    "packages": {
        "": {"name": "app", "dependencies": {"a": "1"}, "devDependencies": {"b": "1"}},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"b": "1"}},
        "node_modules/b": {"version": "2.0.0"},
    },
}
EDGES = {("root:.", "npm:a@1.0.0"), ("root:.", "npm:b@2.0.0"), ("npm:a@1.0.0", "npm:b@2.0.0")}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a small lockfile, to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "package-lock.json").write_text(json.dumps(LOCK, indent=2))
    return tmp_path


def test_json_is_the_default_and_keeps_its_contract(project, cli):
    said = cli("graph", ".")
    assert (said.code, said.err) == (0, "")
    document = valid("graph", said.out)
    assert {(d["from"], d["to"]) for d in document["dependencies"]} == EDGES
    assert {p["id"]: p["line"] for p in document["packages"]} == {"npm:a@1.0.0": 14, "npm:b@2.0.0": 20}
    assert cli("graph", "package-lock.json", "--format", "json").out == said.out


def test_prod_leaves_out_what_only_development_needs(project, cli):
    lock = json.loads((project / "package-lock.json").read_text())
    lock["packages"]["node_modules/a"].pop("dependencies")
    (project / "package-lock.json").write_text(json.dumps(lock))
    document = valid("graph", cli("graph", ".", "--prod").out)
    assert [p["id"] for p in document["packages"]] == ["npm:a@1.0.0"]
    assert [(d["from"], d["to"]) for d in document["dependencies"]] == [("root:.", "npm:a@1.0.0")]


def test_graphml(project, cli):
    graph = nx.parse_graphml(cli("graph", "--format", "graphml").out)
    assert set(graph.edges) == EDGES
    assert graph.nodes["root:."]["root"]


def test_csv(project, cli):
    rows = list(csv.DictReader(io.StringIO(cli("graph", "--format", "csv").out, newline="")))
    assert {(row["from"], row["to"]) for row in rows} == EDGES
    assert {row["kind"] for row in rows} == {"runtime", "dev"}


def test_dot(project, cli):
    text = cli("graph", "--format", "dot").out
    assert all(f'"{a}" -> "{b}"' in text for a, b in EDGES)


def test_mermaid(project, cli):
    assert cli("graph", "--format", "mermaid").out.splitlines() == [
        "flowchart LR",
        '  n0[["app"]]',
        '  n1["a 1.0.0"]',
        '  n2["b 2.0.0"]',
        "  n1 --> n2",
        "  n0 --> n1",
        '  n0 -.->|"dev"| n2',
    ]


@pytest.mark.parametrize("form", registry.GRAPHS)
def test_every_form_ends_in_a_newline_and_goes_to_a_file_as_well(project, cli, form):
    said = cli("graph", "--format", form)
    assert said.out.endswith("\n")
    assert cli("graph", "--format", form, "-o", "out").out == ""
    assert (project / "out").read_bytes().decode() == said.out


@pytest.mark.parametrize("form", registry.GRAPHS)
def test_help_names_every_form(cli, form):
    assert form in cli("graph", "--help").out


def test_what_cannot_be_read_is_said_and_the_rest_is_shown(project, cli):
    (project / "b").mkdir()
    (project / "b" / "package-lock.json").write_text("{")
    said = cli("graph", ".")
    assert said.code == 3
    assert valid("graph", said.out)["lockfiles"] == [{"path": "package-lock.json", "format": "package-lock-v3"}]
    assert said.err.startswith("depfrag: b/package-lock.json:1: not JSON")


def test_plugins_lists_what_there_is(cli):
    said = cli("plugins")
    for table in (registry.SOURCES, registry.MODELS, registry.RULES, registry.REPORTS, registry.GRAPHS, registry.PLOTS):
        for name in table:
            assert f"  {name}\n" in said.out or f"  {name} (" in said.out
    for form in registry.LOCKFILES:
        assert f"  {form.name} (" in said.out
