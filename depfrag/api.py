"""What notebooks and the command line start from: settings and facts gathered at the edges, then the way through."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from depfrag import config as settings
from depfrag import pipeline, registry
from depfrag.errors import ConfigError, NotFoundError
from depfrag.protocols import Context
from depfrag.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from depfrag.config import Config
    from depfrag.model import Analysis, Lockfile, Problem, Release
    from depfrag.pipeline import Run
    from depfrag.snapshot import Snapshot

    Notify = Callable[[str], None]
    Path = str | os.PathLike[str]


def scan(paths: Path | Sequence[Path] = ".", **options: object) -> Analysis:
    """Analyses the lockfiles under `paths`, as ``depfrag scan`` does.

    `options` are settings by name (``offline=True``, ``snapshots=["facts.snapshot"]``, ``prod=True`` …); configuration
    files and environment count as they do on the command line. Raises DepfragError.
    """
    return analyse(paths, **options).analysis


def analyse(paths: Path | Sequence[Path] = ".", **options: object) -> Run:
    """As `scan`, with the graphs behind the analysis."""
    given = [os.fspath(path) for path in ([paths] if isinstance(paths, (str, os.PathLike)) else paths)]
    config = configure(given, {name.replace("_", "-"): value for name, value in options.items()}, os.environ)
    return run(given, config, os.environ)


def draw(analysis: Analysis, kind: str = "risk-map", file_format: str = "svg") -> bytes:
    """A figure of `analysis` as the bytes of an svg, png or pdf file; ``depfrag plugins`` lists the kinds."""
    return registry.plot(kind).draw(analysis, file_format)


def run(paths: Sequence[str], config: Config, environment: Mapping[str, str], notify: Notify | None = None) -> Run:
    """The analysis of the lockfiles under `paths` with settings that are already resolved."""
    return pipeline.analyse(paths, config, context(config, environment, notify), __version__)


def lockfiles(
    paths: Sequence[str],
    config: Config,
    environment: Mapping[str, str],
    notify: Notify | None = None,
    *,
    complete: bool,
) -> tuple[tuple[Lockfile, ...], tuple[Problem, ...]]:
    """The parsed lockfiles under `paths`; with `complete`, with the edges that registry manifests tell where the files
    do not."""
    found, problems = pipeline.read(paths)
    if not complete or not any(lockfile.open for lockfile in found):
        return pipeline.complete_all(found), problems
    config = config._replace(third_party=False)  # only registries have manifests
    knowledge = pipeline.look_up(found, config, context(config, environment, notify))
    return pipeline.complete_all(found, knowledge), (*problems, *knowledge.problems)


# -- settings --------------------------------------------------------------------------------------------------------


def configure(
    paths: Sequence[str],
    options: Mapping[str, object],
    environment: Mapping[str, str],
    *,
    file: str | None = None,
    isolated: bool = False,
) -> Config:
    """The settings for `paths`: defaults, then the configuration file nearest to them, environment and `options`."""
    extra = [name for name, source in registry.SOURCES.items() if not source.usual]
    known = settings.table(registry.RULES, registry.MODELS, extra)
    for name in options:
        if name not in known:
            raise NotFoundError("setting", name, nearest=_close(name, known))
    if isolated:
        return settings.resolve(None, {}, options, known)
    found = [_given(file)] if file is not None else _files(paths)
    if len(found) > 1:
        raise ConfigError(f"the paths have different configurations: {', '.join(f for f, _ in found)}",
                          hint="scan them apart, or name one with --config")  # fmt: skip
    return settings.resolve(found[0] if found else None, environment, options, known)


def _files(paths: Sequence[str]) -> list[tuple[str, Mapping[str, object]]]:
    """The nearest configuration file of each path, each once."""
    found: dict[str, Mapping[str, object]] = {}
    for path in paths:
        folder = path if os.path.isdir(path) else os.path.dirname(path) or "."
        for file in settings.find(folder, os.path.exists):
            if file in found:
                break
            content = _content(file)
            if content is not None:
                found[file] = content
                break
    return list(found.items())


def _given(file: str) -> tuple[str, Mapping[str, object]]:
    if not os.path.isfile(file):
        raise ConfigError("there is no such file", where=file)
    return file, _content(file) or {}


def _content(file: str) -> Mapping[str, object] | None:
    try:
        with open(file, "rb") as stream:
            data = stream.read(settings.MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", where=file) from None
    if len(data) > settings.MAX_BYTES:
        raise ConfigError("the file is too large to be a configuration", where=file)
    if os.path.basename(file) == "pyproject.toml" and b"depfrag" not in data:
        return None
    import tomllib

    try:
        return settings.of_file(file, tomllib.loads(data.decode("utf-8")))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"not TOML: {error}", where=file) from None


def _close(name: str, known: Iterable[str]) -> tuple[str, ...]:
    from difflib import get_close_matches

    return tuple(get_close_matches(name, sorted(known), 3))


# -- the world -------------------------------------------------------------------------------------------------------


def context(config: Config, environment: Mapping[str, str], notify: Notify | None = None) -> Context:
    """What sources may use: the day, the network unless offline, and the snapshots."""
    from depfrag.fetch.opening import open_world

    fetch, routes = open_world(config.max_age, environment, notify, offline=config.offline)
    return Context(
        today=today(environment),
        as_of=config.as_of,
        fetch=fetch,
        routes=routes,
        snapshots=tuple(load_snapshot(path) for path in config.snapshots),
        services=_services(environment),
    )


def _services(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Addresses that variables (``DEPFRAG_OSV_URL`` …) give to third parties, by the name of the source."""
    variables = {n: f"DEPFRAG_{n.upper()}_URL" for n, source in registry.SOURCES.items() if source.third_party}
    return {name: environment[variable] for name, variable in variables.items() if environment.get(variable)}


def today(environment: Mapping[str, str]) -> str:
    """The day in UTC, ``YYYY-MM-DD``; SOURCE_DATE_EPOCH sets it, as reproducible builds do."""
    epoch = environment.get("SOURCE_DATE_EPOCH")
    try:
        return time.strftime("%Y-%m-%d", time.gmtime(int(epoch) if epoch else time.time()))
    except (ValueError, OverflowError, OSError):
        raise ConfigError(f"{epoch!r} is not a number of seconds since 1970", where="SOURCE_DATE_EPOCH") from None


def load_snapshot(path: str) -> Snapshot:
    """The snapshot in a file."""
    from depfrag import snapshot

    try:
        with open(path, "rb") as file:
            return snapshot.decode(path, file.read(snapshot.MAX_BYTES))
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", where=path) from None


# -- looking up ------------------------------------------------------------------------------------------------------


def matching(releases: Iterable[Release], text: str) -> list[Release]:
    """The releases that `text` names: an id, a package URL, ``name@version`` or a name.

    Raises NotFoundError with the nearest names when there is none.
    """
    from depfrag.identity import purl, python_name

    known = list(releases)
    for test in (
        lambda r: text in (r.id, purl(r)),
        lambda r: text == f"{r.name}@{r.version}",
        lambda r: text == r.name,
        lambda r: python_name(text) == r.name and r.ecosystem == "pypi",
    ):
        found = [r for r in known if test(r)]
        if found:
            return found
    raise NotFoundError("package", text, nearest=_close(text, {r.name for r in known}))
