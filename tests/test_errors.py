"""Errors say what, where and what to do."""

from __future__ import annotations

import pytest

from depfrag import errors


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (errors.ConfigError("no number", where="depfrag.toml: inspect"), "depfrag.toml: inspect: no number"),
        (errors.ConfigError("no", hint="say yes"), "no; say yes"),
        (errors.LockfileError("a/uv.lock", "not TOML", where=3), "a/uv.lock:3: not TOML"),
        (errors.LockfileError("a", "odd", where="packages → 'x'", hint="mend it"), "a: packages → 'x': odd; mend it"),
        (errors.LockfileError("a", "empty"), "a: empty"),
        (errors.SourceError("npm", "gone", hint="try again"), "npm: gone; try again"),
        (errors.NotFoundError("package", "left-bad", nearest=("left-pad",)),
         "there is no package 'left-bad'; did you mean 'left-pad'?"),
        (errors.NotFoundError("format", "x", nearest=("a", "b")), "there is no format 'x'; did you mean 'a' or 'b'?"),
        (errors.NotFoundError("package", "x"), "there is no package 'x'"),
        (errors.MissingExtraError("plots", "plot"), "plots needs an optional dependency: pip install 'depfrag[plot]'"),
    ],
)  # fmt: skip
def test_messages(error, text):
    assert str(error) == text
    assert isinstance(error, errors.DepfragError)
