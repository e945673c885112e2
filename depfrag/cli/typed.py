"""The same commands as a Typer app: help, completion, and a word on every mistake."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import typer

from depfrag.cli.argv import Call, empty
from depfrag.cli.options import COMMANDS, GROUPS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from depfrag.cli.options import Argument, Command, Option


def run(words: Sequence[str]) -> int:
    """Runs the app on `words` and returns its exit code."""
    try:
        app()(args=list(words), prog_name="depfrag", standalone_mode=True)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


def app() -> typer.Typer:
    """Every command of the table."""
    top = typer.Typer(
        no_args_is_help=True, help="Which tiny, few-handed packages your project leans on.", rich_markup_mode=None,
        context_settings={"help_option_names": ["--help", "-h"]}, pretty_exceptions_enable=False,
    )  # fmt: skip
    top.callback()(_top)
    groups = {name: typer.Typer(no_args_is_help=True, help=text) for name, text in GROUPS.items()}
    for name, group in groups.items():
        top.add_typer(group, name=name)
    for command in COMMANDS:
        group_name, _, name = command.name.rpartition(" ")
        groups.get(group_name, top).command(name, help=command.help, epilog=command.after or None)(_function(command))
    return top


def _top(version: bool = typer.Option(False, "--version", "-V", help="Show the version and leave.")) -> None:  # noqa: FBT001, FBT003 - Typer reads it so
    if version:
        from depfrag.version import __version__

        typer.echo(f"depfrag {__version__}")
        raise typer.Exit


def _function(command: Command) -> Callable[..., None]:
    """A function with the signature that Typer makes the command's arguments and options of."""

    def call(**given: Any) -> None:  # noqa: ANN401 - as Typer converts it
        from depfrag.cli.main import run as run_call

        values = empty(command)
        for name in values:
            value = given[_python_name(name)]
            if value not in (None, [], ()):
                values[name] = tuple(value) if isinstance(value, (list, tuple)) else value
        raise typer.Exit(run_call(Call(command, values)))

    parameters = [_argument(a) for a in command.arguments] + [_option(o) for o in command.options]
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # what Typer looks at
    call.__annotations__ = {p.name: p.annotation for p in parameters}
    return call


def _argument(argument: Argument) -> inspect.Parameter:
    default = ... if argument.default is None else None
    kind: Any = list[str] | None if argument.many else str
    info = typer.Argument(default, help=argument.help, show_default=False)
    return inspect.Parameter(_python_name(argument.name), inspect.Parameter.KEYWORD_ONLY, default=info, annotation=kind)


def _option(option: Option) -> inspect.Parameter:
    names = [f"--{option.name}"] + ([f"-{option.short}"] if option.short else [])
    text = option.help + (f" [default: {option.default}]" if option.default else "")
    kind: Any = bool
    if option.kind == "flag":
        info = typer.Option(False, *names, help=text, show_default=False)  # noqa: FBT003 - its default
    else:
        info = typer.Option(None, *names, help=text, metavar=option.metavar, show_default=False)
        kind = list[str] | None if option.kind == "many" else str | None
    return inspect.Parameter(_python_name(option.name), inspect.Parameter.KEYWORD_ONLY, default=info, annotation=kind)


def _python_name(name: str) -> str:
    return name.replace("-", "_")
