"""The table of the most fragile packages: readable at every width, and its signs explained."""

from __future__ import annotations

import io

import made
import pytest
from rich.console import Console

from depfrag.model import Bounds, Fact, Part
from depfrag.reports import ranking

FACTS = {
    "publishers": Fact(("sindresorhus",), "test", "2026-01-01", "registry"),
    "lines": Fact(11, "test", "2026-01-01", "registry"),
}
NAMES = ("ms@0.7.1", "to-fast-properties@1.0.1", "@babel/helper-validator-identifier@7.22.20")
SURE = [
    made.scored(name, lower=88, dependents=34, facts=FACTS, breaks=Bounds(1, 1, 1), broken=("npm:a@1", "npm:b@1"))
    for name in NAMES
]
OPEN = made.scored("left-pad@*", lower=20, point=76, upper=100, dependents=Bounds(122, 600, 1262), known=0.5)
OPEN = OPEN._replace(
    score=OPEN.score._replace(parts={**OPEN.score.parts, "reach": Part(0.6, 0.8, 1, known=False, because="unknown")})
)


def drawn(width, *packages):
    project = made.project(*packages)
    console = Console(file=io.StringIO(), width=width)
    console.print(ranking.table(project, packages, width))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [60, 66, 70, 75, 80, 90, 100, 140])
def test_at_every_width_names_are_whole_and_lines_fit(width):
    for packages in (SURE, [OPEN], [*SURE, OPEN]):
        head, *rows = drawn(width, *packages)
        assert all(len(line) <= width for line in (head, *rows))
        assert {"package", "score", "band", "needed", "by", "breaks"} <= set(head.split())
        places = [i for i, row in enumerate(rows) if any(row.startswith(s.release.name[:5]) for s in packages)]
        assert len(places) == len(packages)
        assert all(len(rows[i]) > 4 for i in range(len(rows)) if i not in places), "no letter is left alone"


def test_where_there_is_no_room_the_parts_go_first_then_sizes_then_people():
    shown = {width: drawn(width, *SURE)[0].split() for width in (100, 85, 70, 60)}
    assert {"alone", "size", "publishers"} <= set(shown[100])
    assert "alone" not in shown[85]
    assert {"size", "publishers"} <= set(shown[85])
    assert "size" not in shown[70]
    assert "publishers" in shown[70]
    assert "publishers" not in shown[60]


def test_a_long_name_goes_on_after_a_hyphen():
    rows = drawn(80, *SURE)
    assert [row.split()[0] for row in rows[1:]] == [*NAMES[:2], "@babel/helper-validator-", "identifier@7.22.20"]


def test_the_legend_explains_the_signs_that_are_there():
    def legend(width, *packages):
        return list(ranking.legend(ranking.table(made.project(*packages), packages, width), packages))

    assert [line[:5] for line in legend(100, *SURE)] == ["Parts"]
    assert [line[:5] for line in legend(100, *SURE, OPEN)] == ["Parts", "~ and"]
    assert [line[:5] for line in legend(60, OPEN)] == ["Bands"]
    assert legend(60, *SURE) == []
