"""Which registry to ask about a release: what the project's own configuration and its lockfile say."""

from __future__ import annotations

import os.path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from depfrag.fetch import files, npmrc
from depfrag.fetch.addresses import host
from depfrag.fetch.npm_registries import NpmRegistries
from depfrag.fetch.python_indexes import PythonIndexes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from depfrag.fetch.credentials import Credentials
    from depfrag.protocols import Wanted


class ProjectRoutes:
    """Reads the configuration that belongs to each lockfile, once; what cannot be understood sends nobody anywhere."""

    def __init__(self, environment: Mapping[str, str], credentials: Credentials, notify: Callable[[str], None]) -> None:
        self._environment, self._credentials, self._notify = environment, credentials, notify
        self._npm: dict[str, NpmRegistries | None] = {}
        self._python: dict[str, PythonIndexes | None] = {}
        self._public: dict[str, str] = {}
        self._known: dict[str, bool] = {}
        """Whether an address is that of a public registry."""

    def base(self, wanted: Wanted) -> str | None:
        release = wanted.release
        if release.kind != "registry":
            return None
        if release.ecosystem == "npm":
            npm = self._npm_registries(wanted.lockfile)
            return None if npm is None else npm.base(release)
        python = self._python_indexes(os.path.dirname(wanted.lockfile))
        return None if python is None else python.base(wanted)

    def public(self, wanted: Wanted) -> bool:
        base = self.base(wanted)
        if base is None:
            return False
        if base not in self._known:
            public = self._public_npm() if wanted.release.ecosystem == "npm" else self._public_python()
            self._known[base] = _place(base) == _place(public)
        return self._known[base]

    def _npm_registries(self, lockfile: str) -> NpmRegistries | None:
        if lockfile not in self._npm:
            try:
                told = npm_settings(lockfile, self._environment)
                self._npm[lockfile] = NpmRegistries(told, self._credentials, self._public_npm)
            except files.NotUnderstoodError as error:
                self._npm[lockfile] = None
                self._not_understood(error, lockfile)
        return self._npm[lockfile]

    def _python_indexes(self, folder: str) -> PythonIndexes | None:
        from depfrag.fetch import pip_config, uv_config

        if folder not in self._python:
            try:
                pip, uv = pip_config.indexes(self._environment), uv_config.indexes(folder, self._environment)
                self._python[folder] = PythonIndexes(pip, uv, self._environment, self._credentials, self._public_python)
            except files.NotUnderstoodError as error:
                self._python[folder] = None
                self._not_understood(error, folder or ".")
        return self._python[folder]

    def _not_understood(self, error: files.NotUnderstoodError, where: str) -> None:
        self._notify(f"{error}: no registry is asked about the packages of {where}")

    def _public_npm(self) -> str:
        if "npm" not in self._public:
            from packageurl.contrib.purl2url import get_download_url

            url = get_download_url("pkg:npm/x@1.0.0")  # type: ignore[no-untyped-call]  # packageurl-python's are not
            self._public["npm"] = _top(url)
        return self._public["npm"]

    def _public_python(self) -> str:
        if "pypi" not in self._public:
            from packageurl.contrib.purl2url import get_repo_url

            url = get_repo_url("pkg:pypi/x")  # type: ignore[no-untyped-call]  # as above
            self._public["pypi"] = _top(url) + "simple/"
        return self._public["pypi"]


def npm_settings(lockfile: str, environment: Mapping[str, str]) -> Mapping[str, str]:
    """The settings that count for a lockfile: those of its folder, for Yarn's also Yarn's own."""
    folder, name = os.path.split(lockfile)
    if os.path.basename(folder) == "node_modules":
        folder = os.path.dirname(folder)
    npm = npmrc.settings(folder or ".", environment)
    if name != "yarn.lock":
        return npm
    from depfrag.fetch import yarnrc

    return npmrc.merged([yarnrc.settings(folder or ".", environment), npm])


def _place(url: str) -> tuple[str, str]:
    """Host and path of an address: it is one place with and without encryption."""
    return host(url), urlsplit(url).path


def _top(url: str) -> str:
    """The host of an address, encrypted: older versions of packageurl-python say otherwise."""
    return f"https://{urlsplit(url).netloc}/"
