"""Registries on loopback: npm's packuments and archives, a Python index's pages, and the recorded slice of npm."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from servers import Reply, Web

from depfrag.identity import python_name

if TYPE_CHECKING:
    import pathlib
    from collections.abc import Mapping

RECORDED = b"https://registry.npm.example/"
"""What stands in recorded packuments for the registry's address."""


class NpmRegistry(Web):
    """Serves packuments by name and archives by ``name@version``; tells its own address in ``dist.tarball``."""

    def __init__(
        self, packuments: Mapping[str, bytes], archives: Mapping[str, bytes] = {}, *, delay: float = 0
    ) -> None:
        super().__init__()
        self.packuments, self.archives, self.delay = packuments, archives, delay
        self.otherwise = self._reply

    def _reply(self, path: str, headers: Mapping[str, str]) -> Reply:
        name, found, file = unquote(path[1:]).partition("/-/")
        if found:
            start = name.rpartition("/")[2] + "-"
            release = f"{name}@{file.removeprefix(start).removesuffix('.tgz')}"
            return self._found(self.archives.get(release), headers, "application/octet-stream")
        body = self.packuments.get(name)
        if body is not None:
            body = body.replace(RECORDED, self.url.encode() + b"/")
        return self._found(body, headers, "application/json")

    def _found(self, body: bytes | None, headers: Mapping[str, str], kind: str) -> Reply:
        if body is None:
            return Reply(404, b'{"error":"Not found"}', {"Content-Type": "application/json"}, self.delay)
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if headers.get("if-none-match") == etag:
            return Reply(304, headers={"ETag": etag}, delay=self.delay)
        return Reply(200, body, {"Content-Type": kind, "ETag": etag}, self.delay)


class PythonIndex(Web):
    """Serves the JSON API (unless `api` is False) and the Simple API of releases; ``.base`` is the index's address."""

    def __init__(
        self, releases: Mapping[str, Mapping], projects: Mapping[str, Mapping] = {}, *, api: bool = True
    ) -> None:
        super().__init__()
        self.base = f"{self.url}/simple/"
        for release, page in releases.items():
            name, _, version = release.partition("==")
            if api:
                self.json(f"/pypi/{name}/{version}/json", page)
        for name, page in projects.items():
            self.json(f"/simple/{name}/", page, **{"Content-Type": "application/vnd.pypi.simple.v1+json"})


class Slice(NamedTuple):
    """The recorded slice of npm: real packuments, real archives, and the lockfile of a project made from them."""

    packuments: Mapping[str, bytes]
    archives: Mapping[str, bytes]
    """By ``name@version``."""
    project: pathlib.Path


def recorded(shared: pathlib.Path) -> Slice:
    """Reads the slice in the folder of recordings."""
    top = shared / "recordings" / "registry-slice"
    packuments = {}
    with gzip.open(top / "packuments.jsonl.gz") as lines:
        for line in lines:
            packuments[json.loads(line)["name"]] = line
    archives = {}
    for file in sorted((top / "tarballs").iterdir()):
        folder, _, archive = file.name.removesuffix(".tgz").partition("__")
        name = "@" + folder.replace("+", "/") if "+" in folder else folder
        archives[f"{name}@{archive.removeprefix(name.rpartition('/')[2] + '-')}"] = file.read_bytes()
    return Slice(packuments, archives, top / "project")


def tgz(files: Mapping[str, bytes | str], top: str = "package") -> bytes:
    """An archive as npm packs it; the same files give the same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for path, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            entry = tarfile.TarInfo(f"{top}/{path}" if top else path)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def packument(name: str, versions: Mapping[str, Mapping], **more: object) -> dict:
    """A packument as npm's registry sends it: `versions` by number, a day apart from 2015 on, all by one account."""
    stamps = {version: f"2015-01-{day:02}T10:00:00.000Z" for day, version in enumerate(versions, start=1)}
    account = {"name": "ann", "email": "ann" + "@mail.example"}
    return {
        "_id": name,
        "name": name,
        "dist-tags": {"latest": list(versions)[-1]} if versions else {},
        "versions": {
            version: {
                "name": name,
                "version": version,
                "maintainers": [account],
                "_npmUser": account,
                "dist": {"tarball": f"{RECORDED.decode()}{name}/-/{name.rpartition('/')[2]}-{version}.tgz"},
                **told,
            }
            for version, told in versions.items()
        },
        "time": {"created": "2015-01-01T10:00:00.000Z", "modified": "2015-02-01T10:00:00.000Z", **stamps},
        "maintainers": [account],
        **more,
    }


def release_page(name: str, version: str, files: Mapping[str, int], **more: object) -> dict:
    """A page of the JSON API: `files` by name with their sizes; `more` goes beside ``info``, `info` into it."""
    return {
        "info": {"name": name, "version": version, "requires_dist": None, "yanked": False, "yanked_reason": None,
                 **more.pop("info", {})},
        "last_serial": 7,
        "urls": [
            {
                "filename": file, "size": size, "upload_time_iso_8601": "2020-05-01T08:00:00.000000Z", "yanked": False,
                "url": f"https://files.pypi.example/packages/{file}", "digests": {"sha256": "0" * 64},
            }
            for file, size in files.items()
        ],
        "ownership": {"roles": [{"role": "Owner", "user": "ann"}], "organization": None},
        **more,
    }  # fmt: skip


def project_page(name: str, files: Mapping[str, int], **more: object) -> dict:
    """A page of the Simple API."""
    return {
        "meta": {"api-version": "1.4", "_last-serial": 7},
        "name": python_name(name),
        "files": [
            {
                "filename": file, "size": size, "upload-time": "2020-05-01T08:00:00.000000Z", "yanked": False,
                "url": f"../../packages/{file}", "hashes": {"sha256": "0" * 64},
            }
            for file, size in files.items()
        ],
        "project-status": {"status": "active"},
        **more,
    }  # fmt: skip
