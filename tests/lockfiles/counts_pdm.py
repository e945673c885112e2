"""Packages of pdm.lock and of pylock files, counted by lines alone."""

from __future__ import annotations

import re


def releases(path):
    """pdm: distinct names with their versions; an entry with extras is no other release."""
    blocks = path.read_text("utf-8").split("\n[[package]]\n")
    named = (re.findall(r'^(?:name|version) = "(.+)"$', block.partition("\n[")[0], re.MULTILINE) for block in blocks)
    return len({(name.lower(), version) for name, version, *_ in (n for n in named if len(n) > 1)})


def headers(path):
    """pylock: an entry each."""
    return path.read_text("utf-8").splitlines().count("[[packages]]")


COUNTS = {"pdm-lock": releases, "pylock-toml": headers}
