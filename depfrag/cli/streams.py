"""The standard streams: results to one, messages to the other, and no traceback when somebody closed them."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from depfrag.errors import ConfigError
from depfrag.visible import visible

if TYPE_CHECKING:
    from typing import TextIO

_OUT = "the standard output"


def say(text: str) -> None:
    """Says something on the error stream, where there is one."""
    with suppress(AttributeError, OSError):
        sys.stderr.write(f"depfrag: {visible(text)}\n")


def write(text: str | bytes, file: str | None = None) -> None:
    """Writes a result to the standard output, or to `file`.

    A reader that leaves early is no error and changes no exit code: a gate must hold behind ``| head`` too. Raises
    ConfigError where nothing can be written.
    """
    data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    try:
        if file is None or file == "-":
            _write_out(data, sys.stdout)
        else:
            with open(file, "wb") as out:
                out.write(data)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror or error}", where=file or _OUT) from None


def _write_out(data: bytes, out: TextIO | None) -> None:
    if out is None:
        raise ConfigError("is closed", where=_OUT, hint="name a file with --output")
    stream = getattr(out, "buffer", None)
    if stream is None:
        out.write(data.decode("utf-8"))
        return
    try:
        out.flush()
        stream.write(data)
        stream.flush()
    except OSError as error:
        # What is left in the buffer goes nowhere, so that the interpreter's last flush does not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out.fileno())
        if not isinstance(error, BrokenPipeError):
            raise
