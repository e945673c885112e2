"""Every error that depfrag raises on purpose.

DepfragError
├── ConfigError        a setting that cannot be used
├── LockfileError      a lockfile that cannot be read
├── SourceError        a service, file or cache of facts that is gone altogether
├── NotFoundError      a package, path or plugin that was asked for and is not there
└── MissingExtraError  a feature whose optional dependency is not installed

Each message says what happened, where, and what to do. Only ``depfrag.cli`` catches them.
"""

from __future__ import annotations


class DepfragError(Exception):
    """The base of all errors that a user can cause or mend."""


class ConfigError(DepfragError):
    """A setting that cannot be used: `where` names its file, option or variable."""

    def __init__(self, reason: str, *, where: str = "", hint: str = "") -> None:
        self.reason, self.where, self.hint = reason, where, hint
        super().__init__(_join(where, reason, hint))


class LockfileError(DepfragError):
    """A lockfile that cannot be read: `path` and `where` (a line or a key) say which part of it."""

    def __init__(self, path: str, reason: str, *, where: str | int | None = None, hint: str = "") -> None:
        self.path, self.where, self.reason, self.hint = path, where, reason, hint
        place = path if where is None else f"{path}:{where}" if isinstance(where, int) else f"{path}: {where}"
        super().__init__(_join(place, reason, hint))


class SourceError(DepfragError):
    """A source of facts that cannot answer at all; a single unanswerable package is a problem, not an error."""

    def __init__(self, source: str, reason: str, *, hint: str = "") -> None:
        self.source, self.reason, self.hint = source, reason, hint
        super().__init__(_join(source, reason, hint))


class NotFoundError(DepfragError):
    """Something the user named that does not exist; `nearest` are the closest names that do."""

    def __init__(self, what: str, name: str, *, nearest: tuple[str, ...] = ()) -> None:
        self.what, self.name, self.nearest = what, name, nearest
        hint = f"did you mean {' or '.join(repr(n) for n in nearest)}?" if nearest else ""
        super().__init__(_join("", f"there is no {what} {name!r}", hint))


class MissingExtraError(DepfragError):
    """An optional dependency that is not installed."""

    def __init__(self, feature: str, extra: str) -> None:
        self.feature, self.extra = feature, extra
        super().__init__(f"{feature} needs an optional dependency: pip install 'depfrag[{extra}]'")


def _join(place: str, reason: str, hint: str) -> str:
    text = f"{place}: {reason}" if place else reason
    return f"{text}; {hint}" if hint else text
