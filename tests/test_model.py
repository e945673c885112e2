"""The values: immutable, cheap to import, and what the documents promise of them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import get_args

import pytest

from depfrag import model

VALUES = [value for _, value in inspect.getmembers(model, inspect.isclass) if value.__module__ == model.__name__]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_values_are_named_tuples_without_behaviour(value):
    assert issubclass(value, tuple)
    assert hasattr(value, "_fields")
    assert value.__doc__
    assert not value.__doc__.startswith(value.__name__ + "(")
    own = {name for name, member in vars(value).items() if inspect.isfunction(member) and not name.startswith("_")}
    assert not own


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_defaults_cannot_be_changed(value):
    for default in value._field_defaults.values():
        assert isinstance(default, (str, bool, int, tuple, frozenset, type(None))) or default == {}
        assert not isinstance(default, (list, set))
        assert isinstance(default, Mapping) or hash(default) is not None


def test_values_cannot_be_changed():
    release = model.Release("npm:a@1", "npm", "a", "1")
    with pytest.raises(AttributeError):
        release.name = "b"
    assert not hasattr(release, "__dict__")


def test_levels_are_worst_first():
    assert get_args(model.Level) == model.LEVELS
    assert model.LEVELS[:4] == get_args(model.Band)
