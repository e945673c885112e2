"""Asks yarn itself, versions 1 to 4, what a lockfile says; none of them needs the network for it."""

from __future__ import annotations

import functools
import json
import pathlib
import re
import shutil
import subprocess
import tempfile
from urllib.parse import unquote

import pytest
import yaml
from lockfiles.reading import HERE

PACKAGES = (
    "yarn@1.22.22",
    "@yarnpkg/lockfile@1.1.0",
    "@yarnpkg/extensions@2.0.7",
    "yarn-2@npm:@yarnpkg/cli-dist@2.4.2",
    "yarn-3@npm:@yarnpkg/cli-dist@3.8.7",
    "yarn-4-14@npm:@yarnpkg/cli-dist@4.14.1",
    "yarn-4-18@npm:@yarnpkg/cli-dist@4.18.1",
)
BY_METADATA = {4: "yarn-2", 6: "yarn-3", 9: "yarn-4-14", 10: "yarn-4-18"}
"""Which of them reads a file of a metadata version as it is; each migrates the files of others."""
SETTINGS = {"enableTelemetry": False, "enableGlobalCache": False, "enableNetwork": False}


def installed():
    """The folder that yarn is installed in, once for all runs of the tests."""
    place, trouble = _install()
    if place is None:
        pytest.skip(f"yarn cannot be asked: {trouble}")
    return place


@functools.cache
def _install():
    if not shutil.which("node") or not shutil.which("npm"):
        return None, "node and npm are not installed"
    place = pathlib.Path(tempfile.gettempdir()) / "depfrag-tests" / "yarn-1.22.22-2.4.2-3.8.7-4.14.1-4.18.1"
    if not (place / "done").exists():
        place.mkdir(parents=True, exist_ok=True)
        options = ("--no-audit", "--no-fund", "--ignore-scripts", "--legacy-peer-deps", "--prefix", str(place))
        words = ["npm", "install", *options, *PACKAGES]
        try:
            run = subprocess.run(words, cwd=place, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            return None, "the registry does not answer"
        if run.returncode:
            return None, run.stderr.strip()[-200:]
        (place / "done").touch()
    return place / "node_modules", ""


def _node(*words, given=None, folder=None):
    run = subprocess.run(
        ["node", *map(str, words)], input=given, cwd=folder, capture_output=True, text=True, timeout=100, check=False
    )
    assert not run.returncode, run.stdout[-1000:] + run.stderr[-1000:]
    return run.stdout


def parsed(paths):
    """What `@yarnpkg/lockfile` makes of lockfiles of yarn 1; the message of its error where it refuses one."""
    modules = installed()
    return json.loads(_node(HERE / "yarn.cjs", modules, given=json.dumps([str(path) for path in paths])))


def copied(path, folder):
    """Copies a lockfile and what lies beside it to where yarn may write."""
    shutil.copytree(path.parent, folder)
    for file in folder.rglob("*"):
        file.chmod(0o755 if file.is_dir() else 0o644)
    return folder


# -- yarn 1 ----------------------------------------------------------------------------------------------------------


def listed(folder):
    """What ``yarn list`` of yarn 1 shows: (name, version) to the patterns that it asks for."""
    words = ("list", "--frozen-lockfile", "--offline", "--json", "--no-progress", "--no-default-rc")
    said = _node(installed() / "yarn" / "bin" / "yarn.js", *words, folder=folder)
    (trees,) = [line["data"]["trees"] for line in map(json.loads, said.splitlines()) if line["type"] == "tree"]
    found = {}
    while trees:
        tree = trees.pop()
        name, _, version = tree["name"].rpartition("@")
        children = tree["children"]
        asked = found.setdefault((name, version), set())
        asked.update(child["name"] for child in children if child.get("shadow"))
        trees.extend(child for child in children if not child.get("shadow"))
    return found


# -- yarn 2 and later ------------------------------------------------------------------------------------------------


def extended():
    """Names of the packages that yarn extends, and those that it makes them ask for."""
    script = "console.log(JSON.stringify(require(process.argv[1]).packageExtensions))"
    added = {}
    for selector, more in json.loads(_node("-e", script, installed() / "@yarnpkg" / "extensions")):
        names = {
            *more.get("dependencies", {}),
            *more.get("peerDependencies", {}),
            *more.get("peerDependenciesMeta", {}),
        }
        added.setdefault(selector[: selector.index("@", 1)], set()).update(names)
    return added


def complete(folder):
    """Adds to a copy what yarn wants to see: settings, and for each workspace member a manifest as its entry says."""
    entries = yaml.load((folder / "yarn.lock").read_text("utf-8"), Loader=yaml.CBaseLoader)
    members = {}
    for entry in entries.values():
        found = re.fullmatch(r"(.+)@workspace:(.+)", entry.get("resolution", ""))
        if found:
            members[found[2]] = {"name": found[1], **entry}
    for place, entry in members.items():
        path = folder / place / "package.json"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(_manifest(entry)))
    project = json.loads((folder / "package.json").read_text("utf-8"))
    project["workspaces"] = [place for place in members if place != "."]
    (folder / "package.json").write_text(json.dumps(project))
    settings = folder / ".yarnrc.yml"
    held = yaml.safe_load(settings.read_text("utf-8")) if settings.exists() else {}
    settings.write_text(yaml.safe_dump({**held, **SETTINGS}))
    return int(entries["__metadata"]["version"]), entries


def _manifest(entry):
    spare = {n for n, meta in entry.get("dependenciesMeta", {}).items() if meta.get("optional") == "true"}
    asked = entry.get("dependencies", {})
    return {
        "name": entry["name"],
        "dependencies": {name: spec for name, spec in asked.items() if name not in spare},
        "optionalDependencies": {name: spec for name, spec in asked.items() if name in spare},
        "peerDependencies": entry.get("peerDependencies", {}),
        "peerDependenciesMeta": {name: {"optional": True} for name in entry.get("peerDependenciesMeta", {})},
    }


class Told:
    """What ``yarn info`` says of a project: nodes, edges to dependencies and edges to peers, each instance merged with
    the release that it is one of."""

    def __init__(self, folder, metadata):
        words = ("info", "--all", "--recursive", "--virtuals", "--json")
        said = _node(installed() / BY_METADATA[metadata] / "bin" / "yarn.js", *words, folder=folder)
        lines = [json.loads(line) for line in said.splitlines()]
        versions = {_real(line["value"]): line["children"].get("Version", "") for line in lines}
        self.nodes, self.edges, self.peers = set(), set(), set()
        for line in lines:
            one = _label(line["value"], versions)
            self.nodes.add(one)
            for asked in line["children"].get("Dependencies", ()):
                self.edges.add((one, _label(asked["locator"], versions)))
            for asked in line["children"].get("Peer dependencies", ()):
                if asked["locator"]:
                    name = asked["descriptor"][: asked["descriptor"].index("@", 1)]
                    self.peers.add((one, _label(asked["locator"], versions), _real(line["value"]), name))


def _real(locator):
    """A locator of what an instance is one of."""
    return re.sub(r"@virtual:[0-9a-f]+#", "@", locator)


def _label(locator, versions):
    """``root:path`` or ``name@version``; a patched release is the release."""
    version = versions[_real(locator)].replace("0.0.0-use.local", "")
    name, reference = re.fullmatch(r"(.[^@]*)@(.*)", _real(locator)).groups()
    while reference.startswith("patch:"):
        name, reference = re.fullmatch(r"(.[^@]*)@(.*)", unquote(reference[6:].partition("#")[0])).groups()
    return f"root:{reference[10:]}" if reference.startswith("workspace:") else f"{name}@{version}"
