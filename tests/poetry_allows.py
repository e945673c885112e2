"""Run by poetry's own Python: which versions poetry-core's constraints allow, and the markers they are for Python.

stdin is JSON, an object from constraints to versions; so is stdout: null for what is no constraint, else the versions
that it allows, and those that its marker allows when they are Python's.
"""

import json
import sys

from poetry.core.constraints.version import Version, parse_constraint
from poetry.core.packages.utils.utils import create_nested_marker
from poetry.core.version.markers import EmptyMarker, parse_marker


def answer(text, versions):
    try:
        wanted = parse_constraint(text)
    except ValueError:
        return None
    marker = EmptyMarker() if wanted.is_empty() else parse_marker(create_nested_marker("python_version", wanted))
    pythons = [v for v in versions if v.count(".") == 2 and v.replace(".", "").isdigit()]
    return {
        "allowed": [version for version in versions if wanted.allows(Version.parse(version))],
        "pythons": [
            python
            for python in pythons
            if marker.validate({"python_full_version": python, "python_version": python.rpartition(".")[0]})
        ],
    }


json.dump({text: answer(text, versions) for text, versions in json.load(sys.stdin).items()}, sys.stdout)
