"""Bad lockfiles and what is said about each: one clear line with file and place, exit 3, no traceback, little time and
memory. What is done to every format alike stands in test_hostile.py."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from lockfiles.reading import Memory, command

from depfrag.errors import LockfileError
from depfrag.lockfiles import package_lock, requirements

SECONDS, MEBIBYTES = 2, 500
MEASURING = """
import json, os, subprocess, sys
child = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(child.pid, 0)
child.returncode = os.waitstatus_to_exitcode(status)
with open("used", "w") as file:
    json.dump([child.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024], file)
"""
"""Between the tests and depfrag: the peak memory of a process is at least that of the one it was forked from."""


def v1(nested):
    return json.dumps({"lockfileVersion": 1, "requires": True, "dependencies": nested})


def v3(packages, **more):
    return json.dumps({"lockfileVersion": 3, "packages": packages, **more}, indent=2)


def link(target):
    return {"link": True, "resolved": target}


CONFLICT = """{
  "name": "app",
<<<<<<< HEAD
  "lockfileVersion": 2,
=======
  "lockfileVersion": 3,
>>>>>>> branch
  "packages": {}
}
"""
LEVEL = '{"a": {"version": "1", "dependencies": '


def levels(count):
    """Dependencies nested so deep, as version 1 has them."""
    return f'{{"requires": true, "dependencies": {LEVEL * count}{{}}{"}}" * count}}}'


BAD = {
    "package-lock.json": {
        "empty": ("", "the file is empty"),
        "white space": (" \n\t\n", "the file is empty"),
        "not JSON": ("lockfileVersion: 3\n", "1: not JSON"),
        "an array": ("[]", "1: not a JSON object"),
        "a number": ("3", "1: not a JSON object"),
        "something else": ('{"compilerOptions": {}}', "no npm lockfile"),
        "version 0": (v3({}).replace("3", "0"), "lockfileVersion is 0; known are 1, 2 and 3"),
        "version 4": (v3({}).replace("3", "4"), "lockfileVersion is 4; known"),
        "version as text": (v3({}).replace("3", '"2"'), 'lockfileVersion is "2"; known'),
        "version true": (v3({}).replace("3", "true"), "lockfileVersion is true; known"),
        "version null": (v3({}).replace("3", "null"), "lockfileVersion is no number; known"),
        "version without end": (v3({}).replace("3", f'"{"9" * 10**6}"'), "lockfileVersion is"),
        "a huge number": (v3({}).replace("3", "9" * 5000), "not JSON that can be read"),
        "cut off": (v3({"node_modules/a": {"version": "1.0.0"}})[:60], "4: not JSON"),
        "merge conflicts": (CONFLICT, "3: the file has merge conflicts; resolve them first"),
        "binary": (bytes(range(256)) * 40, "2: byte 128 is not UTF-8 text"),
        "UTF-16": (v3({}).encode("utf-16"), "1: the text is UTF-16; save it as UTF-8"),
        "UTF-16 without a mark": (v3({}).encode("utf-16-le"), "1: not JSON"),
        "an entry that is none": (v3({"node_modules/a": []}), "'node_modules/a': not an object"),
        "an old entry that is none": (v1({"a": {"dependencies": {"b": 1}}}), "'node_modules/a/node_modules/b': not an"),
        "a link to nothing": (
            v3({"node_modules/a": link("gone")}),
            "4: 'node_modules/a' is a link to 'gone', which is not",
        ),
        "a link without an end": (v3({"node_modules/a": {"link": True}}), "a link that does not say where to"),
        "a link to itself": (v3({"node_modules/a": link("node_modules/a")}), "which is a link itself"),
        "links in a circle": (v3({"a": link("b"), "b": link("a")}), "4: 'a' is a link to 'b', which is a link itself"),
        "an old link to itself": (v1({"a": {"version": "file:node_modules/a"}}), "which is a link itself"),
        "a long place": (v3({"node_modules/a/" * 400: {}}), "a place of more than 4096 characters"),
        "10,000 levels": ("[" * 10_000, "nested too deeply to be a lockfile"),
        "10,000 levels of objects": ('{"a":' * 10_000, "nested too deeply to be a lockfile"),
        "10,000 nested dependencies": (levels(10_000), "nested too deeply to be a lockfile"),
        "400 nested dependencies": (levels(400), "a place of more than 4096 characters"),
    },
    "uv.lock": {
        "empty": ("", "the file is empty"),
        "white space": ("\n \n", "the file is empty"),
        "not TOML": ("{}", "1: not TOML"),
        "without version": ("[[package]]\nname = 'a'\n", "the version of this uv.lock is 'missing', not 1"),
        "version 0": ("version = 0\n", "is 0, not 1"),
        "version 2": ("version = 2\n", "is 2, not 1"),
        "version as text": ('version = "1"\n', "is '1', not 1"),
        "version true": ("version = true\n", "is True, not 1"),
        "cut off": ("version = 1\n\n[[package]]\nname = 'a", "4: not TOML"),
        "merge conflicts": ("version = 1\n<<<<<<< HEAD\n=======\n", "2: the file has merge conflicts"),
        "binary": (bytes(range(1, 256)), "byte 127 is not UTF-8 text"),
        "equal keys": ("version = 1\nversion = 1\n", "2: not TOML"),
        "equal tables": ("version = 1\n[manifest]\n[manifest]\n", "3: not TOML"),
        "a huge number": (f"version = {'9' * 5000}\n", "not TOML that can be read"),
        "packages that are none": ("version = 1\npackage = 1\n", "package: not an array of tables"),
        "a package that is none": ("version = 1\npackage = [1]\n", "package[0]: a package without a name"),
        "a package without a name": ("version = 1\n\n[[package]]\nversion = '1'\n", "3: a package without a name"),
        "10,000 levels": ("version = 1\na = " + "[" * 10_000, "nested too deeply to be a lockfile"),
        "10,000 levels of tables": ("version = 1\na = " + "{a = " * 10_000, "nested too deeply to be a lockfile"),
        "10,000 parts of a key": (
            "version = 1\n" + "a." * 10_000 + "a = 1",
            "2: keys of more parts than a lockfile has",
        ),
        "too large for TOML": ("version = 1\n" + "#" * 9 * 2**20, "9 MiB is too large for TOML; the limit is 8 MiB"),
    },
    "requirements.txt": {
        "no requirement": ("Shopping list\n- milk\n", "1: 'Shopping list' is not a requirement"),
        "JSON": ('{\n"a": 1}', "1: '{' is not a requirement"),
        "merge conflicts": ("six==1\n<<<<<<< HEAD\nidna==1\n", "2: requirements.txt has merge conflicts"),
        "binary": (b"six==1\n\0\1\2", "2: requirements.txt is not text"),
        "10,000 levels": ("a; " + "(" * 10_000 + "python_version > '3'", "1: 'a; ((((("),
        "an include of itself": ("six==1\n-r requirements.txt\n", "2: the includes go round in a circle"),
        "includes in a circle": (
            "-r a.txt\n",
            "1: the includes go round in a circle: requirements.txt → a.txt → b.txt → requirements.txt",
        ),
        "an include of a folder": ("\n-r folder.txt\n", "2: the include folder.txt: not a regular file"),
        "an include of a pipe": ("-c pipe.txt\n", "1: the include pipe.txt: not a regular file"),
        "10,000 includes": ("".join(f"-r {i}.txt\n" for i in range(10_000)), "1001: too many includes"),
        "includes in a row": ("-r row0.txt\n", "1: too many includes"),
        "too large": ("# " + "x" * 9 * 2**20, "requirements.txt is too large for requirements: over 8 MiB"),
        "too many": ("a" * 2**20 + "b\n", "1: more requirements than any project has"),
        "no requirements at all": (
            "six==1\n" + "two words\n" * 1001,
            "2: more than 1,000 lines that are no requirements",
        ),
    },
}


def run(*words, cwd):
    """Runs depfrag in a process of its own: exit code, stdout, stderr, seconds of work, MiB at most."""
    with open(cwd / "out", "wb+") as out, open(cwd / "err", "wb+") as err:
        command = [sys.executable, "-m", "depfrag", *words]
        subprocess.run(
            [sys.executable, "-I", "-S", "-c", MEASURING, *command], cwd=cwd, stdout=out, stderr=err, check=True
        )
    code, seconds, mebibytes = json.loads((cwd / "used").read_text())
    return code, (cwd / "out").read_text(), (cwd / "err").read_text(), seconds, mebibytes


def refused(folder, name, said):
    """Asserts that depfrag refuses a file as it should."""
    code, out, err, seconds, mebibytes = run("graph", name, cwd=folder)
    assert (code, out) == (3, ""), err
    assert err.startswith(f"depfrag: {name}:")
    assert said in err
    assert err.count("\n") == 1
    assert err.endswith("\n")
    assert len(err) < 400
    assert seconds < SECONDS
    assert mebibytes < MEBIBYTES


@pytest.mark.parametrize(("name", "what"), [(name, what) for name, cases in BAD.items() for what in cases])
def test_bad_files_are_refused(name, what, tmp_path):
    content, said = BAD[name][what]
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    (tmp_path / "a.txt").write_text("-r b.txt\n")
    (tmp_path / "b.txt").write_text("idna\n-r requirements.txt\n")
    for i in range(60):
        (tmp_path / f"row{i}.txt").write_text(f"-r row{i + 1}.txt\n")
    (tmp_path / "folder.txt").mkdir()
    os.mkfifo(tmp_path / "pipe.txt")
    refused(tmp_path, name, said)


@pytest.mark.parametrize("name", BAD)
def test_huge_files_are_not_read(name, tmp_path):
    with (tmp_path / name).open("wb") as file:
        file.truncate(200 * 2**20)
    refused(tmp_path, name, "200 MiB is too large to be a lockfile; the limit is 64 MiB")


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_file_is_not_read(name, tmp_path):
    os.mkfifo(tmp_path / name)
    refused(tmp_path, name, "not a regular file")


HOSTILE = ("__proto__", "../../x", "new\nline", "\x1b[31mred", "\u202egnp", "<b>&amp;", "\ud800", 'quo"te\\', "a" * 300)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names(name, tmp_path):
    lock = v3({"": {"dependencies": {name: "1", "gone" + name: "1"}}, f"node_modules/{name}": {"version": name}})
    (tmp_path / "package-lock.json").write_text(lock)
    code, out, err, _, _ = run("graph", "package-lock.json", cwd=tmp_path)
    assert (code, err) == (0, "")
    found = json.loads(out)
    assert out.isascii()
    shown = "x" if name == "../../x" else name
    assert [(p["name"], p["version"]) for p in found["packages"]] == [(shown, name)]
    assert [(d["from"], d["to"]) for d in found["dependencies"]] == [("root:.", f"npm:{shown}@{name}")]
    # The same in an error: nothing of it reaches a terminal as it is.
    (tmp_path / "package-lock.json").write_text(v3({f"node_modules/{name}": link(name)}))
    code, out, err, _, _ = run("graph", "package-lock.json", cwd=tmp_path)
    assert code == 3
    assert err.count("\n") == 1
    assert err.rstrip("\n").isprintable()


class Unreadable:
    """Files that are there and cannot be read."""

    def read(self, path):
        raise LockfileError(path, "cannot be read: Permission denied")


def test_a_manifest_that_cannot_be_read_is_a_problem():
    lock = v1({"a": {"version": "file:../a"}, "b": {"version": "1.0.0"}})
    lockfile = package_lock.PARSER.parse("package-lock.json", lock.encode(), Unreadable())
    assert [p.code for p in lockfile.problems] == ["manifest"]
    assert "Permission denied" in lockfile.problems[0].message
    assert [r.id for r in lockfile.releases] == ["npm:a@*", "npm:b@1.0.0"]
    assert not lockfile.direct_known


def test_includes_outside_of_the_folder_are_read_and_not_quoted(tmp_path):
    (tmp_path / "inner").mkdir()
    (tmp_path / "secret.txt").write_text("six==1.16.0\nthe password is swordfish\n")
    (tmp_path / "inner" / "requirements.txt").write_text("-r ../secret.txt\n-r https://u:swordfish@h.example/x\n")
    done = command("graph", tmp_path / "inner" / "requirements.txt")
    assert not done.returncode
    assert "pypi:six@1.16.0" in done.stdout
    assert "swordfish" not in done.stdout + done.stderr
    assert "line 2 of ../secret.txt (line 1)" in done.stdout


def test_nothing_but_bad_lines_in_an_include():
    files = Memory({"a.txt": "the password is swordfish\n"})
    lockfile = requirements.PARSER.parse("requirements.txt", b"-r a.txt\n", files)
    assert lockfile.problems[0].message == "not requirements, left out: line 1 of a.txt (line 1)"
