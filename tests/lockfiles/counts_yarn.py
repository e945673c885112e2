"""Counts what lockfiles of yarn hold, by their lines and without our readers."""

from __future__ import annotations

import re
from urllib.parse import unquote


def count_blocks(path):
    """yarn 1: distinct names and versions; an alias is called by what stands behind ``npm:``."""
    held, key = set(), ""
    for line in path.read_text("utf-8").splitlines():
        if line and line[0] not in "# ":
            key = line
        elif line.startswith("  version "):
            alias = re.search(r"@npm:(@?[^@]+)@", key)
            held.add((alias or re.match(r'"?(@?[^@:]+)', key))[1] + line)
    return len(held)


def count_resolutions(path):
    """yarn 2 and later: distinct resolutions but the project's own; a patched one is what it patches."""
    text = path.read_text("utf-8")
    found = re.findall(r'^  resolution: "(.+)"$', text, re.MULTILINE)
    return len({unquote(re.sub(r"^.*@patch:([^#]*)#.*", r"\1", one)) for one in found}) - 1


COUNTS = {"yarn-v1": count_blocks, "yarn-berry": count_resolutions}
