"""Asks the packages that pnpm is made of what a lockfile says: those of the version that wrote such lockfiles."""

from __future__ import annotations

import functools
import json
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from lockfiles.reading import HERE

TOOLS = {
    "pnpm-shrinkwrap": ("pnpm-shrinkwrap@8.1.2", "dependency-path@2.0.1", "@pnpm/logger@2.1.1"),
    "lockfile-file": (
        "@pnpm/lockfile-file@8.1.8",
        "@pnpm/dependency-path@2.1.8",
        "@pnpm/lockfile-utils@8.0.6",
        "@pnpm/logger@5.0.0",
    ),
    "lockfile.fs": (
        "@pnpm/lockfile.fs@1100.2.6",
        "@pnpm/deps.path@1101.0.1",
        "@pnpm/lockfile.utils@1102.1.1",
        "@pnpm/logger@1100.0.0",
    ),
}
BY_FORMAT = {
    "pnpm-shrinkwrap-yaml": "pnpm-shrinkwrap",
    "pnpm-v5": "lockfile-file",
    "pnpm-v6": "lockfile-file",
    "pnpm-v9": "lockfile.fs",
}


@functools.cache
def installed(tool):
    """The folder that a tool is installed in, once for all runs of the tests."""
    if not shutil.which("node") or not shutil.which("npm"):
        pytest.skip("node and npm are not installed: pnpm cannot be asked")
    packages = TOOLS[tool]
    place = pathlib.Path(tempfile.gettempdir()) / "depfrag-tests" / "-".join(packages).replace("/", "+")
    if not (place / "done").exists():
        place.mkdir(parents=True, exist_ok=True)
        options = ("--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps", "--prefix", str(place))
        words = ["npm", "install", *options, *packages]
        try:
            run = subprocess.run(words, cwd=place, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            pytest.skip("the registry does not answer: pnpm's packages cannot be installed")
        if run.returncode:
            pytest.skip(f"pnpm's packages cannot be installed: {run.stderr.strip()[-200:]}")
        (place / "done").touch()
    return place


def ask(files):
    """What pnpm says of lockfiles, given as (path, format): ``nodes`` by label, and ``edges`` with their kinds; or, if
    it cannot read one, ``error``."""
    named = [{"folder": str(path.parent), "tool": BY_FORMAT[form]} for path, form in files]
    tools = {file["tool"]: str(installed(file["tool"])) for file in named}
    run = subprocess.run(
        ["node", str(HERE / "pnpm.cjs")],
        input=json.dumps({"tools": tools, "files": named}),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert not run.returncode, run.stderr
    return json.loads(run.stdout)
