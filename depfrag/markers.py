"""Environment markers as conditions of edges: joined, taken apart, and asked whether two can hold at once."""

from __future__ import annotations

import operator as operators
import re
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag.identity import python_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

_OPERAND = r"""[a-z_.]+|"[^"]*"|'[^']*'"""
_OPERATOR = r"[<>=!~]+|\bin\b|\bnot\s+in\b"
_TOKEN = re.compile(rf"\s*+(?:([()])|(and|or)\b|((?:{_OPERAND})\s*(?:{_OPERATOR})\s*(?:{_OPERAND})))")
_COMPARISON = re.compile(rf"({_OPERAND})\s*({_OPERATOR})\s*({_OPERAND})")
_VERSION = re.compile(r"(\d{1,6}(?:\.\d{1,6}){0,2})(?:(\.\*)|(?:a|b|c|rc|\.?dev)\d{1,6})?\Z")
_ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operators.eq, "===": operators.eq, "!=": operators.ne, "<": operators.lt, "<=": operators.le,
    ">": operators.gt, ">=": operators.ge,
}  # fmt: skip
_ORDERS_OF_FINAL: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": lambda _, __: False, "!=": lambda _, __: True, "<": operators.lt, "<=": operators.lt,
    ">": operators.ge, ">=": operators.ge,
}  # fmt: skip
"""How a final release compares with a pre-release, of which only the release that it comes before is given."""
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}

_ALWAYS = "python_version >= '0'"

_MAX_CHARACTERS = 2_000
_MAX_DEPTH = 50
_MAX_WORLDS = 500
"""Environments that one question is tried in."""
_MAX_COMPARED = 300_000
"""Comparisons made for all questions together: about a second."""


def both(*conditions: str | None) -> str | None:
    """The condition that all of `conditions` hold; None, a condition that always holds, adds nothing."""
    terms = list(dict.fromkeys(c for c in conditions if c))
    if len(terms) < 2:
        return terms[0] if terms else None
    return " and ".join(f"({term})" if " or " in term else term for term in terms)


def either(conditions: Iterable[str | None]) -> str | None:
    """The condition that one of `conditions` holds; None where one of them always does."""
    known = set(conditions)
    return None if None in known else " or ".join(sorted(c for c in known if c)) or None


def given(marker: str, extras: Collection[str] | None) -> tuple[bool, str | None]:
    """Whether `marker` can hold where exactly these `extras`, normalised, are asked for, and what is left of it then.

    Where `extras` is None, whichever it names are asked for. A marker that cannot be read is left as it is.
    """
    tree = _tree(marker) if "extra" in marker else None
    if tree is None:
        return True, marker
    value = _value(tree, partial(_without_extra, extras))
    return (value, None) if isinstance(value, bool) else (True, value)


def _without_extra(extras: Collection[str] | None, comparison: _Comparison) -> bool | str:
    if comparison.name != "extra" or comparison.operator not in ("==", "!="):
        return comparison.text
    asked = extras is None or python_name(comparison.value) in extras
    return asked == (comparison.operator == "==")


class Overlaps:
    """Tells whether two conditions can hold in one environment; where it cannot tell, they can.

    Tried is every combination of the values that the two conditions name and of others.
    """

    def __init__(self) -> None:
        self._trees: dict[str, _Tree | None] = {}
        self._held: dict[tuple[str, str], bool] = {}
        """What comparisons come to, by the value of their variable."""
        self._known: dict[tuple[str, str], bool] = {}
        self._taken: dict[tuple[str | None, tuple[str | None, ...]], tuple[int, ...]] = {}
        self._left = _MAX_COMPARED

    def __call__(self, one: str | None, other: str | None) -> bool:
        if not one or not other or one == other:
            return True
        pair = (min(one, other), max(one, other))
        if pair not in self._known:
            self._known[pair] = self._tried(*pair)
        return self._known[pair]

    def taken(self, where: str | None, choices: tuple[str | None, ...]) -> tuple[int, ...]:
        """The numbers of those of `choices`, best first, that are the best to hold somewhere where `where` holds.

        Where it cannot be told, all that can hold there.
        """
        if (where, choices) not in self._taken:
            self._taken[where, choices] = tuple(self._best(where, choices))
        return self._taken[where, choices]

    def _tried(self, one: str, other: str) -> bool:
        trees = self._tree(one), self._tree(other)
        if trees[0] is None or trees[1] is None:
            return True
        comparisons = [*_comparisons(trees[0]), *_comparisons(trees[1])]
        for world in _worlds(comparisons):
            self._left -= len(comparisons)
            if _value(trees[0], partial(self._holds, world)) and _value(trees[1], partial(self._holds, world)):
                return True
        return False

    def _best(self, where: str | None, choices: Sequence[str | None]) -> Sequence[int]:
        trees = [self._tree(text or _ALWAYS) for text in (where, *choices)]
        known = [tree for tree in trees if tree is not None]
        comparisons = [comparison for tree in known for comparison in _comparisons(tree)]
        worlds = list(_worlds(comparisons)) if len(known) == len(trees) else [{}]
        self._left -= len(worlds) * len(comparisons)
        if worlds == [{}]:
            return [i for i, choice in enumerate(choices) if self(where, choice)]
        taken: set[int] = set()
        for world in worlds:
            if _value(known[0], partial(self._holds, world)):
                best = (i for i, tree in enumerate(known[1:]) if _value(tree, partial(self._holds, world)))
                taken.update([next(best, -1)])
        return sorted(taken - {-1})

    def _tree(self, marker: str) -> _Tree | None:
        """What a marker says; None where it is none, and when enough has been compared."""
        if marker not in self._trees:
            self._left -= len(marker) // 8
            self._trees[marker] = _tree(marker)
        self._left -= 4
        return self._trees[marker] if self._left > 0 else None

    def _holds(self, world: Mapping[str, str], comparison: _Comparison) -> bool:
        """Whether a comparison holds in an environment; where it cannot be told, it does."""
        name = comparison.name
        actual = world.get("python_full_version" if name == "python_version" else name)
        if actual is None:
            return True
        known = self._held.get((comparison.text, actual))
        if known is None:
            known = self._held[comparison.text, actual] = _holds(comparison, actual)
        return known


# -- reading a marker ------------------------------------------------------------------------------------------------


class _Comparison(NamedTuple):
    """What a marker compares a variable with; the value stands to the right of the operator."""

    name: str
    operator: str
    value: str
    text: str


class _Tree(NamedTuple):
    """Comparisons of which all must hold, or one."""

    every: bool
    parts: tuple[_Tree | _Comparison, ...]


def _tree(marker: str) -> _Tree | None:
    """What a marker says; None where it is none, or longer or nested deeper than markers are."""
    pieces, at, depth = [], 0, 0
    text = marker.rstrip()
    while at < len(text) <= _MAX_CHARACTERS:
        match = _TOKEN.match(text, at)
        if match is None or depth > _MAX_DEPTH:
            return None
        at = match.end()
        pieces.append(match[1] or match[2] or match[3])
        depth += (match[1] == "(") - (match[1] == ")")
    pieces.reverse()
    tree = _alternatives(pieces)
    return None if pieces or at < len(text) else tree


def _alternatives(pieces: list[str]) -> _Tree | None:
    """What `pieces`, last first, say up to the end or to a parenthesis that closes; these are taken away."""
    found = [_conjunction(pieces)]
    while pieces and pieces[-1] == "or":
        pieces.pop()
        found.append(_conjunction(pieces))
    known = tuple(tree for tree in found if tree is not None)
    return _Tree(every=False, parts=known) if len(known) == len(found) else None


def _conjunction(pieces: list[str]) -> _Tree | None:
    found = [_part(pieces)]
    while pieces and pieces[-1] == "and":
        pieces.pop()
        found.append(_part(pieces))
    known = tuple(part for part in found if part is not None)
    return _Tree(every=True, parts=known) if len(known) == len(found) else None


def _part(pieces: list[str]) -> _Tree | _Comparison | None:
    piece = pieces.pop() if pieces else ""
    if piece == "(":
        inner = _alternatives(pieces)
        return inner if pieces and pieces.pop() == ")" else None
    found = _COMPARISON.fullmatch(piece)
    if found is None:
        return None
    left, operator, right = found.groups()
    operator = " ".join(operator.split())
    if left[0] not in "\"'":
        return _Comparison(left, operator, right.strip("\"'"), piece)
    # As in "'win' in sys_platform": there is a word for that with the variable first, but for "in".
    return _Comparison(right, _MIRRORED.get(operator, operator), left.strip("\"'"), piece)


def _comparisons(tree: _Tree) -> Iterator[_Comparison]:
    for part in tree.parts:
        if isinstance(part, _Tree):
            yield from _comparisons(part)
        else:
            yield part


def _value(tree: _Tree, term: Callable[[_Comparison], bool | str]) -> bool | str:
    """What a marker comes to: true, false, or what `term` leaves of its comparisons."""
    left: list[str] = []
    for part in tree.parts:
        value = _value(part, term) if isinstance(part, _Tree) else term(part)
        if value is not tree.every and isinstance(value, bool):
            return value
        if isinstance(value, str):
            left.append(value)
    if not left:
        return tree.every
    return both(*left) or "" if tree.every else " or ".join(left)


# -- trying environments ---------------------------------------------------------------------------------------------


def _worlds(comparisons: Sequence[_Comparison]) -> Iterator[dict[str, str]]:
    """The environments that tell apart what `comparisons` say; one without anything where there would be too many."""
    named: dict[str, set[str]] = {}
    for comparison in comparisons:
        named.setdefault(comparison.name, set()).add(comparison.value)
    pythons = named.pop("python_version", set()) | named.pop("python_full_version", set())
    choices = [[("python_full_version", version) for version in _pythons(pythons)]]
    choices += [[(name, value) for value in (*sorted(values), "")] for name, values in sorted(named.items())]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > _MAX_WORLDS:
        choices = []
    for world in product(*choices):
        yield dict(world)


def _pythons(named: set[str]) -> list[str]:
    """Python versions on all sides of those that are named."""
    found = {(3, 12, 1)}
    for text in re.findall(r"(?<![\w.])\d{1,4}(?:\.\d{1,4}){0,2}", " ".join(named)):
        major, minor, patch = (*(int(part) for part in text.split(".")), 0, 0)[:3]
        found.update({(major, minor, patch), (major, minor, patch + 1), (major, minor + 1, 0), (major + 1, 0, 0)})
        found.add((major, minor, patch - 1) if patch else (major, minor - 1, 99) if minor else (major - 1, 99, 99))
    return [".".join(map(str, version)) for version in sorted(found, reverse=True) if version[0] >= 0]


def _holds(comparison: _Comparison, actual: str) -> bool:
    """Whether a comparison holds where its variable is `actual`; where it cannot be told, it does."""
    name, operator, value, text = comparison
    if name in ("python_version", "python_full_version"):
        parts = [int(part) for part in actual.split(".")]
        return _compares(parts[:2] if name == "python_version" else parts, operator, value)
    if operator in ("==", "!="):
        return (actual == value) == (operator == "==")
    if operator in ("in", "not in"):
        inside = value in actual if text[0] in "\"'" else actual == value or actual in value.split()
        return inside == (operator == "in")
    return True


def _compares(actual: list[int], operator: str, value: str) -> bool:
    """Whether a version of Python compares with `value` as PEP 440 has it."""
    if operator in ("in", "not in"):
        among = ".".join(map(str, actual)) in re.split(r"[\s,|]+", value)
        return among == (operator == "in")
    found = _VERSION.match(value)
    is_final = found is None or found.end(1) == len(value) or found[2]
    compare = (_ORDERS if is_final else _ORDERS_OF_FINAL).get(operator)
    if found is None or compare is None:
        return True
    wanted = [int(part) for part in found[1].split(".")]
    if found[2]:
        actual = actual[: len(wanted)]
    length = max(len(actual), len(wanted))
    one, other = (part + [0] * (length - len(part)) for part in (actual, wanted))
    return compare(one, other)
