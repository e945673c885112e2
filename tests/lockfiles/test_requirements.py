"""What the reader of requirements files does beyond lines; its cases are in ``cases/requirements-txt``."""

from __future__ import annotations

import time

import pytest
from lockfiles.reading import Memory

from depfrag.errors import LockfileError
from depfrag.lockfiles.requirements import PARSER


def read(text, **files):
    return PARSER.parse("requirements.txt", text.encode(), Memory({f"{k}.txt": v for k, v in files.items()}))


def names(lockfile):
    return [r.id.removeprefix("pypi:") for r in lockfile.releases]


def test_an_empty_file_is_a_project_without_requirements():
    lockfile = read("")
    assert (names(lockfile), lockfile.direct_known, lockfile.open) == ([], True, frozenset())


def test_an_include_counts_once():
    lockfile = read("-r a.txt\n-r ./x/../a.txt\n-r b.txt\n", a="-r b.txt\nsix==1\n", b="idna==3\nnot one\n")
    assert names(lockfile) == ["idna@3", "six@1"]
    assert [p.message for p in lockfile.problems] == ["not requirements, left out: line 2 of b.txt (line 1)"]


def test_constraints_are_no_requirements_but_what_they_include_is():
    """As pip has it; uv does not."""
    lockfile = read("-c a.txt\nsix\n", a="six==1\nidna==3\n-r b.txt\n-e ./x\n", b="attrs==23.1.0\n")
    assert names(lockfile) == ["attrs@23.1.0", "six@1"]


def test_an_address_wins_over_a_name_without_version():
    assert names(read("a\na @ https://h.example/a-1.zip\n"))[0].startswith("a@url+")
    assert len(names(read("a\na @ https://h.example/a-1.zip\n"))) == 1


def test_many_invalid_lines_are_counted():
    lockfile = read("six==1\n" + "not one\n" * 7)
    assert lockfile.problems[0].message.endswith("(line 6) and 2 more")
    assert lockfile.problems[0].line == 2


def test_annotations_that_name_nobody():
    lockfile = read("six==1\n    # via gone\nidna==3\n    # via\n    #   lost\n    #   six\n")
    assert [(p.code, p.line) for p in lockfile.problems] == [("missing-dependent", 1)]
    assert lockfile.problems[0].message.endswith("taken for the project: gone, lost")
    # One of them is the project itself, where the file installs it.
    assert not read("-e .\nsix==1\n    # via app\n").problems


def test_extras_of_releases_whose_dependencies_are_not_said():
    text = "a[B_b,c]==1\na[d]==1\nb==1\nc[x] @ https://h.example/c-1.zip\n"
    lockfile = read(text)
    assert {name: extras for name, extras in lockfile.activated.items() if "url" not in name} == {
        "pypi:a@1": ("b-b", "c", "d")
    }
    assert lockfile.open == {r.id for r in lockfile.releases}
    assert sorted(lockfile.activated.values()) == [("b-b", "c", "d"), ("x",)]
    assert read("a[b]==1\n    # via -r in\n").activated == {}, "what it needs is said"


def test_markers_of_one_edge_are_joined():
    text = 'a==1 ; os_name == "nt"\n    # via b\na==1 ; os_name == "java"\n    # via b\nb==1\n    # via -r in\n'
    edges = {d[:2]: d.condition for d in read(text).dependencies}
    assert edges["pypi:b@1", "pypi:a@1"] == 'os_name == "java" or os_name == "nt"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n-r requirements.txt", "2: the includes go round in a circle: requirements.txt → requirements.txt"),
        ("<<<<<<< HEAD\nsix\n", "1: requirements.txt has merge conflicts; resolve them first"),
        ("".join(f"-r {i}.txt\n" for i in range(2000)), "1001: too many includes"),
        ("not one\n", "1: 'not one' is not a requirement"),
        ("not one\n" * 2000, "1: 'not one' is not a requirement"),
        ("six==1\n" + "not one\n" * 2000, "2: more than 1,000 lines that are no requirements"),
        ("six==1\n\0", "2: requirements.txt is not text"),
        ("a" * (2**20 + 1), "1: more requirements than any project has"),
        ("#" * (2**23 + 1), " requirements.txt is too large for requirements: over 8 MiB"),
        ("".join(f"a=={i} # via a\n" for i in range(3000)), "334: more than 1,000,000 dependencies"),
        ("six==1\n-r broken.txt\n", "2: the include broken.txt: cannot be read: Permission denied"),
    ],
)
def test_errors_say_where(text, said):
    with pytest.raises(LockfileError) as found:
        read(text, broken=LockfileError("broken.txt", "cannot be read: Permission denied"))
    assert str(found.value) == f"requirements.txt:{said}"


@pytest.mark.parametrize(
    "text",
    [
        "six==1\n" + "# comment\n" * 200_000,
        "six==1\n    # via\n" + "    #   a\n" * 100_000,
        "".join(f"a{i}==1\n    # via\n" + "    #   a1\n" * 20 for i in range(3000)),
        "a\\\n" * 200_000,
    ],
)
def test_comments_take_no_time(text):
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 5
