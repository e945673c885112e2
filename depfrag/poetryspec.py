"""Version constraints as poetry writes them (``^1.2 || ~=3.4, !=3.5``): what they allow, and as markers for Python."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

from packaging.version import InvalidVersion, Version

_MAX_CHARACTERS = 1_000
_SEPARATOR = re.compile(r"(?<=[^\^~=><! ,])[ ,]+")
"""Between two constraints that both must hold; a space after an operator is none."""
_CLAUSE = re.compile(r"(\^|~=|~|={1,3}|!=|[<>]=?)?\s*+(.*?)((?:\.[*xX])*)\Z", re.DOTALL)
_ANY = re.compile(r"v?[xX*](?:\.[xX*])*+\Z")


class Range(NamedTuple):
    """Versions between two ends; None is no end."""

    low: Version | None = None
    high: Version | None = None
    with_low: bool = False
    with_high: bool = False
    with_posts: bool = False
    """Above its lower end are also the post-releases of that: ">1" leaves them out, "!=1" by itself does not."""

    def allows(self, version: Version) -> bool:
        """Whether `version` lies between the ends, as PEP 440 compares them."""
        return self._above(version) and self._below(version)

    def _above(self, version: Version) -> bool:
        if self.low is None:
            return True
        if self.low.local is None and version.local is not None:
            version = Version(version.public)
        if not (self.with_low or self.with_posts) and version.is_postrelease and not self.low.is_postrelease:
            # As in PEP 440: "1.0.post1" is not above 1.0.
            version = Version(re.sub(r"\.post\d+(\.dev\d+)?", "", str(version)))
        return version > self.low or (self.with_low and version == self.low)

    def _below(self, version: Version) -> bool:
        if self.high is None:
            return True
        if self.high.local is None and version.local is not None:
            version = Version(version.public)
        return version < self.high or (self.with_high and version == self.high)


Constraint: TypeAlias = "tuple[tuple[tuple[Range, ...], ...], ...]"
"""One of its members holds: of each part of it, one range."""


def constraint(text: str) -> Constraint | None:
    """What `text` says; None where it is no constraint."""
    if len(text) > _MAX_CHARACTERS:
        return None
    found = []
    for alternative in re.split(r"\|\|?", text.strip().removeprefix("(").removesuffix(")")):
        clauses = _SEPARATOR.split(alternative.strip(" ,"))
        known = [part for clause in clauses if (part := _ranges(clause)) is not None]
        if len(known) < len(clauses):
            return None
        if len(known) > 1:
            known = [tuple(r._replace(with_posts=False) for r in part) for part in known]
        found.append(tuple(known))
    return tuple(found)


def allows(wanted: Constraint, version: Version) -> bool:
    """Whether `version` is one that the constraint allows."""
    return any(all(any(r.allows(version) for r in part) for part in parts) for parts in wanted)


def python_marker(text: str) -> str | None:
    """The marker that the constraint `text` on Python's version stands for; None for any version, or no constraint."""
    alternatives = []
    for parts in constraint(text) or ():
        terms = [_joined(" or ", [_marker(r) for r in part]) for part in parts]
        alternatives.append(_joined(" and ", [term for term in terms if term]))
    if not all(alternatives):
        return None
    return _joined(" or ", alternatives) or None


def _joined(word: str, terms: list[str]) -> str:
    if len(terms) < 2:
        return "".join(terms)
    return word.join(f"({term})" if " and " in term or " or " in term else term for term in terms)


def _marker(allowed: Range) -> str:
    low, high = allowed.low, allowed.high
    if low is not None and low == high:
        return f'{_variable(low)} == "{low}"'
    terms = []
    if low is not None:
        terms.append(_bound(low, ">=" if allowed.with_low else ">"))
    if high is not None:
        terms.append(_bound(high, "<=" if allowed.with_high else "<"))
    return " and ".join(terms)


def _bound(version: Version, operator: str) -> str:
    stable = ".".join(map(str, version.release))
    if operator in (">", "<=") and len(version.release) < 3:
        # python_version has two parts only: 3.6.1 is above 3.6, and "python_version > '3.6'" would not hold for it.
        return f'python_full_version {operator} "{stable}{".0" * (3 - len(version.release))}"'
    return f'{_variable(version)} {operator} "{stable}"'


def _variable(version: Version) -> str:
    return "python_version" if len(version.release) < 3 else "python_full_version"


def _ranges(clause: str) -> tuple[Range, ...] | None:
    """The ranges of a constraint without commas and bars; None where it is none."""
    if _ANY.match(clause):
        return (Range(),)
    found = _CLAUSE.match(clause) if clause else None
    if found is None:
        return None
    operator, text, wild = found.groups()
    try:
        version = Version(text)
    except (InvalidVersion, ValueError):
        return None
    if wild and operator in (None, "=", "==", "!="):
        return _wildcard(version, inverted=operator == "!=")
    return None if wild and operator in ("^", "~", "~=") else _compared(operator, version)


def _compared(operator: str | None, version: Version) -> tuple[Range, ...]:
    match operator:
        case "^" | "~" | "~=":
            found = Range(version, _before(_next(operator, version)), with_low=True)
        case "<" | "<=":
            exact = operator == "<="
            found = Range(None, version if exact else _before(version), with_high=exact)
        case ">" | ">=":
            found = Range(version, with_low=operator == ">=")
        case "!=":
            return Range(None, version), Range(version, with_posts=True)
        case _:
            found = Range(version, version, with_low=True, with_high=True)
    return (found,)


def _wildcard(version: Version, *, inverted: bool) -> tuple[Range, ...] | None:
    if version != _released(version, version.release):
        return None
    low = _before(version)
    high = _before(_released(version, (*version.release[:-1], version.release[-1] + 1)))
    return (Range(None, low), Range(high, with_low=True)) if inverted else (Range(low, high, with_low=True),)


def _next(operator: str, version: Version) -> Version:
    """The first release that ``^``, ``~`` or ``~=`` with `version` does not allow any more."""
    parts = version.release
    match operator:
        case "^":
            at = next((i for i, part in enumerate(parts[:3]) if part), min(len(parts), 3) - 1)
        case "~":
            at = min(1, len(parts) - 1)
        case _:
            at = max(0, len(parts) - 2)
    return _released(version, (*parts[:at], parts[at] + 1))


def _before(version: Version) -> Version:
    """Where what is below a release ends: a pre-release of it is not below it."""
    return version if version.is_prerelease else Version(f"{version.public}.dev0")


def _released(version: Version, release: tuple[int, ...]) -> Version:
    return Version(f"{version.epoch}!{'.'.join(map(str, release))}")
