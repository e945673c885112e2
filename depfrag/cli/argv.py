"""Reads plain command lines without Typer, whose import takes longer than a scan; anything else it leaves to Typer.

Plain is: a command of the table, its options spelled out in full, values present, no help asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from depfrag.cli.options import Command, Option

    Value = bool | str | tuple[str, ...] | None


class Call(NamedTuple):
    """A command with its arguments and options by name; what was not given is None, False or ()."""

    command: Command
    values: Mapping[str, Value]

    def text(self, name: str, default: str = "") -> str:
        """The value of an option or argument that is one text."""
        value = self.values.get(name)
        return value if isinstance(value, str) else default

    def texts(self, name: str) -> tuple[str, ...]:
        """The values of an option or argument that can be given again."""
        value = self.values.get(name)
        return value if isinstance(value, tuple) else ()

    def flag(self, name: str) -> bool:
        """Whether a flag was given."""
        return self.values.get(name) is True


def read(argv: Sequence[str], commands: Sequence[Command]) -> Call | None:
    """The call that `argv` makes; None where Typer has to look at it."""
    for command in commands:
        words = command.name.split()
        if list(argv[: len(words)]) == words:
            return _call(command, argv[len(words) :])
    return None


def empty(command: Command) -> dict[str, Value]:
    """The values of a call that gives nothing."""
    values: dict[str, Value] = {
        o.name: False if o.kind == "flag" else () if o.kind == "many" else None for o in command.options
    }
    values.update((a.name, a.default if a.many else None) for a in command.arguments)
    return values


def _call(command: Command, words: Sequence[str]) -> Call | None:
    options = {f"--{o.name}": o for o in command.options}
    options.update((f"-{o.short}", o) for o in command.options if o.short)
    values = empty(command)
    free: list[str] = []
    rest = iter(words)
    for word in rest:
        if not word.startswith("-") or word == "-":
            free.append(word)
            continue
        name, equals, value = word.partition("=") if word.startswith("--") else (word, "", "")
        option = options.get(name)
        if option is None or not _take(option, value if equals else None, rest, values):
            return None
    return Call(command, values) if _fill(command, free, values) else None


def _take(option: Option, given: str | None, rest: object, values: dict[str, Value]) -> bool:
    """Sets an option, with the word that follows it where it needs one; False where something is odd."""
    if option.kind == "flag":
        values[option.name] = True
        return given is None
    value = given if given is not None else next(rest, None)  # type: ignore[call-overload]  # an iterator of words
    if not isinstance(value, str) or (given is None and value.startswith("-")):
        return False
    before = values[option.name]
    values[option.name] = (*before, value) if isinstance(before, tuple) else value
    return True


def _fill(command: Command, free: Sequence[str], values: dict[str, Value]) -> bool:
    arguments = command.arguments
    if len(arguments) == 1 and arguments[0].many:
        if free:
            values[arguments[0].name] = tuple(free)
        return bool(free) or arguments[0].default is not None
    if len(free) != len(arguments):
        return False
    values.update(zip((a.name for a in arguments), free, strict=True))
    return True
