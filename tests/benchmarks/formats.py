"""Times depfrag against other tools on the largest real file of each format, whole processes, and prints a table.

python tests/benchmarks/formats.py FOLDER [--trivy TRIVY] [--runs 5] [--format NAME …]

FOLDER holds a folder for each format, in it one for each project, in it the lockfile and what belongs to it. Of each
format the largest file that depfrag reads is copied, with what lies beside it, to a folder of its own, under the name
that its package manager gives it. Each tool runs once to warm up, then all in turn; the rest is as in scan.py. The
number of packages that trivy found stands beside its time; where it finds none, nothing was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from scan import NPM, TRIVY, measure

from depfrag import registry
from depfrag.discover import Folder, find
from depfrag.errors import LockfileError

if TYPE_CHECKING:
    from depfrag.protocols import Format

SBOM = ["sbom", "-q", "--offline-scan", "--format", "cyclonedx"]
"""How trivy reads an SBOM, which it does not look for."""
OWN = {
    "package-lock": [*NPM, "--prefix", "{folder}"],  # a package-lock.json or npm-shrinkwrap.json
    "uv-lock": ["uv", "tree", "--frozen", "--offline", "--project", "{folder}"],
    "poetry-lock": ["poetry", "show", "--no-interaction", "--directory", "{folder}"],
}
"""What the package manager itself needs to list what it locked."""


class Sample(NamedTuple):
    """A lockfile to measure with."""

    name: str
    """Of its format."""
    path: pathlib.Path
    releases: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--trivy", default=shutil.which("trivy"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--format", action="append", default=[])
    given = parser.parse_args()
    print("| format | file | packages | graph, s | scan, s | trivy, s (packages) | scan's share | own tool, s |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for sample in largest(given.folder, given.format):
        with tempfile.TemporaryDirectory() as work:
            print(row(sample, pathlib.Path(work), given.trivy, given.runs), flush=True)


def largest(folder: pathlib.Path, wanted: list[str]) -> list[Sample]:
    """The largest lockfile of each format."""
    samples = []
    for form in sorted(f for f in folder.iterdir() if f.is_dir() and (not wanted or f.name in wanted)):
        files = sorted((f for f in form.rglob("*") if f.is_file()), key=lambda f: -f.stat().st_size)
        read = (Sample(form.name, f, count) for f in files if (count := releases(f)) is not None)
        if sample := next(read, None):
            samples.append(sample)
    return samples


def releases(path: pathlib.Path) -> int | None:
    """How many releases depfrag reads in a file; None where it reads no such file."""
    try:
        (target,) = find([str(path)], registry.LOCKFILES).targets
        return len(registry.parser(target.form).parse(str(path), path.read_bytes(), Folder(str(path))).releases)
    except LockfileError:
        return None


def row(sample: Sample, work: pathlib.Path, trivy: str | None, runs: int) -> str:
    """A line of the table."""
    folder = work / "project"
    shutil.copytree(sample.path.parent, folder)
    (target,) = find([str(sample.path)], registry.LOCKFILES).targets
    file = folder / usual_name(sample.path.name, target.form)
    (folder / sample.path.name).rename(file)
    depfrag = str(pathlib.Path(sys.executable).with_name("depfrag"))
    commands = {
        "scan": [depfrag, "scan", str(file), "--offline", "--format", "json"],
        "graph": [depfrag, "graph", str(file), "--format", "json"],
    }
    found = 0
    if trivy:
        command = [trivy, *SBOM, str(file)] if target.form.kind == "sbom" else [trivy, *TRIVY, str(folder)]
        if found := packages(command):
            commands["trivy"] = command
    own = [word.format(folder=folder) for word in OWN.get(target.form.name, ()) if not file.name.startswith(".")]
    if own and (tool := shutil.which(own[0])) and works([tool, *own[1:]]):
        commands["own"] = [tool, *own[1:]]
    measured = measure(commands, runs, {**os.environ, "DEPFRAG_CACHE_DIR": str(work / "cache")})
    times = {tool: statistics.median(seconds for seconds, _ in figures) for tool, figures in measured.items()}
    cells = [sample.name, f"{sample.path.parent.name}, {file.stat().st_size / 1000:,.0f} kB", f"{sample.releases:,}"]
    cells += [f"{times['graph']:.3f}", f"{times['scan']:.3f}"]
    if "trivy" in times:
        pairs = zip(measured["scan"], measured["trivy"], strict=True)
        cells += [f"{times['trivy']:.3f} ({found:,})", f"{statistics.median(a / b for (a, _), (b, _) in pairs):.2f}"]
    else:
        cells += ["none found" if trivy else "not installed", ""]
    cells.append(f"{own[0]} {times['own']:.3f}" if "own" in times else "")
    return f"| {' | '.join(cells)} |"


def usual_name(name: str, form: Format) -> str:
    """`name`, or what a file of this format is called where every tool finds it."""
    if name in form.patterns or any(fnmatchcase(name, p) for p in form.patterns if not p.startswith("*")):
        return name
    return "requirements.txt" if form.name == "requirements-txt" else form.patterns[0].replace("*", "sbom")


def packages(command: list[str]) -> int:
    """How many packages trivy found."""
    done = subprocess.run(command, capture_output=True, check=False)
    components = json.loads(done.stdout).get("components", []) if done.returncode == 0 else []
    return len({c["purl"] for c in components if "purl" in c})


def works(command: list[str]) -> bool:
    """Whether a tool lists what is in this folder."""
    done = subprocess.run(command, capture_output=True, check=False)
    return len(done.stdout.splitlines()) > 1


if __name__ == "__main__":
    main()
