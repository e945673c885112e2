"""The entry: reads the arguments, runs a command, turns errors into one line and an exit code."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING

from depfrag.cli import argv as quick
from depfrag.cli.options import COMMANDS
from depfrag.errors import DepfragError, LockfileError, SourceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from depfrag.cli.argv import Call

USAGE, UNREADABLE, INTERRUPTED = 2, 3, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Runs depfrag with `argv` (default: the process's own arguments) and returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    # A run is short and makes few cycles: collecting garbage would cost it a tenth of its time.
    gc.disable()
    try:
        if words in (["--version"], ["-V"]):
            from depfrag.version import __version__

            sys.stdout.write(f"depfrag {__version__}\n")
            return 0
        call = None if "_DEPFRAG_COMPLETE" in os.environ else quick.read(words, COMMANDS)
        if call is None:
            from depfrag.cli.typed import run as run_typed

            return run_typed(words)
        return run(call)
    finally:
        gc.enable()


def run(call: Call) -> int:
    """Runs one command."""
    from importlib import import_module

    module, _, name = call.command.target.partition(":")
    try:
        code: int = getattr(import_module(module), name)(call)
        sys.stdout.flush()
    except DepfragError as error:
        from depfrag.visible import visible

        sys.stderr.write(f"depfrag: {visible(str(error))}\n")
        return UNREADABLE if isinstance(error, (LockfileError, SourceError)) else USAGE
    except KeyboardInterrupt:
        sys.stderr.write("depfrag: interrupted\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing more can be said to them.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return code


def entry() -> None:
    """The console script."""
    sys.exit(main())
