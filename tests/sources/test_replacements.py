"""e18e's lists: fetched from the project's own registry, checked against its hash, and told as suggestions."""

from __future__ import annotations

import hashlib
import json

import pytest
from answers import DAY, MAIL, Bases, changed, context, split, wanted
from hypothesis import given
from registries import packument, tgz

from depfrag.model import Fact, Problem
from depfrag.protocols import Known
from depfrag.sources import replacements

BASE = "https://registry.npm.example/"
PACKUMENT = f"{BASE}module-replacements"
ARCHIVE = f"{BASE}module-replacements/-/module-replacements-3.4.0.tgz"
PAD = {
    "id": "String.prototype.padStart",
    "type": "native",
    "url": {"type": "mdn", "id": "Web/JavaScript/Reference/Global_Objects/String/padStart"},
    "engines": [
        {"engine": "chrome_android", "minVersion": "57"}, {"engine": "safari", "minVersion": "10"},
        {"engine": "nodejs", "minVersion": "8.0.0"},
    ],
}  # fmt: skip
NATIVE = {"mappings": {"left-pad": {"type": "module", "replacements": [PAD["id"]]}}, "replacements": {PAD["id"]: PAD}}
MICRO = {
    "mappings": {"is-number": {"replacements": ["snippet::is-number"]}},
    "replacements": {
        "snippet::is-number": {
            "id": "snippet::is-number", "type": "simple", "example": "typeof value === 'number'",
            "description": "You can use `typeof` to check\nif a value is a number.",
        }
    },
}  # fmt: skip
PREFERRED = {"mappings": {"other": {"replacements": ["x"]}}, "replacements": {"x": {"id": "x", "type": "native"}}}


def packed(native=NATIVE, micro=MICRO):
    """The package's archive."""
    manifests = {"native": native, "micro-utilities": micro, "preferred": PREFERRED}
    return tgz({f"manifests/{name}.json": json.dumps(content) for name, content in manifests.items()})


def served(archive, versions=("2.11.0", "3.0.0-beta.7", "3.4.0", "3.10.0-rc.1", "4.0.0"), **dist):
    """A registry that has it, as its version 3.4.0."""
    told = {"shasum": hashlib.sha1(archive).hexdigest(), "tarball": ARCHIVE, **dist}
    document = packument("module-replacements", {version: {"dist": told} for version in versions})
    return {PACKUMENT: document, ARCHIVE: archive}


def look_up(answers, *releases, ecosystem="npm", as_of=None, routes=None):
    """What is suggested for each release, problems, and the Fetch that was asked."""
    asked = context(answers, as_of, routes)
    facts, problems, _ = split(replacements.SOURCE.lookup(wanted(ecosystem, *releases), asked))
    return {name: told["replacement"] for name, told in facts.items()}, problems, asked.fetch


def test_what_is_suggested():
    facts, problems, fetch = look_up(served(packed()), "left-pad@1.3.0", "is-number@7.0.0", "other@1", "express@4")
    assert facts == {
        "npm:left-pad@1.3.0": {
            "instead": "String.prototype.padStart (Node.js 8.0.0, Safari 10 or later)",
            "see": "https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/String/padStart",
        },
        "npm:is-number@7.0.0": {"instead": "You can use `typeof` to check if a value is a number"},
    }
    assert problems == []
    assert fetch.asked == [PACKUMENT, ARCHIVE]


def test_where_it_is_from():
    (found,) = replacements.SOURCE.lookup(wanted("npm", "is-number@1"), context(served(packed())))
    value = {"instead": "You can use `typeof` to check if a value is a number"}
    assert found.facts == {"replacement": Fact(value, "e18e's module-replacements 3.4.0", DAY, "reported")}


@pytest.mark.parametrize(
    ("told", "instead"),
    [
        ({"description": "`String.prototype.padStart`, or so."}, "`String.prototype.padStart`, or so (Node.js 8.0.0"),
        ({"description": "Pads a string"}, "String.prototype.padStart (Node.js 8.0.0"),
        ({"engines": None}, "String.prototype.padStart"),
        ({"engines": [None, {"engine": "nodejs"}, {"engine": ["x"], "minVersion": "1"}]}, "String.prototype.padStart"),
        ({"type": "removal", "description": "All have it.", "engines": []}, "All have it"),
        ({"type": "removal", "description": None}, None),
        ({"type": "documented", "replacementModule": "x", "description": "x"}, None),
        ({"type": "native", "id": None}, None),
        ({"type": "native", "id": "ask ann@mail.example", "engines": []}, "ask …"),
    ],
)
def test_how_a_suggestion_is_worded(told, instead):
    one = {**PAD, **told}
    facts, *_ = look_up(served(packed({**NATIVE, "replacements": {PAD["id"]: one}})), "left-pad@1")
    assert facts.get("npm:left-pad@1", {}).get("instead", "").startswith(instead or "")
    assert bool(facts) is (instead is not None)


@pytest.mark.parametrize(
    ("url", "see"),
    [
        ({"type": "node", "id": "api/util.html"}, "https://nodejs.org/api/util.html"),
        ({"type": "e18e", "id": "inherits"}, "https://e18e.dev/docs/replacements/inherits"),
        ("https://somewhere.example/x", "https://somewhere.example/x"),
        ("javascript:alert(1)", None), ({"type": "x", "id": "y"}, None), ({"type": "mdn", "id": 7}, None), (None, None),
        ({"type": ["mdn"], "id": "y"}, None),
    ],
)  # fmt: skip
def test_where_to_read_about_it(url, see):
    facts, *_ = look_up(served(packed({**NATIVE, "replacements": {PAD["id"]: {**PAD, "url": url}}})), "left-pad@1")
    assert facts["npm:left-pad@1"].get("see") == see


def test_several_suggestions_are_alternatives_and_a_package_s_own_page_comes_first():
    mapping = {"replacements": ["a", "b", "c", 7], "url": {"type": "e18e", "id": "inherits"}}
    known = {"a": {"type": "native", "id": "a", "url": "https://a.example"}, "b": {"type": "native", "id": "b"}}
    facts, *_ = look_up(served(packed({"mappings": {"x": mapping}, "replacements": known})), "x@1")
    assert facts == {"npm:x@1": {"instead": "a or b", "see": "https://e18e.dev/docs/replacements/inherits"}}


def test_names_are_exact_and_the_native_list_comes_first():
    both = {**MICRO, "mappings": {**MICRO["mappings"], "left-pad": {"replacements": ["snippet::is-number"]}}}
    facts, *_ = look_up(served(packed(NATIVE, both)), "left-pad@1", "Left-Pad@1", "left-pad2@1", "constructor@1")
    assert list(facts) == ["npm:left-pad@1"]
    assert facts["npm:left-pad@1"]["instead"].startswith("String.")


# -- the package -----------------------------------------------------------------------------------------------------


def without(answers):
    facts, problems, _ = look_up(answers, "left-pad@1")
    assert facts == {}
    (problem,) = problems
    assert problem[:2] == ("no-replacements", "info")
    return problem.message


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({}, "the registry has no version of it that can be read"),
        ({PACKUMENT: 500}, "status 500"),
        ({PACKUMENT: packument("other", {"3.4.0": {}})}, "the registry has no version of it that can be read"),
        (served(packed(), ["2.11.0", "4.0.0", "3.0.0-beta.7"]), "the registry has no version of it that can be read"),
        (served(packed(), shasum=None), "the registry has no version of it that can be read"),
        ({**served(packed()), ARCHIVE: 404}, "the registry's archive of it is not the one that it names"),
        ({**served(packed()), ARCHIVE: 503}, "status 503"),
        (served(packed(), shasum="0" * 40), "its sha1 is not the one that the registry gave"),
        ({**served(packed()), ARCHIVE: packed()[:90]}, "its sha1 is not the one"),
        (served(b"x"), "neither a gzipped tar nor a zip file"),
        (served(tgz({"manifests/native.json": "{"})), "Expecting"),
    ],
)
def test_without_it_nothing_is_suggested_and_that_is_said(answers, said):
    message = without(answers)
    assert message.startswith("what could replace npm packages is unknown: no module-replacements; ")
    assert said in message


def test_an_archive_kept_under_another_hash_is_not_used():
    class Kept:
        def documents(self, requests):
            for response in context(served(packed(), integrity="sha1-x")).fetch.documents(requests):
                other = json.dumps({"integrity": "other", "modules": {}}).encode()
                yield response if response.request.url == PACKUMENT else response._replace(document=other, trouble=None)

    (problem,) = replacements.SOURCE.lookup(wanted("npm", "a@1"), context({})._replace(fetch=Kept()))
    assert problem.message.endswith("the registry's archive of it is not the one that it names")


def test_the_newest_version_of_the_known_form_is_taken():
    assert replacements._newest(dict.fromkeys(["3.9.0", "3.10.0", "3.10.0-rc.1", "10.0.0", "2.11.0"])) == "3.10.0"
    assert replacements._newest({}) is None


def test_the_archive_is_asked_for_at_the_registry_that_was_asked():
    base = "https://npm.corp.example/mirror/"
    asked = look_up({f"{base}module-replacements": served(packed())[PACKUMENT]}, "a@1", routes=Bases(npm=base[:-1]))[2]
    assert asked.asked == [f"{base}module-replacements", f"{base}module-replacements/-/module-replacements-3.4.0.tgz"]


# -- who is asked ----------------------------------------------------------------------------------------------------


class Two:
    """A registry for each lockfile, and none for the third."""

    def base(self, wanted):
        return {"a": f"{BASE}a/", "b": f"{BASE}b/"}.get(wanted.lockfile)


def test_each_registry_is_asked_once():
    asked = context({}, routes=Two())
    ones = [one for lock in "abc" for one in wanted("npm", "x@1", "y@1", lockfile=lock)]
    answers = list(replacements.SOURCE.lookup(ones, asked))
    assert asked.fetch.asked == [f"{BASE}a/module-replacements", f"{BASE}b/module-replacements"]
    assert all(isinstance(answer, Problem) for answer in answers)


def test_python_packages_and_the_past_need_no_list():
    assert look_up(served(packed()), "left-pad@1", ecosystem="pypi")[2].asked == []
    assert look_up(served(packed()), "left-pad@1", as_of="2020-01-01")[2].asked == []
    assert list(replacements.SOURCE.lookup(wanted("npm", "a@1"), context(None))) == []


# -- recorded and hostile lists --------------------------------------------------------------------------------------


def test_a_list_that_is_too_large_is_not_read(monkeypatch):
    archive = packed()
    monkeypatch.setattr(replacements, "_MOST", len(json.dumps(NATIVE)) - 1)
    assert list(look_up(served(archive), "left-pad@1", "is-number@1")[0]) == ["npm:is-number@1"]


@pytest.mark.parametrize(("name", "count"), [("native", 186), ("micro-utilities", 60)])
def test_the_recorded_lists(recordings, name, count):
    manifest = json.loads((recordings / "e18e" / "manifests" / f"{name}.json").read_text())
    found = dict(replacements._modules(manifest))
    assert set(found) == set(manifest["mappings"])
    assert len(found) == count
    assert all(text and "\n" not in text for text, _ in found.values())
    assert not MAIL.search(json.dumps(found).encode())
    if name == "native":
        assert found["left-pad"][0] == "String.prototype.padStart"


@given(changed(NATIVE))
def test_whatever_the_lists_hold_suggestions_are_text(manifest):
    for answer in replacements.SOURCE.lookup(wanted("npm", "left-pad@1"), context(served(packed(manifest)))):
        assert isinstance(answer, Known)
        value = answer.facts["replacement"].value
        assert value["instead"]
        assert set(value) <= {"instead", "see"}
        assert all(isinstance(text, str) for text in value.values())
