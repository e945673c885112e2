"""Run by pdm's own Python: what pdm says of the projects in the folders that stdin gives as JSON.

Of each project: its releases, and its edges, with a kind for those of the project. Which of the locked candidates
answer a requirement pdm decides, and which of these have a version that fits and an environment in common.
"""

import json
import pathlib
import re
import sys

from pdm.core import Core
from pdm.models.markers import get_marker
from pdm.models.requirements import parse_line
from pdm.utils import normalize_name


def name(candidate):
    """A release as the test calls it: by version, commit, path or address."""
    request = candidate.req
    if request.is_named:
        where = candidate.version
    else:
        where = getattr(request, "revision", None) or request.str_path or request.get_full_url()
        where = re.sub("//[^/@]*@", "//", where)
    return f"{normalize_name(candidate.name)}@{where}"


def fits(request, candidate, dependent):
    """Whether a locked candidate is one that the request, in an environment of the dependent's, can mean."""
    if request.is_named and not request.specifier.contains(candidate.version, prereleases=True):
        return False
    markers = [
        marker for marker in (request.marker, candidate.req.marker, dependent and dependent.req.marker) if marker
    ]
    joined = get_marker(" and ".join(f"({marker})" for marker in markers) if markers else "")
    return not joined.is_empty()


def meant(request, entries, dependent):
    """The locked candidates that a request means; where there is one only, that one."""
    held = [candidate for candidate in entries if candidate.identify() == request.identify()]
    return held if len(held) < 2 else [candidate for candidate in held if fits(request, candidate, dependent)]


def said(folder):
    """Releases and edges of one project."""
    project = Core().create_project(folder)
    repository = project.get_locked_repository()
    entries = [entry.candidate for entry in repository.packages.values()]
    edges = set()
    for entry in repository.packages.values():
        for line in entry.dependencies:
            request = parse_line(line)
            edges.update((name(entry.candidate), name(c), "") for c in meant(request, entries, entry.candidate))
    locked = project.lockfile.groups and {normalize_name(group) for group in project.lockfile.groups}
    extras = {normalize_name(extra) for extra in project.pyproject.metadata.get("optional-dependencies", {})}
    for group, requests in project.all_dependencies.items():
        kind = "runtime" if group == "default" else "extra" if normalize_name(group) in extras else "dev"
        for request in requests:
            if locked is None or normalize_name(group) in locked:
                edges.update(("root:.", name(c), kind) for c in meant(request, entries, None))
    return {"nodes": sorted({name(c) for c in entries}), "edges": sorted(e for e in edges if e[0] != e[1])}


print(json.dumps([said(pathlib.Path(folder)) for folder in json.load(sys.stdin)]))
