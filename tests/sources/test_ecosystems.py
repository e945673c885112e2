"""ecosyste.ms: packages found by their package URLs in any order, without anybody's e-mail address."""

from __future__ import annotations

import json

import pytest
from answers import DAY, MAIL, changed, context, split, wanted
from hypothesis import given
from hypothesis import strategies as st
from thirds import ECOSYSTEMS, ecosystems

from depfrag.accounts import is_handle
from depfrag.model import Fact, Problem
from depfrag.protocols import Known
from depfrag.sources import ecosystems as source

BULK = f"{ECOSYSTEMS}packages/bulk_lookup"
NAME = "ecosyste.ms (CC-BY-SA-4.0)"


def maintainer(login, **more):
    return {"uuid": login, "login": login, "name": None, "email": f"{login}@mail.example", "role": None, **more}


ANN_AND_BEN = [maintainer("ben"), maintainer("ann")]
PACKAGE = {
    "name": "left-pad", "ecosystem": "npm", "maintainers": ANN_AND_BEN, "dependent_packages_count": 500,
    "downloads": 7_000_000, "downloads_period": "last-month", "critical": True, "status": "deprecated",
    "rankings": {"downloads": 0.08},
}  # fmt: skip


def look_up(packages, *releases, ecosystem="npm", as_of=None):
    """Facts by release, problems, and the Fetch that was asked."""
    answers = packages if BULK in packages else {BULK: ecosystems(packages)}
    asked = context(answers, as_of)
    facts, problems, _ = split(source.SOURCE.lookup(wanted(ecosystem, *releases), asked))
    return facts, problems, asked.fetch


def test_what_it_tells_of_a_package():
    facts, problems, fetch = look_up({"pkg:npm/left-pad": PACKAGE}, "left-pad@1.0.0", "left-pad@1.3.0", "other@1")
    told = {"publishers": ("ann", "ben"), "ecosystem_dependents": 500, "downloads": 7_000_000, "critical": True}
    assert facts == {"npm:left-pad@1.0.0": told, "npm:left-pad@1.3.0": told}
    assert problems == []
    assert fetch.sent == [{"purls": ["pkg:npm/left-pad", "pkg:npm/other"]}]


def test_every_fact_names_the_licence_of_the_data():
    (found,) = source.SOURCE.lookup(
        wanted("npm", "left-pad@1"), context({BULK: ecosystems({"pkg:npm/left-pad": PACKAGE})})
    )
    assert found.facts["publishers"] == Fact(("ann", "ben"), NAME, DAY, "aggregator")
    assert found.facts["ecosystem_dependents"].source == f"{NAME}, direct ones of any version"
    assert all("CC-BY-SA-4.0" in fact.source for fact in found.facts.values())


def test_scopes_and_python_names():
    packages = {
        "pkg:npm/%40s/a": {"downloads": 1, "downloads_period": "last-month"},
        "pkg:pypi/b-c": {"critical": False},
    }
    assert look_up(packages, "@s/a@1")[0] == {"npm:@s/a@1": {"downloads": 1}}
    assert look_up(packages, "b-c@1", ecosystem="pypi")[0] == {"pypi:b-c@1": {"critical": False}}


@given(st.sets(st.integers(0, 250)), st.integers(1, 250))
def test_no_question_is_about_more_than_a_hundred_and_answers_find_their_packages(known, count):
    packages = {f"pkg:npm/p{n}": {"dependent_packages_count": n} for n in known}
    facts, problems, fetch = look_up(packages, *(f"p{n}@1" for n in range(count)))
    assert facts == {f"npm:p{n}@1": {"ecosystem_dependents": n} for n in known if n < count}
    assert not problems
    sizes = [len(body["purls"]) for body in fetch.sent]
    assert sum(sizes) == count
    assert max(sizes) <= 100


@pytest.mark.parametrize(
    "people",
    [None, [], [maintainer("ann"), maintainer(None)], [maintainer("ann"), {}], [maintainer("ann@mail.example")],
     [maintainer("Ann Bee")], ["ann"], {"login": "ann"}],
)  # fmt: skip
def test_a_list_that_cannot_be_counted_is_no_list(people):
    assert look_up({"pkg:npm/a": {**PACKAGE, "maintainers": people}}, "a@1")[0]["npm:a@1"].keys() == {
        "ecosystem_dependents", "downloads", "critical",
    }  # fmt: skip


def test_of_python_projects_an_organisation_may_be_left_out():
    assert "publishers" not in look_up({"pkg:pypi/a": PACKAGE}, "a@1", ecosystem="pypi")[0]["pypi:a@1"]


@pytest.mark.parametrize(
    ("told", "missing"),
    [
        ({"downloads_period": "total"}, "downloads"), ({"downloads": None}, "downloads"),
        ({"downloads": -1}, "downloads"), ({"critical": None}, "critical"),
        ({"dependent_packages_count": True}, "ecosystem_dependents"),
    ],
)  # fmt: skip
def test_what_is_not_told_is_unknown(told, missing):
    assert missing not in look_up({"pkg:npm/a": {**PACKAGE, **told}}, "a@1")[0]["npm:a@1"]


def test_no_address_is_kept():
    kept = source.keep(json.dumps([{"purl": "pkg:npm/a", **PACKAGE}]).encode())
    assert not MAIL.search(kept)
    assert b"mail.example" not in kept


def test_a_service_that_is_not_there_is_one_problem():
    facts, problems, _ = look_up({BULK: 503}, *(f"p{n}@1" for n in range(150)))
    assert facts == {}
    text = (
        "ecosyste.ms did not answer: status 503; what it could tell of publishers, dependents and downloads is unknown"
    )
    assert problems == [Problem("service", "warning", text)]


def test_what_may_be_a_secret_is_not_named():
    facts, (problem,), fetch = look_up({"pkg:npm/private-a": PACKAGE}, "private-a@1")
    assert (facts, problem.code, fetch.asked) == ({}, "not-named", [])


def test_it_knows_nothing_of_the_past():
    for as_of, fetch in ((None, None), ("2020-01-01", {})):
        assert list(source.SOURCE.lookup(wanted("npm", "a@1"), context(fetch, as_of))) == []
    assert look_up({"pkg:npm/a": PACKAGE}, "a@1", as_of=DAY)[0]


def test_it_can_be_asked_elsewhere():
    asked = context({"http://here/packages/bulk_lookup": []}, services={"ecosystems": "http://here"})
    assert list(source.SOURCE.lookup(wanted("npm", "a@1"), asked)) == []
    assert asked.fetch.asked == ["http://here/packages/bulk_lookup"]


@given(changed([{"purl": "pkg:npm/a", **PACKAGE}]))
def test_whatever_is_sent_facts_are_what_they_say_they_are(document):
    right = {
        "publishers": lambda v: v and list(v) == sorted(set(v)) and all(map(is_handle, v)),
        "ecosystem_dependents": lambda v: isinstance(v, int) and v >= 0,
        "downloads": lambda v: isinstance(v, int) and v >= 0,
        "critical": lambda v: isinstance(v, bool),
    }
    for answer in source.SOURCE.lookup(wanted("npm", "a@1"), context({BULK: document})):
        if isinstance(answer, Known):
            assert all(right[name](fact.value) for name, fact in answer.facts.items())
        else:
            assert answer.code == "service"


@pytest.mark.parametrize("body", [b"", b"null", b"{}", b"\xff", b"[" * 100_000, b"[1]", b"[{}]"])
def test_what_is_no_document(body):
    with pytest.raises(ValueError, match="not a list of packages"):
        source.keep(body)
