"""The table of the most fragile packages, with the columns that there is room for, and what its signs mean."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple

from rich.table import Table
from rich.text import Text

from depfrag import wording
from depfrag.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from depfrag.model import Part, Project, Score, Scored

STYLES = {"critical": "bold red", "high": "bold yellow", "medium": "cyan", "low": "dim"}
_PARTS = {"reach": "reach", "alone": "solitude", "tiny": "smallness"}
_LABEL, _ACCOUNT = 20, 20


class _Column(NamedTuple):
    """A column beside the names of the packages."""

    name: str
    cells: Sequence[Text]
    left: bool = False
    spare: int = 0
    """Where there is no room, the columns with the highest number go; those with 0 stay."""

    @property
    def width(self) -> int:
        """With the space before it."""
        return 1 + max(len(self.name), *map(len, self.cells))


def table(project: Project, packages: Sequence[Scored], width: int) -> Table:
    """The table of `packages`, at least one, for a terminal of `width` columns."""
    labels = [visible(f"{s.release.name}@{s.release.version or '*'}") for s in packages]
    columns = list(_columns(project, packages))
    least = min(max(map(len, labels)), _LABEL)
    for spare in (3, 2, 1):
        if least + sum(column.width for column in columns) > width:
            columns = [column for column in columns if column.spare != spare]
    left = width - sum(column.width for column in columns)
    drawn = Table(box=None, padding=(0, 1), collapse_padding=True, header_style="dim", pad_edge=False)
    drawn.add_column("package", overflow="fold")
    for column in columns:
        drawn.add_column(column.name, justify="left" if column.left else "right", no_wrap=True)
    for number, label in enumerate(labels):
        # Where a long name has no room it goes on after one of its hyphens.
        drawn.add_row(Text("\n".join(wrap(label, left))), *(column.cells[number] for column in columns))
    return drawn


def legend(drawn: Table, packages: Sequence[Scored]) -> Iterator[str]:
    """What the signs in a table say that do not say it themselves."""
    parts = any(column.header in _PARTS for column in drawn.columns)
    if parts:
        yield "Parts of the score, 0 to 1: reach, alone (few can publish it), tiny (little code)."
    if any(not part.known for scored in packages for part in scored.score.parts.values()):
        signs = "~ and bands with ?" if parts else "Bands with ?"
        yield f"{signs} take what is usual for the unknown; findings use the lower end of a score."


def _columns(project: Project, packages: Sequence[Scored]) -> Iterator[_Column]:
    direct = project.summary.direct
    yield _Column("score", [Text(wording.score(s.score)) for s in packages])
    yield _Column("band", [_band(s.score) for s in packages], left=True)
    for name, part in _PARTS.items():
        yield _Column(name, [_part(s.score.parts[part]) for s in packages], spare=3)
    yield _Column("publishers", [_publishers(s) for s in packages], left=True, spare=1)
    yield _Column("size", [_dim_unknown(wording.size(s.facts)) for s in packages], spare=2)
    yield _Column("needed by", [Text(wording.bounds(s.measures.dependents)) for s in packages])
    yield _Column("breaks", [Text(wording.breaks(s.measures.breaks, s.measures.broken, direct)) for s in packages])


def _band(score: Score) -> Text:
    return Text(score.band + ("?" if score.band != score.lower_band else ""), style=STYLES[score.band])


def _part(part: Part) -> Text:
    return Text(f"{part.point:.2f}") if part.known else Text(f"~{part.point:.2f}", style="dim")


def _publishers(scored: Scored) -> Text:
    if scored.release.kind != "registry":
        return Text("–", style="dim")
    text = wording.publishers(scored.facts)
    return _dim_unknown(text if len(text) <= _ACCOUNT else text[: _ACCOUNT - 1] + "…")


def _dim_unknown(text: str) -> Text:
    return Text(text, style="dim" if text == "?" else "")
