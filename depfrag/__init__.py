"""depfrag: which tiny, few-handed packages a project leans on, who could break it, what would break, and what to do.

The names below are what notebooks and programs import; each is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from depfrag.api import analyse, draw, scan
    from depfrag.errors import (
        ConfigError,
        DepfragError,
        LockfileError,
        MissingExtraError,
        NotFoundError,
        SourceError,
    )
    from depfrag.graph import DependencyGraph
    from depfrag.model import Analysis
    from depfrag.version import __version__

__all__ = [
    "Analysis",
    "ConfigError",
    "DependencyGraph",
    "DepfragError",
    "LockfileError",
    "MissingExtraError",
    "NotFoundError",
    "SourceError",
    "__version__",
    "analyse",
    "draw",
    "scan",
]

_WHERE = {
    "Analysis": "model",
    "DependencyGraph": "graph",
    "__version__": "version",
    "analyse": "api",
    "draw": "api",
    "scan": "api",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module 'depfrag' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"depfrag.{_WHERE.get(name, 'errors')}"), name)
