"""``depfrag snapshot``: writes the facts of a run to one file, and shows what such a file holds."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from depfrag import api, jsontext, snapshot, wording
from depfrag.cli import edges
from depfrag.errors import ConfigError
from depfrag.visible import visible

if TYPE_CHECKING:
    from depfrag.cli.argv import Call
    from depfrag.snapshot import Snapshot


def write(call: Call) -> int:
    """Writes the facts about the lockfiles under the paths; those that nobody knows anything about are listed too."""
    output = call.text("output")
    if not output:
        raise ConfigError("name the file to write", where="--output", hint="depfrag snapshot write PATH -o FILE")
    paths = call.texts("paths")
    config = edges.configured(call, paths)
    run = api.run(paths, config, os.environ, edges.notifier(call))
    facts = {s.release.id: s.facts for p in run.analysis.projects for s in p.packages}
    made = snapshot.Snapshot(run.analysis.made_at, run.analysis.as_of, facts)
    edges.write(snapshot.encode(made), output)
    if not call.flag("quiet"):
        edges.say(f"{output}: {_known(made)}")
    return 0


def show(call: Call) -> int:
    """Shows the facts in a snapshot."""
    path = call.text("file")
    form = call.text("format", "terminal")
    if form not in ("terminal", "json"):
        raise ConfigError(f"{form!r} is not terminal or json", where="--format")
    held = api.load_snapshot(path)
    edges.write(_json(held) if form == "json" else _text(path, held), None)
    return 0


def _known(held: Snapshot) -> str:
    known = sum(bool(facts) for facts in held.facts.values())
    return f"facts about {known:,} of {len(held.facts):,} releases"


def _text(path: str, held: Snapshot) -> str:
    when = f", as of {held.as_of}" if held.as_of else ""
    lines = [f"{path}: {_known(held)}, made {held.made_at}{when}"]
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
            "made_at": jsontext.quote(held.made_at),
            "as_of": jsontext.maybe(held.as_of),
            "releases": releases,
        }
    )
