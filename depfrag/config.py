"""Settings: one frozen value made of defaults, configuration file, environment and options, in that order."""

from __future__ import annotations

import os.path
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping


class ScoreSettings(NamedTuple):
    """The constants of the left-pad score; README's "What is measured" explains them."""

    reach: float = 0.50
    solitude: float = 0.25
    smallness: float = 0.25
    solitude_floor: float = 0.05
    smallness_floor: float = 0.10
    lines: float = 35
    bytes: float = 4000
    critical: float = 75
    high: float = 65
    medium: float = 50


class Config(NamedTuple):
    """Everything that can be set. `origins` says of each setting where its value comes from."""

    offline: bool = False
    snapshots: tuple[str, ...] = ()
    prod: bool = False
    model: str = "left-pad"
    inspect: int = 0
    max_age: int = 24 * 3600
    max_unknown: float | None = None
    fail_on: tuple[str, ...] = ("high",)
    third_party: bool = True
    sources: tuple[str, ...] = ()
    """Of those that are not usual, the ones to ask."""
    as_of: str | None = None
    score: ScoreSettings = ScoreSettings()
    origins: Mapping[str, str] = {}


class Setting(NamedTuple):
    """One setting as files, variables and options spell it."""

    name: str
    read: Callable[[object], object]
    """Checks and converts a value from TOML or text; raises ValueError with what would be right."""
    many: bool = False
    base: bool = False
    """The value is a path: relative to the file that names it."""


def boolean(value: object) -> bool:
    """A yes or no, as TOML or a variable has it."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("1", "true", "yes", "on", "0", "false", "no", "off"):
        return value.lower() in ("1", "true", "yes", "on")
    raise ValueError("true or false")


def text(value: object) -> str:
    """A text that is not empty."""
    if isinstance(value, str) and value:
        return value
    raise ValueError("a text")


def count(value: object) -> int:
    """A whole number, 0 or more."""
    try:
        number = int(str(value))
    except ValueError:
        number = -1
    if isinstance(value, bool) or number < 0:
        raise ValueError("a whole number, 0 or more")
    return number


def number(value: object) -> float:
    """A finite number, 0 or more."""
    try:
        result = float(str(value))
    except ValueError:
        result = float("nan")
    if isinstance(value, bool) or not 0 <= result < float("inf"):
        raise ValueError("a number, 0 or more")
    return result


def share(value: object) -> float:
    """A share from 0 to 1."""
    result = number(value)
    if result > 1:
        raise ValueError("a share from 0 to 1")
    return result


def duration(value: object) -> int:
    """Seconds."""
    found = re.fullmatch(r"(\d+)\s*([smhdw]?)", str(value).strip())
    if not found or isinstance(value, bool):
        raise ValueError("a duration such as 30m, 24h or 7d")
    return int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}[found[2]]


def day(value: object) -> str:
    """A day, ``YYYY-MM-DD``."""
    from datetime import date

    try:
        return date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise ValueError("a day as YYYY-MM-DD") from None


def gate(rules: Collection[str]) -> Callable[[object], str]:
    """Reads what a run can fail on, `rules` among it."""

    def read(value: object) -> str:
        levels = ("critical", "high", "medium", "low", "none")
        result = text(value)
        if result in levels or result in rules or re.fullmatch(r"score:\d+(\.\d+)?", result):
            return result
        raise ValueError(f"one of {', '.join((*levels, *rules))} or score:N")

    return read


def one_of(names: Collection[str]) -> Callable[[object], str]:
    """Reads one of `names`."""

    def read(value: object) -> str:
        result = text(value)
        if result not in names:
            raise ValueError(f"one of {', '.join(names)}")
        return result

    return read


def table(rules: Collection[str], models: Collection[str], sources: Collection[str]) -> Mapping[str, Setting]:
    """Every setting by name, given the rules and models that there are, and the sources that have to be named."""
    settings = (
        Setting("offline", boolean),
        Setting("snapshots", text, many=True, base=True),
        Setting("prod", boolean),
        Setting("model", one_of(models)),
        Setting("inspect", count),
        Setting("max-age", duration),
        Setting("max-unknown", share),
        Setting("fail-on", gate(rules), many=True),
        Setting("third-party", boolean),
        Setting("sources", one_of(sources), many=True),
        Setting("as-of", day),
    )
    return {setting.name: setting for setting in settings}


FILES = ("depfrag.toml", "pyproject.toml")
"""Names of configuration files; in one folder the first that has settings counts."""
MAX_BYTES = 4 * 1024 * 1024
"""A larger file is no configuration."""


def resolve(
    file: tuple[str, Mapping[str, Any]] | None,
    environment: Mapping[str, str],
    options: Mapping[str, object],
    settings: Mapping[str, Setting],
) -> Config:
    """The configuration from a file (its name and content), the environment and the options given.

    Raises ConfigError for a key that is not among `settings` or a value that cannot be used.
    """
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    if file is not None:
        _from_file(*file, settings, values, origins)
    _from_environment(environment, settings, values, origins)
    for name, value in options.items():
        values[name.replace("-", "_")] = _read(settings[name], value, f"--{name}")
        origins[name] = "option"
    return Config(**values, origins=origins)  # type: ignore[arg-type]  # every value went through its Setting


def _from_file(
    file: str,
    content: Mapping[str, Any],
    settings: Mapping[str, Setting],
    values: dict[str, object],
    origins: dict[str, str],
) -> None:
    for key, value in content.items():
        where = f"{file}: {key}"
        if key == "score":
            values["score"] = _score(where, value)
            origins["score"] = file
            continue
        if key not in settings:
            raise ConfigError(f"there is no setting {key!r}", where=where, hint=_hint(key, (*settings, "score")))
        read = _read(settings[key], value, where)
        if settings[key].base and isinstance(read, tuple):
            read = tuple(_beside(file, path) for path in read)
        values[key.replace("-", "_")] = read
        origins[key] = file


def _beside(file: str, path: str) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(file), path)).replace(os.sep, "/")


def _from_environment(
    environment: Mapping[str, str], settings: Mapping[str, Setting], values: dict[str, object], origins: dict[str, str]
) -> None:
    for setting in settings.values():
        variable = "DEPFRAG_" + setting.name.upper().replace("-", "_")
        if environment.get(variable):
            value: object = environment[variable]
            if setting.many:
                value = environment[variable].split(os.pathsep if setting.base else ",")
            values[setting.name.replace("-", "_")] = _read(setting, value, variable)
            origins[setting.name] = variable


def _read(setting: Setting, value: object, where: str) -> object:
    if not setting.many:
        return _one(setting, value, where)
    items = value if isinstance(value, (list, tuple)) else [value]
    return tuple(_one(setting, item, where) for item in items)


def _one(setting: Setting, value: object, where: str) -> object:
    try:
        return setting.read(value)
    except ValueError as error:
        raise ConfigError(f"{value!r} is not {error}", where=where) from None


def _score(where: str, value: object) -> ScoreSettings:
    if not isinstance(value, dict):
        raise ConfigError("not a table", where=where)
    names = {field.replace("_", "-"): field for field in ScoreSettings._fields}
    changes: dict[str, Any] = {}
    for key, given in value.items():
        if key not in names:
            raise ConfigError(f"there is no setting {key!r}", where=where, hint=_hint(key, tuple(names)))
        changes[names[key]] = _read(Setting(key, number), given, f"{where}.{key}")
    result = ScoreSettings()._replace(**changes)
    if abs(result.reach + result.solitude + result.smallness - 1) > 1e-9:
        raise ConfigError("the weights of reach, solitude and smallness must add up to 1", where=where)
    if not result.critical >= result.high >= result.medium:
        raise ConfigError("the bands must not overlap: critical >= high >= medium", where=where)
    if not (0 < result.solitude_floor <= 1 and 0 < result.smallness_floor <= 1 and result.lines and result.bytes):
        raise ConfigError("floors lie over 0 and up to 1, lines and bytes over 0", where=where)
    return result


def _hint(name: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches

    found = get_close_matches(name, known, 1)
    return f"did you mean {found[0]!r}?" if found else f"known are {', '.join(known)}"


def find(folder: str, exists: Callable[[str], bool]) -> list[str]:
    """Files that may hold the configuration for `folder`, nearest first, up to the top of its repository."""
    found: list[str] = []
    here = os.path.abspath(folder)
    while True:
        found.extend(path for name in FILES if exists(path := os.path.join(here, name)))
        above = os.path.dirname(here)
        if above == here or exists(os.path.join(here, ".git")):
            return [_relative(path) for path in found]
        here = above


def _relative(path: str) -> str:
    try:
        return os.path.relpath(path).replace(os.sep, "/")
    except ValueError:  # another drive
        return path


def of_file(file: str, table: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The settings that a configuration file holds; None where a pyproject.toml has none for depfrag."""
    if os.path.basename(file) != "pyproject.toml":
        return table
    tool = table.get("tool")
    own = tool.get("depfrag") if isinstance(tool, dict) else None
    return own if isinstance(own, dict) else None
