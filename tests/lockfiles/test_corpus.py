"""Every lockfile of the corpus is read, and has as many packages as a count that knows nothing of our readers finds."""

from __future__ import annotations

import json
import re

import pytest
from lockfiles import counts_bom, counts_pdm, counts_pnpm, counts_poetry, counts_yarn
from lockfiles.reading import NPM, case_name, corpus, parse


def count_places(path):
    """npm, version 2 and 3: distinct releases in node_modules folders, and folders outside of them."""
    packages = json.loads(path.read_text("utf-8"))["packages"]
    held = {
        (entry.get("name") or place.split("node_modules/")[-1], entry.get("version"), _commit(entry.get("resolved")))
        for place, entry in packages.items()
        if "node_modules/" in place and "link" not in entry
    }
    return len(held) + sum(1 for place in packages if place and "node_modules/" not in place)


def count_nested(path):
    """npm, version 1 and older: distinct releases."""
    held = set()

    def walk(table):
        for name, entry in table.get("dependencies", {}).items():
            version = entry.get("version", "")
            held.add((name, version, _commit(entry.get("resolved", "")) or _commit(version)))
            walk(entry)

    walk(json.loads(path.read_text("utf-8")))
    return len(held)


def _commit(address):
    return re.sub(r".*#", "", address) if address and address.startswith("git") else None


def count_tables(path):
    """uv: packages, those that are projects included."""
    return len(re.findall(r"(?m)^\[\[package\]\]$", path.read_text("utf-8")))


def count_requirements(path):
    """requirements: distinct names with their versions, of the file and of what it includes."""
    held = set()
    for line in path.read_text("utf-8").splitlines():
        found = re.match(r"([A-Za-z0-9][\w.-]*)\s*(?:\[[^\]]*\])?\s*(?:==\s*([^\s;]+))?", line)
        included = re.match(r"-r\s*(\S+)", line)
        addressed = re.match(r"git\+.*#egg=(\S+)", line)
        if included:
            held |= count_requirements(path.with_name(included[1]))
        elif addressed:
            held.add((addressed[1], line))
        elif found:
            held.add((re.sub(r"[-_.]+", "-", found[1]).lower(), found[2]))
    return {(name, version) for name, version in held if version or not any(n == name and v for n, v in held)}


COUNTS = {**counts_bom.COUNTS, **counts_pdm.COUNTS, **counts_pnpm.COUNTS, **counts_poetry.COUNTS, **counts_yarn.COUNTS}


def structural_count(path):
    form = path.parent.parent.name
    if form in COUNTS:
        return COUNTS[form](path)
    if form == "uv-lock":
        return count_tables(path)
    if form == "requirements-txt":
        return len(count_requirements(path))
    return count_places(path) if '"packages"' in path.read_text("utf-8")[:300] else count_nested(path)


FILES = corpus(*NPM, "uv-lock", "requirements-txt", *COUNTS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{case_name(path.parent)}/{path.name}")
def test_counts(path):
    lockfile = parse(path)
    # The project itself is a table in uv.lock and nothing in the others; every other root is a member that is listed.
    own = 0 if lockfile.format == "uv-lock" else 1
    assert len(lockfile.releases) + len(lockfile.roots) - own == structural_count(path)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{case_name(path.parent)}/{path.name}")
def test_what_every_lockfile_keeps(path):
    lockfile = parse(path)
    ids = [r.id for r in lockfile.releases]
    assert ids == sorted(set(ids))
    known = {*ids, *(r.id for r in lockfile.roots)}
    edges = [d[:3] for d in lockfile.dependencies]
    assert edges == sorted(set(edges))
    assert {end for d in lockfile.dependencies for end in d[:2]} <= known
    assert all(d.dependent != d.dependency for d in lockfile.dependencies)
    assert lockfile.open <= set(ids)
    assert lockfile.hints.keys() <= known
    assert all(r.line is not None for r in lockfile.releases)
    assert all(p.lockfile == lockfile.path for p in lockfile.problems)
