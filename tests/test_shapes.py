"""Parts of documents: what has the shape it should have is there, and nothing else."""

from __future__ import annotations

import pytest

from depfrag.shapes import list_of, table_of, tables_of, text_of, texts_of

OTHERS = [None, True, 0, 1.5, "", "a", [], ["a", 1, {}], {}, {"a": 1}]


@pytest.mark.parametrize("value", OTHERS)
def test_shapes(value):
    assert table_of(value) == (value if type(value) is dict else {})
    assert list_of(value) == (value if type(value) is list else [])
    assert text_of(value) == (value if value == "a" else None)
    assert texts_of(value) == (["a"] if value == ["a", 1, {}] else [])
    assert tables_of(value) == ([{}] if value == ["a", 1, {}] else [])
