"""What a CycloneDX document says: the JSON form, versions 1.2 to 1.7.

Components inside of others are parts of them and no dependencies. By the specification a component that stands in
``dependencies`` without any needs none, and of one that does not stand there it is unknown what it needs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from depfrag import purls
from depfrag.bom import Bom, Component, Relation
from depfrag.errors import LockfileError
from depfrag.shapes import list_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from depfrag.decode import Lines

    Object = Mapping[str, Any]

_LISTS = ("components", "services", "dependencies", "compositions")
_HASH = re.compile(r"[0-9A-Fa-f]{16,128}\Z")
_DEVELOPMENT = "cdx:npm:package:development"
_BUNDLED = "cdx:npm:package:bundled"
_GROUPS: Mapping[str, str] = {"cdx:poetry:group": "main", "cdx:pipenv:category": "default"}
"""Properties that name the groups a component is in, and the group that is not for development only."""
_PROPERTIES = frozenset((_DEVELOPMENT, _BUNDLED, *_GROUPS))
_KNOWN = ("complete", "not_specified")
"""What compositions call relations that are not known to be left out."""


def is_one(table: Object) -> bool:
    """Whether a JSON object is a CycloneDX document."""
    return table.get("bomFormat") == "CycloneDX"


def read(path: str, table: Object, lines: Lines) -> Bom:
    """What `table` says; `lines` knows where its objects stand. Raises LockfileError."""
    _check(path, table)
    about = table.get("metadata", {}).get("component")
    about = about if isinstance(about, dict) else {}
    relations = list(_relations(path, table.get("dependencies", ()), lines))
    needing = {r.dependent for r in relations}
    components: list[Component] = []
    parts: list[tuple[str, str]] = []
    for component, within in _every(path, about.get("components"), about.get("bom-ref"), lines):
        read_one = _component(component, lines)
        components.append(read_one._replace(application=component.get("type") == "application"))
        parts.extend([(within, read_one.ref)] if within and read_one.ref else ())
    for component, within in _every(path, table.get("components"), None, lines):
        read_one = _component(component, lines)
        if component.get("type") == "application" and read_one.purl is None and read_one.ref in needing:
            read_one = read_one._replace(application=True)
        components.append(read_one)
        parts.extend([(within, read_one.ref)] if within and read_one.ref else ())
    return Bom(
        path=path,
        format="cyclonedx-json",
        project=_component(about, None) if about else None,
        components=components,
        relations=relations,
        parts=parts,
        elements=frozenset(s["bom-ref"] for s in table.get("services", ()) if _text(s, "bom-ref")),
        # Where nothing needs anything, the components were listed and not related to one another.
        told=_told(table) if relations else frozenset(),
    )


def _check(path: str, table: Object) -> None:
    version = table.get("specVersion")
    if not isinstance(version, str) or not version.startswith("1."):
        hint = "write it once more as CycloneDX 1.6, or is there a newer depfrag?"
        raise LockfileError(path, f"specVersion is {repr(version)[:40]}; known are 1.2 to 1.7", hint=hint)
    if not isinstance(table.get("serialNumber", ""), str):
        raise LockfileError(path, "not a text", where="serialNumber")
    if not isinstance(table.get("metadata", {}), dict):
        raise LockfileError(path, "not an object", where="metadata")
    for name in _LISTS:
        if not isinstance(table.get(name, []), list):
            raise LockfileError(path, "not an array", where=name)


def _relations(path: str, entries: Iterable[Any], lines: Lines) -> Iterator[Relation]:
    for i, entry in enumerate(entries):
        needs = entry.get("dependsOn", []) if isinstance(entry, dict) else None
        if not isinstance(needs, list) or not isinstance(entry.get("ref"), str):
            where = lines.of(entry) or f"dependencies[{i}]"
            raise LockfileError(path, "not an object with 'ref' and an array 'dependsOn'", where=where)
        ref = entry["ref"]
        for need in needs:
            if not isinstance(need, str):
                raise LockfileError(path, "'dependsOn' has more than texts", where=lines.of(entry))
            yield Relation(ref, need)


def _told(table: Object) -> frozenset[str]:
    """The refs of components whose dependencies are all told."""
    open_refs = {
        ref
        for composition in table.get("compositions", ())
        if isinstance(composition, dict) and composition.get("aggregate") not in _KNOWN
        for ref in list_of(composition.get("dependencies"))
        if isinstance(ref, str)
    }
    return frozenset(entry["ref"] for entry in table["dependencies"]) - open_refs


def _every(path: str, listed: object, within: object, lines: Lines) -> Iterator[tuple[Object, str | None]]:
    """The components of a list and all in them, each with the ref of what it is in."""
    outer = within if isinstance(within, str) else None
    todo = [(component, outer) for component in reversed(list_of(listed))]
    while todo:
        component, outer = todo.pop()
        if not isinstance(component, dict) or not isinstance(component.get("name"), str):
            raise LockfileError(path, "a component without a name", where=lines.of(component) or "components")
        yield component, outer
        if "components" in component:
            ref = _text(component, "bom-ref")
            todo.extend((inner, ref) for inner in reversed(list_of(component["components"])))


def _component(component: Object, lines: Lines | None) -> Component:
    group, name, purl = _text(component, "group"), _text(component, "name") or "", _text(component, "purl")
    hashes = list(_hashes(component.get("hashes"))) if "hashes" in component else []
    address = None
    for reference in list_of(component.get("externalReferences")):
        if isinstance(reference, dict) and reference.get("type") == "distribution":
            hashes.extend(_hashes(reference.get("hashes")))
            address = address or _text(reference, "url")
    properties = _properties(component["properties"]) if "properties" in component else {}
    scope = component.get("scope")
    return Component(
        ref=_text(component, "bom-ref"),
        name=f"{group}/{name}" if group else name,
        purl=purls.read(purl) if purl else None,
        version=_text(component, "version"),
        line=lines.of(component) if lines else None,
        hashes=tuple(sorted(set(hashes))),
        address=address,
        dev=scope == "excluded" or _is_dev(properties),
        optional=scope == "optional",
        bundled="true" in properties.get(_BUNDLED, ()),
    )


def _properties(listed: object) -> dict[str, set[str]]:
    """The values of the properties that are read."""
    found: dict[str, set[str]] = {}
    for item in list_of(listed):
        if isinstance(item, dict) and (name := _text(item, "name")) in _PROPERTIES and (value := _text(item, "value")):
            found.setdefault(name or "", set()).add(value)
    return found


def _is_dev(properties: Mapping[str, set[str]]) -> bool:
    if "true" in properties.get(_DEVELOPMENT, ()):
        return True
    return any(name in properties and main not in properties[name] for name, main in _GROUPS.items())


def _hashes(listed: object) -> Iterator[str]:
    """Hashes as ``sha512:…``, in hexadecimal as they are written."""
    for item in list_of(listed):
        algorithm, content = (_text(item, "alg"), _text(item, "content")) if isinstance(item, dict) else (None, None)
        if algorithm and content and _HASH.match(content):
            yield f"{algorithm.lower().replace('sha-', 'sha')}:{content}"


def _text(table: object, key: str) -> str | None:
    value = table.get(key) if isinstance(table, dict) else None
    return value if isinstance(value, str) and value else None
