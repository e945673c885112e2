"""uv's own reading of a uv.lock, ``uv export`` with its annotations, is the same graph as ours."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys

import pytest
from lockfiles.reading import CASES, case_name, corpus, parse

EXPORT = (
    "export", "--frozen", "--offline", "--no-config", "--all-packages", "--all-groups", "--all-extras", "--no-hashes",
    "--no-header", "--format", "requirements-txt",
)  # fmt: skip


@functools.cache
def exported(path):
    """What uv says: {(name or path, version): names of the packages that need it}."""
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    run = subprocess.run(
        [uv, *EXPORT, "--python", sys.executable],
        cwd=path.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert not run.returncode, run.stderr
    found = {}
    for line in run.stdout.splitlines():
        text = line.strip()
        if line and line[0] not in " #":
            item = re.split(r"\s;\s", text)[0].removeprefix("-e ")
            name, _, version = item.partition("==") if "==" in item and " @ " not in item else item.partition(" @ ")
            needed = found.setdefault((name, version), set())
        elif text.startswith("# via "):
            needed.add(text[6:])
        elif text.startswith("#   "):
            needed.add(text[4:].strip())
    return found


def ours(lockfile):
    """The same of our reading. uv's annotations leave out who needs something for a dependency group."""
    names = {root.id: root.name for root in lockfile.roots} | {r.id: r.name for r in lockfile.releases}
    items = {release.id: _release(release) for release in lockfile.releases}
    items |= {root.id: _folder(root.path) for root in lockfile.roots if root.name}
    found = {item: set() for item in items.values()}
    for d in lockfile.dependencies:
        if d.kind != "dev" and d.dependency in items:
            found[items[d.dependency]].add(names[d.dependent])
    return found


def _release(release):
    """A release as uv writes it: a git release by repository and commit, a local one by path."""
    if release.kind == "link":
        return _folder(release.source)
    if release.kind == "file":
        return (_folder(release.source)[0], "")
    if release.kind == "git":
        repository, _, commit = release.source.partition("#")
        return (release.name, f"git+{repository.partition('?')[0]}@{commit}")
    return (release.name, release.version if release.kind == "registry" else release.source)


def _folder(path):
    return (path if path.startswith(".") else f"./{path}", "")


OWN = [f / "uv.lock" for f in CASES if f.parent.name == "uv-lock" and (f / "pyproject.toml").exists()]
FILES = [*corpus("uv-lock"), *OWN]


@pytest.mark.parametrize("path", FILES, ids=lambda path: case_name(path.parent))
def test_uv_reads_the_same_graph(path, tmp_path):
    folder = shutil.copytree(path.parent, tmp_path / "project")
    theirs, own = exported(folder / "uv.lock"), ours(parse(path))
    # A project that is not to be built is no line of an export.
    own = {item: needed for item, needed in own.items() if needed or item[1] or item in theirs}
    assert theirs.keys() == own.keys()
    assert {item: own[item] for item in own if own[item] != theirs[item]} == {}
