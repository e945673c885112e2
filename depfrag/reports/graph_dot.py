"""The graph of parsed lockfiles in Graphviz's language, for ``dot -Tsvg``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from depfrag.visible import unambiguous, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.model import Dependency, EdgeKind, Lockfile

_STYLES: Mapping[EdgeKind, str] = {
    "runtime": "",
    "peer": 'style=dashed arrowhead=empty label="peer"',
    "extra": 'arrowhead=empty label="extra"',
    "optional": 'style=dashed label="optional"',
    "dev": 'style=dotted label="dev"',
}


class GraphDot:
    """Writes roots as boxes and releases as plain text; several lockfiles are clusters side by side.

    Nodes are named by their ids; of several lockfiles, by the lockfile's path, a space and the id.
    """

    def render(self, lockfiles: Sequence[Lockfile]) -> str:
        lines = ["digraph dependencies {", "  rankdir=LR;", "  node [shape=plaintext];"]
        for number, lockfile in enumerate(lockfiles):
            if len(lockfiles) == 1:
                lines.extend(_statements(lockfile, "", "  "))
                continue
            lines.append(f"  subgraph cluster_{number} {{")
            lines.append(f"    label={_quoted(visible(lockfile.path))};")
            lines.extend(_statements(lockfile, f"{lockfile.path} ", "    "))
            lines.append("  }")
        return "\n".join([*lines, "}", ""])


REPORT = GraphDot()


def _statements(lockfile: Lockfile, prefix: str, indent: str) -> Iterator[str]:
    for root in lockfile.roots:
        label = _quoted(visible(root.name or root.path))
        yield f"{indent}{_name(prefix + root.id)} [shape=box label={label}];"
    for release in lockfile.releases:
        label = f"{release.name} {release.version}" if release.version else release.name
        yield f"{indent}{_name(prefix + release.id)} [label={_quoted(visible(label))}];"
    for d in sorted(lockfile.dependencies, key=lambda d: d[:3]):
        style = _style(d)
        ends = f"{_name(prefix + d.dependent)} -> {_name(prefix + d.dependency)}"
        yield f"{indent}{ends} [{style}];" if style else f"{indent}{ends};"


def _style(dependency: Dependency) -> str:
    style = _STYLES[dependency.kind]
    if dependency.condition is None:
        return style
    tip = f"edgetooltip={_quoted(visible(dependency.condition))}"
    return f"{style} {tip}" if style else tip


def _name(text: str) -> str:
    return _quoted(unambiguous(text))


def _quoted(text: str) -> str:
    """`text` as a quoted string: there a backslash starts an escape, and only a quote ends it."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
