"""npm's settings: its files, variables and their precedence, read as npm 11 reads them."""

from __future__ import annotations

import json
import os.path
import re
from typing import TYPE_CHECKING

from depfrag.fetch import files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_LINE = re.compile(r"\[([^\]]*)\]\s*\Z|([^=]+)(=(.*))?\Z")
_VARIABLE = re.compile(r"(?<!\\)(\\*)\$\{([^${}?]+)(\?)?\}")
_DEFAULT = re.compile(r"([A-Za-z_]\w*)(:?)-(.*)\Z", re.DOTALL)
_PREFIX = "npm_config_"


def parse(content: str) -> dict[str, str]:
    """The settings of an .npmrc file, variables not yet replaced; lists and sections, which npm does not use for
    registries, are left out."""
    settings: dict[str, str] = {}
    top = True
    for line in re.split(r"[\r\n]+", content):
        found = None if re.match(r"\s*(?:[;#]|\Z)", line) else _LINE.match(line)
        if found is None:
            continue
        if found[1] is not None:
            top = False
        elif top:
            settings[_plain(found[2])] = _plain(found[4]) if found[3] else "true"
    return settings


def _plain(text: str) -> str:
    """A key or value without quotes, escapes and comment."""
    text = text.strip()
    if text and text[0] == text[-1] and text[0] in "\"'":
        inside = text[1:-1] if text[0] == "'" else text
        try:
            value = json.loads(inside)
        except ValueError:
            return inside
        return value if isinstance(value, str) else inside
    result: list[str] = []
    escaped = False
    for c in text:
        if escaped:
            result.append(c if c in "\\;#" else "\\" + c)
            escaped = False
        elif c in ";#":
            break
        elif c == "\\":
            escaped = True
        else:
            result.append(c)
    return ("".join(result) + "\\" * escaped).strip()


def expand(text: str, environment: Mapping[str, str]) -> str:
    """`text` with ``${VAR}`` replaced as npm does, and ``${VAR-default}`` and ``${VAR:-default}`` as pnpm and yarn do.

    What names a variable that is not set stays as it is; with ``${VAR?}`` it becomes nothing.
    """

    def replaced(match: re.Match[str]) -> str:
        slashes, name, empty = match.groups()
        if len(slashes) % 2:
            return match[0][(len(slashes) + 1) // 2 :]
        value = environment.get(name)
        default = _DEFAULT.match(name) if value is None else None
        if default is not None:
            value = environment.get(default[1])
            value = default[3] if value is None or (default[2] and not value) else value
        if value is None:
            value = "" if empty else f"${{{name}}}"
        return slashes[: len(slashes) // 2] + value

    return _VARIABLE.sub(replaced, text)


def settings(folder: str | None, environment: Mapping[str, str]) -> dict[str, str]:
    """What npm is set to in `folder`: by variables, the project's file, the user's, the machine's; without a folder,
    what it is set to everywhere. Raises NotUnderstoodError.
    """
    layers = [_variables(environment)]
    user = _path(layers, "userconfig", environment) or files.home(environment, ".npmrc")
    if folder is not None:
        project = os.path.join(folder, ".npmrc")
        if os.path.abspath(project) != os.path.abspath(user):
            layers.append(_file(project, environment))
    layers.append(_file(user, environment))
    builtin = _file(_builtin(environment), environment)
    machine = _path(layers, "globalconfig", environment)
    if not machine:
        prefix = _path([*layers, builtin], "prefix", environment) or _prefix(environment)
        machine = prefix and os.path.join(prefix, "etc", "npmrc")
    layers.extend((_file(machine, environment), builtin))
    return merged(layers)


def merged(layers: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Settings of several places, the first one's first; an empty value sets nothing."""
    result: dict[str, str] = {}
    for layer in reversed(layers):
        result.update((key, value) for key, value in layer.items() if value)
    return result


def _variables(environment: Mapping[str, str]) -> dict[str, str]:
    return {key: expand(value, environment) for key, value in _named(environment)}


def _named(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in environment.items():
        if name.lower().startswith(_PREFIX) and value:
            key = name[len(_PREFIX) :]
            yield key if key.startswith("//") else (key[:1] + key[1:].replace("_", "-")).lower(), value


def _file(path: str | None, environment: Mapping[str, str]) -> dict[str, str]:
    content = files.text(path) if path else None
    if content is None:
        return {}
    return {expand(key, environment): expand(value, environment) for key, value in parse(content).items()}


def _path(layers: Sequence[Mapping[str, str]], key: str, environment: Mapping[str, str]) -> str | None:
    value = next((layer[key] for layer in layers if layer.get(key)), None)
    return files.home(environment, value[2:]) if value is not None and value.startswith("~/") else value


def _prefix(environment: Mapping[str, str]) -> str | None:
    """The folder that node is installed under."""
    import shutil

    if environment.get("PREFIX"):
        return environment["PREFIX"]
    node = shutil.which("node", path=environment.get("PATH"))
    if node is None:
        return None
    folder = os.path.dirname(os.path.realpath(node))
    return folder if os.name == "nt" else os.path.dirname(folder)


def _builtin(environment: Mapping[str, str]) -> str | None:
    """The file that comes with npm."""
    import shutil

    npm = shutil.which("npm", path=environment.get("PATH"))
    return npm and os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(npm))), "npmrc")
