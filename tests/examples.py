"""One plugin of each kind, as somebody would add it: a module, and a line in the registry."""

from __future__ import annotations

from depfrag.config import ScoreSettings
from depfrag.model import Dependency, Fact, Finding, Lockfile, Part, Release, Root, Score
from depfrag.protocols import Known
from depfrag.scoring.left_pad import band


class ExampleLockfile:
    """``example.lock``: a line is a release and what it needs; the project needs the first."""

    def parse(self, path, data, files):
        lines = [line.split() for line in data.decode().splitlines()]
        ids = {line[0]: f"npm:{line[0]}@1" for line in lines}
        edges = [Dependency("root:.", ids[lines[0][0]])] if lines else []
        edges += [Dependency(ids[line[0]], ids[name]) for line in lines for name in line[1:]]
        return Lockfile(
            path=path,
            format="example",
            roots=(Root("root:.", "example", "."),),
            releases=tuple(sorted(Release(i, "npm", name, "1") for name, i in ids.items())),
            dependencies=tuple(sorted(edges, key=lambda d: d[:3])),
        )


class ExampleSource:
    """Knows that one account publishes everything, in eleven lines."""

    def lookup(self, wanted, context):
        for one in wanted:
            values = {"publishers": ("example",), "lines": 11}
            yield Known(one, {name: Fact(value, "example", "2026-01-02", "registry") for name, value in values.items()})


class ExampleModel:
    """Finds everything equally bad."""

    def score(self, ecosystem, measures, facts, releases, settings=None):
        part = Part(1, 1, 1, known=True, because="example")
        settings = settings or ScoreSettings()
        return Score(77, 77, 77, band(77, settings), band(77, settings), 1, {"example": part})


class ExampleRule:
    """Fires on every release."""

    def check(self, project, paths):
        for scored in project.packages:
            yield Finding(
                "", "critical", scored.release.id, "an example", project.lockfile.path, paths(scored.release.id)
            )


class ExampleReport:
    """Counts the releases."""

    def render(self, analysis, options):
        return f"example: {analysis.summary.releases} releases\n"


class ExampleGraph:
    """Counts the edges."""

    def render(self, lockfiles):
        return f"example: {sum(len(f.dependencies) for f in lockfiles)} edges\n"


class ExamplePlot:
    """Draws nothing much."""

    def draw(self, analysis, file_format):
        return f"<svg><!-- example {file_format} --></svg>".encode()


LOCKFILE, SOURCE, RULE = ExampleLockfile(), ExampleSource(), ExampleRule()
REPORT, GRAPH, PLOT = ExampleReport(), ExampleGraph(), ExamplePlot()
