"""Counts what a poetry.lock and a Pipfile.lock hold from their text, knowing nothing of our readers."""

from __future__ import annotations

import json
import re


def count_poetry(path):
    """Distinct names with their versions and commits, of the blocks that begin with ``[[package]]``."""
    held = set()
    for block in re.split(r"(?m)^\[\[package\]\]\n", path.read_text("utf-8"))[1:]:
        keys = dict(re.findall(r'(?m)^(name|version) = "(.*)"$', block.partition("\n[")[0]))
        commit = re.search(r'(?m)^resolved_reference = "(.*)"$', block)
        held.add((re.sub(r"[-_.]+", "-", keys["name"]).lower(), keys["version"], commit and commit[1]))
    return len(held)


def count_pipfile(path):
    """Distinct names with their versions or repositories, of all categories, without the project itself."""
    categories = json.loads(path.read_text("utf-8"))
    return len(
        {
            (re.sub(r"[-_.]+", "-", name).lower(), entry.get("version"), entry.get("git"))
            for category, entries in categories.items()
            if category != "_meta"
            for name, entry in entries.items()
            if entry.get("path") != "."
        }
    )


COUNTS = {"poetry-lock-v1": count_poetry, "poetry-lock-v2": count_poetry, "pipfile-lock": count_pipfile}
