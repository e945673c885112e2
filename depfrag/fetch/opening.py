"""Opens the way to the network, or to what was kept of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from depfrag.protocols import Fetch


def open_fetch(
    max_age: int, environment: Mapping[str, str], notify: Callable[[str], None] | None, *, offline: bool
) -> Fetch | None:
    return None
