"""Third parties as they answer: deps.dev, OSV and ecosyste.ms, from a few facts, as functions and on loopback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from servers import Reply, Web

if TYPE_CHECKING:
    from collections.abc import Mapping

DEPSDEV = "https://api.deps.dev/v3alpha/"
OSV = "https://api.osv.dev/v1/"
ECOSYSTEMS = "https://packages.ecosyste.ms/api/v1/"


def canonical(version: str) -> str:
    """A version as deps.dev spells it: with three numbers at least."""
    return version if version.count(".") >= 2 else canonical(f"{version}.0")


def version_of(key: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """A version as deps.dev tells of it."""
    return {
        "versionKey": {**key, "version": canonical(key["version"])},
        "publishedAt": "2014-08-14T23:15:48Z",
        "isDefault": False,
        "isDeprecated": False,
        "deprecatedReason": "",
        "relatedProjects": [],
        **more,
    }


class DepsDev:
    """Versions by ``name@version``, default versions by name, dependents by ``name@version`` as deps.dev spells it."""

    def __init__(
        self, versions: Mapping[str, Mapping[str, Any]], defaults: Mapping[str, str] = {},
        dependents: Mapping[str, int] = {}, *, page: int = 5000,
    ) -> None:  # fmt: skip
        self.told, self.default_versions, self.counts, self.page = versions, defaults, dependents, page

    def versions(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a batch of versions."""
        return self._paged(body, "version", self._version)

    def defaults(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a batch of questions for findings."""
        return self._paged(body, "findings", self._findings)

    def dependents(self, path: str) -> Reply | dict[str, int] | int:
        """The answer about a version's dependents."""
        _, _, _, name, _, version = path.removesuffix(":dependents").split("/")
        count = self.counts.get(f"{unquote(name)}@{unquote(version)}")
        return 404 if count is None else {"dependentCount": count, "directDependentCount": count // 2}

    def _version(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        key = asked["versionKey"]
        told = self.told.get(f"{key['name']}@{key['version']}")
        return {} if told is None else version_of(key, **told)

    def _findings(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        key = asked["packageKey"]
        default = self.default_versions.get(key["name"])
        version = None if default is None else {"versionKey": {**key, "version": default}, "isDefault": True}
        return {"packageKey": key, "defaultVersion": version}

    def _paged(self, body: Mapping[str, Any], name: str, answer: Any) -> dict[str, Any]:
        start = int(body.get("pageToken") or 0)
        end = min(start + self.page, len(body["requests"]))
        responses = [{"request": one, name: answer(one)} for one in body["requests"][start:end]]
        return {"responses": responses, "nextPageToken": str(end) if end < len(body["requests"]) else ""}

    def answers(self) -> dict[str, Any]:
        """As what `answers.Answers` takes."""
        found: dict[str, Any] = {f"{DEPSDEV}versionbatch": self.versions, f"{DEPSDEV}findingsbatch": self.defaults}
        for release in self.counts:
            name, _, version = release.rpartition("@")
            name = name.replace("@", "%40").replace("/", "%2F")
            for system in ("npm", "pypi"):
                path = f"systems/{system}/packages/{name}/versions/{version}:dependents"
                found[DEPSDEV + path] = self.dependents(path)
        return found


def osv(reports: Mapping[str, list[str]]) -> Any:
    """What OSV answers to a batch, from the ids of reports by ``name@version``."""

    def answer(body: Mapping[str, Any]) -> dict[str, Any]:
        names = [f"{one['package']['name']}@{one['version']}" for one in body["queries"]]
        found = [[{"id": i, "modified": "2024-10-27T13:55:45Z"} for i in reports.get(name, ())] for name in names]
        return {"results": [{"vulns": vulns} if vulns else {} for vulns in found]}

    return answer


def ecosystems(packages: Mapping[str, Mapping[str, Any]]) -> Any:
    """What ecosyste.ms answers about packages, by package URL; the last one asked for comes first."""

    def answer(body: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [{"purl": purl, **packages[purl]} for purl in reversed(body["purls"]) if purl in packages]

    return answer


class ThirdParties(Web):
    """All of them on one server: ``/depsdev/``, ``/osv/`` and ``/ecosystems/``."""

    def __init__(
        self, depsdev: DepsDev, reports: Mapping[str, list[str]] = {}, packages: Mapping[str, Mapping[str, Any]] = {}
    ) -> None:
        super().__init__()
        batches = {
            "/depsdev/versionbatch": depsdev.versions, "/depsdev/findingsbatch": depsdev.defaults,
            "/osv/querybatch": osv(reports), "/ecosystems/packages/bulk_lookup": ecosystems(packages),
        }  # fmt: skip
        self.posted = lambda path, body: Reply(200, json.dumps(batches[path](json.loads(body))).encode())
        self._depsdev = depsdev
        self.otherwise = self._look

    def _look(self, path: str, headers: Mapping[str, str]) -> Reply:
        if path.startswith("/osv/vulns/"):
            return Reply(200, json.dumps({"id": path.rpartition("/")[2], "published": "2024-10-27T13:55:45Z"}).encode())
        told = self._depsdev.dependents(path.removeprefix("/depsdev/"))
        return Reply(404, b"dependents not found") if told == 404 else Reply(200, json.dumps(told).encode())

    def variables(self) -> dict[str, str]:
        """What leads depfrag here."""
        return {f"DEPFRAG_{name.upper()}_URL": f"{self.url}/{name}" for name in ("depsdev", "osv", "ecosystems")}
