"""Asks npm's own `@npmcli/arborist` what a lockfile says."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess

import pytest
from lockfiles.reading import HERE

KINDS = {"prod": "runtime", "peerOptional": "optional"}


@functools.cache
def arborist():
    """Where npm keeps arborist; None where there is no node or npm."""
    if not shutil.which("node") or not shutil.which("npm"):
        return None
    run = subprocess.run(["npm", "root", "-g"], capture_output=True, text=True, timeout=60, check=False)
    path = os.path.join(run.stdout.strip(), "npm", "node_modules", "@npmcli", "arborist")
    return path if os.path.isdir(path) else None


def ask(folders, how="loadVirtual"):
    """What arborist says of each folder's lockfile, or of what is installed there (``loadActual``)."""
    if arborist() is None:
        pytest.skip("npm is not installed: its arborist cannot be asked")
    run = subprocess.run(
        ["node", str(HERE / "arborist.cjs"), arborist(), how],
        input=json.dumps([str(folder) for folder in folders]),
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    return json.loads(run.stdout)


def prepare(path, folder):
    """Copies a lockfile to where npm finds it. The manifest goes along only where the lockfile has none of its own:
    npm prefers the manifest, which may have been changed since; for us the lockfile says what is locked."""
    folder.mkdir(parents=True)
    name = "npm-shrinkwrap.json" if path.name.endswith("shrinkwrap.json") else "package-lock.json"
    shutil.copy(path, folder / name)
    project = path.parent.parent if path.parent.name == "node_modules" else path.parent
    manifest = project / "package.json"
    if manifest.exists() and not json.loads(path.read_text("utf-8-sig")).get("packages", {}).get(""):
        shutil.copy(manifest, folder)


def theirs(answer):
    """Nodes and edges of arborist, in our terms."""
    nodes = {node for node in answer["nodes"] if node != "root:." and not node.startswith("store:")}
    edges = {(a, b, KINDS.get(kind, kind)) for a, b, kind in answer["edges"] if a != b}
    return nodes, edges
