"""Reads configuration files of package managers: small texts in known places."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_BYTES = 1024 * 1024
"""A larger file is no configuration."""


class NotUnderstoodError(Exception):
    """A configuration that cannot be read for certain: nobody is asked about the packages it is for."""


def home(environment: Mapping[str, str], *inside: str) -> str:
    """A place in the user's home folder."""
    return os.path.join(environment.get("HOME") or environment.get("USERPROFILE") or os.path.expanduser("~"), *inside)


def text(path: str) -> str | None:
    """The content of a file; None where there is none. Raises NotUnderstoodError for one that cannot be read."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise NotUnderstoodError(f"{path}: {getattr(error, 'strerror', None) or 'cannot be read'}") from None
    if len(data) > MAX_BYTES:
        raise NotUnderstoodError(f"{path}: too large to be a configuration")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotUnderstoodError(f"{path}: not UTF-8 text") from None


def upwards(folder: str) -> list[str]:
    """`folder` and those above it, nearest first."""
    here = os.path.abspath(folder)
    result = [here]
    while os.path.dirname(here) != here:
        here = os.path.dirname(here)
        result.append(here)
    return result
