"""``depfrag plugins``: what can be named on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag import registry
from depfrag.cli import streams

if TYPE_CHECKING:
    from depfrag.cli.argv import Call
    from depfrag.registry import SourceOf


def run(call: Call) -> int:  # noqa: ARG001 - every command takes its call
    """Runs the command and returns its exit code."""
    kinds = {
        "lockfiles": [f"{form.name} ({', '.join(form.patterns)})" for form in registry.LOCKFILES],
        "sources": [f"{name}{_about(source)}" for name, source in registry.SOURCES.items()],
        "models": list(registry.MODELS),
        "rules": list(registry.RULES),
        "reports": list(registry.REPORTS),
        "graphs": list(registry.GRAPHS),
        "plots": list(registry.PLOTS),
    }
    streams.write("".join(f"{kind}\n" + "".join(f"  {name}\n" for name in names) for kind, names in kinds.items()))
    return 0


def _about(source: SourceOf) -> str:
    """Who is asked for what."""
    when = "; not with --no-third-party" * source.third_party if source.usual else "; only with --source"
    return f" ({source.about}{when})" if source.about else ""
