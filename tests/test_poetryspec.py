"""Poetry's version constraints mean what they mean to poetry-core."""

from __future__ import annotations

import itertools
import json
import pathlib
import random
import re
import subprocess
import time

import pytest
from lockfiles import pytools
from packaging.markers import Marker
from packaging.version import Version

from depfrag import poetryspec

PYTHONS = [
    "2.6.9",
    "2.7.0",
    "2.7.18",
    "3.0.0",
    "3.5.2",
    "3.6.0",
    "3.6.1",
    "3.9.9",
    "3.10.0",
    "3.11.4",
    "4.0.0",
    "4.1.2",
]
VERSIONS = [
    *PYTHONS,
    "0", "0.0.1", "0.0.2", "0.0.3", "0.0.3.4", "0.0.4", "0.1", "0.1.9", "0.2", "1", "1.0.0", "1.0.0.dev1", "1.0.0a1",
    "1.0.0rc2", "1.0.0.post1", "1.0.0+cpu", "1.0.1", "1.2", "1.2.2", "1.2.3a1", "1.2.3", "1.2.3.post1.dev2",
    "1.2.3.post2", "1.2.3+local", "1.2.3.4", "1.2.4", "1.3.dev0", "1.3a1", "1.3", "1.9.9", "2.dev3", "2a1", "2",
    "2.0.1", "2.1", "10", "1!0.5", "1!1.2.3", "2023.10.1",
]  # fmt: skip


def allowed(text):
    wanted = poetryspec.constraint(text)
    return None if wanted is None else {v for v in VERSIONS if poetryspec.allows(wanted, Version(v))}


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("*", ["0", "2a1", "1!0.5"], []),
        ("^1.2.3", ["1.2.3", "1.9.9", "1.2.3.post2"], ["1.2.2", "1.2.3a1", "2a1", "2", "2.dev3"]),
        ("^0.1", ["0.1", "0.1.9"], ["0.2"]),
        ("^0.0.3", ["0.0.3", "0.0.3.4"], ["0.0.4"]),
        ("^0", ["0.2"], ["1"]),
        ("~1.2.3", ["1.2.4"], ["1.3", "1.3a1"]),
        ("~1", ["1.9.9"], ["2"]),
        ("~=1.2", ["1.2", "1.9.9"], ["2", "1.0.1"]),
        ("~=1.2.3", ["1.2.4"], ["1.3"]),
        ("1.2.*", ["1.2", "1.2.3.post2", "1.2.3a1"], ["1.3", "1.3.dev0"]),
        ("!=1.2.*", ["1.0.1", "1.3"], ["1.2.3"]),
        ("1.x", ["1.9.9"], ["2"]),
        (">1.0.0", ["1.0.1"], ["1.0.0", "1.0.0.post1", "1.0.0+cpu"]),
        ("<2", ["1.9.9"], ["2a1", "2.dev3"]),
        ("==1.0.0", ["1.0.0", "1.0.0+cpu"], ["1.0.1"]),
        ("1.0.0+cpu", ["1.0.0+cpu"], ["1.0.0"]),
        ("===1.2.3", ["1.2.3"], ["1.2.4"]),
        (">=1.2,<2,!=1.2.3", ["1.2.2", "1.2.4"], ["1.2.3", "2"]),
        (">= 1.2, < 2", ["1.2.2"], ["2"]),
        (">=1.2 <2", ["1.2.2"], ["2"]),
        ("<1.0 || >=2.0,<2.1", ["0.2", "2.0.1"], ["1.2", "2.1"]),
        ("^1.2 | ^2.1", ["1.2", "2.1"], ["2.0.1"]),
        ("(>=1,<1.2.3 || >=2)", ["1", "2"], ["1.2.3"]),
        (">=1.2,", ["1.2"], ["1.0.1"]),
    ],
)
def test_what_is_allowed(text, inside, outside):
    found = allowed(text)
    assert found.issuperset(inside)
    assert not found.intersection(outside)


@pytest.mark.parametrize(
    "text", ["", "latest", "1.0 -", ">=", "^1.*", "~=1.x", "1.0a1.*", "1.2 || ", "1..2", "9" * 5000, "1," * 2000 + "1"]
)
def test_what_is_no_constraint(text):
    assert poetryspec.constraint(text) is None
    assert poetryspec.python_marker(text) is None


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("*", None),
        ("^3.8", 'python_version >= "3.8" and python_version < "4"'),
        ("~2.7 || ^3.6",
         '(python_version >= "2.7" and python_version < "2.8") or (python_version >= "3.6" and python_version < "4")'),
        ("3.8", 'python_version == "3.8"'),
        ("3.8.1", 'python_full_version == "3.8.1"'),
        (">3.6,<=3.9", 'python_full_version > "3.6.0" and python_full_version <= "3.9.0"'),
        ("!=3.0.*", 'python_version < "3.0" or python_version >= "3.1"'),
        (">=2.7,!=3.0.*", 'python_version >= "2.7" and (python_version < "3.0" or python_version >= "3.1")'),
        ("* || 3.8", None),
    ],
)  # fmt: skip
def test_markers_of_python_versions(text, marker):
    assert poetryspec.python_marker(text) == marker


def test_hostile_constraints_end():
    start = time.process_time()
    for text in (
        " " * 999,
        "1 " * 499,
        "," * 999,
        "1." * 499,
        "||" * 499,
        "^" * 999,
        "1a" * 499,
        ".x" * 499,
        "1" + ".*" * 499,
    ):
        poetryspec.constraint(text)
        poetryspec.python_marker(text)
    assert time.process_time() - start < 2


def simple():
    """Constraints of all forms."""
    bases = [
        "0",
        "1",
        "2",
        "0.0",
        "0.1",
        "1.2",
        "1.0",
        "3.6",
        "3.10",
        "0.0.3",
        "1.0.0",
        "1.2.3",
        "1.2.3.4",
        "2023.10",
        "1!1.2",
    ]
    odd = [
        "1.0.0a1",
        "1.2.3rc1",
        "1.0.0.dev1",
        "1.0.0.post1",
        "1.2.3+local",
        "0.0.0",
        "1.0.0b2.dev1",
        "2.0.0.post1.dev1",
    ]
    operators = ["", "=", "==", "!=", "<", "<=", ">", ">=", "^", "~", "~=", "^ ", "~ ", ">= ", "< "]
    single = [operator + version for operator, version in itertools.product(operators, bases + odd)]
    single += [f"{op}{version}.*" for op, version in itertools.product(["", "==", "!="], bases[:-1])]
    return [*single, "*", "x", "X.x", "1.*.*"]


def joined(single):
    """Some of them joined, and in alternatives."""
    chance = random.Random(7)
    for _ in range(400):
        text = chance.choice([",", ", ", " , ", " "]).join(chance.sample(single, chance.choice([2, 2, 3])))
        yield text if chance.random() < 0.5 else text + chance.choice([" || ", "||", " | "]) + chance.choice(single)


def test_poetry_core_allows_the_same():
    python = pytools.program("python", "poetry-core")
    single = simple()
    asked = dict.fromkeys([*single, *joined(single)], VERSIONS)
    script = pathlib.Path(__file__).with_name("poetry_allows.py")
    words = [python, "-W", "ignore", script]
    run = subprocess.run(words, input=json.dumps(asked), capture_output=True, text=True, timeout=100, check=False)
    assert not run.returncode, run.stderr
    differing = {}
    for text, theirs in json.loads(run.stdout).items():
        ours = allowed(text)
        if theirs is None or ours is None:
            assert (theirs is None) == (ours is None), text
            continue
        other = ours ^ set(theirs["allowed"])
        if text not in single:
            # Whether ">1, ^1.post1" allows 1.post1 depends on what poetry-core makes of both parts together.
            other = {version for version in other if "post" not in version}
        if other:
            differing[text] = sorted(other)
        marker = poetryspec.python_marker(text)
        pythons = {
            v
            for v in PYTHONS
            if marker is None
            or Marker(marker).evaluate({"python_full_version": v, "python_version": v.rpartition(".")[0]})
        }
        # Of Python, epochs and pre-releases make no sense, and the markers that they make none either.
        if not re.search(r"!\d|[a-z]", text) and pythons != set(theirs["pythons"]) & set(PYTHONS):
            differing["python " + text] = sorted(pythons ^ set(theirs["pythons"]) & set(PYTHONS)), marker
    assert differing == {}
