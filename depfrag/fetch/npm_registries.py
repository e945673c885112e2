"""Which npm registry a release is asked about at, by npm's settings and the address that the lockfile gives."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from depfrag.fetch.addresses import host
from depfrag.fetch.credentials import Login, decoded, pair, token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from depfrag.fetch.credentials import Credentials
    from depfrag.model import Release

_SCOPED = ":registry"


class NpmRegistries:
    """The registries of one project. Its credentials are learned on the way."""

    def __init__(self, settings: Mapping[str, str], credentials: Credentials, public: Callable[[], str]) -> None:
        self._credentials, self._public = credentials, public
        for place, login in _logins(settings).items():
            credentials.learn(place, login)
        self._scopes = {
            key.removesuffix(_SCOPED).lower(): self._address(value)
            for key, value in settings.items()
            if key.startswith("@") and key.endswith(_SCOPED)
        }
        self._chosen = "registry" in settings
        self._registry = self._address(settings["registry"]) if self._chosen else None
        self._replaced = settings.get("replace-registry-host", "npmjs")

    def base(self, release: Release) -> str | None:
        """The registry of a release; None where it is not known for certain."""
        scope = release.name.partition("/")[0].lower()
        if scope in self._scopes:
            return self._scopes[scope]
        if release.source is None or self._replaces(release.source):
            return self._registry if self._chosen else self._public()
        return _of_archive(release.source, release.name)

    def _replaces(self, source: str) -> bool:
        """Whether the configured registry stands for the one that the lockfile names.

        npm writes the public registry's address into the lockfile whichever registry it asks, and asks the configured
        one when it reads it there, unless told otherwise.
        """
        if self._registry is not None and source.startswith(self._registry):
            return True
        try:
            named = host(source)
        except ValueError:
            return False
        if self._replaced == "npmjs":
            return named == host(self._public())
        return self._replaced in ("always", named.partition(":")[0])

    def _address(self, url: str) -> str | None:
        """A configured address; None where it is none, perhaps for want of a variable."""
        try:
            return None if "${" in url else self._credentials.registry(url)
        except ValueError:
            return None


def _of_archive(address: str, name: str) -> str | None:
    """The registry that an archive lies in, where archives lie as npm's own lays them: ``BASE/NAME/-/FILE``."""
    try:
        host(address)
    except ValueError:
        return None
    parts = urlsplit(address)
    for form in (name, name.replace("/", "%2f"), name.replace("/", "%2F"), quote(name, safe="")):
        before, found, _ = parts.path.partition(f"/{form}/-/")
        if found:
            return f"{parts.scheme}://{parts.netloc.lower()}{before}/"
    return None


def _logins(settings: Mapping[str, str]) -> dict[str, Login]:
    """Places (``//registry.npm.example/team/``) and the credentials for them."""
    fields: dict[str, dict[str, str]] = {}
    for key, value in settings.items():
        place, colon, field = key.rpartition(":")
        if colon and place.startswith("//") and "${" not in value:
            fields.setdefault(place, {})[field] = value
    found = {place: _login(values) for place, values in fields.items()}
    return {place: login for place, login in found.items() if login is not None}


def _login(values: Mapping[str, str]) -> Login | None:
    if "_authToken" in values:
        return token(values["_authToken"])
    if "_auth" in values:
        return pair(values["_auth"])
    if "username" in values and "_password" in values:
        secret = decoded(values["_password"])
        return None if secret is None else Login(values["username"], secret)
    return None
