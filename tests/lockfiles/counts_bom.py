"""How many packages bun.lock, CycloneDX and SPDX files hold, counted without anything of our readers."""

from __future__ import annotations

import json
import re

OURS = ("npm", "pypi")


def count_bun(path):
    """Distinct releases that the lines of packages begin with, and the members of the workspace."""
    text = path.read_text("utf-8")
    held = set(re.findall(r'^ {4}"[^"]+": \["([^"]+)"', text, re.MULTILINE))
    releases = {h for h in held if not re.search(r"@(root|workspace):", h)}
    workspaces = text.partition('"workspaces": {')[2].partition("\n  },")[0]
    return len(releases) + len(re.findall(r'^ {4}"[^"]+": \{', workspaces, re.MULTILINE))


def purls(listed):
    """The package URLs of components, those in others included, without what follows ``?``."""
    for component in listed:
        yield component.get("purl", "").partition("?")[0]
        yield from purls(component.get("components", []))


def count_cyclonedx(path):
    """Distinct package URLs of npm and PyPI."""
    table = json.loads(path.read_text("utf-8"))
    return len({p for p in purls(table.get("components", [])) if p.startswith(tuple(f"pkg:{o}/" for o in OURS))})


def count_spdx(path):
    """Distinct package URLs of npm and PyPI, but for what the document describes."""
    table = json.loads(path.read_text("utf-8"))
    about = table.get("documentDescribes", [])
    found = {
        reference["referenceLocator"].partition("?")[0]
        for package in table["packages"]
        if about != [package["SPDXID"]]
        for reference in package.get("externalRefs", [])
        if reference["referenceType"] == "purl"
    }
    return len({p for p in found if p.startswith(tuple(f"pkg:{o}/" for o in OURS))})


COUNTS = {"bun-lock": count_bun, "cyclonedx-json": count_cyclonedx, "spdx-json": count_spdx}
