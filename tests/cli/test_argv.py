"""The quick reader of arguments: wherever it answers at all, it answers as Typer does."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import assume, event, example, given, settings
from hypothesis import strategies as st

from depfrag.cli import argv, main, typed
from depfrag.cli.options import COMMANDS, Argument, Command, Option

BY_NAME = {command.name: command for command in COMMANDS}
VALUES = ("x", "a b", "", "=", "a=b", "1", "é", "./dir", "json:out.json", "scan", ":", "\n", "--", "-", "-x", "--help")


@pytest.fixture(scope="module", autouse=True)
def one_app():
    """Building the app takes longer than the test."""
    with pytest.MonkeyPatch.context() as patch:
        app = typed.app()
        patch.setattr(typed, "app", lambda: app)
        yield


def typer(words):
    """The call that Typer makes of `words`; None where it makes none."""
    calls = []
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
        patch.setattr(main, "run", lambda call: calls.append(call) or 0)
        with contextlib.redirect_stderr(io.StringIO()):
            typed.run(words)
    return calls[0] if calls else None


def same(words):
    """Asserts that both readers agree on `words`, if the quick one says anything; whether it did."""
    quick = argv.read(words, COMMANDS)
    if quick is None:
        return False
    slow = typer(words)
    assert slow is not None, f"Typer refuses {words}"
    assert quick.command is slow.command
    assert dict(quick.values) == dict(slow.values)
    return True


@st.composite
def command_lines(draw):
    """A command line that is often right and sometimes a little wrong."""
    command = draw(st.sampled_from(COMMANDS))
    value = st.sampled_from(VALUES[:12] * 3 + VALUES) | st.text("ab-=", max_size=3)
    pieces = [[draw(value)] for _ in range(len(command.arguments) + draw(st.sampled_from((*[0] * 8, 1, -1))))]
    for _ in range(draw(st.integers(0, 5))):
        option = draw(st.sampled_from(command.options)) if command.options else Option("none", "")
        name = f"-{option.short}" if option.short and draw(st.booleans()) else f"--{option.name}"
        form = draw(st.sampled_from((*["apart", "joined"] * 4, "bare", "glued", "cut")))
        pieces.append(
            {
                "apart": [name, draw(value)] if option.kind != "flag" else [name],
                "joined": [f"{name}={draw(value)}"] if option.kind != "flag" else [name],
                "bare": [name],
                "glued": [name + draw(value)],
                "cut": [name[:-1]],
            }[form]
        )
    words = [word for piece in draw(st.permutations(pieces)) for word in piece]
    return [*command.name.split(), *words]


@settings(max_examples=400)
@given(command_lines())
@example(["scan"])
@example(["scan", ""])
@example(["scan", "a", "b", "--format", "json", "--format=sarif:x", "-o", "y"])
@example(["scan", "--config="])
@example(["why", "a", "b", "--format", "json", "--format", "terminal"])
@example(["why", "", ""])
@example(["snapshot", "write", "-o", "x", "--prod", "--prod"])
@example(["plugins"])
def test_it_agrees_with_typer_wherever_it_answers(words):
    event("answered" if same(words) else "left to Typer")


@given(
    st.lists(st.sampled_from((*VALUES, "graph", "snapshot", "show", "plugins", "--version", "--format")), max_size=5)
)
def test_it_agrees_on_words_at_random(words):
    assume(words)
    same(words)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_it_answers_every_option_spelled_out(command):
    words = command.name.split() + ["x"] * len(command.arguments)
    for option in command.options:
        words += [f"--{option.name}"] + ([] if option.kind == "flag" else ["value"])
        words += [] if not option.short else [f"-{option.short}"] + ([] if option.kind == "flag" else ["v"])
    assert same(words)


@pytest.mark.parametrize(
    "words",
    [
        [], ["--help"], ["scan", "--help"], ["scan", "--nope"], ["scan", "--format"], ["scan", "-x"], ["scan", "--"],
        ["scan", "--prod=yes"], ["scan", "-qv"], ["scan", "--form", "json"], ["why", "a"], ["why", "a", "b", "c"],
        ["snapshot"], ["snapshot", "shows"], ["sca"], ["scan", "--format", "--prod"], ["--version", "scan"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_what_is_not_plain_is_left_to_typer(words):
    assert argv.read(words, COMMANDS) is None


def test_values_of_a_call():
    call = argv.read(["scan", "a", "b", "--format", "json", "--top=3", "--prod"], COMMANDS)
    assert call.command is BY_NAME["scan"]
    assert (call.texts("paths"), call.texts("format")) == (("a", "b"), ("json",))
    assert (call.text("top"), call.text("model"), call.text("model", "x")) == ("3", "", "x")
    assert (call.flag("prod"), call.flag("offline"), call.flag("top")) == (True, False, False)
    assert (call.text("format"), call.texts("top"), call.texts("nothing")) == ("", (), ())


def test_what_was_not_given():
    command = Command(
        "x", "", "", (Argument("one", ""), Argument("many", "", many=True, default=("."))),
        (Option("flag", "", "flag"), Option("value", ""), Option("several", "", "many")),
    )  # fmt: skip
    assert argv.empty(command) == {"flag": False, "value": None, "several": (), "one": None, "many": (".")}
