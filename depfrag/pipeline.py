"""The way through: discover → parse → complete → graph → enrich → score → judge. Knows the seams and no plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from depfrag import complete, discover, judge, registry
from depfrag.enrich import enrich
from depfrag.errors import LockfileError
from depfrag.facts import FACTS, SIZES, measured
from depfrag.graph import DependencyGraph
from depfrag.model import Analysis, Problem, Project, Scored
from depfrag.protocols import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from depfrag.config import Config
    from depfrag.enrich import Knowledge
    from depfrag.model import Facts, FactValue, Lockfile, Measures, Release
    from depfrag.protocols import Context, Scorer

_PATHS = 3
_NAMED = 5
_MAX_RELEASES = 100_000
"""Of one lockfile: measuring three times as many takes a minute and 2.5 GB."""


class Traced(NamedTuple):
    """The analysis of one lockfile and the graph that it was computed from."""

    project: Project
    graph: DependencyGraph


class Run(NamedTuple):
    """An analysis with what it was made from."""

    analysis: Analysis
    traced: tuple[Traced, ...]
    knowledge: Knowledge


def read(paths: Sequence[str]) -> tuple[tuple[Lockfile, ...], tuple[Problem, ...]]:
    """The lockfiles under `paths`, parsed, and the problems of the search that are no lockfile's own: of each found by
    search that cannot be read, too.

    Raises LockfileError for one that the user named, and when none can be read.
    """
    lockfiles: list[Lockfile] = []
    found = discover.find(paths, registry.LOCKFILES)
    problems = list(found.problems)
    last: LockfileError | None = None
    for target in found.targets:
        try:
            lockfiles.append(_parsed(target))
        except LockfileError as error:
            if target.named:
                raise
            last = error
            problems.append(Problem("lockfile", "error", str(error), target.path))
    if last is not None and not lockfiles:
        raise last
    return _with_own(lockfiles, problems)


def _parsed(target: discover.Target) -> Lockfile:
    data = b"" if target.form.folder else discover.load(target.path)
    lockfile = registry.parser(target.form).parse(target.path, data, discover.Folder(target.path))
    count, most = len(lockfile.releases), _MAX_RELEASES
    if count > most:
        raise LockfileError(target.path, f"{count:,} releases are more than any project has; the limit is {most:,}")
    return lockfile


def _with_own(
    lockfiles: Sequence[Lockfile], problems: Sequence[Problem]
) -> tuple[tuple[Lockfile, ...], tuple[Problem, ...]]:
    """`lockfiles`, each with those of `problems` that are its own, and the rest."""
    own: dict[str | None, list[Problem]] = {lockfile.path: [] for lockfile in lockfiles}
    rest: list[Problem] = []
    for problem in problems:
        own.get(problem.lockfile, rest).append(problem)
    return tuple(f._replace(problems=(*f.problems, *own[f.path])) if own[f.path] else f for f in lockfiles), tuple(rest)


def look_up(lockfiles: Sequence[Lockfile], config: Config, context: Context) -> Knowledge:
    """What the sources know of all releases. One that a snapshot covers is asked about nowhere else."""
    context = _dated(context)
    wanted = [_wanted(lockfile, release) for lockfile in lockfiles for release in lockfile.releases]
    online = context.fetch is not None
    known = enrich(wanted, registry.sources("first", online=online) if context.snapshots else [], context)
    rest = [w for w in wanted if w not in known.facts] if known.facts else wanted
    if not rest:
        return known
    main = registry.sources("main", online=online, third_party=config.third_party, also=config.sources)
    return enrich(rest, main, context, known)


def _dated(context: Context) -> Context:
    """`context` with the day that its snapshots tell of, unless another is asked for: what is looked up beside them has
    to be of the same day."""
    return context._replace(as_of=context.as_of or max((s.as_of for s in context.snapshots if s.as_of), default=None))


def _wanted(lockfile: Lockfile, release: Release) -> Wanted:
    return Wanted(release, lockfile.path, lockfile.indexes)


def complete_all(lockfiles: Sequence[Lockfile], knowledge: Knowledge | None = None) -> tuple[Lockfile, ...]:
    """`lockfiles` with the edges that manifests tell, and the direct dependencies that their shape tells."""
    result = []
    for lockfile in lockfiles:
        if knowledge is not None and lockfile.open:
            wanted = [_wanted(lockfile, release) for release in lockfile.releases if release.id in lockfile.open]
            facts = {w.release.id: knowledge.facts[w] for w in wanted if w in knowledge.facts}
            lockfile = complete.from_manifests(lockfile, facts)  # noqa: PLW2901 - the same lockfile, one step on
        result.append(complete.direct(lockfile))
    return tuple(result)


def analyse(paths: Sequence[str], config: Config, context: Context, version: str) -> Run:
    """The whole answer about the lockfiles under `paths`."""
    lockfiles, problems = read(paths)
    knowledge = look_up(lockfiles, config, context)
    lockfiles = complete_all(lockfiles, knowledge)
    graphs = [DependencyGraph(lockfile, prod=config.prod) for lockfile in lockfiles]
    measures = [graph.measures() for graph in graphs]
    if config.inspect:
        busy = [
            (-m.dependents.point, _wanted(lockfile, release))
            for lockfile, graph, found in zip(lockfiles, graphs, measures, strict=True)
            for release, m in zip(graph.releases, found, strict=True)
        ]
        busy.sort(key=lambda b: (b[0], b[1].release.id, b[1].lockfile))
        knowledge = _inspect(busy, config.inspect, knowledge, context)
    model = registry.model(config.model)
    traced = []
    for lockfile, graph, found in zip(lockfiles, graphs, measures, strict=True):
        facts = [knowledge.facts.get(_wanted(lockfile, release), {}) for release in graph.releases]
        packages = _scored(graph, found, facts, model, config)
        traced.append(Traced(_project(lockfile, graph, packages, knowledge.problems, config), graph))
    projects = tuple(t.project for t in traced)
    total = judge.together(projects, config)
    run_problems = _sorted((*problems, *(p for p in knowledge.problems if p.lockfile is None)))
    analysis = Analysis(
        version=version,
        made_at=max((f.observed for p in projects for s in p.packages for f in s.facts.values()), default=None),
        as_of=_dated(context).as_of,
        config=_said(config),
        snapshots=config.snapshots,
        hosts=tuple(sorted(knowledge.hosts)),
        projects=projects,
        problems=run_problems,
        summary=total,
        coverage=_coverage([s for s in judge.distinct(projects) if s.release.kind == "registry"]),
        verdict=judge.verdict(projects, total, run_problems, config),
    )
    return Run(analysis, tuple(traced), knowledge)


def _inspect(busy: Sequence[tuple[float, Wanted]], most: int, knowledge: Knowledge, context: Context) -> Knowledge:
    """Has the files of the `most` highest-reach releases counted, of those whose size nobody knows."""
    chosen = [
        w
        for _, w in busy
        if w in knowledge.archives
        and not any(measured(knowledge.facts.get(w, {}), name) for name in ("lines", "bytes"))
    ][:most]
    context = context._replace(archives={w: knowledge.archives[w] for w in chosen})
    return enrich(chosen, registry.sources("last", online=context.fetch is not None), context, knowledge)


def _scored(
    graph: DependencyGraph, measures: Sequence[Measures], facts: Sequence[Facts], model: Scorer, config: Config
) -> tuple[Scored, ...]:
    total = len(graph.releases)
    packages = [
        Scored(release, m, known, model.score(release.ecosystem, m, known, total, config.score))
        for release, m, known in zip(graph.releases, measures, facts, strict=True)
    ]
    packages.sort(key=lambda s: (-s.score.point, -s.score.lower, s.release.id))
    return tuple(packages)


def _project(
    lockfile: Lockfile,
    graph: DependencyGraph,
    packages: tuple[Scored, ...],
    problems: Sequence[Problem],
    config: Config,
) -> Project:
    own = [*lockfile.problems, *_unreached(lockfile, packages), *_unpinned(lockfile), *_unknown_edges(lockfile)]
    own.extend(p for p in problems if p.lockfile == lockfile.path)
    registered = [s for s in packages if s.release.kind == "registry"]
    project = Project(
        lockfile=lockfile,
        packages=packages,
        findings=(),
        problems=_sorted(own),
        coverage=_coverage(registered),
        summary=judge.summary(packages, graph.edge_count(), len(graph.direct), config.score),
    )
    rules = {name: registry.rule(name) for name in registry.RULES}

    def paths(release: str) -> tuple[tuple[str, ...], ...]:
        found = graph.paths(release, limit=_PATHS).paths
        return tuple((p[0].dependent, *(step.dependency for step in p)) for p in found)

    return project._replace(findings=judge.findings(project, rules, paths))


def _coverage(registered: Sequence[Scored]) -> Mapping[str, float]:
    """For each fact, and for any size, the share of registry releases that it is known for."""
    if not registered:
        return {}
    counts = dict.fromkeys((*FACTS, "size"), 0)
    for scored in registered:
        if scored.facts:
            for name in scored.facts:
                if name in FACTS:  # a snapshot of a newer depfrag may have others
                    counts[name] += measured(scored.facts, name) is not None
            counts["size"] += any(measured(scored.facts, name) for name in SIZES)
    return {name: found / len(registered) for name, found in sorted(counts.items())}


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Problems in an order that does not depend on who told of them first, each once."""
    return tuple(
        sorted(set(problems), key=lambda p: (p.code, p.package or "", p.line or 0, p.lockfile or "", p.message))
    )


def _unreached(lockfile: Lockfile, packages: Sequence[Scored]) -> list[Problem]:
    lost = sorted(s.release.id for s in packages if not s.measures.reached)
    if not lost:
        return []
    shown = ", ".join(lost[:_NAMED]) + (", …" if len(lost) > _NAMED else "")
    text = f"{len(lost):,} releases that nothing in the project needs: {shown}"
    return [Problem("unreached", "info", text, lockfile.path)]


def _unpinned(lockfile: Lockfile) -> list[Problem]:
    count = sum(r.version is None and r.kind == "registry" for r in lockfile.releases)
    if not count:
        return []
    text = f"the file pins no version of {count:,} of its {len(lockfile.releases):,} releases: nothing can be known of"
    return [Problem("unpinned", "warning", f"{text} them until it does", lockfile.path)]


def _unknown_edges(lockfile: Lockfile) -> list[Problem]:
    if not lockfile.open:
        return []
    text = f"the file does not say what {len(lockfile.open):,} of its {len(lockfile.releases):,} releases need"
    text += " (flat): numbers of dependents are bounds"
    return [Problem("flat", "warning", text, lockfile.path)]


def _said(config: Config) -> Mapping[str, FactValue]:
    """The settings that change numbers."""
    return {"model": config.model, "prod": config.prod, "score": dict(config.score._asdict())}
