"""What commands share: settings from a call, streams, colours, files to write."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from depfrag import api
from depfrag.config import count
from depfrag.errors import ConfigError
from depfrag.protocols import ReportOptions
from depfrag.visible import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from depfrag.cli.argv import Call
    from depfrag.config import Config

_CI = ("GITHUB_ACTIONS", "GITLAB_CI", "JENKINS_URL", "TF_BUILD", "BUILDKITE", "CIRCLECI", "TEAMCITY_VERSION")


def configured(call: Call, paths: Sequence[str]) -> Config:
    """The settings of a call that analyses `paths`."""
    options: dict[str, object] = {}
    for option in call.command.options:
        given = call.values.get(option.name)
        if option.setting and given not in (None, False, ()):
            options[option.setting] = option.value if option.kind == "flag" else given
    file = call.text("config") or None
    return api.configure(paths, options, os.environ, file=file, isolated=call.flag("isolated"))


def whole_number(call: Call, name: str, default: int) -> int:
    """The value of an option that is a count."""
    text = call.text(name)
    try:
        return count(text) if text else default
    except ValueError as error:
        raise ConfigError(f"{text!r} is not {error}", where=f"--{name}") from None


def look(call: Call, file: str | None = None) -> ReportOptions:
    """How a report to the standard output, or to `file`, is to look."""
    width = os.environ.get("COLUMNS", "")
    return ReportOptions(
        top=whole_number(call, "top", 10),
        width=int(width) if re.fullmatch("[1-9][0-9]{0,4}", width) else _width(),
        color=file is None and colored(call, sys.stdout.isatty()),
        verbose=int(call.flag("verbose")),
    )


def colored(call: Call, terminal: bool) -> bool:  # noqa: FBT001 - whether the stream is one
    """Whether to colour, by option, NO_COLOR, FORCE_COLOR and stream, in that order."""
    when = call.text("color", "auto")
    if when not in ("auto", "always", "never"):
        raise ConfigError(f"{when!r} is not auto, always or never", where="--color")
    if os.environ.get("NO_COLOR") and when == "auto":
        return False
    return when == "always" or (when == "auto" and (bool(os.environ.get("FORCE_COLOR")) or terminal))


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return 100


def notifier(call: Call) -> Callable[[str], None] | None:
    """Says what is going on on the error stream: on a terminal outside CI, or when asked to."""
    quiet = call.flag("quiet") or not (sys.stderr.isatty() or call.flag("verbose"))
    if quiet or (any(os.environ.get(name) for name in (*_CI, "CI")) and not call.flag("verbose")):
        return None

    return say


def say(text: str) -> None:
    """Says something on the error stream."""
    sys.stderr.write(f"depfrag: {visible(text)}\n")


def write(text: str | bytes, file: str | None) -> None:
    """Writes a result to the standard output, or to `file`."""
    data = text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text
    if file is None or file == "-":
        sys.stdout.flush()
        stream = getattr(sys.stdout, "buffer", None)
        if stream is None:
            sys.stdout.write(data.decode("utf-8"))
        else:
            stream.write(data)
        return
    try:
        with open(file, "wb") as out:
            out.write(data)
    except OSError as error:
        raise ConfigError(f"cannot be written: {error.strerror or error}", where=file) from None
