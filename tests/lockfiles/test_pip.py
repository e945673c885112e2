"""pip's own reading of requirements files names the same projects and pins, and annotations tell the same edges as a
script that looks at nothing but lines."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys

import pytest
from lockfiles.reading import CASES, case_name, corpus, document, fixtures, lockfile_in, parse
from packaging.requirements import InvalidRequirement, Requirement

PIP = """
import json, logging, os, sys
logging.disable(logging.CRITICAL)
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements

def read(path):
    os.chdir(os.path.dirname(path))
    found = []
    for parsed in parse_requirements(path, PipSession()):
        item = [parsed.constraint, None, None, None, parsed.requirement]
        try:
            asked = install_req_from_parsed_requirement(parsed)
            item[1] = asked.name
            pins = [s.version for s in (asked.req.specifier if asked.req else ()) if s.operator in ("==", "===")]
            item[2] = next((p for p in pins if not p.endswith(".*")), None)
            item[3] = asked.link.url if asked.link else None
        except Exception as error:
            item[1] = None
        found.append(item)
    return found

results = []
for path in json.load(sys.stdin):
    try:
        results.append(read(path))
    except Exception as error:
        results.append(f"refused: {error}")
json.dump(results, sys.stdout)
"""

FILES = [*corpus("requirements-txt"), *(lockfile_in(f) for f in fixtures("requirements-txt"))]
FILES += [lockfile_in(f) for f in CASES if f.parent.name == "requirements-txt"]


@pytest.fixture(scope="module")
def answers():
    """For each file what pip reads: [(constraint, name, pin, link, text)], or why it refuses the file."""
    if importlib.util.find_spec("pip") is None:
        pytest.skip("pip is not installed")
    run = subprocess.run(
        [sys.executable, "-c", PIP],
        input=json.dumps([str(path.resolve()) for path in FILES]),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    if "ImportError" in run.stderr:
        pytest.skip("this pip has another parser")
    assert not run.returncode, run.stderr
    return dict(zip(FILES, json.loads(run.stdout), strict=True))


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def is_requirement(text):
    """Whether the specification knows `text` as a requirement; older versions of pip accept more."""
    try:
        Requirement(text)
    except InvalidRequirement:
        return False
    return True


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{case_name(path.parent)}/{path.name}")
def test_pip_reads_the_same_requirements(path, answers):
    answer = answers[path]
    if isinstance(answer, str) or not any(name for _, name, *_ in answer):
        pytest.skip(f"pip does not read this file: {answer}")
    named = [(fixed, canonical(name), pin, link, text) for fixed, name, pin, link, text in answer if name]
    # What this version of pip refuses, another one may not, nor may we.
    disputed = " ".join(canonical(text) for _, name, *_, text in answer if not name or not is_requirement(text))
    constraints = {name: pin for fixed, name, pin, _, _ in named if fixed}
    asked = [(name, pin, link) for fixed, name, pin, link, text in named if not fixed if link or is_requirement(text)]
    pins = {name: pin for name, pin, _ in asked if pin}
    placed = {name for name, _, link in asked if link}
    # Without a version of its own, a requirement has the one of a constraint or of another line.
    registry = {(name, pin or constraints.get(name) or pins.get(name)) for name, pin, link in asked if not link}
    registry = {(name, pin) for name, pin in registry if pin or name not in placed}
    own = parse(path).releases
    read = {(r.name, r.version) for r in own if r.kind == "registry"}
    assert registry <= read
    assert all(name in disputed for name, _ in read - registry)
    assert placed <= {r.name for r in own if r.kind != "registry"}


def annotated_edges(text):
    """Dependent to dependency as ``# via`` comments tell, by looking at lines."""
    edges, current, within = set(), None, False
    for line in text.splitlines():
        found = re.match(r"([A-Za-z0-9][\w.-]*)(\[[\w,-]*\])?(==| @ )", line)
        if found:
            current, within = canonical(found[1]), False
        comment = re.search(r"(?:^|\s)#(.*)", line)
        if comment and current:
            words = comment[1].strip()
            if words == "via" or words.startswith("via "):
                within, words = True, words[3:].strip()
            if within and words:
                edges |= {(name.strip(), current) for name in words.split(",")}
        elif not line.strip():
            current = None
    return {(canonical(a.partition("[")[0]), b) for a, b in edges if not a.startswith("-") and "(" not in a}


ANNOTATED = [
    path
    for path in FILES
    if re.search(rb"# +via", path.read_bytes()) and not re.search(rb"^-r", path.read_bytes(), re.MULTILINE)
]


@pytest.mark.parametrize("path", ANNOTATED, ids=lambda path: f"{case_name(path.parent)}/{path.name}")
def test_annotations_tell_the_same_edges(path):
    found = document(path)
    names = {p["id"]: p["name"] for p in found["packages"]}
    listed = set(names.values())
    own = {(names[d["from"]], names[d["to"]]) for d in found["dependencies"] if d["from"] in names}
    assert own
    edges = annotated_edges(path.read_text("utf-8"))
    assert own == {(a, b) for a, b in edges if a != b and a in listed and b in listed}
