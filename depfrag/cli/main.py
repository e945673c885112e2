"""The entry: reads the arguments, runs a command, turns errors into one line and an exit code.

Little is imported up here, and the rest where an interrupt is already caught.
"""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from depfrag.errors import DepfragError, LockfileError, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depfrag.cli.argv import Call

USAGE, UNREADABLE, INTERRUPTED = 2, 3, 130
_DEBUG = "DEPFRAG_DEBUG"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs depfrag with `argv` (default: the process's own arguments) and returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    # A run is short and makes few cycles: collecting garbage would cost it a tenth of its time.
    gc.disable()
    try:
        return _run(words)
    except (DepfragError, KeyboardInterrupt) as reason:
        return _stopped(reason)
    except Exception as bug:  # noqa: BLE001 - uncaught, it would end in 1, which a gate takes for findings
        return _broken(bug)
    finally:
        gc.enable()


def _run(words: Sequence[str]) -> int:
    if list(words) in (["--version"], ["-V"]):
        from depfrag.cli import streams
        from depfrag.version import __version__

        streams.write(f"depfrag {__version__}\n")
        return 0
    from depfrag.cli import argv
    from depfrag.cli.options import COMMANDS

    call = None if "_DEPFRAG_COMPLETE" in os.environ else argv.read(words, COMMANDS)
    if call is None:
        from depfrag.cli.typed import run as run_typed

        return run_typed(words)
    return run(call)


def run(call: Call) -> int:
    """Runs one command."""
    from importlib import import_module

    module, _, name = call.command.target.partition(":")
    try:
        code: int = getattr(import_module(module), name)(call)
    except (DepfragError, KeyboardInterrupt) as reason:  # Typer would say "Aborted!" and exit with 1
        return _stopped(reason)
    return code


def _stopped(reason: DepfragError | KeyboardInterrupt) -> int:
    """Says why the run stopped; its exit code."""
    from depfrag.cli import streams

    if isinstance(reason, KeyboardInterrupt):
        streams.say("interrupted")
        return INTERRUPTED
    streams.say(str(reason))
    return UNREADABLE if isinstance(reason, (LockfileError, SourceError)) else USAGE


def _broken(bug: Exception) -> int:
    """Says that depfrag itself is at fault, and shows where only to those who ask; the exit code of that."""
    from depfrag.cli import streams

    if os.environ.get(_DEBUG):
        raise bug
    streams.say(
        f"this is a bug in depfrag: {type(bug).__name__}: {str(bug)[:200]}; {_DEBUG}=1 shows where, for a report"
    )
    return UNREADABLE


def entry() -> None:
    """The console script."""
    sys.exit(main())
