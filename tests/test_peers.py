"""What provides each peer, against walking every way from the top, as yarn makes an instance for each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag import peers
from depfrag.errors import LockfileError
from depfrag.peers import Providers

NAMES = "abcd"


@st.composite
def graphs(draw):
    """Packages by number: what each has under which name, and which peers it asks for. Those of 0 are the project's."""
    count = draw(st.integers(1, 6))
    given = [draw(st.dictionaries(st.sampled_from(NAMES), st.integers(i + 1, count), max_size=3)) for i in range(count)]
    names = ["top", *(draw(st.sampled_from(NAMES)) for _ in range(count))]
    given.append({})
    # Left out is who asks for a peer that it has, or is, itself: such a one gives its own only where it gets no other.
    wanted = [[], *(draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=2)) for _ in range(count))]
    asked = [[p for p in wanted[i] if p not in given[i] and p != names[i]] for i in range(count + 1)]
    return names, given, asked


def walked(names, given, asked):
    """(package, peer) to what provides it, found on every way from package 0."""
    found = {}

    def visit(package, provided):
        has = {**provided, **given[package]}
        for child in given[package].values():
            theirs = {}
            for name in asked[child]:
                if name in has or name == names[package]:
                    theirs[name] = has.get(name, package)
                    found.setdefault((child, name), set()).add(theirs[name])
            visit(child, theirs)

    visit(0, {})
    return found


@given(graphs())
def test_all_ways_are_walked(graph):
    names, given, asked = graph
    reached, todo = {0}, [0]
    for package in todo:
        fresh = set(given[package].values()) - reached
        reached |= fresh
        todo.extend(fresh)
    providers = Providers("x.lock")
    for package in sorted(reached):
        providers.add(package, names[package], given[package], asked)
    providers.hand_on()
    assert {peer: who for peer, who in providers.found.items() if who} == walked(*graph)


def test_the_work_has_an_end(monkeypatch):
    monkeypatch.setattr(peers, "_MAX_STEPS", 10)
    providers = Providers("x.lock")
    with pytest.raises(LockfileError, match="more peers of more releases than any project has"):
        providers.add(0, "a", {"b": 1, "c": 1}, [[], [str(i) for i in range(6)]])
