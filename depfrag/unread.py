"""Files that depfrag does not read, though users may well point at them: what they are, and what to do instead."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_PINS_NOTHING = "a manifest, which pins nothing"
_CONDA = "in the environment run: cyclonedx-py environment --output-file bom.json"
CYCLONEDX = "run: cyclonedx convert --input-file {name} --output-file bom.json --output-format json"
SPDX = "run: pyspdxtools --infile {name} --outfile sbom.spdx.json"
"""What makes a readable document of one in another form."""
_FOREIGN = "depfrag reads lockfiles of npm and Python"
_TABLE = (
    (("bun.lockb",), "bun's binary lockfile",
     "run: bun install --save-text-lockfile --frozen-lockfile --lockfile-only"),
    (("deno.lock", "deno.json", "deno.jsonc"), "Deno's",
     "run: deno install --node-modules-dir=auto, then name node_modules"),
    (("vlt-lock.json", "vlt.json"), "vlt's", "run: npm install --package-lock-only"),
    (("package.json",), _PINS_NOTHING, "run: npm install --package-lock-only"),
    (("pnpm-workspace.yaml",), "a list of workspace members", "run: pnpm install --lockfile-only"),
    ((".pnp.cjs", ".pnp.js", ".pnp.data.json"), "yarn's map of what is installed", "name the yarn.lock beside it"),
    (("pyproject.toml",), _PINS_NOTHING, "run: uv lock"),
    (("setup.py", "setup.cfg"), _PINS_NOTHING, "run: uv pip compile {name} --output-file requirements.txt"),
    (("Pipfile",), _PINS_NOTHING, "run: pipenv lock"),
    (("environment.yml", "environment.yaml", "meta.yaml"), "conda's", _CONDA),
    (("conda-lock.yml", "*.conda-lock.yml", "conda-*.lock", "pixi.lock", "pixi.toml"), "conda's", _CONDA),
    (("bom.xml", "*.cdx.xml", "*.cdx.bin", "*.cdx.pb"), "CycloneDX, but not in JSON", CYCLONEDX),
    (("*.spdx", "*.spdx.rdf", "*.spdx.rdf.xml", "*.spdx.xml", "*.spdx.yaml", "*.spdx.yml", "*.spdx.tag"),
     "SPDX, but not in JSON", SPDX),
    (("Cargo.lock", "Cargo.toml"), "Rust's", _FOREIGN),
    (("go.sum", "go.mod", "go.work.sum"), "Go's", _FOREIGN),
    (("Gemfile.lock", "Gemfile", "gems.locked"), "Ruby's", _FOREIGN),
    (("composer.lock", "composer.json"), "PHP's", _FOREIGN),
    (("pom.xml", "build.gradle", "build.gradle.kts", "gradle.lockfile"), "Java's", _FOREIGN),
    (("packages.lock.json", "paket.lock", "project.assets.json"), ".NET's", _FOREIGN),
    (("mix.lock", "rebar.lock", "pubspec.lock", "Podfile.lock", "Package.resolved", "cabal.project.freeze",
      "stack.yaml.lock", "flake.lock", "conan.lock", "MODULE.bazel.lock"), "another ecosystem's", _FOREIGN),
)  # fmt: skip
"""Names, what a file so called is, and what to do; those that make something readable first."""


def said(name: str) -> tuple[str, str] | None:
    """Why a file of this name is not read, and what to do; None where nothing is known against it."""
    found = among((name,))
    return found[1:] if found else None


def among(names: Sequence[str]) -> tuple[str, str, str] | None:
    """The same, with the name, of the one of several that is most likely to be of use; None where none is known."""
    for patterns, what, hint in _TABLE:
        for name in names:
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                return name, f"not read, being {what}", hint.format(name=name)
    return None
