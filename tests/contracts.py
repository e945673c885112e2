"""Holds JSON against the schemas that depfrag publishes, and is stricter: a key that they do not list is wrong."""

from __future__ import annotations

import json
from functools import cache

from jsonschema import Draft202012Validator

from depfrag import tables


def _closed(schema):
    if isinstance(schema, dict):
        schema = {key: _closed(value) for key, value in schema.items()}
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    elif isinstance(schema, list):
        schema = [_closed(item) for item in schema]
    return schema


@cache
def _validator(name):
    schema = tables.load(f"{name}.schema.json")
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(_closed(schema))


def valid(name, text):
    """The document that `text` is, once it keeps the contract `name` (``graph`` or ``analysis``)."""
    document = json.loads(text)
    _validator(name).validate(document)
    return document
