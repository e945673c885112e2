"""What commands share: settings from a call, how reports look, what became of the lockfiles."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING

from depfrag import api
from depfrag.cli import streams
from depfrag.config import count
from depfrag.errors import ConfigError
from depfrag.protocols import ReportOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import TextIO

    from depfrag.cli.argv import Call
    from depfrag.config import Config
    from depfrag.model import Problem

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
        color=colored(call, is_terminal(sys.stdout)) and file is None,
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


def is_terminal(stream: TextIO | None) -> bool:
    """Whether people read the stream; None is one that was closed."""
    return stream is not None and stream.isatty()


def _width() -> int:
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns
    except (AttributeError, OSError, ValueError):
        return 100


def notifier(call: Call) -> Callable[[str], None] | None:
    """Says what is going on on the error stream: on a terminal outside CI, or when asked to."""
    quiet = call.flag("quiet") or not (is_terminal(sys.stderr) or call.flag("verbose"))
    if quiet or (any(os.environ.get(name) for name in (*_CI, "CI")) and not call.flag("verbose")):
        return None
    return streams.say


def unread(problems: Iterable[Problem]) -> int:
    """Says which lockfiles, found by search, could not be read; the exit code of that."""
    lost = [p for p in problems if p.code == "lockfile" and p.level == "error"]
    for problem in lost:
        streams.say(problem.message)
    return 3 if lost else 0
