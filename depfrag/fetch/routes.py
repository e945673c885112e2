"""Which registry to ask about a package: what the project's own configuration and its lockfile say."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from depfrag.protocols import Wanted


class ProjectRoutes:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment

    def base(self, wanted: Wanted) -> str | None:
        return None
