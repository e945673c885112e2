"""Parts of decoded documents that have the shape they should have; what has another is taken as not there."""

from __future__ import annotations

from typing import Any, TypeAlias

Table: TypeAlias = dict[str, Any]


def table_of(value: object) -> Table:
    """`value` if it is a table, else an empty one."""
    return value if isinstance(value, dict) else {}


def list_of(value: object) -> list[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def tables_of(value: object) -> list[Table]:
    """The tables in `value`, if it is a list."""
    return [item for item in list_of(value) if isinstance(item, dict)]


def texts_of(value: object) -> list[str]:
    """The texts in `value`, if it is a list."""
    return [item for item in list_of(value) if isinstance(item, str)]


def text_of(value: object) -> str | None:
    """`value` if it is a text that says something."""
    return value if isinstance(value, str) and value else None
