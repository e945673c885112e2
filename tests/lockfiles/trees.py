"""Lays out what package managers install, for tests that read it."""

from __future__ import annotations

import json
import os

from depfrag.discover import Folder
from depfrag.lockfiles import installed_npm, installed_python


def lay(top, files):
    """Writes files by their paths; a dict as JSON, a path that ends in ``@`` as a link to what it says."""
    for path, content in files.items():
        place = top / path.removesuffix("@")
        place.parent.mkdir(parents=True, exist_ok=True)
        if path.endswith("@"):
            place.symlink_to(content)
        else:
            place.write_text(json.dumps(content) if isinstance(content, dict) else content, "utf-8")
    return top


def lay_out(packages, top):
    """Installs, as far as manifests go, what a package-lock of version 2 or 3 lists; npm's hidden lockfile too."""
    for place, entry in packages.items():
        folder = top / place
        if entry.get("link"):
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.symlink_to(os.path.relpath(top / entry["resolved"], folder.parent))
        else:
            lay(folder, {"package.json": manifest(place, entry)})
    listed = {place: entry for place, entry in packages.items() if place}
    lay(top, {"node_modules/.package-lock.json": {"lockfileVersion": 3, "packages": listed}})


def manifest(place, entry):
    """The package.json of an entry of a package-lock; folders outside of node_modules need no name."""
    told = {key: value for key, value in entry.items() if key not in ("resolved", "integrity", "dev", "optional")}
    return {"name": place.rpartition("node_modules/")[2], **told} if "node_modules/" in place else told


def read_npm(top, modules="node_modules"):
    path = str(top / modules)
    return installed_npm.PARSER.parse(path, b"", Folder(path))


def read_python(place):
    return installed_python.PARSER.parse(str(place), b"", Folder(str(place)))


def edges(lockfile):
    """What needs what, without ecosystems: (dependent, dependency, kind) to condition."""
    return {
        (d.dependent.partition(":")[2], d.dependency.partition(":")[2], d.kind): d.condition
        for d in lockfile.dependencies
    }


def ids(lockfile):
    return [release.id.partition(":")[2] for release in lockfile.releases]
