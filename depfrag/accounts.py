"""Accounts as facts name them, by handle, and foreign text without the e-mail addresses that people leave in it."""

from __future__ import annotations

import re

from depfrag.identity import without_credentials

_HANDLE = re.compile(r"[\w.~!*'()+-]{1,128}\Z", re.ASCII)
_NAME = re.compile(r"[^@<>\x00-\x1f\x7f]{1,128}\Z")
_MAIL = re.compile(r"[^\s<>\"'(),;:@/\\]+@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}")
_LONGEST = 1000


def is_handle(name: str) -> bool:
    """Whether `name` can be an account's: somebody's name in full or an e-mail address cannot."""
    return _HANDLE.match(name) is not None


def account_name(told: object) -> str | None:
    """What a registry calls an account; None for what is no name or could be an e-mail address."""
    if not isinstance(told, str) or not _NAME.match(told):
        return None
    return told.strip() or None


def without_mail(text: str) -> str:
    """The first 1,000 characters of `text`, with neither e-mail addresses nor credentials."""
    cut = text[:_LONGEST]
    return _MAIL.sub("…", without_credentials(cut)) if "@" in cut else cut
