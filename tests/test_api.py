"""What notebooks and programs import: settings as on the command line, packages found by any of their names."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

import pytest

import depfrag
from depfrag import api, registry, snapshot
from depfrag.config import Config
from depfrag.errors import ConfigError, NotFoundError, SourceError
from depfrag.model import Fact, Release
from depfrag.snapshot import Snapshot

LOCK = {"lockfileVersion": 3, "packages": {"": {"dependencies": {"a": "1"}}, "node_modules/a": {"version": "1.0.0"}}}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A folder with a lockfile of one release, to work in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "package-lock.json").write_text(json.dumps(LOCK))
    return tmp_path


# -- names -----------------------------------------------------------------------------------------------------------


def test_every_public_name_is_there():
    for name in depfrag.__all__:
        assert getattr(depfrag, name) is not None
    assert depfrag.scan is api.scan
    with pytest.raises(AttributeError, match="module 'depfrag' has no attribute 'scam'"):
        _ = depfrag.scam


def test_importing_depfrag_imports_nothing_else():
    code = "import depfrag, sys; print([m for m in sys.modules if m.startswith('depfrag.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# -- scan ------------------------------------------------------------------------------------------------------------


def test_scan(project):
    analysis = depfrag.scan(".", offline=True)
    assert [s.release.name for s in analysis.projects[0].packages] == ["a"]
    assert analysis.version == depfrag.__version__
    assert depfrag.scan(["package-lock.json"], offline=True).summary == analysis.summary
    assert depfrag.scan(pathlib.Path(), offline=True).summary == analysis.summary
    assert depfrag.scan([pathlib.Path("package-lock.json")], offline=True).summary == analysis.summary
    assert depfrag.analyse(offline=True).traced[0].graph.direct == ("npm:a@1.0.0",)


def test_draw(project, monkeypatch):
    monkeypatch.setattr(registry, "PLOTS", {**registry.PLOTS, "example": "examples:PLOT"})
    analysis = depfrag.scan(offline=True)
    assert depfrag.draw(analysis, "example", "png") == b"<svg><!-- example png --></svg>"
    with pytest.raises(NotFoundError, match="there is no plot 'x'"):
        depfrag.draw(analysis, "x")


def test_options_are_settings(project):
    assert depfrag.scan(offline=True, fail_on=["none"], max_unknown=0.5).verdict.exit_code == 4
    with pytest.raises(NotFoundError, match="there is no setting 'snapshot'; did you mean 'snapshots'"):
        depfrag.scan(snapshot="x")


def test_facts_come_from_snapshots(project):
    facts = {"npm:a@1.0.0": {"publishers": Fact(("x",), "test", "2026-01-01", "registry")}}
    (project / "facts.gz").write_bytes(snapshot.encode(Snapshot("2026-01-01", None, facts)))
    (project / "depfrag.toml").write_text('snapshots = ["facts.gz"]\n')
    analysis = depfrag.scan(offline=True)
    assert analysis.projects[0].packages[0].facts["publishers"].value == ("x",)
    assert (analysis.snapshots, analysis.made_at) == (("facts.gz",), "2026-01-01")


def test_a_snapshot_that_is_not_there(project):
    with pytest.raises(ConfigError, match=r"^nothing\.gz: cannot be read: No such file"):
        depfrag.scan(offline=True, snapshots=["nothing.gz"])
    (project / "x").write_text("no")
    with pytest.raises(SourceError, match=r"^x: not a snapshot"):
        depfrag.scan(offline=True, snapshots=["x"])


def test_the_lockfiles_as_they_are_read(project, monkeypatch):
    (project / "package-lock.json").unlink()
    old = {"dependencies": {"a": {"version": "1.0.0"}, "b": {"version": "1.0.0"}}}
    (project / "npm-shrinkwrap.json").write_text(json.dumps(old))
    manifests = {"npm:a@1.0.0": {"dependencies": ("b",)}, "npm:b@1.0.0": {}}
    facts = {i: {"manifest": Fact(m, "test", "2026-01-01", "registry")} for i, m in manifests.items()}
    (project / "facts.gz").write_bytes(snapshot.encode(Snapshot("2026-01-01", None, facts)))
    config = Config(offline=True, snapshots=("facts.gz",))
    ((plain,), _), ((complete,), _) = (api.lockfiles(["."], config, {}, complete=c) for c in (False, True))
    assert [d[:2] for d in plain.dependencies] == [("root:.", "npm:a@1.0.0"), ("root:.", "npm:b@1.0.0")]
    assert [d[:2] for d in complete.dependencies] == [("npm:a@1.0.0", "npm:b@1.0.0"), ("root:.", "npm:a@1.0.0")]


# -- settings --------------------------------------------------------------------------------------------------------


def configure(*paths, environment=None, **more):
    return api.configure(paths or (".",), {}, environment or {}, **more)


def test_the_nearest_file_with_settings_counts(project):
    (project / "pyproject.toml").write_text("[tool.depfrag]\ninspect = 1\n")
    (project / "a").mkdir()
    (project / "a" / "pyproject.toml").write_text("[project]\nname = 'depfrag-user'\n")
    (project / "b").mkdir()
    (project / "b" / "depfrag.toml").write_text("inspect = 2\n")
    assert configure("a").inspect == 1
    assert configure("a", "package-lock.json").inspect == 1
    assert configure("b").inspect == 2
    assert configure("b/package-lock.json").inspect == 2
    with pytest.raises(
        ConfigError, match=r"different configurations: b/depfrag\.toml, pyproject\.toml; scan them apart"
    ):
        configure("b", "a")
    assert configure("b", "a", file="b/depfrag.toml").inspect == 2


def test_of_two_files_in_a_folder_depfrags_own_counts(project):
    (project / "pyproject.toml").write_text("[tool.depfrag]\ninspect = 1\n")
    (project / "depfrag.toml").write_text("inspect = 2\n")
    assert configure().inspect == 2


def test_isolated_nothing_but_options_counts(project):
    (project / "depfrag.toml").write_text("inspect = 2\n")
    assert configure(isolated=True, environment={"DEPFRAG_INSPECT": "3"}) == Config()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"inspect = ", "not TOML"), (b"\xff", "not TOML"), (b"a = " + b"[" * 20_000, "not TOML"),
        (b"inspect = " + b"9" * 5000, "not TOML"), (b"#" * (4 * 1024 * 1024 + 1), "too large"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_configuration_is_one_clear_error(project, content, said):
    (project / "depfrag.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=rf"^depfrag\.toml: .*{said}"):
        configure()


def test_a_file_that_cannot_be_read_is_one_clear_error(project):
    (project / "depfrag.toml").mkdir()
    with pytest.raises(ConfigError, match=r"^depfrag\.toml: cannot be read: Is a directory"):
        configure()
    with pytest.raises(ConfigError, match=r"^x\.toml: there is no such file"):
        configure(file="x.toml")


def test_a_file_that_is_named_may_be_empty(project):
    (project / "pyproject.toml").write_text("[project]\n")
    assert configure(file="pyproject.toml") == Config()


@pytest.mark.parametrize(("epoch", "expected"), [("0", "1970-01-01"), ("1458518400", "2016-03-21")])
def test_the_day_can_be_set(epoch, expected):
    assert api.today({"SOURCE_DATE_EPOCH": epoch}) == expected


def test_the_day_is_today_otherwise():
    assert len(api.today({})) == len(api.today({"SOURCE_DATE_EPOCH": ""})) == 10


@pytest.mark.parametrize("epoch", ["x", "²", "1e3", "9" * 30])
def test_a_day_that_is_none(epoch):
    with pytest.raises(ConfigError, match=r"^SOURCE_DATE_EPOCH: "):
        api.today({"SOURCE_DATE_EPOCH": epoch})


# -- packages by name ------------------------------------------------------------------------------------------------

RELEASES = (
    Release("npm:@s/a@1", "npm", "@s/a", "1"),
    Release("npm:left-pad@0.0.3", "npm", "left-pad", "0.0.3"),
    Release("npm:left-pad@1.3.0", "npm", "left-pad", "1.3.0"),
    Release("pypi:zope-interface@5", "pypi", "zope-interface", "5"),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("npm:left-pad@1.3.0", [2]), ("pkg:npm/left-pad@0.0.3", [1]), ("left-pad@1.3.0", [2]), ("left-pad", [1, 2]),
        ("@s/a", [0]), ("@s/a@1", [0]), ("pkg:npm/%40s/a@1", [0]), ("Zope.Interface", [3]), ("zope_interface", [3]),
    ],
)  # fmt: skip
def test_packages_are_found_by_any_name(text, expected):
    assert api.matching(RELEASES, text) == [RELEASES[i] for i in expected]


def test_a_package_that_is_not_there():
    with pytest.raises(NotFoundError, match="there is no package 'left-pat'; did you mean 'left-pad'"):
        api.matching(RELEASES, "left-pat")
    with pytest.raises(NotFoundError, match=r"there is no package 'x'$"):
        api.matching((), "x")
