"""npm registries: what is asked, what is believed of the answers, and what is said of a release that is not right."""

from __future__ import annotations

import pytest
from answers import DAY, Bases, context, split, wanted
from registries import packument

from depfrag.model import Fact, Host
from depfrag.protocols import Archive, Known, Response
from depfrag.sources import npm
from depfrag.sources.packument import keep, read

BASE = "https://registry.npm.example/"
REGISTRY = Host("registry.npm.example", "npm", 1, 1, "publish", "registry", "")
MIRROR = REGISTRY._replace(dates="ingest", publishers="declared")
ANN, BOB, CY = ({"name": name} for name in ("ann", "bob", "cy"))


def document(versions, **more):
    import json

    return read(keep(json.dumps(packument("a", versions, **more)).encode()))


def facts(versions, version, host=REGISTRY, as_of=None, **more):
    told = npm.to_facts(document(versions, **more), version, host, DAY, as_of)
    return {name: fact.value for name, fact in told.facts.items()}


def look_up(answers, *releases, as_of=None, routes=None, **more):
    asked = context(answers, as_of, routes)
    return *split(npm.SOURCE.lookup(wanted("npm", *releases, **more), asked)), asked.fetch.asked


# -- asking ----------------------------------------------------------------------------------------------------------


def test_each_package_is_asked_about_once():
    answers = {BASE + "a": packument("a", {"1.0.0": {}, "2.0.0": {}})}
    found, problems, (host,), asked = look_up(answers, "a@1.0.0", "a@2.0.0")
    assert asked == [BASE + "a"]
    assert set(found) == {"npm:a@1.0.0", "npm:a@2.0.0"}
    assert not problems
    assert (host.host, host.asked, host.answered) == ("registry.npm.example", 1, 1)


@pytest.mark.parametrize(
    ("name", "path"),
    [("@babel/core", "@babel%2Fcore"), ("JSONStream", "JSONStream"), ("a b", "a%20b"), ("x!~*'()", "x!~*'()"),
     ("a?b#c", "a%3Fb%23c"), ("../../x", "..%2F..%2Fx")],
)  # fmt: skip
def test_addresses(name, path):
    assert look_up({}, f"{name}@1.0.0")[3] == [BASE + path]


def test_who_is_not_asked_about():
    assert look_up({}, "a@1", kind="git")[3] == []
    assert look_up({}, "..@1")[3] == []
    assert not list(npm.SOURCE.lookup(wanted("pypi", "a@1"), context({})))
    assert not list(npm.SOURCE.lookup(wanted("npm", "a@1"), context()))
    unpinned = [w._replace(release=w.release._replace(version=None)) for w in wanted("npm", "a@1")]
    assert not list(npm.SOURCE.lookup(unpinned, context({})))


def test_where_nobody_may_be_asked_that_is_said():
    found, (problem,), hosts, asked = look_up({}, "a@1", routes=Bases(npm=None), line=7)
    assert (found, hosts, asked) == ({}, [], [])
    assert (problem.code, problem.package, problem.line, problem.lockfile) == ("not-asked", "npm:a@1", 7, "lock")


def test_a_base_without_a_slash_is_the_same():
    assert look_up({}, "a@1", routes=Bases(npm="https://r.example/npm"))[3] == ["https://r.example/npm/a"]


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (404, "not-in-registry", "registry.npm.example knows no package of that name"),
        (503, "unanswered", "status 503"),
        (b"<html>", "unanswered", "not a packument"),
        (packument("b", {"1": {}}), "unanswered", "answered for another package"),
    ],
)
def test_a_package_without_an_answer(answer, code, said):
    found, (problem,), (host,), _ = look_up({BASE + "a": answer}, "a@1")
    assert not found
    assert (problem.code, problem.level, problem.package, problem.lockfile) == (code, "warning", "npm:a@1", "lock")
    assert said in problem.message
    assert (host.asked, host.answered) == (1, 0)


def test_an_old_answer_is_used_and_said_to_be_old():
    class Old:
        def documents(self, requests):
            import json

            for request in requests:
                body = request.keep(json.dumps(packument("a", {"1.0.0": {}})).encode())
                yield Response(request, 200, body, "2026-08-01", True, "the service is down")

    found, (problem,), _ = split(npm.SOURCE.lookup(wanted("npm", "a@1.0.0"), context({})._replace(fetch=Old())))
    assert found["npm:a@1.0.0"]["publishers"] == ("ann",)
    assert problem.code == "stale"
    assert problem.message == "an answer of 2026-08-01 is used: the service is down"


def test_facts_say_where_they_are_from():
    told = npm.to_facts(document({"1.0.0": {}}), "1.0.0", REGISTRY, DAY)
    assert told.facts["publishers"] == Fact(("ann",), "registry.npm.example", DAY, "registry")


# -- publishers ------------------------------------------------------------------------------------------------------


def test_publishers_now_are_those_of_the_package():
    assert facts({"1.0.0": {"maintainers": [ANN]}}, "1.0.0", maintainers=[CY, BOB])["publishers"] == ("bob", "cy")


def test_an_empty_list_is_nobody():
    assert facts({"1.0.0": {}}, "1.0.0", maintainers=[])["publishers"] == ()


def test_no_list_is_unknown():
    assert "publishers" not in facts({"1.0.0": {}}, "1.0.0", maintainers=None)


def test_on_a_mirror_the_release_s_own_list_is_only_declared():
    told = npm.to_facts(document({"1.0.0": {}}, maintainers=None), "1.0.0", MIRROR, DAY)
    assert told.facts["publishers"] == Fact(("ann",), "registry.npm.example", DAY, "declared")
    told = npm.to_facts(document({"1.0.0": {}}, maintainers=[BOB]), "1.0.0", MIRROR, DAY)
    assert told.facts["publishers"] == Fact(("bob",), "registry.npm.example", DAY, "declared")
    told = npm.to_facts(document({"1.0.0": {}}, maintainers=[]), "1.0.0", MIRROR, DAY)
    assert "publishers" not in told.facts


def test_names_that_no_account_can_have_are_only_declared():
    told = npm.to_facts(document({"1.0.0": {}}, maintainers=[{"name": "Ann Example"}]), "1.0.0", REGISTRY, DAY)
    assert told.facts["publishers"].grade == "declared"


# -- the past --------------------------------------------------------------------------------------------------------

HISTORY = {
    "1.0.0": {"maintainers": [ANN]},
    "2.0.0-rc.1": {"maintainers": [ANN, BOB]},
    "1.0.1": {"maintainers": [BOB, {"name": "Bob Example"}]},
    "2.0.0": {"maintainers": None},
    "2.0.1": {"maintainers": []},
}
"""Published on 2015-01-01 and the days after it."""


@pytest.mark.parametrize(
    ("day", "publishers", "grade"),
    [
        ("2015-01-01", ("ann",), "registry"),
        ("2015-01-02", ("ann", "bob"), "registry"),
        ("2015-01-03", ("Bob Example", "bob"), "declared"),
        ("2015-01-05", (), "registry"),
        ("2016-01-01", (), "registry"),
    ],
)
def test_publishers_of_a_day_are_those_of_the_release_before(day, publishers, grade):
    told = npm.to_facts(document(HISTORY), "1.0.0", REGISTRY, DAY, day)
    assert told.facts["publishers"] == Fact(publishers, "registry.npm.example", DAY, grade)
    told = npm.to_facts(document(HISTORY), "1.0.0", REGISTRY._replace(publishers="declared"), DAY, day)
    assert told.facts["publishers"].grade == "declared"


def test_a_release_without_a_list_leaves_its_time_unknown():
    assert "publishers" not in facts(HISTORY, "1.0.0", as_of="2015-01-04")


def test_a_release_that_came_later_is_a_problem_and_has_no_facts():
    told = npm.to_facts(document(HISTORY), "2.0.0", REGISTRY, DAY, "2015-01-03")
    assert told.facts == {}
    assert told.archive is None
    assert told.problem == ("too-new", "it was published on 2015-01-04, after 2015-01-03: its facts are unknown")


def test_a_release_that_the_registry_does_not_have_has_no_past():
    told = npm.to_facts(document(HISTORY), "9.9.9", REGISTRY, DAY, "2015-01-03")
    assert told.facts == {}
    assert told.problem[0] == "not-in-registry"


def test_after_the_day_of_the_answer_who_can_publish_is_unknown():
    answers = {BASE + "a": packument("a", {"1.0.0": {"dist": {"unpackedSize": 7}}})}
    found, (problem,), *_ = look_up(answers, "a@1.0.0", as_of="2027-01-01")
    assert "publishers" not in found["npm:a@1.0.0"]
    assert found["npm:a@1.0.0"]["bytes"] == 7
    assert problem.code == "too-early"


def test_of_a_release_that_was_taken_back_later_the_day_s_publishers_may_be_unknown():
    """Nothing is left of what was published until then."""
    times = {v: f"2015-01-0{day}T10:00:00.000Z" for day, v in enumerate(("0.9.0", *HISTORY), start=1)}
    times |= {"created": times["0.9.0"], "modified": times["2.0.1"]}
    told = npm.to_facts(document(HISTORY, time=times), "0.9.0", REGISTRY, DAY, "2015-01-01")
    assert told.facts == {}
    assert told.problem[0] == "unpublished"


def test_without_dates_of_publishing_nothing_is_known_of_the_past():
    """A release that may have come later has no facts either."""
    said = ("undated", "nothing says whether it was published by 2015-01-02: its facts are unknown")
    assert npm.to_facts(document(HISTORY), "1.0.0", MIRROR, DAY, "2015-01-02") == ({}, said, None)
    partly = document(HISTORY, time={"1.0.0": "2015-01-01T10:00:00.000Z"})
    assert npm.to_facts(partly, "1.0.0", REGISTRY, DAY, "2015-01-02") == ({}, said, None)


def test_deprecation_of_the_past_is_unknown():
    assert facts({"1.0.0": {"deprecated": "x"}}, "1.0.0")["deprecated"] == "x"
    assert "deprecated" not in facts({"1.0.0": {"deprecated": "x"}}, "1.0.0", as_of="2015-01-02")


# -- the release's own facts -----------------------------------------------------------------------------------------


def test_facts_of_a_release():
    told = {"dist": {"unpackedSize": 900}, "scripts": {"install": "x"}, "dependencies": {"b": "1"}}
    assert facts({"1.0.0": told}, "1.0.0") == {
        "publishers": ("ann",), "bytes": 900, "published": "2015-01-01", "deprecated": False, "install_script": True,
        "manifest": {"dependencies": {"b": "1"}},
    }  # fmt: skip


def test_what_a_mirror_leaves_out_is_unknown():
    assert facts({"1.0.0": {}}, "1.0.0", MIRROR, maintainers=None) == {"publishers": ("ann",), "manifest": {}}
    told = facts({"1.0.0": {"scripts": {}, "deprecated": ""}}, "1.0.0", MIRROR)
    assert told["install_script"] is False
    assert told["deprecated"] is False


def test_dates_of_some_versions_alone_are_not_used():
    assert "published" not in facts({"1.0.0": {}, "1.0.1": {}}, "1.0.0", time={"1.0.0": "2015-01-01T10:00:00.000Z"})


def archive_of(base, tarball, name="a", **dist):
    page = packument(name, {"1.0.0": {"dist": {"tarball": tarball, **dist}}})
    url = base + name.replace("/", "%2F")
    (known,) = (
        a for a in npm.SOURCE.lookup(wanted("npm", f"{name}@1.0.0"), context({url: page}, routes=Bases(npm=base)))
        if isinstance(a, Known)
    )  # fmt: skip
    return known.archive


@pytest.mark.parametrize(
    ("base", "tarball", "url"),
    [
        (BASE, BASE + "a/-/a-1.0.0.tgz", BASE + "a/-/a-1.0.0.tgz"),
        (BASE, "/a/-/a-1.0.0.tgz", BASE + "a/-/a-1.0.0.tgz"),
        ("https://m.example/npm/", BASE + "a/-/a-1.0.0.tgz", "https://m.example/npm/a/-/a-1.0.0.tgz"),
        ("https://m.example/npm/", "https://m.example:443/npm/a/-/a.tgz", "https://m.example:443/npm/a/-/a.tgz"),
        ("https://m.example/npm/", "https://cdn.example/x/1.tgz", "https://cdn.example/x/1.tgz"),
    ],
)
def test_archives_are_had_from_the_registry_that_was_asked(base, tarball, url):
    assert archive_of(base, tarball, shasum="ab") == Archive(url, "ab")


def test_archives_of_scoped_packages():
    for path in ("@s/a/-/a-1.0.0.tgz", "@s%2fa/-/a-1.0.0.tgz"):
        archive = archive_of("https://m.example/npm/", BASE + path, "@s/a")
        assert archive == Archive("https://m.example/npm/@s/a/-/a-1.0.0.tgz", None)


def test_no_address_no_archive():
    assert archive_of(BASE, None) is None


# -- releases that are not as they should be -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("versions", "more", "version", "code", "known"),
    [
        ({"1.0.0": {}}, {}, "9.9.9", "not-in-registry", {"publishers"}),
        ({}, {}, "1.0.0", "not-in-registry", {"publishers"}),
        ({"1.0.0": {}}, {"time": {"1.0.0": "2015-01-01T10:00:00.000Z", "1.0.1": "2015-01-01T10:00:00.000Z"}}, "1.0.1",
         "unpublished", {"publishers"}),
        ({}, {"time": {"unpublished": {"time": "2022-01-14T12:34:23.941Z"}}, "maintainers": None}, "1.0.0",
         "unpublished", set()),
        ({"0.0.1-security": {"dist": {"unpackedSize": 434}}}, {"maintainers": []}, "0.0.1-security", "security-holder",
         {"publishers"}),
        ({"0.0.1-security": {"dist": {"unpackedSize": 434}}}, {"maintainers": [], "repository": "npm/security-holder"},
         "0.0.1-security", "security-holder", {"publishers"}),
        ({"0.0.1-security": {}}, {"repository": "npm/security-holder"}, "1.0.0", "security-holder", {"publishers"}),
        ({"0.0.0-stage": {}}, {}, "0.0.0-stage", "staged", {"publishers"}),
    ],
)  # fmt: skip
def test_what_is_wrong_and_what_is_still_true(versions, more, version, code, known):
    told = npm.to_facts(document(versions, **more), version, REGISTRY, DAY)
    assert told.problem is not None
    assert told.problem[0] == code
    assert set(told.facts) == known


def test_on_a_mirror_nobody_knows_whether_a_version_was_unpublished():
    times = {"1.0.0": "2015-01-01T10:00:00.000Z", "1.0.1": "2015-01-01T10:00:00.000Z"}
    told = npm.to_facts(document({"1.0.0": {}}, time=times), "1.0.1", MIRROR, DAY)
    assert told.problem[0] == "not-in-registry"


def test_problems_come_with_the_release_and_its_line():
    _, (problem,), *_ = look_up({BASE + "a": packument("a", {"1.0.0": {}})}, "a@2.0.0", line=12)
    assert problem.line == 12
    assert problem.message == "2.0.0 is none of the 1 versions that registry.npm.example lists"


# -- hosts -----------------------------------------------------------------------------------------------------------


def test_each_host_is_judged_by_itself():
    class Two(Bases):
        def base(self, one):
            return BASE if one.release.name == "a" else "https://m.example/npm/"

    bare = packument("b", {"1.0.0": {"maintainers": None, "_npmUser": None}}, maintainers=None, time={})
    answers = {BASE + "a": packument("a", {"1.0.0": {}}), "https://m.example/npm/b": bare}
    found, (problem,), hosts, _ = look_up(answers, "a@1.0.0", "b@1.0.0", routes=Two())
    assert [(h.host, h.dates, h.publishers) for h in hosts] == [
        ("registry.npm.example", "publish", "registry"), ("m.example/npm", "absent", "absent"),
    ]  # fmt: skip
    assert problem.code == "mirror"
    assert found["npm:a@1.0.0"]["published"] == "2015-01-01"
    assert set(found["npm:b@1.0.0"]) == {"manifest"}
