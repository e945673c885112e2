"""Hostile files of every format there is, made of its cases and of real files: cut off, with random bytes and values,
with hostile names and numbers, nested without end. Always a sound lockfile or one clear error with file and place, exit
3, no traceback, little time and memory."""

from __future__ import annotations

import contextlib
import copy
import json
import random
import re
import resource
import signal
import subprocess
import sys
import time
import tomllib

import pytest
import yaml
from lockfiles.reading import CASES, SHARED, command, corpus, lockfile_in

from depfrag import complete, registry
from depfrag.discover import Folder, find
from depfrag.errors import LockfileError
from depfrag.reports.graph_json import REPORT

FLIPS, VALUES = 2_000, 300
SECONDS, MEBIBYTES = 10, 1024
FILES = [form for form in registry.LOCKFILES if not form.folder]


def inputs():
    """Small files by format: those of its cases, and of the data folder the largest that is small enough."""
    found = {}
    for folder in CASES:
        if lockfile_in(folder).is_file():
            found.setdefault(folder.parent.name, []).append(lockfile_in(folder))
    for folder in sorted((SHARED / "corpus").glob("*")):
        files = [f for f in corpus(folder.name) if f.stat().st_size < 100_000]
        found.setdefault(folder.name, []).extend(sorted(files, key=lambda f: (f.stat().st_size, f))[-1:])
    return {form: files for form, files in found.items() if files}


INPUTS = inputs()


def reader(path):
    """The format of the file at `path`, as the registry has it."""
    (target,) = find([str(path)], registry.LOCKFILES).targets
    return target.form


def test_every_format_is_here():
    assert {reader(f).name for files in INPUTS.values() for f in files} == {form.name for form in FILES}


# -- reading ---------------------------------------------------------------------------------------------------------


class TooLongError(BaseException):
    """No reader catches it."""


@contextlib.contextmanager
def in_time(seconds=SECONDS):
    def stop(*_):
        raise TooLongError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def sound(lockfile):
    """Asserts what every lockfile keeps, and that it can be written."""
    ids = [r.id for r in lockfile.releases]
    assert ids == sorted(set(ids))
    known = {*ids, *(r.id for r in lockfile.roots)}
    assert len(known) == len(ids) + len(lockfile.roots)
    assert {end for d in lockfile.dependencies for end in d[:2]} <= known
    edges = [d[:3] for d in lockfile.dependencies]
    assert edges == sorted(set(edges))
    assert lockfile.open <= set(ids)
    assert json.loads(REPORT.render([complete.direct(lockfile)]))


def read(path, data):
    """The sound lockfile that `data` is if it stands at `path`, or None: anything but a LockfileError is a failure."""
    error = None
    try:
        with in_time():
            lockfile = registry.parser(reader(path)).parse(str(path), data, Folder(str(path)))
    except LockfileError as raised:
        error = str(raised)
    if error is None:
        sound(lockfile)
        return lockfile
    assert error.startswith(f"{path}:")
    assert len(error) < len(str(path)) + 300
    return None


def refused(path):
    """Asserts that the command line refuses the file at `path`, in one line."""
    done = command("graph", path)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"depfrag: {path}:")
    assert done.stderr.count("\n") == 1
    assert done.stderr.rstrip("\n").isprintable()


# -- bytes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", INPUTS)
def test_truncated_files(form, tmp_path):
    path = INPUTS[form][-1]
    content = path.read_bytes()
    is_json = content.lstrip().startswith(b"{")
    whole = read(path, content)
    for i in range(1, 20):
        part = content[: len(content) * i // 20]
        lockfile = read(path, part)
        if lockfile is None:
            (tmp_path / path.name).write_bytes(part)
            refused(tmp_path / path.name)
        else:
            assert not is_json
            assert len(lockfile.releases) <= len(whole.releases)


MARKS = b"\"{}[]:,\\\n#-=@;<>$.!*&|?%'~ \t"


def flipped(content, chance):
    """`content` with a few changes, as disks, networks, mergers and enemies make them."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(data)) if data else 0
        change = chance.random()
        if change < 0.5 and data:
            data[at] = chance.randrange(256)
        elif change < 0.7:
            data[at:at] = bytes([chance.choice(MARKS)])
        elif change < 0.85:
            del data[at : at + chance.randint(1, 10)]
        else:
            start = chance.randrange(len(data)) if data else 0
            data[at:at] = data[start : start + chance.randint(1, 60)]
    return bytes(data)


@pytest.mark.parametrize("form", INPUTS)
def test_random_bytes(form, tmp_path):
    files = [f for f in INPUTS[form] if f.stat().st_size < 8_000] or INPUTS[form][:1]
    contents = [f.read_bytes() for f in files]
    chance = random.Random(form)
    refusals = 0
    for i in range(FLIPS):
        path = files[i % len(files)]
        data = flipped(contents[i % len(files)], chance)
        if read(path, data) is None:
            refusals += 1
            if refusals <= 5:
                (tmp_path / path.name).write_bytes(data)
                refused(tmp_path / path.name)
    assert 0 < refusals < FLIPS


# -- values ----------------------------------------------------------------------------------------------------------

HOSTILE = (
    "__proto__", "constructor", "../../x", "a\nb", "\x1b[31mred", "\u202egnp", "a\0b", "\r\u2028\x85", "\ud800", "",
    " ", "@", "@/", "/", "//", ".", "..", "~", "*", "%00", "<b>&amp;", "'\"\\", "a" * 5_000, "node_modules/", "CON",
)  # fmt: skip
JUNK = (
    None, True, False, 0, -1, 1.5, 10**30, 1e308, "x", *HOSTILE, [], {}, [1], ["a"], {"a": 1}, {"a": {}}, {"": ""},
    [[[]]], "file:", "file:.", "npm:", "npm:a", "git+", "https://u:p@h/a/-/a-1.tgz", "@/", "user/repo#semver:^1", "[",
    "a@b@c", "!x", "link:", "link:../..", "workspace:*", "workspace:", "patch:", "patch:a@npm%3A1#~/x", "portal:.",
    "virtual:", "virtual:1#npm:1", "npm:@", "npm:a@npm:a@1", "catalog:", "a@1(b@2)(c@3)", "((((", "a@1(", "/a/1_b@1",
    ["**"], ["packages/*"], {"packages": "x"}, {"link": True}, {"optional": True}, {"name": 1, "version": 2}, "a>=",
    "a; b", "a[b]", "==", "pkg:npm/a@1", "pkg:pypi/A_b@1", "pkg:", "pkg:npm/%40a/b", "SPDXRef-", "DocumentRef-x:y",
)  # fmt: skip


def decoded(path):
    """What a file holds, whatever it is written in; None for yarn's own language, requirements, several documents."""
    text = path.read_bytes().decode("utf-8", "replace")
    with contextlib.suppress(ValueError):
        return json.loads(re.sub(r",(\s*[}\]])", r"\1", text))
    with contextlib.suppress(ValueError):
        return tomllib.loads(text)
    with contextlib.suppress(yaml.YAMLError, ValueError):
        value, *more = yaml.load_all(text, yaml.BaseLoader)
        return value if isinstance(value, dict) and not more else None
    return None


def encoded(path, table):
    """`table` in the language of the file at `path`."""
    text = path.read_bytes().decode("utf-8", "replace")
    if text.lstrip().startswith("{"):
        return json.dumps(table).encode()
    try:
        tomllib.loads(text)
    except ValueError:
        return "".join(yaml_lines(table)).encode("utf-8", "replace")
    return "\n".join(toml_lines(table)).encode("utf-8", "replace")


def toml_lines(table):
    """A table as TOML, as package managers write it: arrays of tables as a block each."""
    blocks = {k: v for k, v in table.items() if isinstance(v, list) and v and all(isinstance(i, dict) for i in v)}
    yield from (f"{toml(key)} = {toml(value)}" for key, value in table.items() if key not in blocks)
    for key, block in blocks.items():
        for item in block:
            yield f"[[{toml(key)}]]"
            yield from (f"{toml(k)} = {toml(v)}" for k, v in item.items())


def toml(value):
    """A value as TOML, in one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps("null" if value is None else value, default=str, ensure_ascii=False).replace("\x7f", "\\u007f")


def yaml_lines(value, indent=""):
    """A table or list as YAML, as package managers write it: a line for each thing."""
    for key, inner in value.items() if isinstance(value, dict) else ((None, item) for item in value):
        start = f"{indent}- " if key is None else f"{indent}{yaml_text(key)}: "
        if isinstance(inner, (dict, list)) and inner:
            yield f"{start.rstrip()}\n"
            yield from yaml_lines(inner, indent + "  ")
        else:
            yield f"{start}{yaml_text(inner)}\n"


def yaml_text(value):
    plain = isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_][\w./+-]*", value)
    return value if plain else json.dumps(value, ensure_ascii=False)


TABLES = [(form, path, decoded(path)) for form, files in INPUTS.items() for path in files[:8]]
TABLES = [(form, path, table) for form, path, table in TABLES if table]


def containers(value):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield value, key
        yield from containers(inner)


def mutated(table, chance):
    """`table` with a few values and keys replaced."""
    table = copy.deepcopy(table)
    for _ in range(chance.randint(1, 4)):
        spots = list(containers(table))
        inside, key = chance.choice(spots) if spots else (table, None)
        change = chance.random()
        if key is None:
            table["x"] = None
        elif change < 0.6:
            inside[key] = copy.deepcopy(chance.choice(JUNK))
        elif change < 0.9 and isinstance(inside, dict):
            inside[str(chance.choice(JUNK))] = copy.deepcopy(inside[key])
        else:
            del inside[key]
    return table


@pytest.mark.parametrize("form", dict.fromkeys(form for form, *_ in TABLES))
def test_random_values(form):
    tables = [(path, table) for own, path, table in TABLES if own == form and len(str(table)) < 20_000]
    chance = random.Random(form)
    for i in range(VALUES if tables else 0):
        path, table = tables[i % len(tables)]
        read(path, encoded(path, mutated(table, chance)))


@pytest.mark.parametrize("form", dict.fromkeys(form for form, *_ in TABLES))
def test_the_tables_are_written_as_they_were(form):
    """Else the two tests around this one test nothing."""
    for own, path, table in TABLES:
        if own == form:
            again = read(path, encoded(path, table))
            assert again is not None
            assert [r.id for r in again.releases] == [r.id for r in read(path, path.read_bytes()).releases]


def renamed(value, old, new):
    """`value` with `new` wherever `old` is part of a key or text."""
    if isinstance(value, dict):
        return {key.replace(old, new): renamed(inner, old, new) for key, inner in value.items()}
    if isinstance(value, list):
        return [renamed(inner, old, new) for inner in value]
    return value.replace(old, new) if isinstance(value, str) else value


@pytest.mark.parametrize("form", INPUTS)
def test_hostile_names(form, tmp_path):
    path = INPUTS[form][0]
    text, table = path.read_bytes().decode("utf-8", "replace"), decoded(path)
    lockfile = read(path, path.read_bytes())
    for release in lockfile.releases[:2]:
        for name in HOSTILE:
            if table:
                data = encoded(path, renamed(table, release.name, name))
            else:
                data = text.replace(release.name, name).encode("utf-8", "replace")
            read(path, data)
            (tmp_path / path.name).write_bytes(data)
            done = command("graph", tmp_path / path.name)
            assert done.returncode in (0, 3)
            assert (done.stdout + done.stderr).isascii() or done.returncode
            assert all(line.isprintable() for line in (done.stdout + done.stderr).split("\n"))


NUMBERS = ("9" * 5_000, "-1", "1e999", "1e-999", "NaN", "-Infinity", "0x10", "1_0", "1.", "9" * 30, "true", "null")


@pytest.mark.parametrize("form", INPUTS)
def test_huge_and_strange_numbers(form):
    path = INPUTS[form][0]
    text = path.read_bytes().decode("utf-8", "replace")
    found = list(re.finditer(r"(?<![\w.])\d+(?![\w.])|\d+", text))
    for place in found[:: max(1, len(found) // 12)]:
        for number in NUMBERS:
            read(path, (text[: place.start()] + number + text[place.end() :]).encode())


@pytest.mark.parametrize("form", INPUTS)
def test_everything_twice(form):
    path = INPUTS[form][0]
    content = path.read_bytes().strip()
    read(path, content + b"\n" + content)
    if content.startswith(b"{"):
        read(path, b"{" + content[1:-1].rstrip().rstrip(b",") + b"," + content[1:-1] + b"}")
    lines = content.split(b"\n")
    for i in range(0, len(lines), max(1, len(lines) // 40)):
        read(path, b"\n".join([*lines[: i + 1], *lines[i:]]))


# -- without end -----------------------------------------------------------------------------------------------------

DEEP, BOMB = 100_000, 30


def bomb(form):
    """YAML whose aliases double 30 times."""
    return "".join(f"a{i}: &a{i} {form.format(i - 1) if i else 'x'}\n" for i in range(BOMB))


ENDLESS = {
    "json-arrays": "[" * DEEP,
    "json-arrays-closed": '{"a":' + "[" * DEEP + "]" * DEEP + "}",
    "json-objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "json-packages": '{"lockfileVersion": 3, "packages": ' + '{"a":' * DEEP + "1" + "}" * DEEP + "}",
    "toml-arrays": "version = 1\na = " + "[" * DEEP + "]" * DEEP,
    "toml-tables": "version = 1\na = " + "{a = " * DEEP + "1" + "}" * DEEP,
    "toml-header": f"[{'a.' * DEEP}a]\n",
    "toml-key": f"{'a.' * DEEP}a = 1\n",
    "yaml-lists": "- " * DEEP,
    "yaml-keys": "? " * DEEP,
    "yaml-flow": "lockfileVersion: 9\na: " + "[" * DEEP,
    "yaml-flow-maps": "lockfileVersion: 9\na: " + "{a: " * DEEP,
    "yaml-blocks": "\n".join(" " * i + "a:" for i in range(2_000)),
    "yaml-alias-lists": "lockfileVersion: '9.0'\n" + bomb("[*a{0}, *a{0}]"),
    "yaml-alias-maps": "__metadata:\n  version: 8\n" + bomb("{{x: *a{0}, y: *a{0}}}"),
    "yaml-merge-keys": "lockfileVersion: '6.0'\n" + bomb("{{<<: [*a{0}, *a{0}], z{0}: *a{0}}}"),
    "yaml-self": "a: &a [*a]\n",
    "yaml-documents": "---\na: 1\n" * DEEP,
    "yaml-anchors": "".join(f"a{i}: &a{i} 1\n" for i in range(DEEP)),
    "yarn-indents": "".join("  " * i + "a:\n" for i in range(1_000)),
    "yarn-names": "# yarn lockfile v1\n" + "a@1, " * DEEP + "a@2:\n  version 1\n",
    "parentheses": "lockfileVersion: '9.0'\nsnapshots:\n  a@1" + "(b@1" * DEEP + ")" * DEEP + ": {}\n",
    "comments": '{"packages": {' + "/*" * DEEP + "//" * DEEP,
    "commas": '{"packages": {' + "," * DEEP + "}}",
    "commas-and-spaces": '{"packages": [' + ", " * DEEP + "\n]}",
    "quotes": '"' * DEEP,
    "backslashes": '{"a": "' + "\\" * DEEP,
    "one-line": "a" * 4_000_000,
    "markers": "a==1 ; " + "(" * DEEP + "python_version > '3'",
}


def multiplied(table, rank, key, size):
    """`table` with so many more entries in its table or list of this `rank` by length that there are about `size`
    characters: each with a name or version, which `key` says, of its own."""
    table = copy.deepcopy(table)
    rooms = [table, *(inside[key] for inside, key in containers(table) if isinstance(inside[key], (dict, list)))]
    rooms = sorted((room for room in rooms if entries(room)), key=lambda room: -len(json.dumps(room)))
    room = rooms[min(rank, len(rooms) - 1)]
    have = entries(room)
    for i in range(size // len(json.dumps(room))):
        for name, item in have:
            old = item.get(key) if isinstance(item, dict) else None
            more = renamed(item, old, f"{old}{i}") if isinstance(old, str) and old else item
            if isinstance(room, dict):
                room[f"{name}{i}"] = more
            else:
                room.append(more)
    return table


def entries(room):
    """What entries a table or list has; none if it has anything else."""
    items = list(room.items()) if isinstance(room, dict) else list(enumerate(room))
    return items if all(isinstance(item, (dict, list)) and item for _, item in items) else []


@pytest.mark.parametrize("key", ["name", "version"])
@pytest.mark.parametrize("form", dict.fromkeys(form for form, *_ in TABLES))
def test_very_many_entries(form, key):
    own = [(path, table) for name, path, table in TABLES if name == form]
    path, table = max(own, key=lambda found: len(read(found[0], found[0].read_bytes()).releases))
    for rank in range(3):
        data = encoded(path, multiplied(table, rank, key, 700_000))
        assert len(data) > 200_000
        started = time.process_time()
        read(path, data)
        assert time.process_time() - started < SECONDS


def limited():
    resource.setrlimit(resource.RLIMIT_AS, (MEBIBYTES * 2**20, MEBIBYTES * 2**20))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS * 3, SECONDS * 3))


@pytest.mark.parametrize("form", FILES, ids=lambda form: form.name)
def test_what_has_no_end(form, tmp_path):
    """All of it in one run, which so takes longer than any of it, and beside it a file that can be read."""
    name = next((p for p in form.patterns if "*" not in p), form.patterns[0].replace("*", ""))
    good = next(f for files in INPUTS.values() for f in files if reader(f) is form)
    for what, content in {**ENDLESS, "good": good.read_text("utf-8", "replace")}.items():
        (tmp_path / what).mkdir()
        (tmp_path / what / name).write_text(content, newline="")
    command = [sys.executable, "-m", "depfrag", "graph", "."]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, preexec_fn=limited, timeout=SECONDS * 12, check=False
    )
    assert done.returncode == 3, done.stderr[-500:]
    lines = [line for line in done.stderr.split("\n") if line]
    assert all(line.startswith("depfrag: ") and line.isprintable() and len(line) < 400 for line in lines)
    said = [line.split()[1].split("/")[0] for line in lines]
    assert set(said) <= {*ENDLESS}
    assert len(said) == len(set(said)) > len(ENDLESS) / 3
