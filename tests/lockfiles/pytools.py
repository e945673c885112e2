"""Python tools that tests compare depfrag with, installed once from the registry, into environments of their own."""

from __future__ import annotations

import functools
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

import pytest

ENVIRONMENT = dict(os.environ)
"""As the tests were started: installing needs the machine's own settings, which tests do not see."""
SECONDS = 300


@functools.cache
def installed(*requirements):
    """The folder of an environment's programs that has `requirements`; why there is none where they cannot be had."""
    key = hashlib.sha256(repr((sys.version, requirements)).encode()).hexdigest()[:12]
    top = pathlib.Path(tempfile.gettempdir()) / f"depfrag-tools-{key}"
    programs = top / ("Scripts" if os.name == "nt" else "bin")
    if (top / "complete").exists():
        return programs
    for words in ([sys.executable, "-m", "venv", top], [programs / "python", "-m", "pip", "install", *requirements]):
        try:
            run = subprocess.run(words, env=ENVIRONMENT, capture_output=True, text=True, timeout=SECONDS, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if run.returncode:
            return run.stderr[-200:]
    (top / "complete").touch()
    return programs


def program(name, *requirements):
    """The path of a program that comes with `requirements`; skips the test where these cannot be installed."""
    found = installed(*requirements)
    if isinstance(found, str):
        pytest.skip(f"{' '.join(requirements)} cannot be installed: {found}")
    return str(found / name)
