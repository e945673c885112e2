"""Data that is read at run time and ships with the package; each file says where its numbers come from."""

from __future__ import annotations

import json
import os.path
from typing import Any


def load(name: str) -> Any:  # noqa: ANN401 - JSON; whoever asks knows its shape
    """The content of the JSON file `name`."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return json.load(file)
