"""What a Python project asks for itself: the dependencies that its pyproject.toml declares, in whichever tool's tables.

Read are ``[project]`` with its optional dependencies, ``[dependency-groups]``, and the tables of poetry, pdm and uv.
"""

from __future__ import annotations

import re
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, NamedTuple

from depfrag import decode, poetryspec
from depfrag.errors import LockfileError
from depfrag.identity import python_name, without_credentials
from depfrag.markers import both
from depfrag.model import Problem
from depfrag.shapes import list_of, table_of, text_of, texts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from depfrag.model import EdgeKind, ReleaseKind
    from depfrag.protocols import Files

    Object = Mapping[str, Any]

NAME = "pyproject.toml"
_MAX_NAMED = 3
_MAX_NEEDS = 20_000
_MAX_UNREAD = 1_000
_MAX_BYTES = 2**20


class Need(NamedTuple):
    """One thing that a project asks for."""

    name: str
    """Normalised."""
    kind: EdgeKind
    """runtime; extra where an extra of the project asks for it, dev where a group does; optional where poetry locks it
    and nothing installs it."""
    group: str | None = None
    """The extra or group, normalised; None for the project's own dependencies."""
    extras: tuple[str, ...] = ()
    """Extras that it asks of the package, normalised and sorted."""
    condition: str | None = None
    """The marker under which it holds, ``extra == 'name'`` for an extra included; None when it always does."""
    constraints: tuple[str, ...] = ()
    """What versions must satisfy, all of it: specifiers or, as poetry writes them, ``^1.2`` (`depfrag.poetryspec`)."""
    release: ReleaseKind = "registry"
    """What kind of release it asks for; ``link`` is a folder, or a path that nothing tells from one."""
    source: str | None = None
    """Repository, address or path, without credentials, where the kind is not ``registry``."""
    from_index: str | None = None
    """The name of the only index that poetry takes it from."""


class Manifest(NamedTuple):
    """What a pyproject.toml says of its project."""

    name: str | None
    """As written; None where the project has none."""
    needs: tuple[Need, ...]
    """In the order of the file. What a group includes of another one is listed with that one only."""
    complete: bool
    """False where the dependencies are left to the build backend (``dynamic``)."""
    table: Mapping[str, Any]
    """The whole document."""


def read(path: str, files: Files, folder: str = "") -> tuple[Manifest | None, tuple[Problem, ...]]:
    """The manifest beside the lockfile `path`, or in a `folder` that is given with a slash at its end; and problems
    where it is there and cannot be read, wholly or in part.

    None where there is no pyproject.toml, and where it has no table for dependencies.
    """
    try:
        data = files.read(folder + NAME)
        found, unread = (None, ()) if data is None else manifest(_document(data))
    except LockfileError as error:
        return None, (Problem("manifest", "warning", f"the project's manifest cannot be read: {error}", path),)
    if not unread:
        return found, ()
    more = f" and {len(unread) - _MAX_NAMED} more" if len(unread) > _MAX_NAMED else ""
    shown = ", ".join(repr(text[:60]) for text in unread[:_MAX_NAMED])
    return found, (Problem("manifest", "warning", f"{NAME}: not requirements: {shown}{more}", path),)


def _document(data: bytes) -> Object:
    if len(data) > _MAX_BYTES:
        raise LockfileError(NAME, f"{len(data) // 2**20} MiB is too large for a manifest; the limit is 1 MiB")
    return decode.toml_table(NAME, decode.text(NAME, data))


def manifest(table: Object) -> tuple[Manifest | None, tuple[str, ...]]:
    """What the document `table` says, None where it has no table for dependencies; and requirements that are none."""
    tool = table_of(table.get("tool"))
    poetry, pdm, uv = (table_of(tool.get(name)) for name in ("poetry", "pdm", "uv"))
    project, groups = table_of(table.get("project")), table_of(table.get("dependency-groups"))
    if not (project or groups or poetry or "dev-dependencies" in pdm or "dev-dependencies" in uv):
        return None, ()
    unread: list[str] = []
    needs = _bounded(
        chain(
            _main(project, poetry, unread),
            _groups(groups, table_of(poetry.get("group")), unread),
            _poetry_needs(poetry.get("dev-dependencies"), "dev", "dev"),
            _listed(table_of(pdm.get("dev-dependencies")), "dev", unread),
            _requirements(uv.get("dev-dependencies"), "dev", "dev", unread),
        )
    )
    called = text_of(project.get("name")) or text_of(poetry.get("name"))
    own = python_name(called) if called else None
    left = "dependencies" in list_of(project.get("dynamic")) and "dependencies" not in poetry
    return Manifest(called, tuple(need for need in needs if need.name != own), not left, table), tuple(unread)


# -- [project], [dependency-groups], pdm, uv -------------------------------------------------------------------------


def _bounded(needs: Iterable[Need]) -> list[Need]:
    found = list(islice(needs, _MAX_NEEDS + 1))
    if len(found) > _MAX_NEEDS:
        raise LockfileError(NAME, f"more than {_MAX_NEEDS:,} dependencies")
    return found


def _main(project: Object, poetry: Object, unread: list[str]) -> Iterator[Need]:
    """The project's own dependencies and those of its extras.

    As in poetry, what ``[project]`` says counts, and ``[tool.poetry.dependencies]`` adds what that cannot say. Those
    count by themselves where ``[project]`` says nothing, or leaves the optional ones, or all others, to poetry.
    """
    required = _requirements(project.get("dependencies"), "runtime", None, unread)
    optional = _listed(table_of(project.get("optional-dependencies")), "extra", unread)
    held = _bounded(chain(required, optional))
    own = _bounded(_poetry_main(poetry.get("dependencies"), {} if held else table_of(poetry.get("extras"))))
    if not held:
        yield from own
        return
    yield from _enriched(held, own)
    mixed = {"dependencies", "optional-dependencies"}.intersection(texts_of(project.get("dynamic")))
    kinds = {need.kind == "runtime" for need in held}
    if mixed and len(kinds) == 1:
        yield from (need for need in own if (need.kind == "runtime") not in kinds)


def _groups(groups: Object, poetry: Object, unread: list[str]) -> Iterator[Need]:
    """What groups ask for; poetry's own say more of those of ``[dependency-groups]``, and are groups themselves."""
    more = {
        python_name(name): _bounded(_poetry_needs(table_of(asked).get("dependencies"), "dev", python_name(name)))
        for name, asked in poetry.items()
    }
    for name, asked in groups.items():
        group = python_name(name)
        held = _bounded(_requirements(asked, "dev", group, unread))
        yield from _enriched(held, more.pop(group, ())) if held else ()
    for needs in more.values():
        yield from needs


def _listed(tables: Object, kind: EdgeKind, unread: list[str]) -> Iterator[Need]:
    """The requirements of a table of arrays, each a group or extra."""
    for name, asked in tables.items():
        yield from _requirements(asked, kind, python_name(name), unread)


def _requirements(value: object, kind: EdgeKind, group: str | None, unread: list[str]) -> Iterator[Need]:
    """The requirements of an array, in the syntax of PEP 508; tables in it, such as an include, are none."""
    for text in texts_of(value):
        need = _requirement(text, kind, group)
        if need is None:
            unread.append(text)
            if len(unread) > _MAX_UNREAD:
                raise LockfileError(NAME, f"more than {_MAX_UNREAD:,} dependencies that are no requirements")
        else:
            yield need


def _requirement(text: str, kind: EdgeKind, group: str | None) -> Need | None:
    from packaging.requirements import InvalidRequirement, Requirement

    from depfrag import pipsyntax

    editable = re.match(r"(?:-e|--editable)[\s=]+", text)
    asked = pipsyntax.requirement(text[editable.end() :] if editable else text, editable=bool(editable))
    if asked is None or not asked.name:
        return None
    try:
        parsed = Requirement(text)
        extras, constraint = parsed.extras, str(parsed.specifier)
    except (InvalidRequirement, RecursionError, ValueError):
        extras, constraint = set(), ""
    return Need(
        asked.name,
        kind,
        group,
        _extras(sorted(extras)),
        both(f"extra == '{group}'" if kind == "extra" else None, asked.marker),
        (constraint,) if constraint else (),
        asked.kind,
        asked.source,
    )


# -- poetry ----------------------------------------------------------------------------------------------------------


def poetry_needs(name: str, value: object, kind: EdgeKind = "runtime", group: str | None = None) -> Iterator[Need]:
    """What poetry's dependency `name` with `value` asks for: a constraint, a table, or a list of these."""
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield Need(python_name(name), kind, group, constraints=(item,))
        elif isinstance(item, dict):
            release, source = _poetry_source(item)
            version = text_of(item.get("version"))
            yield Need(
                python_name(name),
                kind,
                group,
                _extras(texts_of(item.get("extras"))),
                _poetry_condition(item),
                (version,) if version and release == "registry" else (),
                release,
                source,
                text_of(item.get("source")),
            )


def _poetry_needs(table: object, kind: EdgeKind, group: str | None) -> Iterator[Need]:
    for name, value in table_of(table).items():
        if name.lower() != "python":
            yield from poetry_needs(name, value, kind, group)


def _poetry_main(table: object, extras: Object) -> Iterator[Need]:
    """Poetry's main dependencies; an optional one belongs to the extras that list it."""
    listed: dict[str, list[str]] = {}
    for extra, names in extras.items():
        for name in texts_of(names):
            listed.setdefault(python_name(name), []).append(python_name(extra))
    for name, value in table_of(table).items():
        for item in value if isinstance(value, list) else [value]:
            if not table_of(item).get("optional"):
                yield from _poetry_needs({name: item}, "runtime", None)
                continue
            for extra in listed.get(python_name(name), ()):
                for need in _poetry_needs({name: item}, "extra", extra):
                    yield need._replace(condition=both(f"extra == '{extra}'", need.condition))
            if python_name(name) not in listed:
                yield from _poetry_needs({name: item}, "optional", None)


def _enriched(needs: Iterable[Need], more: Iterable[Need]) -> Iterator[Need]:
    """`needs` with what poetry's tables add: other sources, and other constraints under other markers."""
    by_name: dict[str, list[Need]] = {}
    for need in more:
        by_name.setdefault(need.name, []).append(need)
    for need in needs:
        for add in by_name.get(need.name, [need]):
            origin = add if need.release == "registry" else need
            yield need._replace(
                condition=both(need.condition, add.condition),
                constraints=tuple(dict.fromkeys(need.constraints + add.constraints)),
                release=origin.release,
                source=origin.source,
                from_index=add.from_index,
            )


def _poetry_source(item: Object) -> tuple[ReleaseKind, str | None]:
    kinds: tuple[tuple[str, ReleaseKind], ...] = (
        ("git", "git"), ("file", "file"), ("path", "link"), ("url", "url"),
    )  # fmt: skip
    for key, kind in kinds:
        address = text_of(item.get(key))
        if address:
            is_file = kind == "link" and address.endswith((".whl", ".zip", ".gz", ".bz2", ".tgz", ".tar", ".xz"))
            return "file" if is_file else kind, without_credentials(address)
    return "registry", None


def _poetry_condition(item: Object) -> str | None:
    python, platform = text_of(item.get("python")), text_of(item.get("platform"))
    return both(
        text_of(item.get("markers")),
        poetryspec.python_marker(python) if python else None,
        _platform_marker(platform) if platform else None,
    )


def _platform_marker(text: str) -> str | None:
    """The marker that ``win32``, ``!=win32`` or ``linux || darwin`` stands for."""
    alternatives = []
    for alternative in re.split(r"\|\|?", text):
        found = [re.fullmatch(r"\s*(!=|==?)?\s*([\w.-]+)\s*", part) for part in alternative.split(",")]
        terms = [f'sys_platform {"!=" if part[1] == "!=" else "=="} "{part[2]}"' for part in found if part]
        if len(terms) < len(found):
            return None
        alternatives.append(" and ".join(terms))
    return " or ".join(alternatives)


# -- small things ----------------------------------------------------------------------------------------------------


def _extras(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({python_name(name) for name in names}))
