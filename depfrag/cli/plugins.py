"""``depfrag plugins``: what can be named on the command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from depfrag import registry

if TYPE_CHECKING:
    from depfrag.cli.argv import Call


def run(call: Call) -> int:  # noqa: ARG001 - every command takes its call
    """Runs the command and returns its exit code."""
    kinds = {
        "lockfiles": [f"{form.name} ({', '.join(form.patterns)})" for form in registry.LOCKFILES],
        "sources": list(registry.SOURCES),
        "models": list(registry.MODELS),
        "rules": list(registry.RULES),
        "reports": list(registry.REPORTS),
        "graphs": list(registry.GRAPHS),
        "plots": list(registry.PLOTS),
    }
    for kind, names in kinds.items():
        sys.stdout.write(f"{kind}\n" + "".join(f"  {name}\n" for name in names))
    return 0
