"""Every plugin is a line: it loads, it keeps its protocol, and a new one appears everywhere by itself."""

from __future__ import annotations

import json

import pytest

from depfrag import registry
from depfrag.errors import NotFoundError
from depfrag.protocols import Format
from depfrag.registry import SourceOf

METHODS = {
    "LOCKFILES": "parse", "SOURCES": "lookup", "MODELS": "score", "RULES": "check", "REPORTS": "render",
    "GRAPHS": "render", "PLOTS": "draw",
}  # fmt: skip


def targets(table):
    """Names and targets of one table of the registry."""
    entries = getattr(registry, table)
    if isinstance(entries, tuple):
        return {form.name: form.target for form in entries}
    return {name: getattr(entry, "target", entry) for name, entry in entries.items()}


@pytest.mark.parametrize("table", METHODS)
def test_every_plugin_loads_and_keeps_its_protocol(table):
    for name, target in targets(table).items():
        plugin = registry._load(target)
        assert callable(getattr(plugin, METHODS[table], None)), f"{table}: {name}"


def test_getters():
    assert registry.parser(registry.LOCKFILES[0]).parse
    assert registry.model("left-pad").score
    assert registry.model("left-pad") is not registry.model("left-pad")
    assert registry.rule("unknown").check
    assert registry.report("json").render
    assert registry.graph_report("csv").render
    assert registry.plot("risk-map").draw


def test_the_order_of_lockfiles_is_that_in_which_they_count():
    """Newer package managers first, since a project has come from the older ones; exports and SBOMs last."""
    of_kind = {kind: [f.name for f in registry.LOCKFILES if f.kind == kind] for kind in ("npm", "pypi", "sbom")}
    assert of_kind == {
        "npm": ["bun-lock", "pnpm-lock", "yarn", "package-lock"],
        "pypi": ["uv-lock", "poetry-lock", "pdm-lock", "pylock-toml", "pipfile-lock", "requirements-txt"],
        "sbom": ["cyclonedx-json", "spdx-json"],
    }
    kinds = [f.kind for f in registry.LOCKFILES if not f.folder]
    assert kinds == sorted(kinds, key=("npm", "pypi", "sbom").index)
    assert all(f.exports for f in registry.LOCKFILES if f.kind == "sbom" or f.name == "requirements-txt")
    assert {f.tool for f in registry.LOCKFILES if f.kind == "npm"} == {"bun", "pnpm", "yarn", "npm"}


@pytest.mark.parametrize(
    ("get", "name", "said"),
    [
        (registry.report, "jsn", "there is no format 'jsn'; did you mean 'json'?"),
        (registry.graph_report, "x", "there is no graph format 'x'; did you mean 'json' or 'graphml' or"),
        (registry.rule, "leftpad", "there is no rule 'leftpad'; did you mean 'left-pad'?"),
        (registry.plot, "riskmap", "there is no plot 'riskmap'; did you mean 'risk-map'?"),
        (registry.model, "", "there is no model ''"),
    ],
)
def test_a_name_that_is_not_there(get, name, said):
    with pytest.raises(NotFoundError, match=f"^{said}"):
        get(name)


@pytest.mark.parametrize(
    ("turn", "online", "expected"),
    [
        ("first", True, {"snapshot"}), ("first", False, {"snapshot"}), ("main", False, {"installed"}),
        ("main", True, {"installed", "npm", "pypi", "depsdev", "osv", "replacements"}), ("last", True, {"archive"}),
        ("last", False, set()),
    ],
)  # fmt: skip
def test_sources_by_turn(turn, online, expected):
    assert names(turn, online=online) == expected


def names(turn, **more):
    """The names of the sources whose turn it is."""
    by_plugin = {id(registry._load(s.target)): name for name, s in registry.SOURCES.items()}
    return {by_plugin[id(source)] for source in registry.sources(turn, **more)}


@pytest.mark.parametrize("also", [(), ("ecosystems",)])
def test_third_parties_can_be_left_out_and_some_have_to_be_named(also):
    alone = {"installed", "npm", "pypi", "replacements"}
    assert names("main", online=True, third_party=False, also=also) == alone
    assert names("main", online=True, also=also) == alone | {"depsdev", "osv", *also}
    assert names("main", online=False, also=also) == {"installed"}


# -- a new plugin ----------------------------------------------------------------------------------------------------


@pytest.fixture
def example(monkeypatch, tmp_path):
    """The plugins of ``tests/examples.py``, each added by its one line, and a lockfile for them."""
    form = Format("example", ("example.lock",), "examples:LOCKFILE")
    monkeypatch.setattr(registry, "LOCKFILES", (*registry.LOCKFILES, form))
    lines = {
        "SOURCES": SourceOf("examples:SOURCE", online=False), "MODELS": "examples:ExampleModel",
        "RULES": "examples:RULE", "REPORTS": "examples:REPORT", "GRAPHS": "examples:GRAPH", "PLOTS": "examples:PLOT",
    }  # fmt: skip
    for table, line in lines.items():
        monkeypatch.setattr(registry, table, {**getattr(registry, table), "example": line})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "example.lock").write_text("a b\nb c\nc\n")
    return tmp_path


def test_a_format_a_source_and_a_rule_are_used_without_being_named(example, cli):
    said = cli("scan", "--offline", "--format", "json")
    document = json.loads(said.out)
    assert document["lockfiles"][0]["format"] == "example"
    assert {p["id"]: p["facts"]["lines"]["source"] for p in document["packages"]} == {
        "npm:a@1": "example", "npm:b@1": "example", "npm:c@1": "example",
    }  # fmt: skip
    findings = [f for f in document["findings"] if f["rule"] == "example"]
    assert [(f["subject"], f["paths"]) for f in findings] == [
        ("npm:c@1", [["root:.", "npm:a@1", "npm:b@1", "npm:c@1"]]),
        ("npm:b@1", [["root:.", "npm:a@1", "npm:b@1"]]),
        ("npm:a@1", [["root:.", "npm:a@1"]]),
    ]
    assert all(f["fingerprint"] for f in findings)
    assert said.code == 1


def test_a_model_can_be_chosen(example, cli):
    document = json.loads(cli("scan", "--offline", "--model", "example", "--format", "json").out)
    assert {p["score"]["point"] for p in document["packages"]} == {77}
    assert document["config"]["model"] == "example"


def test_a_rule_can_be_a_gate(example, cli):
    assert cli("scan", "--offline", "--fail-on", "example").code == 1
    assert cli("scan", "--offline", "--fail-on", "left-pad").code == 0


def test_a_report_a_graph_and_a_figure_can_be_asked_for(example, cli):
    assert cli("scan", "--offline", "--format", "example").out == "example: 3 releases\n"
    assert cli("graph", "--format", "example").out == "example: 3 edges\n"
    assert cli("plot", ".", "--offline", "--kind", "example", "-o", "x.svg").code == 0
    assert b"example svg" in (example / "x.svg").read_bytes()


def test_they_are_listed(example, cli):
    said = cli("plugins").out
    assert said.count("example") == 8
    assert "  example (example.lock)\n" in said


def test_configuration_knows_them(example, cli):
    (example / "depfrag.toml").write_text('model = "example"\nfail-on = ["example"]\n')
    assert cli("scan", "--offline", "--format", "example").code == 1
