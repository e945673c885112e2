"""Reads package.json, the manifest of a JavaScript project, of a member of its workspace or of a linked folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from depfrag import decode
from depfrag.errors import LockfileError
from depfrag.model import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from depfrag.protocols import Files

    Object = Mapping[str, Any]


def load(files: Files, folder: str) -> Object | None:
    """The package.json in `folder`, which is "" or ends in a slash; None where there is none.

    Raises LockfileError when it is there and cannot be read.
    """
    name = f"{folder}package.json"
    data = files.read(name)
    return None if data is None else decode.json_table(name, decode.text(name, data))


def of_project(path: str, files: Files, folder: str = "") -> tuple[Object | None, tuple[Problem, ...]]:
    """The manifest in `folder` for the lockfile at `path`, or a problem where it is there and cannot be read."""
    try:
        return load(files, folder), ()
    except LockfileError as error:
        return None, (Problem("manifest", "warning", f"the project's manifest cannot be read: {error}", path),)


def section(manifest: Object, name: str) -> Object:
    """A table of a manifest, such as its ``dependencies``; an empty one where it has none."""
    value = manifest.get(name)
    return value if isinstance(value, dict) else {}


def text(manifest: Object, name: str) -> str | None:
    """A text in a manifest, such as its ``name``; None where it has none or an empty one."""
    value = manifest.get(name)
    return value if isinstance(value, str) and value else None
