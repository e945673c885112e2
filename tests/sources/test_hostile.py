"""Registries that send anything at all: an answer or a problem comes of it, and facts are what they say they are."""

from __future__ import annotations

import re

import pytest
from answers import changed, context, wanted
from hypothesis import given, settings
from hypothesis import strategies as st
from registries import packument, project_page, release_page

from depfrag import snapshot
from depfrag.accounts import is_handle
from depfrag.facts import FACTS
from depfrag.model import Host, Problem
from depfrag.protocols import Known
from depfrag.sources import npm, pypi

FILES = {"a-1.0-py3-none-any.whl": 40, "a-1.0.tar.gz": 90}
PACKUMENT = packument(
    "a",
    {
        "1.0": {
            "dist": {"unpackedSize": 5, "fileCount": 2, "integrity": "sha512-x", "tarball": "https://h.example/a.tgz"},
            "deprecated": "no",
            "scripts": {"install": "x"},
            "dependencies": {"b": "1"},
            "peerDependencies": {"c": "1"},
            "peerDependenciesMeta": {"c": {"optional": True}},
        },
        "1.1": {},
    },
)
RELEASE = release_page("a", "1.0", FILES, info={"requires_dist": ["b>1; extra == 'x'"], "yanked": True})
PROJECT = project_page("a", FILES, **{"project-status": {"status": "archived", "reason": "done"}})
DAYS = st.sampled_from((None, "2015-01-01", "2026-09-01"))


def size(value):
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


RIGHT = {
    "publishers": lambda v: isinstance(v, tuple) and list(v) == sorted(set(v)) and all(map(is_handle, v)),
    "organization": lambda v: isinstance(v, str) and v,
    "bytes": size,
    "bytes_at_least": size,
    "published": lambda v: re.fullmatch(r"\d{4}-\d\d-\d\d", v),
    "deprecated": lambda v: v is False or (isinstance(v, str) and v),
    "yanked": lambda v: isinstance(v, (bool, str)),
    "install_script": lambda v: isinstance(v, bool),
    "manifest": lambda v: isinstance(v, dict),
}


def hold(answers):
    """That answers are such as everything after them relies on."""
    for answer in answers:
        assert isinstance(answer, (Known, Problem, Host))
        if isinstance(answer, Known):
            assert set(answer.facts) <= set(FACTS)
            for name, fact in answer.facts.items():
                assert fact.grade == "declared" or RIGHT[name](fact.value), (name, fact)
            held = snapshot.Snapshot(None, None, {"npm:a@1.0": answer.facts})
            assert snapshot.decode("x", snapshot.encode(held)).facts == held.facts


@settings(max_examples=300)
@given(changed(PACKUMENT), DAYS)
def test_packuments(document, as_of):
    asked = context({"https://registry.npm.example/a": document}, as_of)
    hold(npm.SOURCE.lookup(wanted("npm", "a@1.0"), asked))


@settings(max_examples=300)
@given(changed(RELEASE) | st.just(404), changed(RELEASE) | st.just(404), changed(PROJECT) | st.just(404), DAYS)
def test_pages_of_a_python_index(release, project, simple, as_of):
    top = "https://pypi.example/"
    pages = {f"{top}pypi/a/1.0/json": release, f"{top}pypi/a/json": project, f"{top}simple/a/": simple}
    hold(pypi.SOURCE.lookup(wanted("pypi", "a@1.0"), context(pages, as_of)))


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"name":"a","versions":{"1.0":']
)
@pytest.mark.parametrize(("ecosystem", "source"), [("npm", npm.SOURCE), ("pypi", pypi.SOURCE)])
def test_what_is_no_document(body, ecosystem, source):
    class Same(dict):
        def get(self, *_):
            return body

    found = list(source.lookup(wanted(ecosystem, "a@1.0"), context(Same())))
    assert [answer.code for answer in found if isinstance(answer, Problem)] == ["unanswered"]
    assert not any(isinstance(answer, Known) for answer in found)
