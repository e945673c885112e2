"""How the tests of this folder read lockfiles and compare what they say."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pathlib
import subprocess

from depfrag import registry
from depfrag.cli.main import main
from depfrag.discover import Folder, find
from depfrag.errors import LockfileError
from depfrag.reports.graph_json import REPORT

HERE = pathlib.Path(__file__).resolve().parent
SHARED = HERE.parents[1] / ".." / "shared"
CASES = sorted(f.parent for f in (HERE / "cases").glob("*/*/expected.json"))
NPM = ("package-lock-v1", "package-lock-v2", "package-lock-v3", "npm-shrinkwrap", "hidden-package-lock")


def case_name(folder):
    """``package-lock-v3/aliases``: how a case, a fixture or a corpus folder is called in the names of tests."""
    return "/".join(folder.parts[-3:-1] if folder.name == "node_modules" else folder.parts[-2:])


def lockfile_in(folder):
    """The lockfile of a case: named in its expected.json."""
    return folder / json.loads((folder / "expected.json").read_text("utf-8"))["lockfile"]


def is_known(path):
    """Whether depfrag reads files of this name."""
    try:
        return bool(find([str(path)], registry.LOCKFILES).targets)
    except LockfileError:
        return False


def parse(path):
    """The lockfile at `path`, by the reader that its name calls for."""
    (target,) = find([str(path)], registry.LOCKFILES).targets
    data = b"" if target.form.folder else path.read_bytes()
    return registry.parser(target.form).parse(target.path, data, Folder(str(path)))


def document(path):
    """The lockfile at `path` as the graph JSON says it."""
    return json.loads(REPORT.render([parse(path)]))


def command(*words):
    """Runs depfrag in this process, as ``subprocess.run`` would."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main([str(word) for word in words])
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


def corpus(*formats):
    """The files of the shared corpus in these formats, which are named as its folders."""
    files = (f for name in formats for f in (SHARED / "corpus" / name).rglob("*") if f.is_file())
    return sorted(f for f in files if is_known(f))


def fixtures(*formats):
    """The folders of the shared fixtures in these formats; in all that depfrag reads when none is named."""
    found = sorted(f.parent for f in (SHARED / "fixtures").glob("*/*/expected.json"))
    return [f for f in found if (f.parent.name in formats if formats else is_known(lockfile_in(f)))]


class Memory:
    """Files near a lockfile that are not on a disk, without links (`depfrag.protocols.Files`)."""

    def __init__(self, files=None):
        self.files = files or {}

    def read(self, path):
        found = self.files.get(os.path.normpath(path))
        if isinstance(found, Exception):
            raise found
        return found.encode() if isinstance(found, str) else found

    def names(self, folder):
        above = "" if os.path.normpath(folder) == "." else os.path.normpath(folder) + "/"
        return sorted({f.removeprefix(above).partition("/")[0] for f in self.files if f.startswith(above)})

    def link(self, path):
        return None
