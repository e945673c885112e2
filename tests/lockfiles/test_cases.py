"""Cases: a folder each, ``cases/<format>/<case>/`` with a lockfile, what lies beside it, and ``expected.json``.

expected.json says what the case is about and holds the essential parts of the graph JSON: of each package the id, the
kind, the line and the hashes, of each dependency the ends, the kind, the condition and the origin, of each problem the
code and the line. Left out are hashes where there are none, conditions that are null and the origin ``lockfile``.
``says`` holds what a Lockfile tells beside its graph where it is not the default: `direct_known`, the number of `open`
releases, `hints` and `indexes`.
"""

from __future__ import annotations

import json

import pytest
from lockfiles.reading import CASES, case_name, document, lockfile_in, parse

KEYS = {
    "roots": ("id", "name", "path"),
    "packages": ("id", "kind", "line", "hashes"),
    "dependencies": ("from", "to", "kind", "condition", "origin"),
    "problems": ("code", "line"),
}
DEFAULTS = {"condition": None, "origin": "lockfile", "hashes": []}


def essence(path):
    """What expected.json holds of the lockfile at `path`."""
    found = document(path)
    parts = {
        part: [{k: item[k] for k in keys if k not in DEFAULTS or item[k] != DEFAULTS[k]} for item in found[part]]
        for part, keys in KEYS.items()
    }
    lockfile = parse(path)
    says = {
        "direct_known": lockfile.direct_known,
        "open": len(lockfile.open),
        "hints": dict(sorted(lockfile.hints.items())),
        "indexes": lockfile.indexes if lockfile.indexes is None else list(lockfile.indexes),
    }
    usual = {"direct_known": True, "open": 0, "hints": {}, "indexes": None}
    return {**parts, "says": {k: v for k, v in says.items() if v != usual[k]}}


def test_there_are_cases():
    assert len(CASES) > 40


@pytest.mark.parametrize("folder", CASES, ids=case_name)
def test_case(folder):
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    assert expected.pop("about")
    path = folder / expected.pop("lockfile")
    assert document(path)["lockfiles"] == [{"path": str(path), "format": folder.parent.name}]
    found = essence(path)
    for part in (*KEYS, "says"):
        assert found[part] == expected[part], part


@pytest.mark.parametrize("folder", CASES, ids=case_name)
def test_readers_say_the_same_twice(folder):
    assert parse(lockfile_in(folder)) == parse(lockfile_in(folder))
