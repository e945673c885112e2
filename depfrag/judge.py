"""Decides: which findings there are, how much is unknown, and what the run's exit code is. Reports only show it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag import wording
from depfrag.facts import SIZES, best, measured
from depfrag.model import LEVELS, Summary, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from depfrag.config import Config, ScoreSettings
    from depfrag.model import Finding, Problem, Project, Scored
    from depfrag.protocols import Rule

_BANDS = ("critical", "high", "medium", "low")


def findings(
    project: Project, rules: Mapping[str, Rule], paths: Callable[[str], tuple[tuple[str, ...], ...]]
) -> tuple[Finding, ...]:
    """What the rules find in a project, worst first, each with its fingerprint; equals in the order of the rules, and
    as the rule orders them."""
    found = [
        finding._replace(rule=name, fingerprint=_fingerprint(name, finding))
        for name, rule in rules.items()
        for finding in rule.check(project, paths)
    ]
    return tuple(sorted(found, key=lambda f: LEVELS.index(f.level)))


def _fingerprint(rule: str, finding: Finding) -> str:
    """Names a finding across versions and lines: rule, lockfile, subject without its version."""
    from hashlib import sha256  # 5 ms, which a run without findings saves

    subject = finding.subject
    at = subject.find("@", subject.find(":") + 2)
    subject = subject[:at] if at > 0 else subject
    return sha256(f"{rule}\0{finding.lockfile}\0{subject}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def summary(packages: Sequence[Scored], edges: int, direct: int, settings: ScoreSettings) -> Summary:
    """Counts over the releases of a lockfile."""
    bands = dict.fromkeys(_BANDS, 0)
    limits = {"critical": settings.critical, "high": settings.high}
    least = min(limits.values())
    could_be, flagged = dict.fromkeys(limits, 0), dict.fromkeys(limits, 0)
    registry = no_publishers = no_size = known = 0
    total = 0.0
    for release, _, facts, score in packages:
        bands[score.lower_band] += 1
        total += score.point
        whole = score.known > 1 - 1e-9
        known += whole
        for name, limit in limits.items() if score.upper >= least else ():
            could_be[name] += score.lower < limit <= score.upper
            flagged[name] += whole and score.lower >= limit
        if release.kind == "registry":
            registry += 1
            no_publishers += not facts or measured(facts, "publishers") is None
            no_size += not facts or not any(measured(facts, name) for name in SIZES)
    unknown = max(no_publishers, no_size) / registry if registry else 0.0
    return Summary(len(packages), registry, edges, direct, bands, could_be, known, flagged, unknown, total)


def together(projects: Sequence[Project], config: Config) -> Summary:
    """The summary of all projects as one: a release that several lockfiles have counts once."""
    if len(projects) == 1:
        return projects[0].summary
    edges: set[tuple[str, str]] = set()
    direct: set[str] = set()
    for project in projects:
        ids = {scored.release.id for scored in project.packages}
        roots = {root.id for root in project.lockfile.roots}
        for dependent, dependency, kind, *_ in project.lockfile.dependencies:
            if dependency in ids and not (config.prod and kind == "dev"):
                if dependent in ids:
                    edges.add((dependent, dependency))
                elif dependent in roots and kind != "optional":
                    direct.add(dependency)
    return summary(distinct(projects), len(edges), len(direct), config.score)


def distinct(projects: Sequence[Project]) -> Sequence[Scored]:
    """The releases of all projects, each once: with the worst of its scores, and all that is known of it."""
    if len(projects) == 1:
        return projects[0].packages
    found: dict[str, Scored] = {}
    for project in projects:
        for scored in project.packages:
            known = found.setdefault(scored.release.id, scored)
            if known is not scored:
                found[scored.release.id] = _worst(known, scored)
    return list(found.values())


def _worst(one: Scored, other: Scored) -> Scored:
    scores = one.score, other.score
    point, upper = (max(getattr(score, end) for score in scores) for end in ("point", "upper"))
    score = max(scores, key=lambda s: s.lower)._replace(point=point, upper=upper)
    return one._replace(facts=best((one.facts, other.facts)), score=score)


def verdict(projects: Sequence[Project], total: Summary, problems: Iterable[Problem], config: Config) -> Verdict:
    """The exit code of the run and one sentence for people, with the numbers of all projects together.

    3 when a lockfile could not be read, 4 when more is unknown than the configuration allows, 1 when there are findings
    to fail on, else 0; the first that holds.
    """
    if any(p.code == "lockfile" and p.level == "error" for p in problems):
        code = 3
    elif config.max_unknown is not None and any(p.summary.unknown_share > config.max_unknown for p in projects):
        code = 4
    else:
        code = int(any(_fails(p, gate) for p in projects for gate in config.fail_on))
    reported = {f.subject for p in projects for f in p.findings if f.rule == "malicious" and not f.suppressed}
    return Verdict(code, _sentence(total, len(projects), len(reported)))


def _fails(project: Project, gate: str) -> bool:
    if gate == "none":
        return False
    if gate.startswith("score:"):
        return any(scored.score.lower >= float(gate[6:]) for scored in project.packages)
    acting = [f for f in project.findings if not f.suppressed and f.rule != "unknown"]
    if gate in _BANDS:
        return any(LEVELS.index(f.level) <= _BANDS.index(gate) for f in acting)
    return any(f.rule == gate for f in acting)


def _sentence(total: Summary, lockfiles: int, malicious: int) -> str:
    of = f"of {total.releases:,} release{'s' * (total.releases != 1)}"
    of += f" in {lockfiles:,} lockfiles" if lockfiles > 1 else ""
    critical, high = total.bands["critical"], total.bands["high"]
    if not total.releases:
        return "no releases to look at"
    first = f"{critical} critical and {high} high {of}" if critical or high else f"nothing critical or high {of}"
    if malicious:
        first = f"{malicious:,} release{'s' * (malicious != 1)} reported to be malicious; {first}"
    more = f"; {total.could_be['critical']:,}{' more' * (critical > 0)} could be critical"
    unknown = f"; publishers or size are unknown for {wording.share(total.unknown_share)} of them"
    return first + more * (total.could_be["critical"] > 0) + unknown * (total.unknown_share > 0)
