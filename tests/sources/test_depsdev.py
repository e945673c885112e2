"""deps.dev: answers are joined by position and never by key, its numbers say what was counted, its silence is told."""

from __future__ import annotations

import json

import pytest
from answers import DAY, changed, context, split, wanted
from hypothesis import given
from hypothesis import strategies as st
from thirds import DEPSDEV, DepsDev, version_of

from depfrag import snapshot
from depfrag.model import Problem
from depfrag.protocols import Known
from depfrag.sources import depsdev

LOST = "how many packages of the registry need a release is unknown, and what deps.dev else could tell"


def look_up(answers, *releases, ecosystem="npm", as_of=None, **more):
    """Facts by release, problems, and the Fetch that was asked."""
    asked = context(answers.answers() if isinstance(answers, DepsDev) else answers, as_of)
    facts, problems, _ = split(depsdev.SOURCE.lookup(wanted(ecosystem, *releases, **more), asked))
    return facts, problems, asked.fetch


def known(answers, release, **more):
    """The facts about one release, whole."""
    asked = context(answers.answers())
    (found,) = [a for a in depsdev.SOURCE.lookup(wanted("npm", release), asked) if isinstance(a, Known)]
    return found.facts


def test_what_it_tells_of_a_release():
    told = DepsDev({"left-pad@1.3.0": {"isDefault": True}}, dependents={"left-pad@1.3.0": 512})
    facts, problems, fetch = look_up(told, "left-pad@1.3.0")
    assert facts == {
        "npm:left-pad@1.3.0": {"published": "2014-08-14", "deprecated": False, "ecosystem_dependents": 512}
    }
    assert problems == []
    assert fetch.sent[0] == {"requests": [{"versionKey": {"system": "NPM", "name": "left-pad", "version": "1.3.0"}}]}
    assert fetch.asked == [
        f"{DEPSDEV}versionbatch", f"{DEPSDEV}findingsbatch",
        f"{DEPSDEV}systems/npm/packages/left-pad/versions/1.3.0:dependents",
    ]  # fmt: skip


def test_grades_and_days():
    facts = known(DepsDev({"a@1.0.0": {}}, dependents={"a@1.0.0": 5}), "a@1.0.0")
    assert {(fact.grade, fact.observed) for fact in facts.values()} == {("aggregator", DAY)}


def test_answers_are_joined_by_position_and_not_by_key():
    told = DepsDev({"idna@3.11": {"publishedAt": "2025-10-12T10:00:00Z"}, "idna@3.11.0": {}}, page=1)
    facts, *_ = look_up(told, "idna@3.11", "zope@1", "idna@3.11.0", ecosystem="pypi")
    assert {release: told["published"] for release, told in facts.items()} == {
        "pypi:idna@3.11": "2025-10-12", "pypi:idna@3.11.0": "2014-08-14",
    }  # fmt: skip


@given(st.integers(1, 12), st.integers(1, 6), st.sets(st.integers(0, 11)))
def test_pages_and_missing_answers_keep_the_places(count, page, missing):
    days = {f"p{n:02}@1": {"publishedAt": f"2015-01-{n + 1:02}T00:00:00Z"} for n in range(count) if n not in missing}
    facts, problems, _ = look_up(DepsDev(days, page=page), *(f"p{n:02}@1" for n in range(count)))
    assert {release: told["published"] for release, told in facts.items()} == {
        f"npm:{name}": told["publishedAt"][:10] for name, told in days.items()
    }
    assert not problems


def test_batches_are_no_larger_than_they_may_be(monkeypatch):
    monkeypatch.setattr(depsdev, "_MOST", 2)
    names = [f"p{n}@1" for n in range(5)]
    facts, problems, fetch = look_up(DepsDev({name: {} for name in names}), *names)
    assert len(facts) == 5
    assert not problems
    assert [len(body["requests"]) for body in fetch.sent] == [2, 2, 1, 2, 2, 1]


@pytest.mark.parametrize("change", [lambda r: r[:-1], lambda r: [*r, r[0]], lambda r: []])
def test_another_number_of_answers_than_of_questions_is_not_used(change):
    told = DepsDev({"a@1": {}, "b@1": {}})

    def answer(body):
        page = told.versions(body)
        return {**page, "responses": change(page["responses"])}

    facts, (problem,), _ = look_up({**told.answers(), f"{DEPSDEV}versionbatch": answer}, "a@1", "b@1")
    assert facts == {}
    assert problem == Problem(
        "service", "warning",
        f"deps.dev did not answer: it did not give as many answers as it was asked for; {LOST}",
    )  # fmt: skip


@pytest.mark.parametrize("more", [[], ["a", "b", "c"]])
def test_pages_that_lead_nowhere_end(more):
    def answer(body):
        return {"responses": [{"version": {}} for _ in more], "nextPageToken": "again"}

    facts, (problem,), fetch = look_up({f"{DEPSDEV}versionbatch": answer}, "a@1", "b@1", "c@1")
    assert facts == {}
    assert problem.code == "service"
    assert len(fetch.sent) == 1


def test_what_came_before_a_page_that_did_not_is_used():
    told = DepsDev({"a@1": {}, "b@1": {}}, dependents={"a@1": 4}, page=1)

    def answer(body):
        return 503 if "pageToken" in body else told.versions(body)

    facts, (problem,), _ = look_up({**told.answers(), f"{DEPSDEV}versionbatch": answer}, "a@1", "b@1")
    assert list(facts) == ["npm:a@1"]
    assert problem.message == f"deps.dev did not answer 1 of 4 questions: status 503; {LOST}"


# -- dependents ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ({"a@1.0": 3, "a@2.0.0": 500}, (500, "deps.dev, default version")),
        ({"a@1.0": 700, "a@2.0.0": 500}, (700, "deps.dev, locked version")),
        ({"a@1.0": 5, "a@2.0.0": 5}, (5, "deps.dev, locked version")),
        ({"a@2.0.0": 500}, (500, "deps.dev, default version")),
        ({"a@1.0": 0}, (0, "deps.dev, locked version")),
        ({}, None),
    ],
)
def test_the_greater_count_stands_and_says_of_which_version_it_is(counts, expected):
    fact = known(DepsDev({"a@1.0": {}}, {"a": "2.0.0"}, counts), "a@1.0").get("ecosystem_dependents")
    assert (None if fact is None else (fact.value, fact.source)) == expected


def test_a_count_that_is_not_told_is_zero_since_zeros_may_be_left_out():
    answers = DepsDev({"a@1": {}}, dependents={"a@1": 1}).answers()
    answers[f"{DEPSDEV}systems/npm/packages/a/versions/1:dependents"] = {}
    assert look_up(answers, "a@1")[0]["npm:a@1"]["ecosystem_dependents"] == 0


def test_each_version_is_asked_about_once():
    told = DepsDev({"@s/a@1": {}, "@s/a@2": {"isDefault": True}}, {"@s/a": "2"}, {"@s/a@1": 1, "@s/a@2": 2})
    facts, _, fetch = look_up(told, "@s/a@1", "@s/a@2")
    assert {name: told["ecosystem_dependents"] for name, told in facts.items()} == {"npm:@s/a@1": 2, "npm:@s/a@2": 2}
    assert fetch.asked[2:] == [f"{DEPSDEV}systems/npm/packages/%40s%2Fa/versions/{n}:dependents" for n in (1, 2)]


def test_without_default_versions_the_locked_one_is_counted():
    told = DepsDev({"a@1": {}}, {"a": "2"}, {"a@1": 3, "a@2": 9})
    facts, (problem,), _ = look_up({**told.answers(), f"{DEPSDEV}findingsbatch": 404}, "a@1")
    assert facts["npm:a@1"]["ecosystem_dependents"] == 3
    assert problem.message.startswith("deps.dev did not answer 1 of 3 questions: it answered with status 404; ")


def test_a_release_that_it_does_not_know_has_no_facts_and_no_problem():
    assert look_up(DepsDev({}), "a@1")[:2] == ({}, [])


# -- other facts -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "deprecated"),
    [
        ({}, False),
        ({"isDeprecated": True, "deprecatedReason": "use b, ask ann@mail.example"}, "use b, ask …"),
        ({"isDeprecated": True, "deprecatedReason": " "}, "deprecated"),
        ({"isDeprecated": True, "deprecatedReason": None}, "deprecated"),
        ({"isDeprecated": "yes"}, "deprecated"),
    ],
)
def test_deprecation_of_npm_packages(told, deprecated):
    assert look_up(DepsDev({"a@1": told}), "a@1")[0]["npm:a@1"]["deprecated"] == deprecated


@pytest.mark.parametrize(
    ("status", "deprecated"),
    [
        ({"status": "active", "reason": ""}, False),
        ({"status": "archived", "reason": ""}, "the project is archived"),
        ({"status": "deprecated", "reason": "moved"}, "the project is deprecated: moved"),
        ({"status": "quarantined"}, None),
        (None, None),
        ("active", None),
    ],
)
def test_of_a_python_release_the_status_of_its_project_counts(status, deprecated):
    told = DepsDev({"a@1.0.0": {"isDeprecated": True, "projectStatus": status}})
    facts, *_ = look_up(told, "a@1.0.0", ecosystem="pypi")
    assert facts["pypi:a@1.0.0"].get("deprecated") == deprecated


def project(name, why="UNVERIFIED_METADATA", kind="SOURCE_REPO"):
    return {"projectKey": {"id": name}, "relationProvenance": why, "relationType": kind}


CLAIM = project("github.com/a/claimed")
ATTESTED = project("github.com/z/built", "SLSA_ATTESTATION")


@pytest.mark.parametrize(
    ("projects", "value", "grade"),
    [
        ([CLAIM], {"project": "github.com/a/claimed", "relation": "unverified metadata"}, "declared"),
        ([CLAIM, ATTESTED], {"project": "github.com/z/built", "relation": "slsa attestation"}, "aggregator"),
        ([project("github.com/a/x", kind="ISSUE_TRACKER")], None, None),
        ([], None, None),
        ([{}, None, project(None), project("x", None), {**CLAIM, "projectKey": "x"}], None, None),
        (None, None, None),
    ],
)
def test_the_repository_says_what_it_rests_on(projects, value, grade):
    fact = known(DepsDev({"a@1": {"relatedProjects": projects}}), "a@1").get("repository")
    assert (fact and fact.value, fact and fact.grade) == (value, grade)


# -- who is asked, and when not --------------------------------------------------------------------------------------


def test_what_may_be_a_secret_is_not_named():
    told = DepsDev({"a@1": {}, "private-a@1": {}})
    facts, (problem,), fetch = look_up(told, "a@1", "private-a@1")
    assert list(facts) == ["npm:a@1"]
    text = "1 release is not from a public registry for certain: third parties are not asked about it"
    assert problem == Problem("not-named", "info", text)
    assert "private" not in json.dumps([fetch.asked, fetch.sent])


def test_nobody_is_asked_where_all_may_be_secrets():
    _, (problem,), fetch = look_up(DepsDev({}), "private-a@1", "private-b@1")
    assert problem.message.startswith("2 releases are not")
    assert fetch.asked == []


@pytest.mark.parametrize("more", [{"kind": "git"}, {"kind": "file"}, {"kind": "link"}, {"kind": "url"}])
def test_what_comes_from_no_registry_is_not_named(more):
    assert look_up(DepsDev({}), "a@1", **more)[2].asked == []


def test_names_that_are_no_names_are_not_asked_for():
    assert look_up(DepsDev({}), "..@1")[2].asked == []


def test_offline_without_a_cache_it_says_nothing():
    assert list(depsdev.SOURCE.lookup(wanted("npm", "a@1"), context(None))) == []


def test_it_can_be_asked_elsewhere():
    asked = context(
        {"http://here/x/versionbatch": DepsDev({"a@1": {}}).versions}, services={"depsdev": "http://here/x"}
    )
    facts, *_ = split(depsdev.SOURCE.lookup(wanted("npm", "a@1"), asked))
    assert facts["npm:a@1"]["published"] == "2014-08-14"


def test_a_service_that_is_not_there_is_one_problem():
    facts, (problem,), fetch = look_up({f"{DEPSDEV}versionbatch": 503}, "a@1", "b@1")
    assert facts == {}
    assert problem == Problem("service", "warning", f"deps.dev did not answer: status 503; {LOST}")
    assert fetch.asked == [f"{DEPSDEV}versionbatch"]


def test_a_release_that_two_lockfiles_have_is_asked_about_once():
    asked = context(DepsDev({"a@1": {}}).answers())
    both = [*wanted("npm", "a@1"), *wanted("npm", "a@1", lockfile="other")]
    found = [a for a in depsdev.SOURCE.lookup(both, asked) if isinstance(a, Known)]
    assert [one.wanted.lockfile for one in found] == ["lock", "other"]
    assert len(asked.fetch.sent[0]["requests"]) == 1


# -- the past --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "names"),
    [("2014-08-13", set()), ("2014-08-14", {"published", "repository"}),
     (DAY, {"published", "repository", "deprecated", "ecosystem_dependents"})],
)  # fmt: skip
def test_of_the_past_it_knows_what_does_not_change(day, names):
    told = DepsDev({"a@1": {"relatedProjects": [CLAIM]}}, dependents={"a@1": 3})
    facts, _, fetch = look_up(told, "a@1", as_of=day)
    assert set(facts.get("npm:a@1", ())) == names
    assert (len(fetch.asked) == 1) is (day != DAY)


def test_of_a_release_without_a_date_nothing_is_known_of_the_past():
    assert look_up(DepsDev({"a@1": {"publishedAt": None}}), "a@1", as_of="2020-01-01")[0] == {}


# -- recorded and hostile answers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "repository", "published"),
    [
        ("v3.GetVersion.pypi-django-3.0", "github.com/django/django", "2019-12-02"),
        ("v3alpha.GetVersion", "github.com/edoardottt/defangjs", "2023-05-16"),
        ("v3.GetVersion", "github.com/edoardottt/defangjs", "2023-05-16"),
    ],
)
def test_recorded_versions(recordings, file, repository, published):
    version = json.loads((recordings / "depsdev" / f"{file}.json").read_text())
    key = version["versionKey"]
    answers = {f"{DEPSDEV}versionbatch": {"responses": [{"request": {"versionKey": key}, "version": version}]}}
    asked = context(answers)
    release = f"{key['name']}@{'3.0' if key['name'] == 'django' else key['version']}"
    (found,) = [a for a in depsdev.SOURCE.lookup(wanted(key["system"].lower(), release), asked) if isinstance(a, Known)]
    assert found.facts["published"].value == published
    assert found.facts["deprecated"].value is False
    assert found.facts["repository"].value == {"project": repository, "relation": "unverified metadata"}


def test_recorded_dependents(recordings):
    body = (recordings / "depsdev" / "v3alpha.GetDependents.lodash.json").read_bytes()
    assert depsdev.keep_dependents(body) == b"22623"


ONE = {"system": "NPM", "name": "a", "version": "1"}
VERSION = {
    "responses": [
        {
            "request": {"versionKey": ONE},
            "version": version_of(ONE, relatedProjects=[CLAIM, ATTESTED], projectStatus={"status": "archived"}),
        }
    ]
}
FINDINGS = {"responses": [{"findings": {"defaultVersion": {"versionKey": {**ONE, "version": "2"}}}}]}
COUNT = {"dependentCount": 7}


@given(changed(VERSION), changed(FINDINGS), changed(COUNT))
def test_whatever_is_sent_facts_are_what_they_say_they_are(version, findings, count):
    answers = {f"{DEPSDEV}versionbatch": version, f"{DEPSDEV}findingsbatch": findings}
    answers.update({f"{DEPSDEV}systems/npm/packages/a/versions/{n}:dependents": count for n in (1, 2)})
    for answer in depsdev.SOURCE.lookup(wanted("npm", "a@1"), context(answers)):
        if isinstance(answer, Known):
            facts = answer.facts
            assert snapshot.decode("x", snapshot.encode(snapshot.Snapshot(None, None, {"npm:a@1": facts}))).facts == {
                "npm:a@1": facts
            }
            assert all(isinstance(f.value, int) for n, f in facts.items() if n == "ecosystem_dependents")
        else:
            assert answer.code == "service"


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"responses":[1]}', b"x" * 9])
def test_what_is_no_document(body):
    for keep in (depsdev.keep_versions, depsdev.keep_defaults):
        with pytest.raises(ValueError, match="not a page of a batch"):
            keep(body)


@pytest.mark.parametrize(
    "body", [b"", b"null", b"7", b'{"dependentCount":true}', b'{"dependentCount":-1}', b"dependents"]
)
def test_what_is_no_count(body):
    with pytest.raises(ValueError, match="not an answer about dependents"):
        depsdev.keep_dependents(body)
