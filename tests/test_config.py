"""Settings: defaults, then the file, then the environment, then options; anything not understood is refused by name."""

from __future__ import annotations

import contextlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag import config
from depfrag.config import Config, ScoreSettings
from depfrag.errors import ConfigError

TABLE = config.table(("left-pad", "unknown"), ("left-pad", "pagerank"), ("ecosystems",))


def resolve(file=None, environment=None, **options):
    given = {name.replace("_", "-"): value for name, value in options.items()}
    return config.resolve(("sub/depfrag.toml", file) if file is not None else None, environment or {}, given, TABLE)


def test_defaults():
    assert resolve() == Config()
    assert Config().fail_on == ("high",)


def test_every_setting_can_be_set_and_has_a_default():
    assert {name.replace("-", "_") for name in TABLE} == set(Config._fields) - {"score", "origins"}


def test_later_places_outdo_earlier_ones():
    file, environment = {"inspect": 1, "prod": True, "model": "pagerank"}, {"DEPFRAG_INSPECT": "2", "DEPFRAG_PROD": "0"}
    found = resolve(file, environment, inspect="3")
    assert (found.inspect, found.prod, found.model) == (3, False, "pagerank")
    assert found.origins == {"inspect": "option", "prod": "DEPFRAG_PROD", "model": "sub/depfrag.toml"}


def test_lists_are_replaced_and_not_joined():
    found = resolve({"fail-on": ["critical", "unknown"]}, {"DEPFRAG_FAIL_ON": "low,score:5"})
    assert found.fail_on == ("low", "score:5")
    assert resolve({"fail-on": "none"}).fail_on == ("none",)


def test_paths_are_relative_to_the_file_that_names_them():
    assert resolve({"snapshots": ["facts.gz", "../x/a", "/abs"]}).snapshots == ("sub/facts.gz", "x/a", "/abs")
    several = os.pathsep.join(("a", "b"))
    assert resolve(environment={"DEPFRAG_SNAPSHOTS": several}).snapshots == ("a", "b")
    assert resolve(snapshots=("a",)).snapshots == ("a",)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("offline", True, True), ("offline", "yes", True), ("offline", "OFF", False), ("offline", "1", True),
        ("inspect", 5, 5), ("inspect", "5", 5), ("inspect", 0, 0),
        ("max-age", "30m", 1800), ("max-age", 60, 60), ("max-age", "7d", 604_800), ("max-age", "2 w", 1_209_600),
        ("max-unknown", "0.25", 0.25), ("max-unknown", 0, 0.0), ("max-unknown", 1, 1.0),
        ("as-of", "2016-03-21", "2016-03-21"), ("as-of", "20160321", "2016-03-21"),
        ("fail-on", "score:60", ("score:60",)), ("fail-on", "score:60.5", ("score:60.5",)),
        ("fail-on", ["left-pad", "none"], ("left-pad", "none")),
        ("model", "pagerank", "pagerank"),
    ],
)  # fmt: skip
def test_values(name, value, expected):
    found = getattr(resolve({name: value}), name.replace("-", "_"))
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("offline", "maybe", "'maybe' is not true or false"), ("offline", 1, "1 is not true or false"),
        ("inspect", -1, "whole number"), ("inspect", "x", "whole number"), ("inspect", True, "whole number"),
        ("inspect", 1.5, "whole number"),
        ("max-age", "soon", "duration"), ("max-age", True, "duration"), ("max-age", -5, "duration"),
        ("max-unknown", 1.1, "share"), ("max-unknown", "nan", "number"), ("max-unknown", "inf", "number"),
        ("max-unknown", "", "number"),
        ("as-of", "21.3.2016", "YYYY-MM-DD"), ("as-of", "2016-02-30", "YYYY-MM-DD"),
        ("fail-on", "worst", "'worst' is not one of critical, high, medium, low, none, left-pad, unknown or score:N"),
        ("fail-on", "score:x", "score:N"), ("fail-on", ["low", 5], "5 is not a text"), ("fail-on", "", "a text"),
        ("model", "best", "'best' is not one of left-pad, pagerank"), ("model", ["left-pad"], "a text"),
        ("snapshots", [["x"]], "a text"),
    ],
)  # fmt: skip
def test_values_that_cannot_be_used_are_refused_with_their_place(name, value, said):
    with pytest.raises(ConfigError, match=said) as caught:
        resolve({name: value})
    assert str(caught.value).startswith(f"sub/depfrag.toml: {name}: ")


def test_the_place_of_a_bad_value_is_its_variable_or_option():
    with pytest.raises(ConfigError, match=r"^DEPFRAG_INSPECT: 'x' is not"):
        resolve(environment={"DEPFRAG_INSPECT": "x"})
    with pytest.raises(ConfigError, match=r"^--inspect: 'x' is not"):
        resolve(inspect="x")


def test_an_empty_variable_says_nothing():
    assert resolve(environment={"DEPFRAG_INSPECT": "", "DEPFRAG_FAIL_ON": ""}) == Config()


@pytest.mark.parametrize(
    ("key", "said"),
    [("max_unknown", "did you mean 'max-unknown'"), ("scores", "did you mean 'score'"), ("x", "known are offline")],
)
def test_unknown_keys_are_refused_with_the_nearest(key, said):
    with pytest.raises(ConfigError, match=f"there is no setting '{key}'; {said}"):
        resolve({key: 1})


# -- the score -------------------------------------------------------------------------------------------------------


def test_weights_floors_and_bands():
    found = resolve({"score": {"reach": 0.6, "solitude": 0.2, "smallness": "0.2", "smallness-floor": 0.3, "high": 60}})
    assert found.score == ScoreSettings(reach=0.6, solitude=0.2, smallness=0.2, smallness_floor=0.3, high=60)
    assert found.origins == {"score": "sub/depfrag.toml"}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (5, "score: not a table"), ({"reach": 0.9}, "must add up to 1"), ({"high": 80}, "must not overlap"),
        ({"weight": 1}, "there is no setting 'weight'"), ({"solitude_floor": 1}, "did you mean 'solitude-floor'"),
        ({"solitude-floor": 0}, "floors"), ({"smallness-floor": 1.5}, "floors"), ({"lines": 0}, "over 0"),
        ({"lines": "many"}, "score.lines: 'many' is not a number"), ({"high": -1}, "a number, 0 or more"),
        ({"high": True}, "a number"),
    ],
)  # fmt: skip
def test_a_score_that_makes_no_sense_is_refused(table, said):
    with pytest.raises(ConfigError, match=said):
        resolve({"score": table})


@given(
    st.dictionaries(
        st.sampled_from((*TABLE, "score", "other")),
        st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3),
    )
)
def test_no_file_does_worse_than_a_clear_error(content):
    with contextlib.suppress(ConfigError):
        assert isinstance(resolve(content), Config)


# -- where files are looked for --------------------------------------------------------------------------------------


def test_files_are_looked_for_upwards_to_the_top_of_the_repository(tmp_path, monkeypatch):
    inner = tmp_path / "repository" / "a" / "b"
    inner.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    for place in (tmp_path, tmp_path / "repository", inner):
        (place / "depfrag.toml").touch()
    (tmp_path / "repository" / "a" / "pyproject.toml").touch()
    monkeypatch.chdir(inner)
    assert config.find(".", os.path.exists) == ["depfrag.toml", "../pyproject.toml", "../../depfrag.toml"]
    assert config.find("nowhere/at/all", os.path.exists)[:1] == ["depfrag.toml"]


def test_the_search_ends_at_the_root():
    assert config.find("/", lambda path: path == "/depfrag.toml")[-1].endswith("depfrag.toml")
    assert config.find("/", lambda path: False) == []


def test_a_file_on_another_drive_keeps_its_whole_path(monkeypatch):
    def elsewhere(path):
        raise ValueError

    monkeypatch.setattr(os.path, "relpath", elsewhere)
    assert config.find("/", lambda path: path == "/depfrag.toml") == ["/depfrag.toml"]


def test_what_a_file_holds():
    assert config.of_file("x/depfrag.toml", {"prod": True}) == {"prod": True}
    assert config.of_file("x/pyproject.toml", {"tool": {"depfrag": {"prod": True}}}) == {"prod": True}
    for other in ({}, {"tool": {}}, {"tool": []}, {"tool": {"depfrag": 1}}):
        assert config.of_file("pyproject.toml", other) is None


def test_sources_that_have_to_be_named():
    assert resolve({"sources": ["ecosystems"]}).sources == ("ecosystems",)
    assert resolve(environment={"DEPFRAG_SOURCES": "ecosystems"}).sources == ("ecosystems",)
    with pytest.raises(ConfigError, match="'npm' is not one of ecosystems"):
        resolve(sources=("npm",))
