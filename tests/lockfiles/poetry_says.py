"""Run by poetry's own Python: what poetry says of the projects in the folders that stdin gives as JSON.

Of each project: whether its lockfile is fresh, its releases, and its edges, with a kind for those of the project. Which
dependencies hold, and which release each of them means, poetry and its exporter decide.
"""

import json
import pathlib
import sys
import tomllib

from poetry.core.version.markers import AnyMarker
from poetry.factory import Factory
from poetry_plugin_export.walker import get_locked_package, get_python_version_region_markers


def name(package):
    return f"{package.name}@{package.source_resolved_reference or package.version}"


class Said:
    """What poetry says of one project."""

    def __init__(self, folder):
        project = Factory().create_poetry(folder)
        data = tomllib.loads((folder / "poetry.lock").read_text("utf-8"))
        # Poetry of today refuses files of before there were lock versions, which are as those of version 1.0.
        data["metadata"].setdefault("lock-version", "1.0")
        project.locker._lock_data = data
        self.locker, self.project = project.locker, project.package
        self.packages = project.locker.locked_repository().packages
        self.by_name = {}
        for package in sorted(self.packages, key=lambda p: p.version, reverse=True):
            self.by_name.setdefault(package.name, []).append(package)

    def environments(self):
        """The marker under which the project needs each package."""
        if not self.locker.is_locked_groups_and_markers():
            return {name(package): AnyMarker() for package in self.packages}
        locked = self.locker.locked_packages().items()
        return {name(package): said.get_marker(said.groups).without_extras() for package, said in locked}

    def chosen(self, require, marker):
        """What the exporter takes for a dependency of what is needed where `marker` holds, in all environments."""
        wanted = require.marker.intersect(marker).without_extras().intersect(self.project.python_marker)
        for region in get_python_version_region_markers(self.by_name.get(require.name, [])):
            if not wanted.intersect(region).is_empty():
                part = require.clone()
                part.marker = wanted.intersect(region)
                found = get_locked_package(part, self.by_name) or self.satisfying(part)
                if found is not None:
                    yield name(found), require.extras

    def satisfying(self, require):
        """The newest package that poetry would install for a dependency. Its exporter finds none where a package is for
        Python below 3.12.dev0 and the dependency for Python below 3.12."""
        return next((package for package in self.by_name.get(require.name, []) if package.satisfies(require)), None)

    def edges(self):
        where, todo = self.environments(), []
        packages = {name(package): package for package in self.packages}
        for require in self.project.all_requires:
            if "main" not in require.groups:
                kind = "dev"
            else:
                kind = "extra" if require.in_extras else "optional" if require.is_optional() else "runtime"
            for target, extras in self.chosen(require, AnyMarker()):
                yield "root:.", target, kind
                todo.append((target, extras))
        seen = set()
        while todo:
            dependent, extras = todo.pop()
            if (dependent, extras) in seen:
                continue
            seen.add((dependent, extras))
            package = packages[dependent]
            for require in package.requires:
                listed = {other.name for extra in extras for other in package.extras.get(extra, ())}
                if not require.is_optional() or require.name in listed:
                    for target, more in self.chosen(require, where[dependent]):
                        yield dependent, target, "any"
                        todo.append((target, more))


def answer(folder):
    said = Said(folder)
    edges = {edge for edge in said.edges() if edge[0] != edge[1]}
    return {"fresh": said.locker.is_fresh(), "releases": sorted(map(name, said.packages)), "edges": sorted(edges)}


json.dump([answer(pathlib.Path(folder)) for folder in json.load(sys.stdin)], sys.stdout)
