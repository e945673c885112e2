"""pip's settings about indexes: its files, variables and their precedence, as pip reads them."""

from __future__ import annotations

import os.path
import sys
from typing import TYPE_CHECKING, NamedTuple

from depfrag.fetch import files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SECTIONS = ("global", "install")
_YES = frozenset(("1", "true", "yes", "on", "y", "t"))


class PipIndexes(NamedTuple):
    """The indexes that pip asks."""

    first: str | None
    """None: the public default."""
    extra: tuple[str, ...] = ()
    none: bool = False
    """It asks no index at all."""


def indexes(environment: Mapping[str, str]) -> PipIndexes:
    """What pip is set to. Raises NotUnderstoodError."""
    told: dict[str, str] = {}
    sections: dict[str, dict[str, str]] = {name: {} for name in _SECTIONS}
    for path in _files(environment):
        for section, values in _read(path):
            sections[section].update(values)
    for section in _SECTIONS:
        told.update((key, value) for key, value in sections[section].items() if value)
    for name, value in environment.items():
        if name.startswith("PIP_") and value:
            told[name[4:].lower().replace("_", "-")] = value
    index = told.get("index-url") or told.get("pypi-url")
    return PipIndexes(index, tuple(told.get("extra-index-url", "").split()), told.get("no-index", "").lower() in _YES)


def _files(environment: Mapping[str, str]) -> Iterator[str]:
    """The configuration files, weakest first."""
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    name = "pip.ini" if os.name == "nt" else "pip.conf"
    yield from (os.path.join(folder, name) for folder in _machine_folders(environment))
    if not (named and os.path.exists(named)):
        yield files.home(environment, "pip" if os.name == "nt" else ".pip", name)
        yield os.path.join(_user_folder(environment), name)
    if environment.get("VIRTUAL_ENV"):
        yield os.path.join(environment["VIRTUAL_ENV"], name)
    if named:
        yield named


def _machine_folders(environment: Mapping[str, str]) -> list[str]:
    if os.name == "nt":
        return [os.path.join(environment.get("PROGRAMDATA") or "C:\\ProgramData", "pip")]
    if sys.platform == "darwin":
        return ["/Library/Application Support/pip"]
    given = environment.get("XDG_CONFIG_DIRS") or "/etc/xdg"
    return [*(os.path.join(folder, "pip") for folder in given.split(os.pathsep) if folder), "/etc"]


def _user_folder(environment: Mapping[str, str]) -> str:
    if os.name == "nt":
        return os.path.join(environment.get("APPDATA") or files.home(environment), "pip")
    if sys.platform == "darwin":
        mac = files.home(environment, "Library", "Application Support", "pip")
        if os.path.isdir(mac):
            return mac
        return files.home(environment, ".config", "pip")
    return os.path.join(environment.get("XDG_CONFIG_HOME") or files.home(environment, ".config"), "pip")


def _read(path: str) -> Iterator[tuple[str, dict[str, str]]]:
    content = files.text(path)
    if content is None:
        return
    import configparser

    parser = configparser.RawConfigParser()
    try:
        parser.read_string(content)
    except configparser.Error:
        raise files.NotUnderstoodError(f"{path}: not a configuration that pip could read") from None
    for section in _SECTIONS:
        if parser.has_section(section):
            yield section, {key.removeprefix("--").replace("_", "-"): value for key, value in parser.items(section)}
