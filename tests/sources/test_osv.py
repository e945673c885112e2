"""OSV: reports of malicious releases, in the order of the questions; withdrawn ones do not count."""

from __future__ import annotations

import json

import pytest
from answers import DAY, changed, context, split, wanted
from hypothesis import given
from hypothesis import strategies as st
from thirds import OSV, osv

from depfrag.model import Fact, Problem
from depfrag.protocols import Known
from depfrag.sources import osv as source

BATCH = f"{OSV}querybatch"
LOST = "whether releases are reported to be malicious is unknown"
REPORT = {"id": "MAL-2024-1", "published": "2024-10-27T13:55:45Z"}


def look_up(answers, *releases, ecosystem="npm", as_of=None):
    """What is said of each release, problems, and the Fetch that was asked."""
    asked = context(answers, as_of)
    facts, problems, _ = split(source.SOURCE.lookup(wanted(ecosystem, *releases), asked))
    return {name: told["malicious"] for name, told in facts.items() if told}, problems, asked.fetch


def answers(reports, **documents):
    """OSV with these reports by release; `documents` are those that are not as `REPORT`."""
    found = {BATCH: osv(reports)}
    for ids in reports.values():
        found.update({f"{OSV}vulns/{i}": {**REPORT, "id": i} for i in ids})
    found.update({f"{OSV}vulns/{name.replace('_', '-')}": told for name, told in documents.items()})
    return found


def test_reports_of_malicious_releases_and_no_others():
    told = answers({"a@1": ["MAL-2024-1", "GHSA-x"], "b@2": ["GHSA-9f46-5r25-5wfm"], "d@1": ["MAL-2", "MAL-10"]})
    facts, problems, fetch = look_up(told, "a@1", "b@2", "c@3", "d@1")
    assert facts == {
        "npm:a@1": ("MAL-2024-1",), "npm:b@2": False, "npm:c@3": False, "npm:d@1": ("MAL-10", "MAL-2"),
    }  # fmt: skip
    assert problems == []
    assert fetch.sent[0]["queries"][0] == {"package": {"name": "a", "ecosystem": "npm"}, "version": "1"}
    assert [url.rpartition("/")[2] for url in fetch.asked[1:]] == ["MAL-10", "MAL-2", "MAL-2024-1"]


@pytest.mark.parametrize("identifier", ["MAL-", "MAL-x y", "MAL-x\n", "MAL-" + "1" * 99, "mal-1", "MAL-a@mail.example"])
def test_what_is_no_id_is_no_report(identifier):
    assert look_up(answers({"a@1": [identifier]}), "a@1")[0] == {"npm:a@1": False}


def test_where_a_fact_is_from():
    (found,) = source.SOURCE.lookup(wanted("pypi", "a@1"), context(answers({})))
    assert found.facts == {"malicious": Fact(False, "OSV", DAY, "aggregator")}


def test_each_ecosystem_has_its_name():
    _, _, fetch = look_up(answers({}), "a@1", ecosystem="pypi")
    assert fetch.sent[0]["queries"][0]["package"]["ecosystem"] == "PyPI"


def test_withdrawn_reports_do_not_count():
    withdrawn = {**REPORT, "withdrawn": "2024-11-01T00:00:00Z"}
    told = answers({"a@1": ["MAL-1", "MAL-2"], "b@1": ["MAL-1"]}, MAL_1=withdrawn)
    assert look_up(told, "a@1", "b@1")[0] == {"npm:a@1": ("MAL-2",), "npm:b@1": False}


@pytest.mark.parametrize("missing", [404, 500, b"nonsense"])
def test_a_report_that_cannot_be_had_counts_and_is_told(missing):
    facts, (problem,), _ = look_up(answers({"a@1": ["MAL-1"]}, MAL_1=missing), "a@1")
    assert facts == {"npm:a@1": ("MAL-1",)}
    assert problem.message.startswith("OSV did not answer 1 of 2 questions: ")


# -- batches and pages -----------------------------------------------------------------------------------------------


@given(st.integers(1, 9), st.integers(1, 4), st.sets(st.integers(0, 8)))
def test_answers_are_joined_by_position(count, most, bad):
    names = [f"p{n}@1" for n in range(count)]
    told = answers({name: [f"MAL-{n}"] for n, name in enumerate(names) if n in bad})
    before, source._MOST = source._MOST, most
    try:
        facts, problems, fetch = look_up(told, *names)
    finally:
        source._MOST = before
    assert facts == {f"npm:{name}": (f"MAL-{n}",) if n in bad else False for n, name in enumerate(names)}
    assert not problems
    assert [len(body["queries"]) for body in fetch.sent] == [min(most, count - at) for at in range(0, count, most)]


def paged(pages):
    """OSV that has these pages of ids for each release."""

    def answer(body):
        results = []
        for query in body["queries"]:
            own = pages[query["package"]["name"]]
            at = int(query.get("page_token", 0))
            more = {"next_page_token": str(at + 1)} if at + 1 < len(own) else {}
            results.append({"vulns": [{"id": i} for i in own[at]], **more})
        return {"results": results}

    return {BATCH: answer, **{f"{OSV}vulns/MAL-{n}": {**REPORT, "id": f"MAL-{n}"} for n in range(4)}}


def test_only_what_has_more_pages_is_asked_about_again():
    facts, problems, fetch = look_up(paged({"a": [["MAL-1"], [], ["MAL-2"]], "b": [["x"]]}), "a@1", "b@1")
    assert facts == {"npm:a@1": ("MAL-1", "MAL-2"), "npm:b@1": False}
    assert not problems
    assert [[(q["package"]["name"], q.get("page_token")) for q in body["queries"]] for body in fetch.sent] == [
        [("a", None), ("b", None)], [("a", "1")], [("a", "2")],
    ]  # fmt: skip


def test_pages_without_end_end():
    def answer(body):
        return {"results": [{"next_page_token": "x"} for _ in body["queries"]]}

    facts, _, fetch = look_up({BATCH: answer}, "a@1")
    assert facts == {}
    assert len(fetch.sent) == source._PAGES


def test_a_page_that_did_not_come_leaves_open_what_it_could_have_said():
    pages = paged({"a": [["x"], ["MAL-1"]], "b": [["MAL-2"], []], "c": [[]]})

    def answer(body):
        return 503 if "page_token" in body["queries"][0] else pages[BATCH](body)

    facts, (problem,), _ = look_up({**pages, BATCH: answer}, "a@1", "b@1", "c@1")
    assert facts == {"npm:b@1": ("MAL-2",), "npm:c@1": False}
    assert problem.message == f"OSV did not answer 1 of 3 questions: status 503; {LOST}"


@pytest.mark.parametrize("results", [[], [{}], [{}, {}, {}]])
def test_another_number_of_answers_than_of_questions_is_not_used(results):
    facts, (problem,), _ = look_up({BATCH: {"results": results}}, "a@1", "b@1")
    assert facts == {}
    assert problem.message == f"OSV did not answer: it did not give as many answers as it was asked for; {LOST}"


# -- who is asked ----------------------------------------------------------------------------------------------------


def test_a_service_that_is_not_there_is_one_problem():
    facts, problems, _ = look_up({BATCH: 500}, "a@1")
    assert facts == {}
    assert problems == [Problem("service", "warning", f"OSV did not answer: status 500; {LOST}")]


def test_what_may_be_a_secret_is_not_named():
    facts, (problem,), fetch = look_up(answers({}), "a@1", "private-a@1")
    assert list(facts) == ["npm:a@1"]
    assert problem.code == "not-named"
    assert "private" not in json.dumps([fetch.asked, fetch.sent])


def test_nobody_is_asked_without_need():
    assert look_up(answers({}))[2].asked == []
    assert list(source.SOURCE.lookup(wanted("npm", "a@1"), context(None))) == []


def test_it_can_be_asked_elsewhere():
    asked = context({"http://here/querybatch": osv({})}, services={"osv": "http://here/"})
    facts, *_ = split(source.SOURCE.lookup(wanted("npm", "a@1"), asked))
    assert facts == {"npm:a@1": {"malicious": False}}


# -- the past --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2024-10-26", False), ("2024-10-27", ("MAL-1",)), (DAY, ("MAL-1", "MAL-2"))],
)
def test_a_report_counts_from_the_day_it_was_published(day, expected):
    told = answers({"a@1": ["MAL-1", "MAL-2"]}, MAL_2={**REPORT, "id": "MAL-2", "published": "2025-01-01T00:00:00Z"})
    assert look_up(told, "a@1", as_of=day)[0] == {"npm:a@1": expected}


@pytest.mark.parametrize("told", [500, {"id": "MAL-1"}])
def test_a_report_that_cannot_be_dated_leaves_the_past_open(told):
    assert look_up(answers({"a@1": ["MAL-1"]}, MAL_1=told), "a@1", as_of="2024-01-01")[0] == {}


# -- recorded and hostile answers ------------------------------------------------------------------------------------


def test_the_recorded_answer(recordings):
    asked = json.loads((recordings / "osv" / "querybatch.request.json").read_text())["queries"]
    body = (recordings / "osv" / "querybatch.response.json").read_bytes()
    kept = json.loads(source.keep_batch(body))
    assert len(kept) == len(asked) == 5
    assert kept == [{}] * 5


def test_the_recorded_report(recordings):
    report = (recordings / "osv" / "MAL-2024-10238.json").read_bytes()
    batch = {"results": [{"vulns": [{"id": "MAL-2024-10238", "modified": "2024-10-27T13:55:45Z"}]}]}
    told = {BATCH: batch, f"{OSV}vulns/MAL-2024-10238": report}
    assert look_up(told, "123bla@0.0.1", ecosystem="pypi")[0] == {"pypi:123bla@0.0.1": ("MAL-2024-10238",)}


RESULTS = {"results": [{"vulns": [{"id": "MAL-1", "modified": "x"}], "next_page_token": ""}]}


@given(changed(RESULTS), changed({**REPORT, "withdrawn": None}))
def test_whatever_is_sent_facts_are_what_they_say_they_are(batch, report):
    for answer in source.SOURCE.lookup(wanted("npm", "a@1"), context({BATCH: batch, f"{OSV}vulns/MAL-1": report})):
        if isinstance(answer, Known):
            value = answer.facts["malicious"].value
            assert value is False or (value and all(i.startswith("MAL-") for i in value))
        else:
            assert answer.code == "service"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"results":[[]]}'])
@pytest.mark.parametrize(("keep", "said"), [(source.keep_batch, "a batch"), (source.keep_report, "not a report")])
def test_what_is_no_document(keep, said, body):
    with pytest.raises(ValueError, match=said):
        keep(body)
