"""Times a whole offline scan against other tools on the same lockfile, in turn, and prints a table.

python tests/benchmarks/scan.py FOLDER [--trivy TRIVY] [--runs 5]

FOLDER holds a package-lock.json; it is copied, so that nothing else in it counts. Each tool runs once to warm up, then
all in turn; medians of wall time and of peak memory are those of whole processes, and a ratio is the median of the
ratios of runs next to each other, so that a machine that slows down slows both.
"""

from __future__ import annotations

import argparse
import os
import pathlib
import shutil
import statistics
import sys
import tempfile
import time

NPM = ["npm", "ls", "--all", "--package-lock-only", "--json"]
TRIVY = ["fs", "-q", "--offline-scan", "--include-dev-deps", "--format", "cyclonedx"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--trivy", default=shutil.which("trivy"))
    parser.add_argument("--runs", type=int, default=5)
    given = parser.parse_args()
    depfrag = pathlib.Path(sys.executable).with_name("depfrag")
    with tempfile.TemporaryDirectory() as work:
        folder = pathlib.Path(work) / "project"
        folder.mkdir()
        for name in ("package-lock.json", "package.json"):
            if (given.folder / name).exists():
                shutil.copy(given.folder / name, folder)
        read = f"import json; json.load(open({str(folder / 'package-lock.json')!r}))"
        commands = {
            "depfrag scan --offline --format json": [
                str(depfrag),
                "scan",
                str(folder),
                "--offline",
                "--format",
                "json",
            ],
            "python -c json.load": [sys.executable, "-c", read],
            "npm ls": [shutil.which("npm") or "npm", *NPM[1:], "--prefix", str(folder)] if shutil.which("npm") else [],
            "trivy fs": [given.trivy, *TRIVY, str(folder)] if given.trivy else [],
            "depfrag --version": [str(depfrag), "--version"],
            "python -c 'import typer'": [sys.executable, "-c", "import typer"],
        }
        environment = {**os.environ, "DEPFRAG_CACHE_DIR": str(pathlib.Path(work) / "cache")}
        measured = measure({name: command for name, command in commands.items() if command}, given.runs, environment)
    show(measured)


def measure(
    commands: dict[str, list[str]], runs: int, environment: dict[str, str]
) -> dict[str, list[tuple[float, float]]]:
    """(seconds, MiB) of each counted run of each command."""
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for turn in range(runs + 1):
        for name, command in commands.items():
            figures = run(command, environment)
            if turn:
                measured[name].append(figures)
    return measured


def run(command: list[str], environment: dict[str, str]) -> tuple[float, float]:
    """One run's wall time in seconds and the peak memory of its process in MiB; the output goes nowhere."""
    quiet = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_WRONLY, 0) for fd in (1, 2)]
    start = time.perf_counter()
    pid = os.posix_spawn(command[0], command, environment, file_actions=quiet)
    _, _, usage = os.wait4(pid, 0)
    return time.perf_counter() - start, usage.ru_maxrss / 1024


def show(measured: dict[str, list[tuple[float, float]]]) -> None:
    first, *_ = measured
    own = [seconds for seconds, _ in measured[first]]
    print("| command | wall, median s | peak MiB | depfrag's share |\n| --- | ---: | ---: | ---: |")
    for name, figures in measured.items():
        wall = statistics.median(seconds for seconds, _ in figures)
        peak = statistics.median(mib for _, mib in figures)
        ratio = statistics.median(a / seconds for a, (seconds, _) in zip(own, figures, strict=True))
        share = "" if name == first or name.startswith(("depfrag", "python -c 'i")) else f"{ratio:.3f}"
        print(f"| `{name}` | {wall:.3f} | {peak:.1f} | {share} |")
    if "depfrag --version" in measured and "python -c 'import typer'" in measured:
        pairs = zip(measured["depfrag --version"], measured["python -c 'import typer'"], strict=True)
        print(f"\n`depfrag --version` / `import typer`: {statistics.median(a / b for (a, _), (b, _) in pairs):.2f}")


if __name__ == "__main__":
    main()
