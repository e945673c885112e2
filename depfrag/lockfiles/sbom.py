"""Reads SBOMs in JSON: finds out what a document is by what is in it, not by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag import bom, decode, unread
from depfrag.errors import LockfileError

if TYPE_CHECKING:
    from depfrag.model import Lockfile
    from depfrag.protocols import Files

_AROUND = ("sbom", "predicate")
"""Under these keys an SBOM stands in answers of GitHub and in attestations."""
_OTHERS = (
    ("@graph", "SPDX 3", "write it as SPDX 2.3 or CycloneDX in JSON"),
    ("artifacts", "syft's own form", "run: syft convert {name} -o cyclonedx-json=bom.json"),
    ("Results", "trivy's own form", "run: trivy convert --format cyclonedx --output bom.json {name}"),
    ("payload", "a signed envelope", "take the SBOM out of its payload"),
)
"""A key, what a document is that has it, and what to do."""


class Sbom:
    """The reader of CycloneDX and SPDX."""

    def parse(self, path: str, data: bytes, files: Files) -> Lockfile:
        from depfrag.lockfiles import cyclonedx, spdx

        content = decode.text(path, data)
        _check_form(path, content)
        whole = decode.json_table(path, content)
        for table in (whole, *(whole[key] for key in _AROUND if isinstance(whole.get(key), dict))):
            if cyclonedx.is_one(table):
                return bom.lockfile(cyclonedx.read(path, table, decode.Lines(content, whole, "bom-ref")))
            if spdx.is_one(table):
                return bom.lockfile(spdx.read(path, table, decode.Lines(content, whole, "SPDXID")))
        for key, what, hint in _OTHERS:
            if key in whole:
                raise LockfileError(path, f"{what} is not read", hint=hint.format(name=path))
        raise LockfileError(path, "this JSON file is no lockfile, and no SBOM: neither CycloneDX nor SPDX")


PARSER = Sbom()


def _check_form(path: str, content: str) -> None:
    """Refuses SBOMs in other forms than JSON."""
    start = content[:4096].lstrip()
    if start.startswith("<") and "spdx" not in start.lower():
        raise LockfileError(path, "XML is not read", where=1, hint=unread.CYCLONEDX.format(name=path))
    if start.startswith("<") or "SPDXVersion:" in start:
        raise LockfileError(path, "SPDX is read in JSON only", where=1, hint=unread.SPDX.format(name=path))
