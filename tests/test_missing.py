"""What is asked for in vain, as problems."""

from __future__ import annotations

from depfrag.missing import Missing


def test_problems():
    missing = Missing("x.lock")
    missing.add("b", "a", "runtime", 7)
    missing.add("b", "a", "runtime", 3)
    missing.add("a", None, "dev", None)
    missing.add("c", "a", "extra", 9)
    missing.add("spare", "a", "optional", 1)
    missing.add("host", "a", "peer", 12)
    first, second = missing.problems()
    assert first[:5] == (
        "missing-dependency",
        "warning",
        "not in the lockfile: a (for the project), b (for a), c (for a)",
        "x.lock",
        7,
    )
    assert second[:5] == ("unmet-peer", "info", "peer dependencies that nothing provides: host (for a)", "x.lock", 12)


def test_many_are_counted():
    missing = Missing("x.lock")
    for name in "gfedcba":
        missing.add(name, None, "runtime", None)
    (problem,) = missing.problems()
    assert problem.message.endswith("e (for the project) and 2 more")
    assert problem.line is None
    assert not list(Missing("x.lock").problems())
