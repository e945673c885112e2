"""Credentials in a lockfile come into no release, id, problem, index or error."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lockfiles.reading import Memory

from depfrag.errors import LockfileError
from depfrag.lockfiles import package_lock, requirements, uv_lock

SECRET = "s3cr3t"
HOST = "h.example/group/thing"
ADDRESSES = [
    f"https://{SECRET}@{HOST}-1.0.0.tgz",
    f"https://user:{SECRET}@{HOST}-1.0.0.tgz",
    f"https://user:{SECRET}@x{SECRET}@{HOST}-1.0.0.tar.gz",
    f"https://{HOST}/-/thing-1.0.0.tgz?token={SECRET}",
    f"https://{HOST}.zip?a=1&X-Amz-Signature={SECRET}&b=2",
    f"git+https://{SECRET}:x-oauth-basic@{HOST}.git#0123456789",
    f"git+https://user:{SECRET}@{HOST}.git@v1",
    f"git+ssh://user:{SECRET}@{HOST}.git#semver:^1",
    f"git://{SECRET}@{HOST}.git",
    f"https://user:{SECRET}@{HOST}/simple?private_token={SECRET}",
]
address = st.sampled_from(ADDRESSES)
maybe = st.none() | st.sampled_from(["1.0.0", "^1.0.0"]) | address


def said(parser, path, text):
    """All that comes of reading a file."""
    try:
        return repr(parser.parse(path, text.encode(), Memory()))
    except LockfileError as error:
        return str(error)


@given(st.fixed_dictionaries({"version": maybe, "resolved": maybe, "asked": maybe, "link": st.booleans()}))
def test_package_locks(entry):
    asked = {"a": entry.pop("asked")}
    packages = {"": {"dependencies": asked}, "node_modules/a": entry, "node_modules/b": {"dependencies": asked}}
    lock = json.dumps({"lockfileVersion": 3, "packages": packages})
    assert SECRET not in said(package_lock.PARSER, "package-lock.json", lock)


@given(st.fixed_dictionaries({"version": maybe, "resolved": maybe, "from": maybe, "requires": st.just({"b": "1"})}))
def test_old_package_locks(entry):
    lock = json.dumps({"dependencies": {"a": entry, "b": {"version": f"npm:c@{entry['version']}"}}})
    assert SECRET not in said(package_lock.PARSER, "npm-shrinkwrap.json", lock)


@given(st.sampled_from(["git", "url", "registry", "path", "directory", "editable", "virtual"]), address)
def test_uv_locks(kind, source):
    lock = f'version = 1\n[[package]]\nname = "a"\nsource = {{ {kind} = "{source}" }}\n'
    assert SECRET not in said(uv_lock.PARSER, "uv.lock", lock)


LINES = (
    "{}",
    "a @ {}",
    "-e {}",
    "{}#egg=a",
    "-r {}",
    "-c {}",
    "-i {}",
    "--extra-index-url={}",
    "-f {}",
    "-x {}",
    "x {}",
)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("source", ADDRESSES)
def test_requirements(line, source):
    for more in ("", "six==1\n"):
        assert SECRET not in said(requirements.PARSER, "requirements.txt", more + line.format(source))
