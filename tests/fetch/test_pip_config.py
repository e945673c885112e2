"""pip's settings: files, sections, variables and their precedence, also compared with pip itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from depfrag.fetch import pip_config
from depfrag.fetch.files import NotUnderstoodError
from depfrag.fetch.pip_config import PipIndexes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the places are Linux's")


class Machine:
    """Places that pip reads from, weakest first."""

    def __init__(self, top):
        self.places = {
            "machine": top / "xdg" / "pip",
            "legacy": top / "home" / ".pip",
            "user": top / "config" / "pip",
            "site": top / "venv",
        }
        for place in self.places.values():
            place.mkdir(parents=True)
        self.named = top / "named.conf"
        self.environment = {
            "HOME": str(top / "home"),
            "XDG_CONFIG_HOME": str(top / "config"),
            "XDG_CONFIG_DIRS": str(top / "xdg"),
            "VIRTUAL_ENV": str(top / "venv"),
        }

    def write(self, place, content):
        path = self.named if place == "named" else self.places[place] / "pip.conf"
        path.write_text(content)

    def indexes(self, **more):
        return pip_config.indexes({**self.environment, **more})


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_nothing(machine):
    assert machine.indexes() == PipIndexes(None, (), none=False)


def test_precedence(machine):
    for place in machine.places:
        machine.write(place, f"[global]\nindex-url = https://{place}.example/simple\n")
        assert machine.indexes().first == f"https://{place}.example/simple"
    machine.write("named", "[global]\nindex-url = https://named.example/simple\n")
    assert machine.indexes(PIP_CONFIG_FILE=str(machine.named)).first == "https://named.example/simple"
    variable = machine.indexes(PIP_CONFIG_FILE=str(machine.named), PIP_INDEX_URL="https://e.example/simple")
    assert variable.first == "https://e.example/simple"
    assert machine.indexes(PIP_CONFIG_FILE=os.devnull) == PipIndexes(None)


def test_a_named_file_stands_in_for_the_user_s(machine):
    machine.write("user", "[global]\nno-index = true\n")
    machine.write("named", "[global]\ntimeout = 3\n")
    assert not machine.indexes(PIP_CONFIG_FILE=str(machine.named)).none
    assert machine.indexes(PIP_CONFIG_FILE=str(machine.named) + "-not-there").none


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("[global]\nindex_url = https://a.example/simple", PipIndexes("https://a.example/simple")),
        ("[global]\n--Index-URL = https://a.example/simple", PipIndexes("https://a.example/simple")),
        ("[install]\nindex-url = https://a.example/simple", PipIndexes("https://a.example/simple")),
        (
            "[install]\nindex-url=https://b.example/\n[global]\nindex-url=https://a.example/",
            PipIndexes("https://b.example/"),
        ),
        ("[download]\nindex-url = https://a.example/simple", PipIndexes(None)),
        ("[global]\npypi-url = https://a.example/simple", PipIndexes("https://a.example/simple")),
        ("[global]\nindex-url =", PipIndexes(None)),
        (
            "[global]\nextra-index-url =\n  https://a.example/simple\n  file:///opt/simple\n",
            PipIndexes(None, ("https://a.example/simple", "file:///opt/simple")),
        ),
        ("[global]\nno-index = yes", PipIndexes(None, (), none=True)),
        ("[global]\nno-index = 0", PipIndexes(None)),
        ("[global]\nindex-url = https://u:50%%@a.example/${X}", PipIndexes("https://u:50%%@a.example/${X}")),
    ],
)
def test_files(machine, content, found):
    machine.write("user", content)
    assert machine.indexes() == found


def test_variables(machine):
    machine.write("user", "[global]\nextra-index-url = https://a.example/simple\nno-index = 1")
    told = machine.indexes(PIP_EXTRA_INDEX_URL="https://b.example/ https://c.example/", PIP_NO_INDEX="false")
    assert told == PipIndexes(None, ("https://b.example/", "https://c.example/"))
    assert machine.indexes(PIP_EXTRA_INDEX_URL="").extra == ("https://a.example/simple",)


@pytest.mark.parametrize("content", ["no section = x", "[global]\n[global]", "[global"])
def test_a_file_that_pip_could_not_read(machine, content):
    machine.write("user", content)
    with pytest.raises(NotUnderstoodError, match=r"pip\.conf: not a configuration that pip could read"):
        machine.indexes()


def test_as_pip_tells_it(machine):
    pip = shutil.which("pip")
    if pip is None:
        pytest.skip("pip is not installed")
    machine.write("machine", "[global]\nindex-url = https://m.example/\nextra-index-url = https://x.example/")
    machine.write("legacy", "[install]\nindex-url = https://l.example/")
    machine.write("user", "[global]\nindex-url = https://u.example/")
    environment = {**machine.environment, "PATH": os.environ["PATH"], "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run([pip, "config", "list"], env=environment, capture_output=True, text=True, check=True)
    told = dict(line.split("=", 1) for line in done.stdout.splitlines())
    ours = machine.indexes()
    assert f"'{ours.first}'" == told["install.index-url"] == "'https://l.example/'"
    assert f"'{' '.join(ours.extra)}'" == told["global.extra-index-url"]


@pytest.mark.parametrize(
    ("platform", "name", "places"),
    [
        ("darwin", "posix", ["/Library/Application Support/pip", "H/.pip", "H/.config/pip"]),
        ("win32", "nt", ["D/pip", "H/pip", "A/pip"]),
    ],
)
def test_other_systems(monkeypatch, platform, name, places):
    monkeypatch.setattr(pip_config.sys, "platform", platform)
    monkeypatch.setattr(pip_config.os, "name", name)
    found = list(pip_config._files({"HOME": "H", "APPDATA": "A", "PROGRAMDATA": "D"}))
    monkeypatch.undo()
    assert found == [f"{place}/pip.{'ini' if name == 'nt' else 'conf'}" for place in places]


def test_a_mac_with_a_folder_of_its_own(monkeypatch, tmp_path):
    own = tmp_path / "Library" / "Application Support" / "pip"
    own.mkdir(parents=True)
    monkeypatch.setattr(pip_config.sys, "platform", "darwin")
    assert list(pip_config._files({"HOME": str(tmp_path)}))[-1] == f"{own}/pip.conf"
