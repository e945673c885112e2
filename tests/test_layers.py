"""The house: who may import whom, who may touch the world, and what every file owes its reader."""

from __future__ import annotations

import ast
import pathlib
import re
from typing import NamedTuple

import pytest

from depfrag import registry

TOP = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = TOP / "depfrag"

LOWEST = """
    errors model version shapes visible tables identity places npmspec pipsyntax facts accounts mirrors counting
    unpacking wording unread digraph decode jsonc purls bom yamltext pnpmspec pnpmtext yarntext yarnspec peers missing
    jsontext placement drawing graph snapshot gitignore walking markers poetryspec pyspec
"""
LAYERS = (
    *LOWEST.split(),
    "protocols config",
    "packagejson pyproject",
    "poetrychoice pygraph",
    "fetch",
    "discover complete enrich judge lockfiles sources scoring rules reports plots",
    "registry",
    "pipeline",
    "api",
    "cli",
)
"""Lowest first. A module imports from lower layers only; those of one layer are unaware of one another."""

ROOMS = ("lockfiles", "sources", "scoring", "rules", "reports", "plots")
NETWORK = ("requests", "socket", "ssl", "urllib.request", "urllib3", "http", "ftplib", "asyncio", "httpx", "aiohttp")
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names.split()}


class Import(NamedTuple):
    """A module that a file imports."""

    module: str
    line: int
    typing: bool
    """Only for the sake of types."""


def files():
    return sorted(PACKAGE.rglob("*.py"))


def name_of(file):
    """The dotted name of a file below depfrag; "" for the package itself."""
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module):
    """Where a module, named as `name_of` does it, stands: what it is called or the room that it is in."""
    return {"": "api", "__main__": "cli"}.get(module, module.partition(".")[0])


MODULES = {name_of(file) for file in files()}


def imports(tree):
    """Every import in a file, wherever it stands."""
    typing = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (Import(alias.name, node.lineno, id(node) in typing) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            assert not node.level, f"line {node.lineno}: a relative import"
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                module = inner if inner.removeprefix("depfrag.") in MODULES else base
                yield Import(module, node.lineno, id(node) in typing)


def own(tree):
    """The imports of depfrag's own modules, named as `name_of` does it."""
    for found in imports(tree):
        if found.module == "depfrag" or found.module.startswith("depfrag."):
            yield found._replace(module=found.module.removeprefix("depfrag").removeprefix("."))


def problems_of(module, tree):
    """What is wrong with the imports of one module."""
    here = layer_of(module)
    for found in own(tree):
        there = layer_of(found.module)
        if here == there:
            continue
        if found.typing and here == "protocols":
            continue
        if RANK[there] >= RANK[here]:
            way = "sideways" if RANK[there] == RANK[here] else "upwards"
            yield f"depfrag/{module.replace('.', '/')}.py:{found.line} imports {way}: depfrag.{found.module}"


def test_every_module_has_its_layer():
    assert {layer_of(module) for module in MODULES} <= set(RANK)


def test_imports_go_downwards_only():
    found = [problem for file in files() for problem in problems_of(name_of(file), ast.parse(file.read_text("utf-8")))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source", "said"),
    [
        ("model", "from depfrag import graph", "model.py:1 imports upwards: depfrag.graph"),
        ("rules.a", "import depfrag.reports.b", "rules/a.py:1 imports sideways: depfrag.reports.b"),
        ("judge", "def f():\n    from depfrag.registry import RULES", "judge.py:2 imports upwards: depfrag.registry"),
        ("graph", "if TYPE_CHECKING:\n    from depfrag.protocols import Rule", "graph.py:2 imports upwards"),
        ("fetch.cache", "from depfrag import scan", "fetch/cache.py:1 imports upwards: depfrag."),
        ("protocols", "if not TYPE_CHECKING:\n    from depfrag import config", "protocols.py:2 imports sideways"),
        ("protocols", "if TYPE_CHECKING:\n    a = 1\nelse:\n    from depfrag import config", "protocols.py:4 imports"),
    ],
)
def test_the_layer_test_sees(module, source, said):
    (problem,) = problems_of(module, ast.parse(source))
    assert said in problem


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("protocols", "if TYPE_CHECKING:\n    from depfrag.config import ScoreSettings"),
        ("cli.scan", "from depfrag.cli import edges"),
        ("reports.x", "from depfrag import graph, jsontext\nimport json"),
    ],
)
def test_the_layer_test_lets_pass(module, source):
    assert not list(problems_of(module, ast.parse(source)))


LOADERS = ("", "registry", "cli.main")
"""What imports by name: the public names, plugins, commands."""


def hidden(tree):
    """Lines with imports that no import statement shows."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in ("__import__", "exec", "eval"):
            yield node.lineno
    yield from (i.line for i in imports(tree) if i.module.partition(".")[0] in ("importlib", "runpy", "pkgutil", "imp"))


def test_only_the_registry_and_the_entries_import_by_name():
    found = [
        f"{file.relative_to(TOP)}:{line}"
        for file in files()
        if name_of(file) not in LOADERS
        for line in hidden(ast.parse(file.read_text("utf-8")))
    ]
    assert not found


def test_the_test_of_hidden_imports_sees():
    source = "import importlib\nfrom importlib import import_module\n__import__('x')\nexec('import x')\nimport runpy"
    assert sorted(hidden(ast.parse(source))) == [1, 2, 3, 4, 5]


def plugins():
    """Modules named in the registry."""
    targets = [form.target for form in registry.LOCKFILES] + [source.target for source in registry.SOURCES.values()]
    for table in (registry.MODELS, registry.RULES, registry.REPORTS, registry.GRAPHS, registry.PLOTS):
        targets.extend(table.values())
    return {target.partition(":")[0].removeprefix("depfrag.") for target in targets}


def test_plugins_of_a_room_are_unaware_of_one_another():
    named = plugins()
    assert {module.partition(".")[0] for module in named} == set(ROOMS)
    found = [
        f"{module} imports {i.module}"
        for module in sorted(named)
        for i in own(ast.parse((PACKAGE / (module.replace(".", "/") + ".py")).read_text("utf-8")))
        if i.module in named
    ]
    assert not found


def test_rooms_say_nothing_of_their_plugins():
    for room in ROOMS:
        tree = ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8"))
        assert [type(node) for node in tree.body] == [ast.Expr], room


def test_only_fetch_opens_connections():
    found = [
        f"{file.relative_to(TOP)}:{i.line} imports {i.module}"
        for file in files()
        if layer_of(name_of(file)) != "fetch"
        for i in imports(ast.parse(file.read_text("utf-8")))
        if any(i.module == name or i.module.startswith(name + ".") for name in NETWORK)
    ]
    assert not found, "\n".join(found)


WORLD = {
    "prints": re.compile(r"print|(sys\.(__)?(stdout|stderr|stdin))\b.*"),
    "reads the environment": re.compile(r"os\.(environ|getenv|environb|putenv)\b.*"),
    "reads the clock": re.compile(
        r"time\.(time|time_ns|monotonic|monotonic_ns|perf_counter|localtime|sleep)"
        r"|(datetime\.)?(datetime|date)\.(now|utcnow|today)"
    ),
    "leaves": re.compile(r"sys\.exit|os\._exit|exit|quit|SystemExit"),
}
ALLOWED = {
    "prints": ("cli",),
    "reads the environment": ("cli", "api"),
    "reads the clock": ("cli", "api", "fetch"),
    "leaves": ("cli",),
}


def touches(tree):
    """What a file does with the world: (what, line)."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.Attribute, ast.Name)) and isinstance(node.ctx, ast.Load):
            text = ast.unparse(node)
            yield from ((what, node.lineno) for what, pattern in WORLD.items() if pattern.fullmatch(text))
        elif isinstance(node, ast.ImportFrom) and node.module in ("os", "sys", "time"):
            for alias in node.names:
                text = f"{node.module}.{alias.name}"
                yield from ((what, node.lineno) for what, pattern in WORLD.items() if pattern.fullmatch(text))


def test_the_world_is_touched_at_the_edges_only():
    found = [
        f"{file.relative_to(TOP)}:{line} {what}"
        for file in files()
        for what, line in touches(ast.parse(file.read_text("utf-8")))
        if layer_of(name_of(file)) not in ALLOWED[what]
    ]
    assert not found, "\n".join(found)


def test_the_world_test_sees():
    source = "from os import environ\nprint(1)\nos.environ['A']\ntime.time()\nsys.exit(1)\ndate.today()"
    assert {what for what, _ in touches(ast.parse(source))} == set(WORLD)


def every_file():
    """Files that belong to the project."""
    for folder in ("depfrag", "tests", "data", "notebooks", ".ci", ".github"):
        yield from (f for f in sorted((TOP / folder).rglob("*")) if f.is_file() and "__pycache__" not in f.parts)
    yield from (f for f in sorted(TOP.iterdir()) if f.is_file() and not f.name.startswith(".coverage"))


def test_every_file_says_what_it_is_for():
    silent = [
        str(file.relative_to(TOP))
        for file in every_file()
        if file.suffix == ".py" and not re.match(r'r?"""\S', file.read_text("utf-8"))
    ]
    assert not silent


def test_no_file_names_a_registry():
    registries = ("npmjs", "yarnpkg", "pypi", "pythonhosted", "pypi.python", "deb.debian")
    hosts = re.compile("|".join(rf"\b{re.escape(name)}\.(?:org|com)\b" for name in registries))
    found = [
        f"{file.relative_to(TOP)}: {match[0]}"
        for file in every_file()
        if (match := hosts.search(file.read_bytes().decode("utf-8", "replace")))
    ]
    assert not found


def test_names_say_something():
    vague = re.compile(r"manager|helper|util|\bbase|base$", re.IGNORECASE)
    found = [
        f"{file.relative_to(TOP)}: {name}"
        for file in files()
        for name in (
            file.stem,
            *(n.name for n in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(n, ast.ClassDef)),
        )
        if vague.search(name)
    ]
    assert not found


MUTATING = ("append", "add", "update", "setdefault", "pop", "popitem", "clear", "extend", "insert", "remove", "discard")


def mutations(tree):
    """Places where a function changes what a module holds: (name, line)."""
    held = {
        target.id
        for node in tree.body
        if isinstance(node, (ast.Assign, ast.AnnAssign))
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from ((name, node.lineno) for name in node.names)
            continue
        target = None
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
            target = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATING:
            target = node.func.value
        if isinstance(target, ast.Name) and target.id in held:
            yield target.id, node.lineno


def test_modules_hold_nothing_that_changes():
    found = [
        f"{file.relative_to(TOP)}:{line} {name}"
        for file in files()
        for name, line in mutations(ast.parse(file.read_text("utf-8")))
    ]
    assert not found


CHANGES = """
A = {}
B: list = []
def f():
    global C
    A["x"] = 1
    B.append(1)
    del A["x"]
    local = []
    local.append(1)
"""


def test_the_test_of_what_changes_sees():
    assert sorted(name for name, _ in mutations(ast.parse(CHANGES))) == ["A", "A", "B", "C"]
