"""npm's settings: the file format, variables and precedence, also compared with npm itself where it is installed."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag.fetch import npmrc
from depfrag.fetch.files import NotUnderstoodError


@pytest.mark.parametrize(
    ("line", "setting"),
    [
        ("registry=https://npm.example/", ("registry", "https://npm.example/")),
        ("  registry  =  https://npm.example/  ", ("registry", "https://npm.example/")),
        ('registry = "https://npm.example/"', ("registry", "https://npm.example/")),
        ("registry = 'https://npm.example/'", ("registry", "https://npm.example/")),
        ("@corp:registry=https://npm.example/", ("@corp:registry", "https://npm.example/")),
        ("//npm.example/:_authToken=abc==", ("//npm.example/:_authToken", "abc==")),
        ("//npm.example/:_authToken=ab;c", ("//npm.example/:_authToken", "ab")),
        ("//npm.example/:_authToken=ab#c", ("//npm.example/:_authToken", "ab")),
        (r"//npm.example/:_authToken=ab\#c\;d\\e\f", ("//npm.example/:_authToken", r"ab#c;d\e\f")),
        ("strict-ssl", ("strict-ssl", "true")),
        ("empty=", ("empty", "")),
        ('"registry"=x', ("registry", "x")),
        (r'token="a\u0062\"c"', ("token", 'ab"c')),
        ("number='12'", ("number", "12")),
        ("registry=ends\\", ("registry", "ends\\")),
    ],
)
def test_lines(line, setting):
    assert npmrc.parse(line) == dict([setting])


@pytest.mark.parametrize("text", ["", "\n\r\n", "; registry=x", "  # registry=x", "=x", "[section]\nregistry=x"])
def test_lines_that_set_nothing(text):
    assert npmrc.parse(text) == {}


def test_the_last_line_counts():
    assert npmrc.parse("a=1\r\na=2\n[s]\na=3\n") == {"a": "2"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${SET}", "value"), ("a${SET}b${SET}", "avaluebvalue"), ("${UNSET}", "${UNSET}"), ("${UNSET?}", ""),
        ("${SET?}", "value"), ("${EMPTY}", ""), (r"\${SET}", "${SET}"), (r"\\${SET}", r"\value"),
        (r"\\\${SET}", r"\${SET}"), ("${UNSET-other}", "other"), ("${SET-other}", "value"), ("${EMPTY-other}", ""),
        ("${EMPTY:-other}", "other"), ("${UNSET:-other}", "other"), ("${UNSET-}", ""), ("$SET", "$SET"), ("${}", "${}"),
        ("${SET", "${SET"), ("${UNSET-https://npm.example/}", "https://npm.example/"),
    ],
)  # fmt: skip
def test_variables(text, result):
    assert npmrc.expand(text, {"SET": "value", "EMPTY": ""}) == result


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_any_text_can_be_read(text, environment):
    for key, value in npmrc.parse(text).items():
        assert isinstance(npmrc.expand(key, environment) + npmrc.expand(value, environment), str)


VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"))


@given(st.dictionaries(st.from_regex(r"[a-z@][a-z:-]{0,9}", fullmatch=True), VALUES))
def test_what_is_written_is_read(settings):
    assert npmrc.parse("\n".join(f"{key}={json.dumps(value)}" for key, value in settings.items())) == settings


@given(VALUES, st.dictionaries(st.sampled_from("ABC"), st.text()))
def test_without_variables_nothing_changes(text, environment):
    if "${" not in text:
        assert npmrc.expand(text, environment) == text


# -- compared with npm -----------------------------------------------------------------------------------------------

ASK = """
const lines = require('node:readline').createInterface({ input: process.stdin })
const { createRequire } = require('node:module')
const own = createRequire(process.argv[1] + '/package.json')
const ini = own('ini')
const expand = require(process.argv[1] + '/node_modules/@npmcli/config/lib/env-replace.js')
lines.on('line', line => {
  const { text, env } = JSON.parse(line)
  console.log(JSON.stringify({ settings: ini.parse(text), expanded: expand(text, env) }))
})
"""


@pytest.fixture(scope="module")
def npm():
    """Gives a text to npm's own parser."""
    node, command = shutil.which("node"), shutil.which("npm")
    if node is None or command is None:
        pytest.skip("npm is not installed")
    folder = pathlib.Path(command).resolve().parents[1]
    if not (folder / "node_modules" / "@npmcli" / "config").is_dir():
        pytest.skip("this npm keeps its parts elsewhere")
    process = subprocess.Popen(
        [node, "-e", ASK, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )

    def ask(text, env):
        process.stdin.write(json.dumps({"text": text, "env": env}) + "\n")
        process.stdin.flush()
        return json.loads(process.stdout.readline())

    yield ask
    process.stdin.close()
    process.wait(10)
    process.stdout.close()


PIECES = st.sampled_from(
    [*"ab=;#\\\"'[] \n:/", "${A}", "${B?}", "${C}", "\\${A}", "registry", "true", "\r\n", "//h/:_authToken="]
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)
ENVIRONMENTS = st.dictionaries(st.sampled_from("AB"), st.sampled_from(["", "x", "${B}", "\\"]))


@given(TEXTS, ENVIRONMENTS)
def test_as_npm_reads_it(npm, text, environment):
    told = npm(text, environment)
    assert npmrc.expand(text, environment) == told["expanded"]
    ours = npmrc.parse(text)
    for key, value in told["settings"].items():
        if isinstance(value, (str, bool)) and f"{key}[]" not in ours:
            assert ours[key] == (value if isinstance(value, str) else str(value).lower()), key
    assert {k for k in ours if not k.endswith("[]")} <= set(told["settings"])


# -- files and precedence --------------------------------------------------------------------------------------------


class Machine:
    """A project, a home folder and an installed npm."""

    def __init__(self, top):
        self.project, self.home, self.prefix = top / "project", top / "home", top / "usr"
        for folder in (self.project, self.home, self.prefix / "etc", self.prefix / "bin", self.npm):
            folder.mkdir(parents=True)
        (self.npm / "bin").mkdir()
        for name, target in (("node", self.prefix / "bin" / "node-real"), ("npm", self.npm / "bin" / "npm-cli.js")):
            target.write_text("")
            target.chmod(0o755)
            os.symlink(target, self.prefix / "bin" / name)
        self.environment = {"HOME": str(self.home), "PATH": str(self.prefix / "bin")}

    @property
    def npm(self):
        return self.prefix / "lib" / "node_modules" / "npm"

    def settings(self, **more):
        return npmrc.settings(str(self.project), {**self.environment, **more})


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_precedence(machine, tmp_path):
    assert machine.settings() == {}
    places = [
        machine.npm / "npmrc",
        machine.prefix / "etc" / "npmrc",
        machine.home / ".npmrc",
        machine.project / ".npmrc",
    ]
    for n, place in enumerate(places):
        place.write_text(f"registry=https://{n}.example/\nonly-{n}=yes\n")
        assert machine.settings()["registry"] == f"https://{n}.example/"
    assert machine.settings(npm_config_registry="https://e.example/")["registry"] == "https://e.example/"
    assert machine.settings(NPM_CONFIG_REGISTRY="https://e.example/")["registry"] == "https://e.example/"
    assert machine.settings(npm_config_registry="")["registry"] == "https://3.example/"
    assert {f"only-{n}" for n in range(4)} <= set(machine.settings())


def test_without_a_project(machine):
    (machine.project / ".npmrc").write_text("cafile=project.pem")
    (machine.home / ".npmrc").write_text("proxy=http://p.example")
    assert npmrc.settings(None, machine.environment) == {"proxy": "http://p.example"}


def test_an_empty_value_sets_nothing(machine):
    (machine.home / ".npmrc").write_text("registry=https://user.example/")
    (machine.project / ".npmrc").write_text("registry=${UNSET?}")
    assert machine.settings()["registry"] == "https://user.example/"


@pytest.mark.parametrize("how", ["env", "prefix", "PREFIX", "user", "tilde"])
def test_where_the_machine_s_file_is(machine, tmp_path, how):
    other = (machine.home if how == "tilde" else tmp_path) / "other"
    (other / "etc").mkdir(parents=True)
    (other / "etc" / "npmrc").write_text("registry=https://other.example/")
    more = {
        "env": {"npm_config_globalconfig": str(other / "etc" / "npmrc")},
        "prefix": {"NPM_CONFIG_PREFIX": str(other)},
        "PREFIX": {"PREFIX": str(other)},
    }.get(how, {})
    if how in ("user", "tilde"):
        (machine.home / ".npmrc").write_text(f"prefix={'~/other' if how == 'tilde' else other}")
    assert machine.settings(**more)["registry"] == "https://other.example/"


def test_where_the_user_s_file_is(machine, tmp_path):
    (tmp_path / "mine").write_text("registry=https://mine.example/\n//mine.example/:_authToken=${TOKEN}\n")
    told = machine.settings(NPM_CONFIG_USERCONFIG=str(tmp_path / "mine"), TOKEN="t")
    assert told["registry"] == "https://mine.example/"
    assert told["//mine.example/:_authToken"] == "t"


def test_a_project_at_home(machine):
    (machine.home / ".npmrc").write_text("registry=https://user.example/")
    assert npmrc.settings(str(machine.home), machine.environment)["registry"] == "https://user.example/"


def test_variables_name_settings_in_any_spelling(machine):
    told = machine.settings(
        **{"npm_config_//npm.example/:_authToken": "t", "NPM_CONFIG__AUTH": "a", "npm_config_strict_ssl": "false"}
    )
    assert told == {
        "//npm.example/:_authToken": "t", "_auth": "a", "strict-ssl": "false",
    }  # fmt: skip


def test_no_npm(machine):
    assert npmrc.settings(str(machine.project), {"HOME": str(machine.home), "PATH": ""}) == {}


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * (1 << 20) + b"x"])
def test_a_file_that_is_no_text(machine, content):
    (machine.project / ".npmrc").write_bytes(content)
    with pytest.raises(NotUnderstoodError, match=r"\.npmrc: (not UTF-8 text|too large)"):
        machine.settings()


def test_a_file_that_cannot_be_read(machine):
    (machine.project / ".npmrc").symlink_to(machine.project / ".npmrc")
    with pytest.raises(NotUnderstoodError, match=r"\.npmrc: Too many levels"):
        machine.settings()
    (machine.project / ".npmrc").unlink()
    (machine.project / ".npmrc").mkdir()
    assert machine.settings() == {}


def test_as_npm_tells_it(machine, tmp_path):
    command = shutil.which("npm")
    if command is None:
        pytest.skip("npm is not installed")
    (machine.project / "package.json").write_text("{}")
    (machine.project / ".npmrc").write_text(
        "@a:registry=https://a.example/\n@b:registry=${B}\nregistry=https://p.example/"
    )
    (machine.home / ".npmrc").write_text(
        "registry=https://u.example/\n@a:registry=https://u.example/\n@c:registry=${C?}"
    )
    environment = {"HOME": str(machine.home), "PATH": os.environ["PATH"], "B": "https://b.example/"}
    environment["NPM_CONFIG_GLOBALCONFIG"] = str(tmp_path / "none")
    environment["npm_config_@d:registry"] = "https://d.example/"
    done = subprocess.run(
        [command, "config", "ls", "--json"], cwd=machine.project, env=environment, capture_output=True, check=True
    )
    told, ours = json.loads(done.stdout), npmrc.settings(str(machine.project), environment)
    for key in ("registry", "@a:registry", "@b:registry", "@c:registry", "@d:registry"):
        assert (told.get(key) or None) == ours.get(key), key
