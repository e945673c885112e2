"""Analyses to draw, made without lockfiles: releases by what is known of them, scored as the pipeline scores them."""

from __future__ import annotations

from depfrag import judge
from depfrag.config import Config, ScoreSettings
from depfrag.model import Analysis, Bounds, Fact, Lockfile, Measures, Project, Release, Scored, Verdict
from depfrag.scoring.left_pad import LeftPad

DAY = "2016-03-21"


def bounds(value):
    """A number, or the two ends of one."""
    lower, upper = value if isinstance(value, tuple) else (value, value)
    return Bounds(lower, (lower + upper) / 2, upper)


def release(
    name="a", version="1.0.0", *, dependents=0, breaks=0.0, direct=False, kind="registry", source="npm", **facts
):
    """What `project` makes a release of; `publishers`, `lines`, `bytes`, `bytes_at_least` are known where given."""
    known = {key: Fact(value, source, DAY, "registry") for key, value in facts.items() if value is not None}
    broken = tuple(f"npm:d{i}@1" for i in range(round(bounds(breaks).lower * 10))) if breaks is not None else ()
    measures = Measures(
        bounds(dependents), None if breaks is None else bounds(breaks), broken, 1, bounds(0),
        direct=direct, dev=False, optional=False, reached=True,
    )  # fmt: skip
    return Release(f"npm:{name}@{version}", "npm", name, version, kind), measures, known


def project(releases, path="package-lock.json", settings=None):
    """A lockfile of releases and nothing else."""
    settings, model = settings or ScoreSettings(), LeftPad()
    packages = tuple(
        sorted(
            (Scored(r, m, f, model.score(r.ecosystem, m, f, len(releases), settings)) for r, m, f in releases),
            key=lambda s: (-s.score.point, -s.score.lower, s.release.id),
        )
    )
    lockfile = Lockfile(path, "package-lock-v3", (), tuple(s.release for s in packages), ())
    return Project(lockfile, packages, (), (), {}, judge.summary(packages, 2 * len(packages), 10, settings))


def analysis(*projects, as_of=DAY, settings=None, prod=False):
    """An analysis of such lockfiles."""
    score = settings or ScoreSettings()
    config = {"prod": prod, "score": dict(score._asdict())}
    return Analysis(
        "0.1.0", DAY, as_of, config, (), (), projects, (), judge.together(projects, Config(score=score)), {},
        Verdict(0, ""),
    )  # fmt: skip


def one(*releases, **more):
    """An analysis of one lockfile."""
    return analysis(project(releases, settings=more.get("settings")), **more)


def typical():
    """A small tree with everything that a map shows: bands, direct and transitive, unknown and half known releases."""
    left_pad = [
        release("left-pad", "0.0.3", dependents=34, breaks=0.8, publishers=("azer",), lines=11),
        release("is-finite", "1.0.1", dependents=36, breaks=0.8, publishers=("sindre",), lines=4),
        release("ansi-regex", "2.0.0", dependents=38, breaks=0.8, publishers=("sindre", "qix"), lines=4),
        release("repeating", "2.0.0", dependents=34, breaks=0.8, publishers=("sindre",)),
        release("xtend", "4.0.1", dependents=12, breaks=0.2, lines=17),
        release("lodash", "3.10.1", dependents=40, breaks=1.0, publishers=("a", "b", "c"), bytes=1_400_000),
        release("react", "0.14.7", breaks=0.1, direct=True, publishers=tuple("abcdef"), lines=9000),
        release("babel-core", "6.7.2", breaks=0.1, direct=True, publishers=("sebmck",), lines=1500),
        release("wheel", "1.0", dependents=20, breaks=0.3, publishers=("x",), bytes_at_least=9000),
    ]
    rest = [
        release(
            f"p{i}",
            dependents=i % 7,
            breaks=0.1,
            publishers=("x",) * (1 + i % 5) if i % 4 else None,
            lines=10 * 3 ** (i % 6) if i % 3 else None,
        )
        for i in range(60)
    ]
    return one(*left_pad, *rest)
