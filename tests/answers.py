"""Answers without a network: a Fetch that has them all, routes, releases to ask about, and what came of it."""

from __future__ import annotations

import json
import re

from hypothesis import strategies as st

from depfrag.model import Host, Problem, Release
from depfrag.protocols import Context, Known, Response, Wanted

DAY = "2026-09-01"
MAIL = re.compile(rb"[^\s<>\"'(),;:@/\\]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
"""An e-mail address, in any bytes."""

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
"""Any JSON value."""


def places(value, above=()):
    """Every place inside a JSON value, as the keys that lead there."""
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield (*above, key)
        yield from places(value[key], (*above, key))


@st.composite
def changed(draw, document):
    """A JSON document in which another value stands in one or two places, however deep."""
    copy = json.loads(json.dumps(document))
    for _ in range(draw(st.integers(1, 2))):
        *above, key = draw(st.sampled_from(list(places(copy))))
        inside = copy
        for step in above:
            inside = inside[step]
        inside[key] = draw(JSON)
    return copy


class Answers:
    """A Fetch that has its answers: address to a body, a value for a JSON body, a status without a body, or a function
    that makes one of these of the JSON that was sent along."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []
        self.sent = []

    def documents(self, requests):
        for request in requests:
            self.asked.append(request.url)
            answer = self.answers.get(request.url, 404)
            if callable(answer):
                self.sent.append(json.loads(request.body))
                answer = answer(self.sent[-1])
            if isinstance(answer, int):
                trouble = None if answer in (404, 410) else f"status {answer}"
                yield Response(request, answer, None, DAY, False, trouble)
                continue
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            try:
                yield Response(request, 200, request.keep(body), DAY, False, None)
            except ValueError as error:
                yield Response(request, 200, None, DAY, False, str(error))


class Bases:
    """Routes of one registry for an ecosystem, or none."""

    def __init__(self, npm="https://registry.npm.example/", pypi="https://pypi.example/simple/"):
        self.bases = {"npm": npm, "pypi": pypi}

    def base(self, wanted):
        return self.bases[wanted.release.ecosystem]

    def public(self, wanted):
        return "private" not in wanted.release.name


def wanted(ecosystem, *releases, lockfile="lock", **more):
    """``name@version`` as a release to ask about."""
    parts = [release.rpartition("@") for release in releases]
    return [Wanted(Release(f"{ecosystem}:{n}@{v}", ecosystem, n, v, **more), lockfile) for n, _, v in parts]


def context(answers=None, as_of=None, routes=None, **more):
    fetch = None if answers is None else Answers(answers)
    return Context(DAY, as_of, fetch, routes or Bases(), **more)


def split(answers):
    """What a source answered: facts by release id, problems, hosts."""
    answers = list(answers)
    facts = {a.wanted.release.id: {n: f.value for n, f in a.facts.items()} for a in answers if isinstance(a, Known)}
    problems = [a for a in answers if isinstance(a, Problem)]
    hosts = [a for a in answers if isinstance(a, Host)]
    return facts, problems, hosts
