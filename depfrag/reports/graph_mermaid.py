"""The graph of parsed lockfiles as a Mermaid flowchart, for Markdown pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from depfrag.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from depfrag.model import Dependency, EdgeKind, Lockfile

MOST_EDGES, MOST_CHARACTERS = 500, 50_000
"""What Mermaid draws unless the page that embeds it allows more (its settings maxEdges and maxTextSize)."""

_ARROWS: Mapping[EdgeKind, str] = {
    "runtime": "-->", "peer": "-.->", "extra": "-->", "optional": "-.->", "dev": "-.->",
}  # fmt: skip
_ODD = re.compile(r"[^A-Za-z0-9 ./@_+:~-]")


class GraphMermaid:
    """Writes every edge; where that is more than Mermaid draws by default, a comment on top says so."""

    def render(self, lockfiles: Sequence[Lockfile]) -> str:
        lines = ["flowchart LR"]
        first = 0
        for number, lockfile in enumerate(lockfiles):
            inner = _statements(lockfile, first)
            first += len(lockfile.roots) + len(lockfile.releases)
            if len(lockfiles) == 1:
                lines.extend(f"  {line}" for line in inner)
            else:
                lines.append(f"  subgraph s{number}[{_text(lockfile.path)}]")
                lines.extend(f"    {line}" for line in inner)
                lines.append("  end")
        text = "\n".join([*lines, ""])
        edges = sum(len(lockfile.dependencies) for lockfile in lockfiles)
        return _warning(edges, len(text)) + text


REPORT = GraphMermaid()


def _warning(edges: int, characters: int) -> str:
    if edges <= MOST_EDGES and characters <= MOST_CHARACTERS:
        return ""
    limits = f"Mermaid draws {MOST_EDGES} edges and {MOST_CHARACTERS:,} characters unless told otherwise"
    return (
        f"%% {edges:,} edges, {characters:,} characters. {limits}:\n"
        "%% raise maxEdges and maxTextSize on the page, or choose another format.\n"
    )


def _statements(lockfile: Lockfile, first: int) -> Iterator[str]:
    names: dict[str, str] = {}
    for root in lockfile.roots:
        names[root.id] = f"n{first + len(names)}"
        yield f"{names[root.id]}[[{_text(root.name or root.path)}]]"
    for release in lockfile.releases:
        names[release.id] = f"n{first + len(names)}"
        label = f"{release.name} {release.version}" if release.version else release.name
        yield f"{names[release.id]}[{_text(label or release.id)}]"
    for d in sorted(lockfile.dependencies, key=lambda d: d[:3]):
        yield f"{names[d.dependent]} {_ARROWS[d.kind]}{_label(d)} {names[d.dependency]}"


def _label(dependency: Dependency) -> str:
    kind = None if dependency.kind == "runtime" else dependency.kind
    said = [text for text in (kind, dependency.condition) if text is not None]
    return f"|{_text(': '.join(said))}|" if said else ""


def _text(text: str) -> str:
    """`text` in quotes, all but plain characters as the character codes that Mermaid knows."""
    return '"' + _ODD.sub(lambda match: f"#{ord(match[0])};", visible(text)) + '"'
