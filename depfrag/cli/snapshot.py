"""``depfrag snapshot``: writes the facts of a run to one file, and shows what such a file holds."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from depfrag import api, jsontext, snapshot, wording
from depfrag.cli import edges, streams
from depfrag.errors import ConfigError
from depfrag.facts import best
from depfrag.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depfrag.cli.argv import Call
    from depfrag.model import Facts, Problem
    from depfrag.pipeline import Run
    from depfrag.snapshot import Snapshot


def write(call: Call) -> int:
    """Writes the facts about the lockfiles under the paths; those that nobody knows anything about are listed too."""
    output = call.text("output")
    if not output:
        raise ConfigError("name the file to write", where="--output", hint="depfrag snapshot write PATH -o FILE")
    paths = call.texts("paths")
    config = edges.configured(call, paths)
    run = api.run(paths, config, os.environ, edges.notifier(call))
    made = _snapshot(run)
    streams.write(snapshot.encode(made), output)
    if not call.flag("quiet"):
        streams.say(f"{output}: {_known(made)}")
    return edges.unread(run.analysis.problems)


def _snapshot(run: Run) -> Snapshot:
    """What a run learned, about every release of its lockfiles: all that any of them knows of it, and what one of them
    knows of it alone."""
    places = [(one.project.lockfile.path, r.id) for one in run.traced for r in one.project.lockfile.releases]
    found: dict[tuple[str, str], Facts] = {place: {} for place in places}
    found.update(((wanted.lockfile, wanted.release.id), known) for wanted, known in run.knowledge.facts.items())
    facts: dict[str, Facts] = {}
    for place, known in found.items():
        facts[place[1]] = best((facts.get(place[1], {}), known))
    days = [fact.observed for known in facts.values() for fact in known.values()]
    return snapshot.Snapshot(
        made_at=max(days, default=None),
        as_of=run.analysis.as_of,
        facts=facts,
        hosts=run.knowledge.hosts,
        problems=_shared(run.knowledge.problems, Counter(release for _, release in places)),
        own={place: known for place, known in found.items() if known != facts[place[1]]},
    )


def _shared(problems: Sequence[Problem], lockfiles: Mapping[str, int]) -> tuple[Problem, ...]:
    """`problems` without the lockfile where every lockfile that has the release has them; `lockfiles` counts these."""
    bare = {p: p._replace(lockfile=None, line=None) for p in problems}
    times = Counter(bare.values())
    return tuple(b if times[b] >= lockfiles.get(p.package or "", 0) else p for p, b in bare.items())


def show(call: Call) -> int:
    """Shows the facts in a snapshot."""
    path = call.text("file")
    form = call.text("format", "terminal")
    if form not in ("terminal", "json"):
        raise ConfigError(f"{form!r} is not terminal or json", where="--format")
    held = api.load_snapshot(path)
    streams.write(_json(held) if form == "json" else _text(path, held))
    return 0


def merge(call: Call) -> int:
    """Makes one snapshot of several, which are of the same day where they are of one."""
    output, files = call.text("output"), call.texts("files")
    if not output:
        raise ConfigError("name the file to write", where="--output", hint="depfrag snapshot merge FILE FILE -o FILE")
    held = [api.load_snapshot(file) for file in files]
    for file, one in zip(files, held, strict=True):
        if one.as_of != held[0].as_of:
            days = f"{one.as_of or 'no day in particular'}, {files[0]} of {held[0].as_of or 'no day in particular'}"
            raise ConfigError(f"it tells the facts of {days}: they cannot be one", where=file)
    made = snapshot.merge(held)
    streams.write(snapshot.encode(made), output)
    if not call.flag("quiet"):
        streams.say(f"{output}: {_known(made)}")
    return 0


def _known(held: Snapshot) -> str:
    known = sum(bool(facts) for facts in held.facts.values())
    return f"facts about {known:,} of {len(held.facts):,} releases"


def _text(path: str, held: Snapshot) -> str:
    when = f", as of {held.as_of}" if held.as_of else ""
    lines = [f"{path}: {_known(held)}, up to {held.made_at or 'no day'}{when}"]
    lines.extend(wording.host(host) for host in held.hosts)
    lines.extend(f"! {p.package or 'all'}: {p.message}" for p in held.problems)
    for release, facts in sorted(held.facts.items()):
        lines.append(f"{release}{'' if facts else '  nothing known'}")
        lines.extend(
            f"  {name}: {wording.fact(fact.value)}  ({fact.grade}, {fact.observed}, {fact.source})"
            for name, fact in sorted(facts.items())
        )
    return "\n".join(visible(line) for line in lines) + "\n"


def _json(held: Snapshot) -> str:
    releases = [
        jsontext.encode({"id": release, "facts": {n: f._asdict() for n, f in sorted(facts.items())}})
        for release, facts in sorted(held.facts.items())
    ]
    return jsontext.document(
        {
            "schema": jsontext.quote(snapshot.SCHEMA),
            "made_at": jsontext.maybe(held.made_at),
            "as_of": jsontext.maybe(held.as_of),
            "hosts": [jsontext.encode(host._asdict()) for host in held.hosts],
            "problems": jsontext.problems(held.problems),
            "releases": releases,
        }
    )
