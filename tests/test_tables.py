"""What ships as data: schemas that describe every fact, base rates that say where they come from."""

from __future__ import annotations

import os

import pytest
from jsonschema import Draft202012Validator

from depfrag import tables
from depfrag.facts import FACTS

FILES = sorted(name for name in os.listdir(os.path.dirname(tables.__file__)) if name.endswith(".json"))
SCHEMAS = [name for name in FILES if name.endswith(".schema.json")]


def test_every_table_is_json():
    for name in FILES:
        assert isinstance(tables.load(name), dict), name


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_schemas_with_a_name(name):
    schema = tables.load(name)
    Draft202012Validator.check_schema(schema)
    contract = schema["properties"]["schema"]["const"]
    assert contract == schema["title"] == f"depfrag.{name.removesuffix('.schema.json')}/1"
    assert schema["$id"] == f"urn:{contract.replace('.', ':').replace('/', ':')}"


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_stay_open_for_new_keys(name):
    text = str(tables.load(name))
    assert "'additionalProperties': False" not in text
    assert "unevaluated" not in text


def test_the_analysis_describes_every_fact_as_depfrag_does():
    facts = tables.load("analysis.schema.json")["$defs"]["facts"]
    assert {name: fact["description"] for name, fact in facts["properties"].items()} == FACTS
    assert facts["required"] == list(FACTS)


def test_base_rates_lie_in_their_spans_and_name_their_source():
    rates = tables.load("base_rates.json")
    assert "npm" in rates
    for parts in rates.values():
        assert set(parts) == {"solitude", "smallness"}
        for rate in parts.values():
            assert 0 < rate["mean"] <= 1
            assert rate["n"] > 0
            assert rate["source"]
