"""Yarn's settings, and the small part of YAML that they are read from."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from depfrag.fetch import yarnrc
from depfrag.fetch.files import NotUnderstoodError

FULL = """\
# of the team
nodeLinker: node-modules
npmRegistryServer: "https://npm.corp.example/all" # the mirror

npmScopes:
  corp:
    npmRegistryServer: 'https://npm.corp.example/own/'
    npmAuthToken: ${TOKEN-none}
  "partner":
    npmAuthIdent: "user:s3cret"
npmRegistries:
  //npm.other.example:8080:
    npmAuthIdent: dXNlcjpwYXNz
npmPreapprovedPackages:
  - "@corp/*"
plugins:
- path: .yarn/plugins/x.cjs
  spec: "@yarnpkg/plugin-x"
packageExtensions:
  "a@*":
    dependencies: {b: "1"}
text: |
  npmRegistryServer: https://not.example/
  : what
yarnPath: .yarn/releases/yarn-4.cjs
"""


@pytest.fixture
def told(tmp_path):
    """Settings of a project whose files a test gives by name."""
    project = tmp_path / "above" / "project"
    project.mkdir(parents=True)

    def read(environment=None, **files):
        for name, content in files.items():
            folder = {"project": project, "above": project.parent, "home": tmp_path / "home"}[name.split("_")[0]]
            folder.mkdir(exist_ok=True)
            (folder / (".yarnrc.yml" if name.endswith("modern") else ".yarnrc")).write_text(content)
        return yarnrc.settings(str(project), {"HOME": str(tmp_path / "home"), **(environment or {})})

    return read


def test_a_whole_file(told):
    assert told({"TOKEN": "t0ken"}, project_modern=FULL) == {
        "registry": "https://npm.corp.example/all",
        "@corp:registry": "https://npm.corp.example/own/",
        "//npm.corp.example/own/:_authToken": "t0ken",
        "//npm.corp.example/all/:_auth": base64.b64encode(b"user:s3cret").decode(),
        "//npm.other.example:8080/:_auth": "dXNlcjpwYXNz",
    }


def test_precedence(told):
    line = "npmRegistryServer: https://{}.example/"
    assert told(home_modern=line.format("home"))["registry"] == "https://home.example/"
    assert told(above_modern=line.format("above"))["registry"] == "https://above.example/"
    assert told(project_modern=line.format("project"))["registry"] == "https://project.example/"
    environment = {"YARN_NPM_REGISTRY_SERVER": "https://e.example", "YARN_NPM_AUTH_TOKEN": "t"}
    found = told(environment)
    assert found["registry"] == "https://e.example"
    assert found["//e.example/:_authToken"] == "t"


def test_classic(told):
    lines = ["# yarn", 'registry "https://npm.corp.example/"', '"@corp:registry" "${OWN}"']
    classic = "\n".join([*lines, "@b:registry https://b.example", "lastUpdateCheck 1"])
    assert told({"OWN": "https://own.example/"}, project_classic=classic) == {
        "registry": "https://npm.corp.example/",
        "@corp:registry": "https://own.example/",
        "@b:registry": "https://b.example",
    }
    both = told(project_modern="npmRegistryServer: https://modern.example")
    assert both["registry"] == "https://modern.example"


@pytest.mark.parametrize(
    "content",
    ["", "# nothing\n---\n", "npmScopes:\nnodeLinker: pnp\n", "npmRegistryServer:\n", "npmRegistryServer: ''"],
)
def test_files_that_set_nothing(told, content):
    assert told(project_modern=content) == {}


@pytest.mark.parametrize(
    "content",
    [
        "{npmRegistryServer: https://x.example}",
        "npmScopes: {corp: {npmRegistryServer: https://x.example}}",
        "npmScopes:\n  corp: {npmRegistryServer: https://x.example}",
        "npmScopes: &all\n  corp:\n    npmRegistryServer: https://x.example",
        "npmScopes:\n  corp: *all",
        "npmScopes:\n  corp:\n    <<: *all",
        "<<: *all",
        "npmScopes:\n  - corp",
        "npmScopes:\n  ? corp\n  : npmRegistryServer: https://x.example",
        "npmRegistryServer: >-\n  https://x.example",
        "npmRegistryServer:\n  https://x.example",
        'npmRegistryServer:\n  "https://x.example"',
        'npmRegistryServer: "https://x\\u002eexample"',
        "npmRegistryServer: !!str https://x.example",
        "npmRegistryServer: https://x.example/#a",
        "npmRegistryServer:\n  a: b",
        "npmScopes: text",
        "npmScopes:\n  corp: text",
        "\tnpmRegistryServer: https://x.example",
        "npmScopes:\n\tcorp:\n",
        "---\na: b\n---\nnpmRegistryServer: https://x.example",
        "? npmRegistryServer\n: https://x.example",
        "text",
    ],
)
def test_what_is_written_otherwise_is_not_guessed(told, content):
    with pytest.raises(NotUnderstoodError, match=r"\.yarnrc\.yml: .*not written as depfrag can read it"):
        told(project_modern=content)


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
ADDRESSES = st.from_regex(r"https://[a-z]{1,9}\.example(:[0-9]{2,4})?/[a-z/]{0,9}", fullmatch=True)
QUOTES = st.sampled_from(["", "'", '"'])


@given(st.dictionaries(NAMES, ADDRESSES), QUOTES, QUOTES, st.integers(1, 8), st.sampled_from(["", " # x", "   "]))
def test_scopes_in_any_style(scopes, outer, inner, indent, end):
    lines = [f"npmScopes:{end}"]
    for name, address in scopes.items():
        lines.append(f"{' ' * indent}{outer}{name}{outer}:{end}")
        lines.append(f"{' ' * indent * 2}npmRegistryServer: {inner}{address}{inner}{end}")
    tree = yarnrc.tree("\n".join(lines))
    assert tree == {"npmScopes": {name: {"npmRegistryServer": address} for name, address in scopes.items()}}


@given(st.lists(st.sampled_from([*"ab:-?#&*!|>{}[]'\" \n", "npmScopes:", "  ", "npmRegistryServer: "])).map("".join))
def test_any_text_is_read_or_refused(text):
    try:
        assert isinstance(yarnrc.tree(text), dict)
    except ValueError as error:
        assert "not written as" in str(error)  # noqa: PT017 - it may also be read
