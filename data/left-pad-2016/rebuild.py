"""Rebuilds the left-pad case, byte for byte: python rebuild.py RECORDINGS [--into FOLDER] [--npm]

RECORDINGS is a folder with `left-pad-2016/` (a package.json whose overrides are the versions of March 2016, and the
lockfile that npm makes of it) and `registry-slice/packuments.jsonl.gz` (npm packuments recorded from 2018 to 2022).
What neither holds stands beside this script: `sizes.tsv`, counted from the archives, and `reported.json`.
With --npm the npm client makes the lockfile anew from the package.json, and it must be the recorded one.
"""

from __future__ import annotations

import argparse
import gzip
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING, Any

from depfrag import discover, snapshot
from depfrag.lockfiles.package_lock import PARSER
from depfrag.model import Fact
from depfrag.sources import npm, packument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from depfrag.model import Facts, Release
    from depfrag.sources.packument import Package

AS_OF = "2016-03-21"
COUNTED = "2026-11-22"
HERE = pathlib.Path(__file__).resolve().parent
REGISTRY = "https://registry.npm.example/"


def main() -> None:
    """Reads the recordings and writes the case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("recordings", type=pathlib.Path)
    parser.add_argument("--into", type=pathlib.Path, default=HERE)
    parser.add_argument("--npm", action="store_true")
    given = parser.parse_args()
    project = given.recordings / "left-pad-2016"
    lock = (project / "package-lock.json").read_bytes()
    if given.npm and npm_lock(project / "package.json") != lock:
        sys.exit("npm makes another lockfile today")
    check_versions(json.loads((project / "package.json").read_bytes()), json.loads(lock))
    lockfile = PARSER.parse("package-lock.json", lock, discover.Folder("package-lock.json"))
    packages = recorded(given.recordings / "registry-slice" / "packuments.jsonl.gz")
    host = npm.fingerprint(REGISTRY, list(packages.values()))
    sizes, reported = read_sizes(), json.loads((HERE / "reported.json").read_bytes())
    facts = {
        release.id: {
            **registry_facts(release, packages, host),
            **sizes[release.id],
            **reported_facts(release, reported),
        }
        for release in lockfile.releases
    }
    given.into.mkdir(parents=True, exist_ok=True)
    (given.into / "package-lock.json").write_bytes(lock)
    (given.into / "facts.snapshot").write_bytes(snapshot.encode(snapshot.Snapshot(COUNTED, AS_OF, facts, "", (host,))))


def npm_lock(manifest: pathlib.Path) -> bytes:
    """The lockfile that the npm client makes of a package.json, which is all that it is given."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(manifest, folder)
        command = ["npm", "install", "--package-lock-only", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
        return (pathlib.Path(folder) / "package-lock.json").read_bytes()


def check_versions(manifest: Mapping[str, Any], lock: Mapping[str, Any]) -> None:
    """The lockfile must hold the versions that the manifest's dependencies and overrides name."""
    wanted = {**manifest["overrides"], **manifest["dependencies"]}
    for place, entry in lock["packages"].items():
        name = place.rpartition("node_modules/")[2]
        version = wanted.get(name)
        if isinstance(version, str) and place.count("node_modules/") == 1 and entry["version"] != version:
            sys.exit(f"{place} is {entry['version']} and not {version}")


def recorded(file: pathlib.Path) -> dict[str, Package]:
    """The recorded packuments, reduced as depfrag reduces them: handles, and no e-mail addresses."""
    with gzip.open(file) as lines:
        found = [packument.read(packument.keep(line)) for line in lines]
    return {package.name: package for package in found}


def registry_facts(release: Release, packages: Mapping[str, Package], host: Any) -> Facts:  # noqa: ANN401 - a Host
    """What the recorded packument says of a release as of the day; publishers are those of the version published last
    until then, as its own entry lists them."""
    package = packages.get(release.name)
    if package is None or release.version is None:
        return {}
    last = max(stamp[:10] for stamp in package.time.values())
    told = npm.to_facts(package, release.version, host, last, AS_OF).facts
    kept = ("publishers", "published", "install_script")
    return {name: told[name]._replace(source="npm registry (recorded)") for name in kept if name in told}


def read_sizes() -> dict[str, Facts]:
    """Lines and bytes of each release, counted from its archive, whose hash is the lockfile's."""
    sizes: dict[str, Facts] = {}
    for row in (HERE / "sizes.tsv").read_text().splitlines()[1:]:
        release, lines, size = row.split("\t")
        sizes[release] = {
            "lines": Fact(int(lines), "archive", COUNTED, "registry"),
            "bytes": Fact(int(size), "archive", COUNTED, "registry"),
        }
    return sizes


def reported_facts(release: Release, reported: Mapping[str, Any]) -> Facts:
    """What named public sources report of a release."""
    told = reported.get(release.id, {})
    return {
        name: Fact(
            tuple(f["value"]) if isinstance(f["value"], list) else f["value"], f["source"], f["observed"], "reported"
        )
        for name, f in told.items()
    }


if __name__ == "__main__":
    main()
