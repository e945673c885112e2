"""CSV: every edge, as RFC 4180 has it, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from strategies import hostile_lockfiles, lockfiles

from depfrag.model import Dependency, Lockfile, Release, Root
from depfrag.reports.graph_csv import HEADER, REPORT
from depfrag.visible import visible


def rows(text):
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@given(lockfiles(20, conditions=True))
def test_every_edge_is_a_line(locked):
    header, *found = rows(REPORT.render([locked]))
    assert tuple(header) == HEADER
    assert found == [[*d[:3], d.condition or "", d.origin, "package-lock.json"] for d in locked.dependencies]


@given(hostile_lockfiles())
def test_hostile_cells_are_text(locked):
    _, *found = rows(REPORT.render([locked]))
    assert len(found) == len(locked.dependencies)
    for row in found:
        assert len(row) == len(HEADER)
        for cell in row:
            assert not cell.startswith(("=", "+", "-", "@"))
            assert cell == visible(cell)


@pytest.mark.parametrize(
    ("path", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\\x09=1"),
        ("\r=1", "'\\x0d=1"),
        ('a"b,c', 'a"b,c'),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_formulas_are_neutralised(path, cell):
    edge = Dependency("root:.", "npm:a@1")
    locked = Lockfile(path, "x", (Root("root:.", None, "."),), (Release("npm:a@1", "npm", "a", "1"),), (edge,))
    assert rows(REPORT.render([locked]))[1] == ["root:.", "npm:a@1", "runtime", "", "lockfile", cell]


def test_several_lockfiles_are_one_sorted_table():
    def locked(path, name):
        return Lockfile(path, "x", (), (), (Dependency("root:.", f"npm:{name}@1"),))

    found = rows(REPORT.render([locked("1", "z"), locked("2", "a")]))
    assert [(row[1], row[5]) for row in found[1:]] == [("npm:a@1", "2"), ("npm:z@1", "1")]
