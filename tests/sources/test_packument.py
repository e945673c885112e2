"""What is kept of a packument: all that is used, nothing personal, and never more than was said."""

from __future__ import annotations

import json

import pytest
from answers import JSON, MAIL
from hypothesis import given
from hypothesis import strategies as st
from registries import packument

from depfrag.sources.packument import Version, keep, read, version

ANN = {"name": "ann", "email": "ann" + "@mail.example"}
BOB = {"name": "bob", "email": "bob" + "@mail.example"}


def kept(document):
    return read(keep(json.dumps(document).encode()))


def kept_version(**told):
    return version(kept(packument("a", {"1.0.0": told})), "1.0.0")


def test_a_packument():
    told = {
        "maintainers": [BOB, ANN],
        "dist": {
            "unpackedSize": 900, "fileCount": 3, "tarball": "https://r.example/a/-/a-1.0.0.tgz", "shasum": "ab",
            "integrity": "sha512-AA",
        },
        "deprecated": "use b",
        "scripts": {"test": "x", "postinstall": "y"},
        "dependencies": {"b": "^1"},
        "optionalDependencies": {"c": "*"},
        "peerDependencies": {"d": "1", "e": "2"},
        "peerDependenciesMeta": {"e": {"optional": True}, "d": {"optional": False}},
        "devDependencies": {"f": "1"},
        "readme": "long",
    }  # fmt: skip
    package = kept(packument("a", {"1.0.0": told, "1.0.1": {}}, readme="long", maintainers=[BOB, ANN, ANN]))
    assert package.name == "a"
    assert package.maintainers == ("ann", "bob")
    assert package.tags == {"latest": "1.0.1"}
    assert package.time["1.0.1"] == "2015-01-02T10:00:00.000Z"
    assert package.dated == ("registry", 1, 0, None)
    assert version(package, "1.0.0") == Version(
        maintainers=("ann", "bob"), publisher="ann", bytes=900, files=3, tarball="https://r.example/a/-/a-1.0.0.tgz",
        integrity="sha512-AA", deprecated="use b", install_script=True,
        manifest={
            "dependencies": {"b": "^1"}, "optionalDependencies": {"c": "*"}, "peerDependencies": {"d": "1", "e": "2"},
            "peerOptional": ("e",),
        },
    )  # fmt: skip
    assert version(package, "2.0.0") is None


def test_it_is_canonical():
    document = packument("a", {"1.0.0": {"dependencies": {"b": "1", "c": "2"}}})
    assert keep(json.dumps(document).encode()) == keep(json.dumps(document, sort_keys=True, indent=1).encode())


def test_lists_that_are_there_and_lists_that_are_not():
    document = packument("a", {"1.0.0": {}})
    assert kept({**document, "maintainers": []}).maintainers == ()
    del document["maintainers"]
    assert kept(document).maintainers is None


@pytest.mark.parametrize(
    "people",
    [None, "ann", {}, [ANN, {}], [ANN, {"name": ""}], [{"name": "ann" + "@mail.example"}], [ANN, 7], [None],
     ["Ann <ann" + "@mail.example>"]],
)  # fmt: skip
def test_a_list_that_cannot_be_counted_is_no_list(people):
    assert kept_version(maintainers=people).maintainers is None


def test_names_in_full_are_kept_for_they_say_whose_words_the_list_is():
    assert kept_version(maintainers=[{"name": "Ann Example"}]).maintainers == ("Ann Example",)
    assert kept_version(maintainers=["ann"]).maintainers == ("ann",)


@pytest.mark.parametrize(
    ("told", "said"),
    [("gone", "gone"), ("", ""), (False, ""), (True, "deprecated"), (None, None), ({}, None), (7, None)],
)
def test_deprecation(told, said):
    assert kept_version(deprecated=told).deprecated == said


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, None), ({"scripts": {}}, False), ({"scripts": {"install": "x"}}, True),
        ({"scripts": {"test": "x"}}, False), ({"gypfile": True}, True),
        ({"hasInstallScript": True}, True), ({"hasInstallScript": False}, False),
        ({"scripts": ["install"]}, None), ({"gypfile": True, "scripts": {}}, True),
    ],
)  # fmt: skip
def test_install_scripts(told, said):
    assert kept_version(**told).install_script is said


@pytest.mark.parametrize("size", [None, 0, -1, 1.5, "7", True, 2**60, [], {}])
def test_sizes_that_are_none(size):
    assert kept_version(dist={"unpackedSize": size}).bytes is None


def test_older_hashes_and_no_hash():
    assert kept_version(dist={"shasum": "ab"}).integrity == "ab"
    assert kept_version(dist={"integrity": 7, "shasum": ""}).integrity is None
    assert kept_version(dist=None).tarball is None
    assert (
        kept_version(dist={"tarball": "https://ann:secret" + "@r.example/a.tgz"}).tarball == "https://r.example/a.tgz"
    )


def test_odd_manifests():
    assert kept_version(dependencies=[]).manifest == {}
    assert kept_version(dependencies={"b": {}, "c": "1"}).manifest == {"dependencies": {"c": "1"}}
    assert kept_version(peerDependenciesMeta={"b": 7, "c": {"optional": "yes"}}).manifest == {}
    assert kept_version(version=None).manifest is None  # the manifest is not there at all


@pytest.mark.parametrize("told", [7, None, [], "x"])
def test_a_version_that_cannot_be_read_is_there_and_says_nothing(told):
    document = packument("a", {"1.0.0": {}, "1.0.1": {}})
    document["versions"]["1.0.0"] = told
    package = kept(document)
    assert list(package.versions) == ["1.0.0", "1.0.1"]
    assert version(package, "1.0.0") is None
    assert version(package, "1.0.1") is not None


def test_dates_of_some_versions_alone_are_none():
    document = packument("a", {"1.0.0": {}, "1.0.1": {}})
    del document["time"]["1.0.1"]
    assert kept(document).dated.form == "absent"


@pytest.mark.parametrize("change", [{"created": None}, {"modified": 7}, {"1.0.0": "2015-01-01T10:00:00.000+00:00"}])
def test_dates_in_another_form(change):
    document = packument("a", {"1.0.0": {}})
    assert kept(document).dated.form == "registry"
    document["time"].update(change)
    assert kept(document).dated.form == "foreign"


@pytest.mark.parametrize(
    ("told", "day"),
    [
        ({"time": "2022-01-14T12:34:23.941Z", "versions": ["1"]}, "2022-01-14"),
        ({}, ""),
        ("2015-07-31T03:52Z", "2015-07-31"),
    ],
)
def test_unpublished(told, day):
    document = {"name": "a", "time": {"created": "2015-01-01T10:00:00.000Z", "unpublished": told}}
    assert kept(document).unpublished == day


def test_names_that_npm_holds():
    for repository in ("npm/security-holder", {"url": "git+https://code.example/npm/security-holder.git"}):
        assert kept(packument("a", {"0.0.1-security": {}}, repository=repository)).holder
    assert not kept(packument("a", {"1.0.0": {}}, repository="ann/a")).holder


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"null", b"{}", b'{"name":"a"}', b'{"name":7,"versions":{}}', b'{"error":"Not found"}',
        b'{"name":"a","time":[]}', b'{"name":"a","versions":[]}', b'{"name":"a","versions":{}', b"[" * 100_000,
        b'{"name":"a","versions":{"1":' + b"[" * 100_000, b'{"name":"\xff","versions":{}}',
    ],
)  # fmt: skip
def test_what_is_no_packument(body):
    with pytest.raises(ValueError, match="not a packument"):
        keep(body)


def test_nothing_personal_is_kept_wherever_it_stands():
    mail = "zoe" + "@mail.example"
    told = {
        "maintainers": [{"name": "zoe", "email": mail}], "_npmUser": {"name": mail, "email": mail}, "author": mail,
        "deprecated": f"ask {mail}", "dependencies": {"b": f"git+ssh://{mail}/b", mail: "1", "c": f"{mail}:c.git"},
        "peerDependenciesMeta": {mail: {"optional": True}}, "scripts": {"install": mail},
        "dist": {"tarball": f"https://{mail}/a.tgz"},
    }  # fmt: skip
    document = packument("a", {"1.0.0": told}, readme=mail, author=mail, repository=mail, contributors=[mail])
    document["maintainers"].append({"name": mail})
    document["dist-tags"][mail] = mail
    document["time"][mail] = document["time"]["created"]
    document["versions"][mail] = {}
    assert not MAIL.search(keep(json.dumps(document).encode()))


OF_PACKAGE = ("time", "maintainers", "repository", "dist-tags")
OF_VERSION = (
    "maintainers", "_npmUser", "dist", "deprecated", "scripts", "gypfile", "hasInstallScript", "version",
    "dependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta",
)  # fmt: skip


@given(st.dictionaries(st.sampled_from(OF_VERSION), JSON), st.dictionaries(st.sampled_from(OF_PACKAGE), JSON))
def test_any_types_anywhere_are_lived_with(told, more):
    package = kept({**packument("a", {"1.0.0": told}), **more})
    version(package, "1.0.0")
    assert package.name == "a"
