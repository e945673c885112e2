"""Times decoders on real lockfiles, and each reader against its decoder alone, in one process, and prints two tables.

python tests/benchmarks/decoders.py FOLDER [--runs 7]

FOLDER is as for formats.py. To compare all decoders: pip install ryaml yaml-rs ruamel.yaml ruamel.yaml.clib rtoml
orjson; depfrag needs none of them. A time is the best of so many runs, without collecting garbage meanwhile, as depfrag
runs.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import pathlib
import time
from typing import TYPE_CHECKING

import tomli
import yaml
from formats import largest

from depfrag import jsonc, registry, yamltext, yarntext
from depfrag.discover import Folder, find

if TYPE_CHECKING:
    from collections.abc import Callable


def events(text: str) -> int:
    """As depfrag.yamltext takes them."""
    event = getattr(yaml, "CBaseLoader", yaml.BaseLoader)(text).get_event
    count = 0
    while not isinstance(event(), yaml.StreamEndEvent):
        count += 1
    return count


def with_ruamel(kind: str) -> Callable[[str], object]:
    ruamel = importlib.import_module("ruamel.yaml")
    return lambda text: list(ruamel.YAML(typ=kind, pure=kind == "rt").load_all(text))


def of(module: str, name: str) -> Callable[[], Callable[[str], object]]:
    return lambda: getattr(importlib.import_module(module), name)


DECODERS: dict[str, dict[str, Callable[[], Callable[[str], object]]]] = {
    "YAML": {
        "PyYAML, C loader, events (as depfrag uses it)": lambda: events,
        "depfrag.yamltext: these, as values with lines": lambda: (
            lambda text: yamltext.documents("x", text, last_wins=True)
        ),
        "PyYAML, C loader, values": lambda: lambda text: list(yaml.load_all(text, yaml.CSafeLoader)),
        "PyYAML, C base loader, values": lambda: lambda text: list(yaml.load_all(text, yaml.CBaseLoader)),
        "PyYAML, pure Python": lambda: lambda text: list(yaml.load_all(text, yaml.SafeLoader)),
        "ryaml": of("ryaml", "loads_all"),
        "yaml-rs": of("yaml_rs", "loads"),
        "ruamel.yaml, safe, C": lambda: with_ruamel("safe"),
        "ruamel.yaml, with places": lambda: with_ruamel("rt"),
    },
    "TOML": {
        "tomllib": of("tomllib", "loads"),
        "tomli, compiled (as depfrag uses it)": of("tomli", "loads"),
        "rtoml": of("rtoml", "loads"),
    },
    "JSON": {
        "json (as depfrag uses it)": of("json", "loads"),
        "orjson": of("orjson", "loads"),
        "msgspec": of("msgspec.json", "decode"),
    },
}
LANGUAGES = {
    "JSON": ("package-lock", "cyclonedx-json", "spdx-json", "pipfile-lock", "bun-lock"),
    "TOML": ("uv-lock", "poetry-lock", "pdm-lock", "pylock-toml"),
    "YAML": ("pnpm-lock", "yarn-berry"),
    "yarn": ("yarn-v1",),
}
"""The formats in each language, by their names here or in the registry; yarn 1 has one of its own."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--runs", type=int, default=7)
    given = parser.parse_args()
    samples = largest(given.folder, [])
    gc.disable()
    found = {sample: language(sample.name, sample.path) for sample in samples}
    print("| language | file | decoder | ms | of the first |\n| --- | --- | --- | ---: | ---: |")
    for name in DECODERS:
        mine = [s for s, own in found.items() if own == name and s.name != "bun-lock"]
        if mine:
            compare(name, max(mine, key=lambda s: s.path.stat().st_size).path, given.runs)
    print("\n| format | file, kB | decoder, ms | reader, ms | times |\n| --- | ---: | ---: | ---: | ---: |")
    for sample, own in found.items():
        against(sample.name, sample.path, own, given.runs)


def language(name: str, path: pathlib.Path) -> str:
    """What a file is written in; "" for a language of its own."""
    (target,) = find([str(path)], registry.LOCKFILES).targets
    return next((own for own, forms in LANGUAGES.items() if {name, target.form.name} & {*forms}), "")


def best(call: Callable[[], object], runs: int) -> float:
    """Milliseconds of work of the fastest run."""
    times = []
    for _ in range(runs):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
        gc.collect()
    return min(times) * 1000


def compare(name: str, path: pathlib.Path, runs: int) -> None:
    """The lines of one language."""
    text = path.read_text("utf-8")
    first = None
    for label, get in DECODERS[name].items():
        start = f"| {name} | {path.parent.parent.name}, {len(text) / 1000:,.0f} kB | {label} |"
        try:
            decode = get()
            taken = best(lambda decode=decode: decode(text), runs)
        except (ImportError, AttributeError) as error:
            print(f"{start} {type(error).__name__}: {error} | |")
            continue
        first = first or taken
        print(f"{start} {taken:,.1f} | {taken / first:.2f} |", flush=True)


def against(name: str, path: pathlib.Path, own: str, runs: int) -> None:
    """The line of one format: what it takes to read it, and its decoder."""
    (target,) = find([str(path)], registry.LOCKFILES).targets
    reader, data, text = registry.parser(target.form), path.read_bytes(), path.read_text("utf-8")
    reading = best(lambda: reader.parse(str(path), data, Folder(str(path))), runs)
    start = f"| {name} | {len(data) / 1000:,.0f} |"
    if not own:
        print(f"{start} a language of its own | {reading:,.1f} | |")
        return
    if name == "bun-lock":
        _, text = jsonc.table(str(path), text)
    decode = {
        "JSON": json.loads, "TOML": tomli.loads, "YAML": events, "yarn": lambda text: yarntext.entries("x", text)
    }[own]  # fmt: skip
    decoding = best(lambda: decode(text), runs)
    print(f"{start} {decoding:,.1f} | {reading:,.1f} | {reading / decoding:.2f} |", flush=True)


if __name__ == "__main__":
    main()
