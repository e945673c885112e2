"""What an SPDX document says: the JSON form, versions 2.2 and 2.3.

Relationships are written either way round. A package that needs nothing has none, so where no package of an ecosystem
is related to another it is unknown what they need.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from depfrag import purls
from depfrag.bom import Bom, Component, Relation
from depfrag.errors import LockfileError
from depfrag.shapes import list_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.decode import Lines
    from depfrag.model import EdgeKind
    from depfrag.purls import Purl

    Object = Mapping[str, Any]

_LISTS = ("packages", "relationships", "files", "snippets", "documentDescribes")
_NEEDS: Mapping[str, EdgeKind] = {
    "DEPENDS_ON": "runtime", "HAS_PREREQUISITE": "peer", "STATIC_LINK": "runtime", "DYNAMIC_LINK": "runtime",
}  # fmt: skip
"""Relationships of what needs to what is needed."""
_NEEDED_BY: Mapping[str, EdgeKind] = {
    "DEPENDENCY_OF": "runtime", "RUNTIME_DEPENDENCY_OF": "runtime", "PROVIDED_DEPENDENCY_OF": "peer",
    "PREREQUISITE_FOR": "peer", "OPTIONAL_DEPENDENCY_OF": "optional", "DEV_DEPENDENCY_OF": "dev",
    "BUILD_DEPENDENCY_OF": "dev", "TEST_DEPENDENCY_OF": "dev", "DEV_TOOL_OF": "dev", "BUILD_TOOL_OF": "dev",
    "TEST_TOOL_OF": "dev",
}  # fmt: skip
"""Relationships of what is needed to what needs it."""
_HASH = re.compile(r"[0-9A-Fa-f]{16,128}\Z")


def is_one(table: Object) -> bool:
    """Whether a JSON object is an SPDX document of version 2."""
    return "spdxVersion" in table


def read(path: str, table: Object, lines: Lines) -> Bom:
    """What `table` says; `lines` knows where its objects stand. Raises LockfileError."""
    _check(path, table)
    packages = [_package(path, package, lines) for package in table.get("packages", ())]
    purl_of = {p.ref: p.purl for p in packages}
    document = _text(table, "SPDXID") or "SPDXRef-DOCUMENT"
    described = [ref for ref in table.get("documentDescribes", ()) if isinstance(ref, str)]
    relations: list[Relation] = []
    parts: list[tuple[str, str]] = []
    nothing: set[str] = set()
    unknown: set[str] = set()
    members: set[str] = set()
    for a, kind, b in _relationships(path, table, lines):
        if kind in _NEEDS or kind in _NEEDED_BY:
            if kind in _NEEDED_BY:
                a, b = b, a  # noqa: PLW2901 - the same two the other way round
            if b in ("NONE", "NOASSERTION") or a in ("NONE", "NOASSERTION"):
                (nothing if b == "NONE" else unknown).add(a)
            else:
                relations.append(Relation(a, b, _kind(_NEEDS.get(kind) or _NEEDED_BY[kind], purl_of.get(b))))
                # npm loads the dev dependencies of the project's own folders only.
                members.update([a] if kind == "DEV_DEPENDENCY_OF" and _type(purl_of.get(a)) == "npm" else ())
        elif kind == "CONTAINS":
            parts.append((a, b))
        elif kind == "CONTAINED_BY":
            parts.append((b, a))
        elif kind == "DESCRIBES" and a == document:
            described.append(b)
        elif kind == "DESCRIBED_BY" and b == document:
            described.append(a)
    packages = [p._replace(application=True) if p.ref in members else p for p in packages]
    project, packages = _subjects(packages, described, {r.dependent for r in relations} | {a for a, _ in parts})
    needing = {r.dependent for r in relations}
    inner = {_type(p.purl) for p in packages if p.ref in needing and not p.application}
    told = {str(p.ref) for p in packages if _type(p.purl) in inner and p.ref not in unknown}
    return Bom(
        path=path,
        format="spdx-json",
        project=project,
        components=packages,
        relations=relations,
        parts=parts,
        elements=frozenset(_ids(table)).union([document]),
        told=told | nothing,
    )


def _check(path: str, table: Object) -> None:
    version = table["spdxVersion"]
    if not isinstance(version, str) or not version.startswith("SPDX-2."):
        hint = "write it once more as SPDX 2.3 or CycloneDX in JSON"
        raise LockfileError(path, f"spdxVersion is {repr(version)[:40]}; known are SPDX-2.2 and SPDX-2.3", hint=hint)
    for name in _LISTS:
        if not isinstance(table.get(name, []), list):
            raise LockfileError(path, "not an array", where=name)


def _relationships(path: str, table: Object, lines: Lines) -> Iterator[tuple[str, str, str]]:
    """Each relationship as element, type and related element."""
    for i, item in enumerate(table.get("relationships", ())):
        fields = [_text(item, k) for k in ("spdxElementId", "relationshipType", "relatedSpdxElement")]
        if None in fields:
            where = lines.of(item) or f"relationships[{i}]"
            raise LockfileError(path, "not a relationship of a given type between two elements", where=where)
        a, kind, b = (str(field) for field in fields)
        yield a, kind.upper(), b


def _kind(kind: EdgeKind, purl: Purl | None) -> EdgeKind:
    """Peer dependencies are npm's; those of others are plain ones."""
    return "runtime" if kind == "peer" and _type(purl) != "npm" else kind


def _type(purl: Purl | None) -> str | None:
    return purl.type if purl else None


def _subjects(
    packages: Sequence[Component], described: Sequence[str], whole: set[str]
) -> tuple[Component | None, list[Component]]:
    """What the document is about, and the other packages. Where it is about several, those that need or contain others
    are roots."""
    about = set(described)
    subjects = [p for p in packages if p.ref in about]
    if len(subjects) > 1:
        subjects = [p for p in subjects if p.ref in whole]
    if len(subjects) == 1:
        return subjects[0], [p for p in packages if p is not subjects[0]]
    roots = {p.ref for p in subjects}
    return None, [p._replace(application=True) if p.ref in roots else p for p in packages]


def _package(path: str, package: object, lines: Lines) -> Component:
    ref, name = _text(package, "SPDXID"), _text(package, "name")
    if not isinstance(package, dict) or ref is None or name is None:
        raise LockfileError(path, "a package without 'SPDXID' or 'name'", where=lines.of(package) or "packages")
    purl = _purl(package.get("externalRefs"))
    address = _text(package, "downloadLocation")
    return Component(
        ref=ref,
        name=name,
        purl=purl,
        version=_text(package, "versionInfo"),
        line=lines.of(package),
        hashes=tuple(sorted(set(_hashes(package.get("checksums"))))),
        address=None if address in ("NONE", "NOASSERTION") else address,
        application=purl is None and package.get("primaryPackagePurpose") == "APPLICATION",
    )


def _purl(references: object) -> Purl | None:
    """A package's URL; of several the first of npm or PyPI, else the first."""
    found = []
    for reference in list_of(references):
        locator = _text(reference, "referenceLocator")
        if locator and reference.get("referenceType") == "purl" and (purl := purls.read(locator)):
            found.append(purl)
    return next((purl for purl in found if purl.type in ("npm", "pypi")), found[0] if found else None)


def _hashes(listed: object) -> Iterator[str]:
    """Hashes as ``sha512:…``, in hexadecimal as they are written."""
    for item in list_of(listed):
        algorithm, content = _text(item, "algorithm"), _text(item, "checksumValue")
        if algorithm and content and _HASH.match(content):
            yield f"{algorithm.lower()}:{content}"


def _ids(table: Object) -> Iterator[str]:
    """What else relationships may speak of."""
    for name in ("files", "snippets"):
        for item in table.get(name, ()):
            if ref := _text(item, "SPDXID"):
                yield ref


def _text(table: object, key: str) -> str | None:
    value = table.get(key) if isinstance(table, dict) else None
    return value if isinstance(value, str) and value else None
