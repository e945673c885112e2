"""Small projects made by hand, for tests of rules and of the judge."""

from __future__ import annotations

from depfrag import judge
from depfrag.config import Config, ScoreSettings
from depfrag.model import Bounds, Lockfile, Measures, Part, Project, Release, Root, Score, Scored
from depfrag.scoring.left_pad import band

SETTINGS = ScoreSettings()


def scored(
    name="a@1", *, lower=0, point=None, upper=None, known=1.0, dependents=5, kind="registry", facts=None, **more
):
    """A release with this score and so many dependents; `more` are measures."""
    point = lower if point is None else point
    upper = point if upper is None else upper
    package, _, version = name.rpartition("@")
    bounds = dependents if isinstance(dependents, Bounds) else Bounds(dependents, dependents, dependents)
    none = Bounds(0, 0, 0)
    measures = Measures(bounds, none, (), 1, none, direct=False, dev=False, optional=False, reached=True)
    parts = {
        "reach": Part(1, 1, 1, known=True, because="some need it"),
        "solitude": Part(1, 1, 1, known=True, because="one account can publish it"),
        "smallness": Part(1, 1, 1, known=True, because="11 lines of code; counted"),
    }
    return Scored(
        Release(f"npm:{name}", "npm", package, version, kind),
        measures._replace(**more),
        facts or {},
        Score(lower, point, upper, band(point, SETTINGS), band(lower, SETTINGS), known, parts),
    )


def project(*packages, path="package-lock.json", settings=SETTINGS, findings=()):
    """A project of these releases, summed up."""
    lockfile = Lockfile(
        path=path,
        format="package-lock-v3",
        roots=(Root("root:.", "app", "."),),
        releases=tuple(sorted(s.release for s in packages)),
        dependencies=(),
    )
    return Project(lockfile, packages, findings, (), {}, judge.summary(packages, 3, 2, settings))


def paths(release):
    """What a rule asks the graph for."""
    return (("root:.", release),)


def config(**settings):
    return Config(**settings)
