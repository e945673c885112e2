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


class Answers:
    """A Fetch that has its answers: address to a body, a value for a JSON body, or a status without a body."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    def documents(self, requests):
        for request in requests:
            self.asked.append(request.url)
            answer = self.answers.get(request.url, 404)
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
