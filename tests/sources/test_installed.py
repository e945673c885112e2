"""Releases that lie installed beside their lockfile: only those in the locked version, only their own files."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from answers import DAY, context, split, wanted

from depfrag.model import Fact
from depfrag.protocols import Known
from depfrag.sources import installed


def lay(top, files):
    for path, content in files.items():
        place = top / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(content)


def package(version="1.0.0", **files):
    return {"package.json": f'{{"version":"{version}"}}', "index.js": "a();\n", **files}


def below(folder, files):
    return {f"{folder}/{path}": content for path, content in files.items()}


def look_up(top, ecosystem, *releases, lockfile="lock.json", **more):
    asked = wanted(ecosystem, *releases, lockfile=os.path.join(top, lockfile), **more)
    found, problems, hosts = split(installed.SOURCE.lookup(asked, context()))
    assert not problems
    assert not hosts
    return found


def test_a_package_of_npm(tmp_path):
    lay(tmp_path, below("node_modules/a", package(**{"lib/b.js": "b();\nc();\n", "README.md": "# A\n"})))
    found = look_up(tmp_path, "npm", "a@1.0.0")
    assert found == {"npm:a@1.0.0": {"lines": 3, "bytes": 19 + 5 + 10 + 4}}


def test_facts_are_of_today_and_as_good_as_the_registry_s(tmp_path):
    lay(tmp_path, below("node_modules/a", package()))
    (known,) = installed.SOURCE.lookup(wanted("npm", "a@1.0.0", lockfile=str(tmp_path / "lock")), context())
    assert isinstance(known, Known)
    assert known.facts["lines"] == Fact(1, "installed files", DAY, "registry")


def test_node_modules_as_a_lockfile_of_its_own(tmp_path):
    lay(tmp_path, below("node_modules/a", package()))
    assert "npm:a@1.0.0" in look_up(tmp_path, "npm", "a@1.0.0", lockfile="node_modules")


def test_another_version_is_another_release(tmp_path):
    lay(tmp_path, below("node_modules/a", package("1.0.1")))
    assert look_up(tmp_path, "npm", "a@1.0.0") == {}


def test_packages_inside_packages_and_scopes(tmp_path):
    lay(tmp_path, {
        **below("node_modules/a", package("1.0.0")),
        **below("node_modules/a/node_modules/@s/b", package("2.0.0")),
        **below("node_modules/@s/b", package("1.0.0", **{"more.js": "b();\n"})),
        **below("node_modules/@s/c/node_modules/a", package("3.0.0")),
    })  # fmt: skip
    found = look_up(tmp_path, "npm", "a@1.0.0", "@s/b@2.0.0", "@s/b@1.0.0", "a@3.0.0", "a@4.0.0")
    assert {name: facts["lines"] for name, facts in found.items()} == {
        "npm:a@1.0.0": 1, "npm:@s/b@2.0.0": 1, "npm:@s/b@1.0.0": 2, "npm:a@3.0.0": 1,
    }  # fmt: skip


def test_the_store_of_pnpm(tmp_path):
    lay(tmp_path, below("node_modules/.pnpm/a@1.0.0/node_modules/a", package()))
    (tmp_path / "node_modules/a").symlink_to(tmp_path / "node_modules/.pnpm/a@1.0.0/node_modules/a")
    assert look_up(tmp_path, "npm", "a@1.0.0") == {"npm:a@1.0.0": {"lines": 1, "bytes": 24}}


def test_a_lockfile_inside_node_modules(tmp_path):
    lay(tmp_path, below("node_modules/a", package()))
    assert "npm:a@1.0.0" in look_up(tmp_path / "node_modules", "npm", "a@1.0.0", lockfile=".package-lock.json")


def test_links_are_not_followed(tmp_path):
    lay(tmp_path, {"outside/package.json": '{"version":"1.0.0"}', **below("node_modules/b", package())})
    (tmp_path / "node_modules/a").symlink_to(tmp_path / "outside")
    (tmp_path / "node_modules/b/loop").symlink_to(tmp_path / "node_modules")
    (tmp_path / "node_modules/b/lib.js").symlink_to(tmp_path / "outside/package.json")
    assert look_up(tmp_path, "npm", "a@1.0.0", "b@1.0.0") == {"npm:b@1.0.0": {"lines": 1, "bytes": 24}}


@pytest.mark.parametrize("manifest", ["", "[]", "{", '{"version":1}', "[" * 100_000])
def test_manifests_that_say_nothing(tmp_path, manifest):
    lay(tmp_path, below("node_modules/a", package()) | {"node_modules/a/package.json": manifest})
    assert look_up(tmp_path, "npm", "a@1.0.0") == {}


def test_only_registry_releases_are_looked_for(tmp_path):
    lay(tmp_path, below("node_modules/a", package()))
    assert look_up(tmp_path, "npm", "a@1.0.0", kind="git") == {}


def test_releases_of_very_many_files_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(installed, "_MAX_FILES", 3)
    lay(tmp_path, below("node_modules/a", package(**{f"{i}.js": "" for i in range(3)})))
    assert look_up(tmp_path, "npm", "a@1.0.0") == {}


def test_lines_of_the_smallest_are_counted_first(tmp_path, monkeypatch):
    monkeypatch.setattr(installed, "_PARSED", 40)
    for name, lines in (("a", 6), ("b", 1), ("c", 9)):
        lay(tmp_path, below(f"node_modules/{name}", package(**{"index.js": "a();\n" * lines})))
    found = look_up(tmp_path, "npm", "a@1.0.0", "b@1.0.0", "c@1.0.0")
    assert {name: facts.get("lines") for name, facts in found.items()} == {
        "npm:a@1.0.0": 6, "npm:b@1.0.0": 1, "npm:c@1.0.0": None,
    }  # fmt: skip
    assert found["npm:c@1.0.0"] == {"bytes": 64}


def test_a_folder_that_cannot_be_read_is_no_copy(tmp_path, monkeypatch):
    lay(tmp_path, below("node_modules/a", package(**{"lib/b.js": "b();\n"})))
    scan = os.scandir

    def refuse(path):
        if path.endswith("lib/"):
            raise PermissionError
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert look_up(tmp_path, "npm", "a@1.0.0") == {}


def test_a_file_that_cannot_be_read_counts_by_its_bytes(tmp_path, monkeypatch):
    lay(tmp_path, below("node_modules/a", package(**{"index.js": "a();\n" * 40})))
    content = installed._content

    def refuse(path, most):
        if path.endswith("index.js"):
            raise PermissionError
        return content(path, most)

    monkeypatch.setattr(installed, "_content", refuse)
    assert look_up(tmp_path, "npm", "a@1.0.0") == {"npm:a@1.0.0": {"lines": 2, "bytes": 219}}


SITE = ".venv/lib/python3.12/site-packages"


def distribution(name="a_b", version="1.0", record=None, **files):
    inside = {f"{name}/__init__.py": "import os\n", f"{name}/tests/test_a.py": "a\n" * 50, **files}
    info = f"{name}-{version}.dist-info"
    lines = [f"{path},sha256=x,{len(content)}" for path, content in inside.items()]
    lines += [
        f"{name}/__pycache__/__init__.cpython-312.pyc,,",
        "../../../bin/a,sha256=x,1",
        "/etc/passwd,,",
        "gone.py,,",
    ]
    return {**inside, f"{info}/RECORD": "\n".join(lines) if record is None else record}


@pytest.mark.parametrize("site", [SITE, "venv/lib/python3.9/site-packages", ".venv/Lib/site-packages"])
def test_a_distribution(tmp_path, site):
    lay(tmp_path, below(site, distribution()))
    found = look_up(tmp_path, "pypi", "a-b@1.0", "a-b@1.1", "c@1.0", lockfile="uv.lock")
    assert found == {"pypi:a-b@1.0": {"lines": 1, "bytes": 110}}


@pytest.mark.parametrize("lockfile", ["env", "env/lib/python3.12/site-packages"])
def test_what_is_installed_as_a_lockfile_of_its_own(tmp_path, lockfile):
    lay(tmp_path, {"env/pyvenv.cfg": "", **below("env/lib/python3.12/site-packages", distribution())})
    assert look_up(tmp_path, "pypi", "a-b@1.0", lockfile=lockfile) == {"pypi:a-b@1.0": {"lines": 1, "bytes": 110}}


def test_what_was_not_installed_from_an_index_is_another_thing(tmp_path):
    lay(tmp_path, below(SITE, distribution(**{"a_b-1.0.dist-info/direct_url.json": "{}"})))
    assert look_up(tmp_path, "pypi", "a-b@1.0") == {}


@pytest.mark.parametrize("record", ["", "\0", '"', "x" * 200_000])
def test_odd_records(tmp_path, record):
    lay(tmp_path, below(SITE, distribution(record=record)))
    assert look_up(tmp_path, "pypi", "a-b@1.0") in ({}, {"pypi:a-b@1.0": {"bytes": 0}})


def test_a_distribution_without_record(tmp_path):
    lay(tmp_path, below(SITE, distribution()))
    (tmp_path / SITE / "a_b-1.0.dist-info/RECORD").unlink()
    assert look_up(tmp_path, "pypi", "a-b@1.0") == {}


def test_nothing_is_there(tmp_path):
    assert look_up(tmp_path, "npm", "a@1.0.0") == {}
    lay(tmp_path, {"node_modules": "a file", ".venv/bin/python": ""})
    assert look_up(tmp_path, "npm", "a@1.0.0") == {}


def test_where_nothing_is_installed_the_look_costs_nothing(tmp_path):
    """Two thousand releases, and no module is imported for them."""
    code = f"""
import sys, time
from depfrag.model import Release
from depfrag.protocols import Context, Wanted
from depfrag.sources import installed
asked = [Wanted(Release(f"npm:a{{i}}@1", "npm", f"a{{i}}", "1"), {str(tmp_path / "lock")!r}) for i in range(2000)]
before = set(sys.modules)
start = time.process_time()
assert not list(installed.SOURCE.lookup(asked, Context("2026-09-01", None, None, None)))
assert time.process_time() - start < 0.02
heavy = {{"json", "csv", "lizard", "depfrag.counting", "dataclasses", "inspect", "pathlib"}}
assert set(sys.modules) == before and not heavy & before, set(sys.modules) & heavy
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
