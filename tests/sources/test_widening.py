"""Whatever is missing from an answer makes a score wider, never narrower: no field's absence is taken for a value."""

from __future__ import annotations

import copy
import functools
import json

import pytest
from answers import DAY, context, wanted
from conftest import SHARED
from hypothesis import given
from hypothesis import strategies as st
from registries import packument, project_page, release_page

from depfrag.config import ScoreSettings
from depfrag.model import Bounds, Measures
from depfrag.protocols import Known
from depfrag.scoring.left_pad import LeftPad
from depfrag.sources import npm, pypi

SCORER = LeftPad()
DEPENDENTS = Bounds(30, 30, 30)
NONE = Bounds(0, 0, 0)
MEASURES = Measures(DEPENDENTS, NONE, (), 1, NONE, direct=False, dev=False, optional=False, reached=True)
BASE, INDEX = "https://registry.npm.example/", "https://pypi.example/"


def made():
    """Packuments of our own, for where no recordings are."""
    people = [{"name": "ann", "email": "x"}, {"name": "bob", "email": "x"}, {"name": "Cy Example"}]
    told = {
        "maintainers": people[:2], "dist": {"unpackedSize": 90_000, "fileCount": 2, "tarball": "x", "shasum": "y"},
        "scripts": {"install": "x"}, "deprecated": "x",
    }  # fmt: skip
    yield packument(
        "a", {"1.0.0": told, "1.1.0": {**told, "maintainers": people[:1]}, "1.1.1": told}, maintainers=people[:2]
    )
    yield packument("ms", {"2.0.0": told, "2.1.2": {"maintainers": []}}, maintainers=[])
    yield packument("b", {"1.0.0": {**told, "maintainers": people}}, maintainers=people)
    yield packument("c", {"0.0.1-security": told}, maintainers=[], repository="npm/security-holder")


@functools.cache
def packuments():
    recorded = []
    top = SHARED / "recordings" / "npm"
    for folder in ("packument-full", "packument-abbreviated", "mirror-degraded", "other-registries", "special"):
        recorded += [json.loads(file.read_text()) for file in sorted((top / folder).glob("*.json"))]
    return [*made(), *recorded]


@functools.cache
def release_pages():
    files = {"a-1.0-py3-none-any.whl": 40_000, "a-1.0.tar.gz": 90_000}
    team = {"roles": [{"role": "Owner", "user": "ann"}, {"role": "Maintainer", "user": "bob"}], "organization": "acme"}
    pages = [release_page("a", "1.0", files), release_page("a", "1.0", files, ownership=team)]
    top = SHARED / "recordings" / "pypi" / "json"
    return [*pages, *(json.loads(file.read_text()) for file in sorted(top.glob("*.json")))]


def places(value, path=()):
    """The path of every field of every object in a JSON value."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*path, key)
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from places(inner, (*path, at))


def without(document, path):
    changed = copy.deepcopy(document)
    functools.reduce(lambda inner, key: inner[key], path[:-1], changed).pop(path[-1])
    return changed


def interval(source, ecosystem, release, answers, as_of=None):
    (one,) = wanted(ecosystem, release)
    found = source.lookup([one], context(answers, as_of))
    facts = next((a.facts for a in found if isinstance(a, Known)), {})
    score = SCORER.score(ecosystem, MEASURES, facts, 100, ScoreSettings())
    return score.lower, score.upper


def assert_wider(before, after):
    assert after[0] <= before[0] + 1e-9
    assert after[1] >= before[1] - 1e-9


@pytest.mark.parametrize("as_of", [None, "2015-01-02", "2016-03-21", "2026-08-31"])
@given(data=st.data())
def test_packuments(as_of, data):
    document = data.draw(st.sampled_from(packuments()))
    versions = list(document.get("versions") or ()) or ["1.0.0"]
    release = f"{document['name']}@{data.draw(st.sampled_from(versions))}"
    path = data.draw(
        st.sampled_from([p for p in places(document) if not (as_of and len(p) == 2 and p[0] == "versions")])
    )
    url = BASE + document["name"].replace("/", "%2F")
    before = interval(npm.SOURCE, "npm", release, {url: document}, as_of)
    assert_wider(before, interval(npm.SOURCE, "npm", release, {url: without(document, path)}, as_of))


@pytest.mark.parametrize("as_of", [None, "2024-01-01", DAY])
@given(data=st.data())
def test_pages_of_python_indexes(as_of, data):
    page = data.draw(st.sampled_from(release_pages()))
    name, version = page["info"]["name"].lower(), page["info"]["version"]
    answers = {f"{INDEX}pypi/{name}/{data.draw(st.sampled_from(['', version + '/']))}json": page}
    if data.draw(st.booleans()):
        listed = [{**file, "upload-time": file["upload_time_iso_8601"]} for file in page["urls"]]
        meta = {"_last-serial": page.get("last_serial")}  # it proves no more than the other page does
        answers[f"{INDEX}simple/{name}/"] = {**project_page(name, {}), "files": listed, "meta": meta}
    before = interval(pypi.SOURCE, "pypi", f"{name}@{version}", answers, as_of)
    url = data.draw(st.sampled_from(sorted(answers)))
    path = data.draw(st.sampled_from(list(places(answers[url]))))
    after = interval(pypi.SOURCE, "pypi", f"{name}@{version}", {**answers, url: without(answers[url], path)}, as_of)
    assert_wider(before, after)
