"""What a registry is worth: by its dates, by its lists of accounts, and by how much it showed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag import mirrors, tables
from depfrag.mirrors import Anchors, Dated, Shown, dated, host_name, judge, moment, problems

REGISTRY = Dated("registry", 4, 0)


def shown(accounts="named", *, publisher=True, lists=True, dates=REGISTRY, right=0, wrong=()):
    return Shown(accounts, publisher, lists, dates, right, wrong)


def judged(*documents, ecosystem="npm"):
    host = judge("https://r.example/npm/", ecosystem, len(documents), len(documents), documents)
    return host.dates, host.publishers


def test_moments():
    assert moment("2015-09-06T18:06:36.412Z") == "2015-09-06T18:06:36.412000"
    assert moment("2015-09-06T18:06:36Z") == "2015-09-06T18:06:36.000000"
    assert moment("2024-12-04T23:03:58.786000+00:00") == "2024-12-04T23:03:58.786000"
    assert moment("2024-12-04T23:03:58-02:00") == "2024-12-05T01:03:58.000000"
    assert moment("2024-12-04T23:03:58.1") == "2024-12-04T23:03:58.100000"


@pytest.mark.parametrize(
    "stamp",
    [
        None, 7, "", "yesterday", "2015-13-41T99:99:99.000Z", "0001-01-01T00:00:00Z", "9" * 99,
        "0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00",
    ],
)  # fmt: skip
def test_what_is_no_moment(stamp):
    assert moment(stamp) is None


@given(st.datetimes(min_value=__import__("datetime").datetime(1990, 1, 2), timezones=st.timezones()))
def test_moments_sort_as_time(when):

    text = moment(when.isoformat())
    assert text is None or datetime.fromisoformat(text).replace(tzinfo=UTC) == when.astimezone(UTC)


def test_order_is_looked_at_within_minor_lines():
    """A fix of an old line after a new one is no disorder."""
    stamps = {"1.0.0": "a", "2.0.0": "b", "1.0.1": "c", "1.0.2": "b", "2.0.0-rc": "z", "x": "z"}
    assert dated(stamps, "registry") == Dated("registry", 2, 1, None)
    assert dated({}, "registry") == Dated("absent")


def test_all_versions_at_once_tells():
    days = {f"{i}.0.0": f"2020-01-0{1 + i % 2}T" for i in range(5)}
    assert dated(days, "registry").together is True
    assert dated(days | {"9.0.0": "2021-01-01T"}, "registry").together is False


def test_nothing_shown_is_unknown():
    host = judge("https://r.example/", "npm", 9, 0, [])
    assert (host.dates, host.publishers, host.asked, host.answered) == ("unknown", "unknown", 9, 0)
    assert not list(problems([host]))


def test_one_good_document_is_enough():
    assert judged(shown()) == ("publish", "registry")


def test_known_days_decide():
    assert judged(shown(right=1, dates=Dated("foreign", 9, 9))) == ("publish", "registry")
    assert judged(shown(wrong=(("a@1", "2024-01-01", "2015-01-01"),)))[0] == "ingest"
    assert judged(shown(right=20), shown(wrong=(("a@1", "2024-01-01", "2015-01-01"),)))[0] == "publish"


@pytest.mark.parametrize(
    ("dates", "kind"),
    [
        (Dated("registry", 0, 0), "publish"),
        (Dated("registry", 16, 1), "publish"),
        (Dated("registry", 10, 2), "ingest"),
        (Dated("registry", 9, 0, together=True), "ingest"),
        (Dated("foreign", 9, 0), "ingest"),
        (Dated("unproven", 1, 0), "unknown"),
        (Dated("unproven", 9, 0), "publish"),
        (Dated("absent"), "absent"),
    ],
)
def test_dates_by_form_and_order(dates, kind):
    assert judged(shown(dates=dates))[0] == kind


def test_half_of_the_dates_in_another_form_is_nothing():
    right, foreign = Dated("registry", 9, 0), Dated("foreign", 9, 0)
    assert judged(shown(dates=right), shown(dates=foreign))[0] == "publish"
    assert judged(shown(dates=right), shown(dates=foreign), shown(dates=foreign))[0] == "ingest"


def test_one_package_made_in_a_day_among_others_is_nothing():
    ordinary, quick = Dated("registry", 9, 0, together=False), Dated("registry", 9, 0, together=True)
    assert judged(shown(dates=ordinary), shown(dates=quick))[0] == "publish"


@pytest.mark.parametrize(
    ("documents", "kind"),
    [
        ([shown()], "registry"),
        ([shown(), shown("absent")], "registry"),
        ([shown(), *[shown("absent")] * 2], "declared"),
        ([shown("absent")], "declared"),
        ([shown("absent", publisher=False)], "declared"),
        ([shown("absent", publisher=False, lists=False)], "absent"),
        ([shown("text", publisher=False, lists=False)], "declared"),
        ([*[shown()] * 8, *[shown("text")] * 2], "declared"),
        ([*[shown()] * 19, shown("text")], "registry"),
        ([shown("nobody")], "registry"),
        ([shown("nobody", publisher=False)], "declared"),
        ([shown("nobody", publisher=False, lists=False)], "absent"),
        ([shown("nobody")] * 4, "declared"),
        ([*[shown()] * 3, *[shown("nobody")] * 3], "registry"),
    ],
)
def test_publishers(documents, kind):
    assert judged(*documents)[1] == kind


def test_a_python_index_has_nothing_else_to_repeat():
    none = shown("absent", publisher=False, lists=False)
    assert judged(shown(publisher=False, lists=False), *[none] * 9, ecosystem="pypi")[1] == "registry"
    assert judged(none, ecosystem="pypi")[1] == "absent"
    assert judged(shown("nobody", publisher=False, lists=False), ecosystem="pypi")[1] == "absent"


def test_a_mirror_is_a_problem_of_the_run_in_one_line():
    bad = judge("https://r.example/npm/", "npm", 1, 1, [shown("absent", dates=Dated("absent"))])
    good = judge("https://s.example/", "npm", 1, 1, [shown()])
    (problem,) = problems([bad, good])
    assert problem.code == "mirror"
    assert problem.lockfile is None
    assert problem.message.startswith("r.example/npm does not pass on who can publish and when releases were published")
    assert "--snapshot" in problem.message
    assert "\n" not in problem.message


def test_names_of_hosts_have_no_credentials():
    assert host_name("https://ann:secret" + "@" + "r.example:8443/npm/repo/") == "r.example:8443/npm/repo"
    assert host_name("r.example") == "r.example"


@pytest.mark.parametrize("ecosystem", ["npm", "pypi"])
def test_the_table_of_known_days(ecosystem):
    days = tables.load("anchors.json")[ecosystem]
    assert len(days) >= 50
    assert all(moment(day + "T00:00:00Z") for day in days.values())
    anchors = Anchors(ecosystem)
    release, day = next(iter(days.items()))
    name, _, version = release.rpartition("@")
    assert anchors.compare(name, {version: f"{day}T10:00:00.000Z"}) == (1, ())
    assert anchors.compare(name, {version: "2001-01-01T10:00:00.000Z"}) == (0, ((release, "2001-01-01", day),))
    assert anchors.compare(name, {version: "never", "0": day}) == (0, ())
    assert anchors.compare("unheard-of", {version: day}) == (0, ())


DATED = st.builds(
    Dated,
    st.sampled_from(["registry", "foreign", "unproven", "absent"]),
    st.integers(0, 9),
    st.integers(0, 3),
    st.sampled_from([None, True, False]),
)
SHOWN = st.builds(
    Shown,
    st.sampled_from(["named", "nobody", "text", "absent"]),
    st.booleans(),
    st.booleans(),
    DATED,
    st.integers(0, 3),
    st.sampled_from([(), (("a@1", "2020-01-01", "2015-01-01"),)]),
)


@given(st.lists(SHOWN, max_size=6))
def test_every_judgement_is_one_plain_sentence(documents):
    host = judge("https://r.example/", "npm", len(documents), len(documents), documents)
    assert host.dates in mirrors.Dates.__args__
    assert host.publishers in mirrors.Publishers.__args__
    assert host.because
    assert "\n" not in host.because
