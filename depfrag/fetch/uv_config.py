"""uv's settings about indexes: variables, uv.toml, pyproject.toml and their precedence, as uv reads them."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag.fetch import files
from depfrag.identity import python_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_YES = frozenset(("1", "true", "yes", "on", "y", "t"))


class Index(NamedTuple):
    """An index that uv knows of."""

    url: str
    name: str | None = None
    default: bool = False
    explicit: bool = False
    """Asked only about packages that are mapped to it."""


class UvIndexes(NamedTuple):
    """The indexes that uv asks."""

    indexes: tuple[Index, ...] = ()
    """First choice first."""
    mapped: Mapping[str, frozenset[str]] = {}
    """Package to the names of the indexes that it may come from, by ``tool.uv.sources``."""
    none: bool = False
    """It asks no index at all."""

    @property
    def default(self) -> str | None:
        """The index that stands for the public one; None: that itself."""
        return next((index.url for index in self.indexes if index.default), None)

    @property
    def extra(self) -> tuple[str, ...]:
        """Other indexes that any package may come from."""
        return tuple(index.url for index in self.indexes if not index.default and not index.explicit)

    def named(self, name: str) -> str | None:
        """The index of that name."""
        return next((index.url for index in self.indexes if index.name == name), None)


def indexes(folder: str, environment: Mapping[str, str]) -> UvIndexes:
    """What uv is set to in `folder`. Raises NotUnderstoodError."""
    found = list(_variables(environment))
    none = environment.get("UV_NO_INDEX", "").lower() in _YES
    mapped = _mapped(_table(_toml(os.path.join(folder, "pyproject.toml")), "tool", "uv"))
    for path, table in _tables(folder, environment):
        for part in (table, _table(table, "pip")):
            try:
                found.extend(_listed(part))
            except ValueError as error:
                raise files.NotUnderstoodError(f"{path}: {error}") from None
            none = none or part.get("no-index") is True
    return UvIndexes(tuple(found), mapped, none)


def _variables(environment: Mapping[str, str]) -> Iterator[Index]:
    for variable, default in (
        ("UV_INDEX", False), ("UV_DEFAULT_INDEX", True), ("UV_EXTRA_INDEX_URL", False), ("UV_INDEX_URL", True),
    ):  # fmt: skip
        for word in environment.get(variable, "").split():
            name, equals, url = word.partition("=")
            if equals and "/" not in name:
                yield Index(url, name, default)
            else:
                yield Index(word, None, default)


def _listed(table: Mapping[str, Any]) -> Iterator[Index]:
    entries = table.get("index", [])
    for entry in entries if isinstance(entries, list) else [entries]:
        if not isinstance(entry, dict) or not isinstance(entry.get("url"), str):
            raise ValueError("an index without a url")  # noqa: TRY004 - the file is wrong, no caller
        name = entry.get("name")
        yield Index(
            entry["url"],
            name if isinstance(name, str) else None,
            entry.get("default") is True,
            entry.get("explicit") is True,
        )
    for key, default in (("extra-index-url", False), ("index-url", True)):
        urls = table.get(key, [])
        for url in urls if isinstance(urls, list) else [urls]:
            if not isinstance(url, str):
                raise ValueError(f"{key} is no text")  # noqa: TRY004 - as above
            yield Index(url, None, default)


def _tables(folder: str, environment: Mapping[str, str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Files and what they set, first choice first: the project's (or the one named), the user's, the machine's."""
    named = environment.get("UV_CONFIG_FILE")
    if named:
        yield named, _toml(named)
        return
    if environment.get("UV_NO_CONFIG", "").lower() in _YES:
        return
    for place in files.upwards(folder):
        own, shared = os.path.join(place, "uv.toml"), os.path.join(place, "pyproject.toml")
        if os.path.isfile(own):
            yield own, _toml(own)
            break
        tool = _table(_toml(shared), "tool")
        if "uv" in tool:
            yield shared, _table(tool, "uv")
            break
    for place in _folders(environment):
        path = os.path.join(place, "uv", "uv.toml")
        yield path, _toml(path)


def _folders(environment: Mapping[str, str]) -> Sequence[str]:
    if os.name == "nt":
        return [environment[name] for name in ("APPDATA", "PROGRAMDATA") if environment.get(name)]
    machine = (environment.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    user = environment.get("XDG_CONFIG_HOME") or files.home(environment, ".config")
    return [user, *(folder for folder in machine if folder), "/etc"]


def _mapped(table: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    result: dict[str, frozenset[str]] = {}
    for package, value in _table(table, "sources").items():
        entries = value if isinstance(value, list) else [value]
        names = {entry["index"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("index"), str)}
        if names:
            result[python_name(package)] = frozenset(names)
    return result


def _toml(path: str) -> Mapping[str, Any]:
    content = files.text(path)
    if content is None:
        return {}
    import tomllib

    try:
        return tomllib.loads(content)
    except (tomllib.TOMLDecodeError, RecursionError):
        raise files.NotUnderstoodError(f"{path}: not TOML") from None


def _table(table: Mapping[str, Any], *keys: str) -> Mapping[str, Any]:
    for key in keys:
        value = table.get(key)
        table = value if isinstance(value, dict) else {}
    return table
