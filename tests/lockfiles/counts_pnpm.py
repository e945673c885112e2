"""Counts what a lockfile of pnpm holds from its lines, knowing nothing of our readers."""

from __future__ import annotations

import os
import re

KEY = re.compile(r"  (['\"]?)(\S.*?)\1:(?: \{\})?\s*")


def count(path):
    """Distinct releases, folders that are linked to, and members of the workspace."""
    sections = sections_of(path.read_text("utf-8").splitlines())
    importers = [key[2] for line in sections.get("importers", ()) if (key := KEY.fullmatch(line))] or ["."]
    keys = [key[2] for line in sections.get("packages", ()) if (key := KEY.fullmatch(line))]
    releases = {release(key, path) for key in keys}
    copied = {f"file:{folder}" for folder in importers}
    releases = {name for name in releases if name not in copied and name[name.find("@", 1) + 1 :] not in copied}
    return len(releases) + len(linked(sections, importers)) + len(set(importers)) - 1


def sections_of(lines):
    """The lines of each part of a file, of all documents together."""
    found, inside = {}, None
    for line in lines:
        if re.match(r"\w+:", line):
            inside = found.setdefault(line.partition(":")[0], [])
        if inside is not None:
            inside.append(line)
    return found


def release(key, path):
    """A dependency path without peers: they stand in parentheses, and before version 6 after an underscore or slash."""
    bare = key.partition("(")[0]
    if "@" in bare[2:] and not bare.startswith("file:") and "v5" not in str(path) and path.name != "shrinkwrap.yaml":
        return bare
    return re.sub(r"(/\d+\.\d+\.\d+[^/_]*)[_/].*$", r"\1", bare)


def linked(sections, importers):
    """Folders that projects link to and that are no projects."""
    found, folder = set(), "."
    for name in ("importers", "dependencies", "devDependencies", "optionalDependencies"):
        for line in sections.get(name, ()):
            if name == "importers" and (key := KEY.fullmatch(line)):
                folder = key[2]
            target = re.fullmatch(r"\s+(?!specifier).*: ['\"]?link:(.*?)['\"]?", line)
            if target and "specifiers" not in name:
                found.add(os.path.normpath(os.path.join(folder, target[1])))
    return found - {os.path.normpath(importer) for importer in importers}


COUNTS = dict.fromkeys(("pnpm-shrinkwrap-yaml", "pnpm-v5", "pnpm-v6", "pnpm-v9"), count)
