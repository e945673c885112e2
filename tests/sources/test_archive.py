"""Archives that are fetched to be counted: only the right ones are, and their facts are the release's own."""

from __future__ import annotations

import hashlib
import json

import pytest
from answers import DAY, context, split, wanted
from registries import tgz

from depfrag.model import Fact
from depfrag.protocols import Archive, Known
from depfrag.sources import archive

URL = "https://registry.npm.example/a/-/a-1.0.0.tgz"
BODY = tgz({"index.js": "a();\nb();\n", "package.json": "{}"})
SHA1 = hashlib.sha1(BODY).hexdigest()


def look_up(answer, integrity=SHA1):
    (one,) = wanted("npm", "a@1.0.0")
    asked = context({URL: answer}, archives={one: Archive(URL, integrity)})
    return list(archive.SOURCE.lookup([one, *wanted("npm", "b@1.0.0")], asked))


def test_a_release_is_counted():
    (known,) = look_up(BODY)
    assert isinstance(known, Known)
    assert known.facts == {
        "lines": Fact(2, "its archive", DAY, "registry"), "bytes": Fact(12, "its archive", DAY, "registry"),
    }  # fmt: skip


def test_without_a_hash_it_is_counted_as_it_comes():
    (known,) = look_up(BODY, None)
    assert known.facts["lines"].value == 2


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (BODY + b"x", "its sha1 is not the one that the registry gave"),
        (b"<html>", "its sha1 is not"),
        (404, "the registry answered with status 404"),
        (500, "status 500"),
    ],
)
def test_the_wrong_archive_is_a_problem_and_no_fact(answer, said):
    (problem,) = look_up(answer)
    assert (problem.code, problem.package) == ("not-counted", "npm:a@1.0.0")
    assert said in problem.message


def test_a_broken_archive_is_a_problem():
    (problem,) = look_up(BODY[:40], None)
    assert "broken" in problem.message


def test_what_was_kept_of_another_archive_is_not_used():
    """The address is the same, the hash is not: the release was replaced after it was counted."""
    kept = archive.keep(SHA1, BODY)
    assert json.loads(kept)["integrity"] == SHA1

    class Kept:
        def documents(self, requests):
            from depfrag.protocols import Response

            for request in requests:
                yield Response(request, 200, kept, DAY, False, None)

    (one,) = wanted("npm", "a@1.0.0")
    asked = context({}, archives={one: Archive(URL, "sha512-AA")})._replace(fetch=Kept())
    (problem,) = archive.SOURCE.lookup([one], asked)
    assert "another hash" in problem.message


def test_a_release_of_data_has_bytes_alone():
    body = tgz({"data.json": "[]"})
    (known,) = look_up(body, hashlib.sha256(body).hexdigest())
    assert {name: fact.value for name, fact in known.facts.items()} == {"bytes": 2}


def test_offline_nothing_is_asked():
    assert split(archive.SOURCE.lookup(wanted("npm", "a@1.0.0"), context())) == ({}, [], [])
