"""Values in words."""

from __future__ import annotations

import pytest

from depfrag import wording
from depfrag.model import Bounds, Dependency, Fact, Host, Release, Score


def fact(value, grade="registry"):
    return Fact(value, "test", "2026-01-01", grade)


def score(lower, point, upper):
    return Score(lower, point, upper, "high", "low", 1, {})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (score(87.403, 87.403, 87.403), "87.4"),
        (score(74.96, 74.96, 74.96), "74.9"),
        (score(75, 75, 75), "75.0"),
        (score(0, 0, 0), "0.0"),
        (score(100, 100, 100), "100.0"),
        (score(22.7, 72, 85.9), "22 – 85"),
    ],
)
def test_a_score_is_cut_so_that_it_stays_in_its_band(value, text):
    assert wording.score(value) == text


def test_bounds_are_a_number_where_they_meet():
    assert wording.bounds(Bounds(1234, 1234, 1234)) == "1,234"
    assert wording.bounds(Bounds(0, 6.5, 13)) == "0 – 13"


@pytest.mark.parametrize(
    ("share", "broken", "text"),
    [
        (None, (), "–"),
        (Bounds(0, 0, 0), (), "0"),
        (Bounds(0.8, 0.8, 0.8), ("a", "b", "c", "d"), "4 of 5"),
        (Bounds(0, 0.2, 0.4), (), "0% – 40%"),
    ],
)
def test_what_breaks(share, broken, text):
    assert wording.breaks(share, broken, 5) == text


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "?"),
        ({"publishers": fact(("azer",))}, "azer"),
        ({"publishers": fact(("a", "b"))}, "2"),
        ({"publishers": fact(())}, "nobody"),
        ({"publishers": fact(("a",), "declared")}, "?"),
        ({"publishers": fact(("a",)), "organization": fact("team")}, "≥ 1"),
        ({"publishers": fact(()), "organization": fact("team")}, "≥ 1"),
        ({"publishers": fact(("\x1b[31m",))}, "\\x1b[31m"),
    ],
)
def test_publishers(facts, text):
    assert wording.publishers(facts) == text


@pytest.mark.parametrize(
    ("facts", "text"),
    [
        ({}, "?"),
        ({"lines": fact(1234), "bytes": fact(5)}, "1,234 lines"),
        ({"bytes": fact(999)}, "999 B"),
        ({"bytes": fact(1500)}, "1.5 kB"),
        ({"bytes": fact(2_500_000)}, "2.5 MB"),
        ({"bytes_at_least": fact(1500)}, "≥ 1.5 kB"),
        ({"lines": fact(3, "declared")}, "?"),
    ],
)
def test_size(facts, text):
    assert wording.size(facts) == text


def test_any_fact_is_one_visible_line():
    assert wording.fact(False) == "no"
    assert wording.fact(("a", "b\n")) == "a, b\\x0a"
    assert wording.fact(()) == "nobody"
    assert wording.fact({}) == "nothing"
    assert wording.fact({"requires": ()}) == "requires: nothing"
    assert wording.fact({"dependencies": {"a": "^1"}, "more": ("x",)}) == "dependencies: a: ^1, more: x"
    assert wording.fact(1234567) == "1,234,567"
    assert wording.fact("old\x1b[0m") == "old\\x1b[0m"


@pytest.mark.parametrize(
    ("part", "text"),
    [(0, "0%"), (0.0001, "under 1%"), (0.0099, "under 1%"), (0.01, "1%"), (0.457, "46%"), (0.99, "99%"),
     (0.9901, "over 99%"), (0.9999, "over 99%"), (1, "100%")],
)  # fmt: skip
def test_a_share_is_not_rounded_to_none_or_all(part, text):
    assert wording.share(part) == text


def test_commands_are_typed_as_a_shell_wants_them():
    assert wording.command("why", "a/package-lock.json", "@s/p") == "depfrag why a/package-lock.json @s/p"
    assert wording.command("why", "a b", "$(x)\x1b") == "depfrag why 'a b' '$(x)\\x1b'"


def test_what_a_host_is_worth():
    host = Host("r\x07.example", "npm", 2, 2, "ingest", "declared", "it says so")
    assert wording.host(host) == (
        "r\\x07.example: publishers: only declared, so unknown; dates: not those of publishing, so unknown (it says so)"
    )
    for dates in ("publish", "ingest", "absent", "unknown"):
        for publishers in ("registry", "declared", "absent", "unknown"):
            assert wording.host(host._replace(dates=dates, publishers=publishers))


@pytest.mark.parametrize(
    ("identifier", "text"),
    [
        ("npm:left-pad@0.0.3", "left-pad"),
        ("npm:@babel/core@7.0.0", "@babel/core"),
        ("npm:@scope/x@*", "@scope/x"),
        ("pypi:six@git+abc", "six"),
        ("root:.", "the project"),
        ("root:packages/a", "packages/a"),
    ],
)
def test_the_name_in_an_id(identifier, text):
    assert wording.name(identifier) == text


def test_names_carry_a_version_where_there_are_several():
    releases = [Release(f"npm:{n}@{v}", "npm", n, v) for n, v in (("a", "1"), ("a", "2"), ("b", None))]
    names = wording.Names(releases)
    steps = [Dependency("root:.", "npm:b@None", "dev"), Dependency("npm:b@None", "npm:a@2")]
    assert names.path(steps) == "the project → (dev) b → a@2"
