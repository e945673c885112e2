"""Python indexes: which page is asked for when, what is believed, and what is unknown."""

from __future__ import annotations

from collections import Counter

import pytest
from answers import DAY, Bases, context, split, wanted
from registries import project_page, release_page

from depfrag.model import Fact
from depfrag.protocols import Archive, Known, Response
from depfrag.sources import pypi

ROOT = "https://pypi.example/"
WHEEL, SDIST = "a-1.0-py3-none-any.whl", "a-1.0.tar.gz"


def release(name="a", version="1.0", files=None, **more):
    return {f"{ROOT}pypi/{name}/{version}/json": release_page(name, version, files or {WHEEL: 40, SDIST: 90}, **more)}


def project(name="a", files=None, **more):
    return {f"{ROOT}simple/{name}/": project_page(name, {WHEEL: 40, SDIST: 90} if files is None else files, **more)}


def look_up(answers, *releases, as_of=None, routes=None):
    asked = context(answers, as_of, routes)
    found, problems, hosts = split(pypi.SOURCE.lookup(wanted("pypi", *releases), asked))
    return found, problems, hosts, [url.removeprefix(ROOT) for url in asked.fetch.asked]


def facts(answers, name="a@1.0", as_of=None):
    return look_up(answers, name, as_of=as_of)[0][f"pypi:{name}"]


def codes(problems):
    return [p.code for p in problems]


# -- asking ----------------------------------------------------------------------------------------------------------


def test_the_json_api_alone_when_it_says_everything():
    found, problems, (host,), asked = look_up(release(), "a@1.0")
    assert asked == ["pypi/a/1.0/json"]
    assert not problems
    assert (host.host, host.dates, host.publishers) == ("pypi.example", "publish", "registry")
    assert found["pypi:a@1.0"] == {
        "publishers": ("ann",), "bytes_at_least": 40, "published": "2020-05-01", "yanked": False,
        "manifest": {"requires": ()},
    }  # fmt: skip


def test_the_simple_api_where_the_json_api_has_nothing():
    found, problems, _, asked = look_up(project(), "a@1.0")
    assert asked == ["pypi/a/1.0/json", "pypi/a/json", "simple/a/"]
    assert codes(problems) == ["mirror"]
    assert found["pypi:a@1.0"] == {
        "bytes_at_least": 40, "published": "2020-05-01", "yanked": False, "deprecated": False,
    }  # fmt: skip


def json_project(name="a", latest="1.0", files=None, **more):
    """The JSON API's page of a project: what is in ``info`` is of the latest release."""
    page = release_page(name, latest, {WHEEL: 40, SDIST: 90} if files is None else files, **more)
    listed = {}
    for file in page.pop("urls"):
        listed.setdefault(file["filename"].split("-")[1].removesuffix(".tar.gz"), []).append(file)
    return {f"{ROOT}pypi/{name}/json": {**page, "releases": listed, "urls": []}}


def test_mirrors_that_have_the_json_api_s_page_of_the_project_alone():
    info = {"requires_dist": ["b"], "yanked": True}
    page = json_project(files={WHEEL: 40, "a-2.0-py3-none-any.whl": 50}, latest="2.0", info=info)
    found, problems, (host,), asked = look_up(page, "a@1.0", "a@2.0")
    assert asked == ["pypi/a/1.0/json", "pypi/a/2.0/json", "pypi/a/json"]
    assert not problems
    assert (host.dates, host.publishers) == ("publish", "registry")
    assert found["pypi:a@1.0"] == {
        "publishers": ("ann",), "bytes_at_least": 40, "published": "2020-05-01", "yanked": False,
    }  # fmt: skip
    assert found["pypi:a@2.0"] == {
        "publishers": ("ann",), "bytes_at_least": 50, "published": "2020-05-01", "yanked": True,
        "manifest": {"requires": ("b",)},
    }  # fmt: skip


def test_a_version_that_the_project_s_page_does_not_list():
    found, problems, _, asked = look_up(json_project(), "a@9.9")
    assert asked == ["pypi/a/9.9/json", "pypi/a/json", "simple/a/"]
    assert codes(problems) == ["not-in-registry"]
    assert found["pypi:a@9.9"] == {"publishers": ("ann",)}


def test_the_simple_api_as_well_where_the_json_api_lacks_sizes():
    page = release()
    for file in page[f"{ROOT}pypi/a/1.0/json"]["urls"]:
        del file["size"]
    found, *_, asked = look_up({**page, **project()}, "a@1.0")
    assert asked == ["pypi/a/1.0/json", "pypi/a/json", "simple/a/"]
    assert found["pypi:a@1.0"]["bytes_at_least"] == 40
    assert found["pypi:a@1.0"]["publishers"] == ("ann",)


@pytest.mark.parametrize("status", [503, 429, 0])
def test_an_index_out_of_reach_is_not_asked_twice(status):
    found, problems, (host,), asked = look_up({f"{ROOT}pypi/a/1.0/json": status}, "a@1.0")
    assert (found, codes(problems), asked) == ({}, ["unanswered"], ["pypi/a/1.0/json"])
    assert (host.publishers, host.dates, host.answered) == ("unknown", "unknown", 0)


NAMES = [f"a{i}" for i in range(20)]


@pytest.mark.parametrize(
    ("make", "first", "then"),
    [
        (release, {"release": 8}, {"release": 12}),
        (json_project, {"release": 8, "project": 8}, {"project": 12}),
        (project, {"release": 8, "project": 8, "simple": 8}, {"simple": 12}),
    ],
)
def test_the_first_few_show_which_pages_an_index_has(make, first, then):
    answers = {}
    for name in NAMES:
        answers |= make(name, files={f"{name}-1.0.tar.gz": 40})
    *_, asked = look_up(answers, *(f"{name}@1.0" for name in NAMES))

    def kinds(urls):
        return Counter("simple" if u.startswith("simple") else "release" if "1.0" in u else "project" for u in urls)

    assert kinds(asked[: sum(first.values())]) == first
    assert kinds(asked[sum(first.values()) :]) == then


def test_a_project_that_is_nowhere_shows_nothing_of_an_index():
    """A later one that is quarantined is still found out."""
    answers = {}
    for name in NAMES[1:-1]:
        answers |= release(name, files={f"{name}-1.0.tar.gz": 40})
    answers |= project(NAMES[-1], files={}, **{"project-status": {"status": "quarantined"}})
    _, problems, *_ = look_up(answers, *(f"{name}@1.0" for name in NAMES))
    assert [(p.package, p.code) for p in problems] == [
        ("pypi:a0@1.0", "not-in-registry"), ("pypi:a19@1.0", "quarantined"),
    ]  # fmt: skip


def test_two_versions_of_a_project_share_its_page():
    found, *_, asked = look_up(project(files={WHEEL: 40, "a-2.0.tar.gz": 50}), "a@1.0", "a@2.0")
    assert asked == ["pypi/a/1.0/json", "pypi/a/2.0/json", "pypi/a/json", "simple/a/"]
    assert found["pypi:a@2.0"]["bytes_at_least"] == 50


@pytest.mark.parametrize(
    ("base", "urls"),
    [
        ("https://m.example/api/pypi/repo/simple/", ["api/pypi/repo/pypi/a/1.0/json", "api/pypi/repo/pypi/a/json",
                                                     "api/pypi/repo/simple/a/"]),
        ("https://m.example/root/pypi/+simple/", ["root/pypi/+simple/a/"]),
        ("https://m.example/wheels/", ["wheels/a/"]),
        ("https://m.example/simple", ["pypi/a/1.0/json", "pypi/a/json", "simple/a/"]),
    ],
)  # fmt: skip
def test_where_the_json_api_lies(base, urls):
    *_, asked = look_up({}, "a@1.0", routes=Bases(pypi=base))
    assert asked == ["https://m.example/" + url for url in urls]


def test_odd_versions_are_quoted():
    *_, asked = look_up({}, "a@1!2.0+local/x")
    assert asked[0] == "pypi/a/1%212.0%2Blocal%2Fx/json"


def test_who_is_not_asked_about():
    assert not list(pypi.SOURCE.lookup(wanted("pypi", "a@1"), context()))
    assert not list(pypi.SOURCE.lookup(wanted("npm", "a@1"), context({})))
    found, problems, _, asked = look_up({}, "a@1", routes=Bases(pypi=None))
    assert (found, codes(problems), asked) == ({}, ["not-asked"], [])


# -- publishers ------------------------------------------------------------------------------------------------------


def owners(*users, **more):
    return {"ownership": {"roles": [{"role": "Owner", "user": u} for u in users], "organization": None, **more}}


def test_publishers_are_those_with_a_role():
    told = {"roles": [{"role": "Owner", "user": "bob"}, {"role": "Maintainer", "user": "ann"}], "organization": None}
    assert facts(release(ownership=told))["publishers"] == ("ann", "bob")


def test_an_organisation_s_team_is_not_visible():
    told = facts(release(**owners("ann", organization="acme")))
    assert (told["publishers"], told["organization"]) == (("ann",), "acme")
    told = facts(release(**owners(organization="acme")))
    assert (told["publishers"], told["organization"]) == ((), "acme")


@pytest.mark.parametrize(
    "ownership",
    [
        None, {}, {"roles": []}, {"roles": [{"role": "Owner", "user": "ann"}]}, {"organization": None}, [],
        {"roles": [{"role": "Owner"}], "organization": None}, {"roles": ["ann"], "organization": None},
        {"roles": [{"user": "ann" + "@mail.example"}], "organization": None},
        {"roles": [{"user": "ann"}], "organization": 7}, {"roles": {}, "organization": None},
        {"roles": [{"user": ["ann"]}], "organization": None}, {"roles": [{"user": {}}], "organization": None},
    ],
)  # fmt: skip
def test_what_is_not_understood_is_unknown(ownership):
    told = facts(release(ownership=ownership))
    assert "publishers" not in told
    assert "organization" not in told


def test_nobody_is_believed_of_an_index_that_names_accounts():
    found, *_ = look_up({**release(**owners()), **release("b", **owners("ann"))}, "a@1.0", "b@1.0")
    assert found["pypi:a@1.0"]["publishers"] == ()
    assert "publishers" not in facts(release(**owners()))


def test_who_could_publish_in_the_past_is_unknown():
    found, problems, *_ = look_up(release(), "a@1.0", as_of="2021-01-01")
    assert set(found["pypi:a@1.0"]) == {"bytes_at_least", "published", "manifest"}
    assert codes(problems) == ["no-history"]
    assert "2021-01-01" in problems[0].message
    assert "publishers" not in facts(release(), as_of="2027-01-01")
    assert facts(release(), as_of=DAY)["publishers"] == ("ann",)


def test_a_release_that_came_later_is_a_problem():
    found, problems, *_ = look_up(release(), "a@1.0", as_of="2019-01-01")
    assert found == {"pypi:a@1.0": {}}
    assert codes(problems) == ["no-history", "too-new"]


# -- size, dates, state ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "size"),
    [
        ({SDIST: 9, WHEEL: 7, "a-1.0-cp311-cp311-win32.whl": 5}, 7),
        ({SDIST: 9, "a-1.0-py2.py3-none-any.whl": 7}, 7),
        ({SDIST: 9, "a-1.0-cp311-cp311-win32.whl": 5}, 9),
        ({"a-1.0-cp312-cp312-win32.whl": 6, "a-1.0-cp311-cp311-win32.whl": 5}, 5),
        ({"a-1.0.zip": 3}, 3),
        ({"a-1.0.win32.exe": 3}, None),
        ({SDIST: 9, WHEEL: 0}, None),
    ],
)
def test_the_size_is_that_of_one_file(files, size):
    assert facts(release(files=files)).get("bytes_at_least") == size


def test_the_day_is_that_of_the_first_file():
    page = release()
    first, second = page[f"{ROOT}pypi/a/1.0/json"]["urls"]
    second["upload_time_iso_8601"] = "2020-04-30T23:00:00.000000Z"
    assert facts(page)["published"] == "2020-04-30"
    del first["upload_time_iso_8601"]
    assert "published" not in facts(page)


def test_an_index_that_proves_nothing_of_its_dates():
    page = project(meta={"api-version": "1.0"})
    found, _, (host,), _ = look_up(page, "a@1.0")
    assert host.dates == "unknown"
    assert "published" not in found["pypi:a@1.0"]


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ({"yanked": True, "yanked_reason": "broken"}, "broken"), ({"yanked": True, "yanked_reason": None}, True),
        ({"yanked": False}, False), ({"yanked": None}, False), ({"yanked": "yes"}, False),
    ],
)  # fmt: skip
def test_yanked(info, said):
    assert facts(release(info=info))["yanked"] == said


def test_yanked_in_the_simple_api():
    page = project()
    files = page[f"{ROOT}simple/a/"]["files"]
    files[0]["yanked"] = "broken"
    assert facts(page)["yanked"] is False
    files[1]["yanked"] = True
    assert facts(page)["yanked"] in ("broken", True)
    del files[1]["yanked"]
    assert "yanked" not in facts(page)


@pytest.mark.parametrize(
    ("requires", "files", "said"),
    [
        (["b>=1", "c; extra == 'x'"], {WHEEL: 1}, ("b>=1", "c; extra == 'x'")),
        (["b"], {SDIST: 1}, ("b",)),
        (None, {WHEEL: 1}, ()),
        (None, {SDIST: 1}, None),
        ([], {SDIST: 1}, None),
        ("b", {WHEEL: 1}, None),
        (["d @ git+https://ann:secret" + "@code.example/d"], {WHEEL: 1}, ("d @ git+https://code.example/d",)),
    ],
)
def test_what_a_release_requires(requires, files, said):
    manifest = facts(release(files=files, info={"requires_dist": requires})).get("manifest")
    assert manifest == (None if said is None else {"requires": said})


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({"status": "active"}, False), ({"status": "archived"}, "the project is archived"),
        ({"status": "deprecated", "reason": "use b"}, "the project is deprecated: use b"), ({"status": "odd"}, None),
        (None, None), ({}, None),
    ],
)  # fmt: skip
def test_status_of_a_project(status, said):
    assert facts(project(**{"project-status": status})).get("deprecated") == said


def test_the_file_that_says_the_size_is_the_one_to_count():
    answers = list(pypi.SOURCE.lookup(wanted("pypi", "a@1.0"), context(project())))
    (known,) = (a for a in answers if isinstance(a, Known))
    assert known.archive == Archive(f"https://pypi.example/packages/{WHEEL}", "0" * 64)
    assert known.facts["bytes_at_least"] == Fact(40, "pypi.example", DAY, "registry")


# -- releases that are not as they should be -------------------------------------------------------------------------


def test_a_quarantined_project_is_told_from_one_that_never_was():
    page = project(files={}, **{"project-status": {"status": "quarantined", "reason": "haunted"}})
    found, problems, *_ = look_up(page, "a@1.0", "b@1.0")
    assert [(p.package, p.code) for p in problems if p.package] == [
        ("pypi:a@1.0", "quarantined"), ("pypi:b@1.0", "not-in-registry"),
    ]  # fmt: skip
    assert found == {"pypi:a@1.0": {}}


def test_a_version_that_is_not_there():
    found, problems, *_ = look_up({**project(), **release("b")}, "a@9.9", "b@1.0")
    assert found["pypi:a@9.9"] == {"deprecated": False}
    assert [p.message for p in problems] == ["pypi.example lists no file of version 9.9"]


def test_versions_are_compared_as_versions():
    found, problems, *_ = look_up({**project(files={"a-1.0.0rc1.tar.gz": 9}), **release("b")}, "a@1.0rc1", "b@1.0")
    assert not problems
    assert found["pypi:a@1.0rc1"]["bytes_at_least"] == 9
    assert look_up(project(files={"a-banana.tar.gz": 9}), "a@1.0")[0]["pypi:a@1.0"] == {"deprecated": False}


def test_an_index_of_html_pages_is_one_problem():
    html = b"<!DOCTYPE html><html><body><a href='a-1.0.tar.gz'>a-1.0.tar.gz</a></body></html>"
    found, problems, (host,), _ = look_up({f"{ROOT}simple/{n}/": html for n in "abc"}, "a@1.0", "b@1.0", "c@1.0")
    assert found == {"pypi:a@1.0": {}, "pypi:b@1.0": {}, "pypi:c@1.0": {}}
    assert codes(problems) == ["mirror"]
    assert (host.dates, host.publishers, host.answered) == ("absent", "absent", 3)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"{\xff}", b'{"name":"a"}', b"[" * 100_000])
def test_broken_pages(body):
    found, problems, *_ = look_up({f"{ROOT}pypi/a/1.0/json": body, f"{ROOT}simple/a/": body}, "a@1.0")
    assert not found
    assert codes(problems) == ["unanswered"]
    assert "not a page of" in problems[0].message


def test_a_page_about_another_project_is_no_answer():
    found, problems, *_ = look_up({f"{ROOT}pypi/a/1.0/json": release_page("b", "1.0", {WHEEL: 1})}, "a@1.0")
    assert not found
    assert [(p.code, p.message) for p in problems] == [("unanswered", "pypi.example answered for another package")]


def test_files_that_cannot_be_told_apart_are_no_files():
    page = release(files={WHEEL: 40})
    page[f"{ROOT}pypi/a/1.0/json"]["urls"].append({"size": 3})
    assert "bytes_at_least" not in facts(page)


def test_an_old_answer_is_said_to_be_old():
    import json

    class Old:
        def documents(self, requests):
            for request in requests:
                page = json.dumps(release_page("a", "1.0", {WHEEL: 40})).encode()
                yield Response(request, 200, request.keep(page), "2026-08-01", True, None)

    found, problems, _ = split(pypi.SOURCE.lookup(wanted("pypi", "a@1.0"), context({})._replace(fetch=Old())))
    assert found["pypi:a@1.0"]["publishers"] == ("ann",)
    assert codes(problems) == ["stale"]
