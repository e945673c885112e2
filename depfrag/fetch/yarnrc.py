"""Yarn's settings about registries (``.yarnrc.yml``, ``.yarnrc``, variables), told in npm's words."""

from __future__ import annotations

import os.path
import re
from typing import TYPE_CHECKING, TypeAlias

from depfrag.fetch import files
from depfrag.fetch.npmrc import expand, merged

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Tree: TypeAlias = "dict[str, str | Tree | None]"
"""Nested mappings of texts; None where a file has something else."""

_CLASSIC = re.compile(r'\s*"?((?:@[^\s":]+:)?registry)"?\s+"?([^\s"]+)"?\s*\Z')
_KEY = re.compile(
    r"""(?P<indent>\ *)(?:"(?P<double>[^"\\]*)"|'(?P<single>[^']*)'|(?P<plain>[^\s\-?#&*!|>%@`"'{}\[\],].*?))
    \s*:(?:\s+(?P<value>.*))?\Z""",
    re.VERBOSE,
)
_SCALAR = re.compile(r"""(?:"([^"\\]*)"|'([^']*)'|([^\s&*!|>%@`"'{}\[\]#][^#]*?|))\s*(?:(?:^|\s)\#.*)?\Z""", re.VERBOSE)
_TEXTS = ("npmRegistryServer", "npmAuthToken", "npmAuthIdent")
_TABLES = ("npmScopes", "npmRegistries")
_VARIABLES = ("YARN_NPM_REGISTRY_SERVER", "YARN_NPM_AUTH_TOKEN", "YARN_NPM_AUTH_IDENT")


def settings(folder: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What Yarn is set to in `folder`, with npm's names for settings. Raises NotUnderstoodError."""
    told: Tree = {key: environment.get(name, "") for key, name in zip(_TEXTS, _VARIABLES, strict=True)}
    layers = [_modern(told, environment)]
    folders = [*files.upwards(folder), files.home(environment)]
    for name, read in ((".yarnrc.yml", _modern_file), (".yarnrc", _classic_file)):
        for place in folders:
            path = os.path.join(place, name)
            content = files.text(path)
            if content is not None:
                layers.append(read(path, content, environment))
    return merged(layers)


def _modern_file(path: str, content: str, environment: Mapping[str, str]) -> dict[str, str]:
    try:
        return _modern(tree(content), environment)
    except ValueError as error:
        raise files.NotUnderstoodError(f"{path}: {error}") from None


def _classic_file(_: str, content: str, environment: Mapping[str, str]) -> dict[str, str]:
    found = filter(None, map(_CLASSIC.match, content.splitlines()))
    return {match[1]: expand(match[2], environment) for match in found}


def _modern(top: Tree, environment: Mapping[str, str]) -> dict[str, str]:
    """What a .yarnrc.yml says, with npm's names."""
    result: dict[str, str] = {}
    server = _text(top, "npmRegistryServer", environment)
    if server:
        result["registry"] = server
    result.update(_logins(server, top, environment))
    for scope, table in _tables(top, "npmScopes"):
        own = _text(table, "npmRegistryServer", environment)
        if own:
            result[f"@{scope.removeprefix('@')}:registry"] = own
        result.update(_logins(own or server, table, environment))
    for place, table in _tables(top, "npmRegistries"):
        result.update(_logins(expand(place, environment), table, environment))
    return result


def _logins(address: str | None, table: Tree, environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The credentials of a table for a registry."""
    if not address:
        return
    place = f"//{address.partition('//')[2].rstrip('/')}/"
    token, ident = (_text(table, key, environment) for key in ("npmAuthToken", "npmAuthIdent"))
    if token:
        yield f"{place}:_authToken", token
    if ident and ":" in ident:
        from base64 import b64encode

        ident = b64encode(ident.encode()).decode()
    if ident:
        yield f"{place}:_auth", ident


def _text(table: Tree, key: str, environment: Mapping[str, str]) -> str | None:
    value = table.get(key, "")
    if value == {}:
        return None
    if not isinstance(value, str):
        raise ValueError(f"{key} is not written as depfrag can read it")  # noqa: TRY004 - the file is wrong, no caller
    return expand(value, environment) or None


def _tables(top: Tree, key: str) -> Iterator[tuple[str, Tree]]:
    table = top.get(key, {})
    for name, inner in table.items() if isinstance(table, dict) else [("", None)]:
        if not isinstance(inner, dict):
            raise ValueError(f"{key} is not written as depfrag can read it")  # noqa: TRY004 - as above
        yield name, inner


def tree(content: str) -> Tree:
    """The mappings of a YAML file: as much of YAML as people write about registries.

    Raises ValueError where the outermost level is no mapping in block style, or what it says about registries is hidden
    by other means of YAML.
    """
    result: Tree = {}
    path: list[tuple[int, Tree]] = [(-1, result)]
    outermost = ""
    for number, line in enumerate(content.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#") or (line.rstrip() == "---" and not result):
            continue
        found = _KEY.match(line)
        if found is None and line.startswith((" ", "- ")) and outermost not in (*_TEXTS, *_TABLES):
            continue  # an item of a list, a line of a text
        key = "<<" if found is None else found["double"] or found["single"] or found["plain"] or ""
        if found is None or key == "<<":
            raise ValueError(f"line {number} is not written as depfrag can read it")
        indent = len(found["indent"])
        outermost = outermost if indent else key
        while path[-1][0] >= indent:
            path.pop()
        path[-1][1][key], inside = _value(found["value"] or "")
        path.append((indent, inside))
    return result


def _value(text: str) -> tuple[str | Tree | None, Tree]:
    """What stands behind a key, and where the lines under it go."""
    inside: Tree = {}
    found = _SCALAR.match(text)
    if found is None:
        return None, inside
    scalar = found[1] or found[2] or found[3]
    return (scalar or (inside if found[3] is not None else "")), inside
