"""What the tests of sources share: the recorded answers."""

from __future__ import annotations

import pytest
from registries import recorded


@pytest.fixture(scope="session")
def npm_slice(shared):
    """The recorded slice of npm's registry."""
    return recorded(shared)


@pytest.fixture(scope="session")
def recordings(shared):
    """The folder of recorded answers."""
    return shared / "recordings"
