"""What the tests of other parsers expect of their fixtures, what depfrag says, and who is right where they differ."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys

import pytest
from lockfiles import npm
from lockfiles.reading import HERE, SHARED, case_name, command, document, fixtures, lockfile_in
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

FIXTURES = fixtures()
ROW = re.compile(r"\| (\S+/\S+) \| (.+?) \| (.+?) \| (\S+\.py)::(\w+) \|")


@pytest.fixture(scope="module")
def outcome():
    """For each fixture what the comparison beside the project finds: (packages equal, edges equal, differences)."""
    script = SHARED / "tools" / "parity.py"
    if not script.exists():
        pytest.skip("the data folder beside the project is not there")
    specification = importlib.util.spec_from_file_location("parity", script)
    parity = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(parity)

    class Here:
        """Stands for `subprocess`: the command runs in this process."""

        TimeoutExpired = subprocess.TimeoutExpired

        @staticmethod
        def run(words, **options):
            return command(*words[1:])

    parity.subprocess = Here
    found = {case_name(folder): parity.check(folder, ["depfrag"])[1] for folder in FIXTURES}
    return {name: (r["packages"], r["edges"], [_brief(text) for text in r["why"]]) for name, r in found.items()}


def _brief(text):
    """``packages missing [… six of them …] (13)`` as ``packages missing 13``."""
    counted = re.fullmatch(r"(packages|edges) (missing|extra) .* \((\d+)\)", text, re.DOTALL)
    if counted:
        return " ".join(counted.groups())
    return re.sub(r"^exit (\d+): .*", r"expected a graph, got exit \1", text, flags=re.DOTALL)


def rows():
    """The rows of PARITY.md: fixture to (differences, file and name of the test)."""
    text = (HERE / "PARITY.md").read_text("utf-8")
    found = [ROW.fullmatch(line) for line in text.splitlines() if line.startswith("| ") and "/" in line]
    assert all(found), "a row that is not: | fixture | differs | who is right, and why | file.py::test |"
    return {row[1]: (row[2].split("; "), row[4], row[5]) for row in found}


def share(values):
    known = [v for v in values if v is not None]
    return sum(known) / len(known)


def test_parity(outcome):
    assert share(packages for packages, _, _ in outcome.values()) >= 0.95
    assert share(edges for _, edges, _ in outcome.values()) >= 0.85


def test_every_difference_is_explained_and_no_other(outcome):
    differing = {name: why for name, (_, _, why) in outcome.items() if why}
    assert differing == {name: why for name, (why, _, _) in rows().items()}


def test_every_explanation_names_a_test():
    for name, (_, file, test) in rows().items():
        assert re.search(rf"^def {test}\(", (HERE / file).read_text("utf-8"), re.MULTILINE), name


def explained_by(test):
    """The fixtures whose row names a test."""
    return sorted(name for name, (_, _, named) in rows().items() if named == test.__name__)


def fixture(shared, name):
    return shared / "fixtures" / name


def edges_of(path):
    """Edges between releases as depfrag has them: ((name, version), (name, version))."""
    found = document(path)
    by_id = {p["id"]: (p["name"], p["version"] or "") for p in found["packages"]}
    pairs = ((d["from"], d["to"]) for d in found["dependencies"])
    return {(by_id[a], by_id[b]) for a, b in pairs if a in by_id and b in by_id}


def expected_of(folder):
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    edges = {(tuple(a), tuple(b)) for a, b in expected["edges"] or ()}
    return {tuple(p) for p in expected["packages"]}, edges


def test_npm_has_none_of_the_edges_that_we_lack(shared, tmp_path):
    names = explained_by(test_npm_has_none_of_the_edges_that_we_lack)
    assert names
    for i, name in enumerate(names):
        npm.prepare(lockfile_in(fixture(shared, name)), tmp_path / str(i))
    answers = npm.ask([tmp_path / str(i) for i in range(len(names))])
    for name, answer in zip(names, answers, strict=True):
        _, edges = npm.theirs(answer)
        theirs = {(a, b) for a, b, _ in edges}
        folder = fixture(shared, name)
        ours = edges_of(lockfile_in(folder))
        lacking = expected_of(folder)[1] - ours
        assert lacking
        for dependent, (wanted, version) in lacking:
            assert ("@".join(dependent), f"{wanted}@{version}") not in theirs
            # npm resolves the name to another version there, and so do we.
            instead = {b for a, b in theirs if a == "@".join(dependent) and b.rpartition("@")[0] == wanted}
            assert instead
            assert instead == {f"{b[0]}@{b[1]}" for a, b in ours if a == dependent and b[0] == wanted}


def test_aliases_stand_for_the_packages_that_the_lockfile_names(shared):
    (name,) = explained_by(test_aliases_stand_for_the_packages_that_the_lockfile_names)
    folder = fixture(shared, name)
    entries = json.loads(lockfile_in(folder).read_text("utf-8"))["packages"]
    real = {p.rpartition("node_modules/")[2]: e["name"] for p, e in entries.items() if p and "name" in e}
    assert set(real) == {"string-width-cjs", "strip-ansi-cjs", "wrap-ansi-cjs"}
    packages, edges = expected_of(folder)
    # Once the aliases are read as the packages that they stand for, nothing differs.
    named = {(real.get(n, n), v) for n, v in packages}
    assert named <= {(p["name"], p["version"]) for p in document(lockfile_in(folder))["packages"]}
    resolved = {((real.get(a, a), v), (real.get(b, b), w)) for (a, v), (b, w) in edges}
    assert resolved <= edges_of(lockfile_in(folder))


def test_uv_refuses_an_empty_file(shared, tmp_path):
    (name,) = explained_by(test_uv_refuses_an_empty_file)
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    shutil.copy(lockfile_in(fixture(shared, name)), tmp_path / "uv.lock")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "a"\nversion = "1"\nrequires-python = ">=3.11"\n')
    run = subprocess.run(
        [uv, "export", "--frozen", "--offline", "--python", sys.executable],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode
    assert "uv.lock" in run.stderr


def test_a_prefix_match_pins_no_version(shared):
    (name,) = explained_by(test_a_prefix_match_pins_no_version)
    path = lockfile_in(fixture(shared, name))
    wild = {p["name"] for p in document(path)["packages"] if p["version"] is None}
    lines = [line.partition("#")[0].strip() for line in path.read_text("utf-8").splitlines()]
    asked = [Requirement(line) for line in lines if ".*" in line]
    assert len(asked) == 13
    for requirement in asked:
        (clause,) = requirement.specifier
        prefix = clause.version.removesuffix(".*")
        several = [f"{prefix}.0", f"{prefix}.7"]
        assert list(SpecifierSet(str(clause)).filter([*several, "0"])) == several
        assert requirement.name.lower() in wild


def test_an_address_may_contain_anything(shared):
    (name,) = explained_by(test_an_address_may_contain_anything)
    path = lockfile_in(fixture(shared, name))
    (line,) = [line for line in path.read_text("utf-8").splitlines() if line.startswith("urllib3")]
    asked = Requirement(line)
    assert asked.name == "urllib3"
    assert asked.url.endswith("==1.26.8.zip")
    assert [(p["name"], p["kind"]) for p in document(path)["packages"]] == [("urllib3", "url")]


def test_pip_refuses_files_that_include_each_other(shared):
    (name,) = explained_by(test_pip_refuses_files_that_include_each_other)
    if importlib.util.find_spec("pip") is None:
        pytest.skip("pip is not installed")
    words = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--disable-pip-version-check"]
    path = str(lockfile_in(fixture(shared, name)))
    run = subprocess.run([*words, "-r", path], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode
    assert re.search("recursively references itself|RecursionError", run.stderr)
