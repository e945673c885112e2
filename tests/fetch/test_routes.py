"""Which registry is asked: what configuration and lockfile say, and nobody where they do not say it for certain."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packageurl.contrib.purl2url import get_download_url, get_repo_url

from depfrag.fetch.credentials import Credentials
from depfrag.fetch.npm_registries import NpmRegistries
from depfrag.fetch.routes import ProjectRoutes
from depfrag.model import Release
from depfrag.protocols import Wanted


def host_of(url):
    return f"https://{urlsplit(url).netloc}/"


NPM = host_of(get_download_url("pkg:npm/x@1.0.0"))
PYPI = host_of(get_repo_url("pkg:pypi/x")) + "simple/"
PUBLIC = "the public default"


class Project:
    """A folder with configuration, and routes that read it."""

    def __init__(self, folder):
        self.folder, self.home = folder / "project", folder / "home"
        self.folder.mkdir()
        self.home.mkdir()
        self.notes = []
        self.environment = {"HOME": str(self.home), "PATH": "", "XDG_CONFIG_DIRS": str(folder / "none")}

    def write(self, files):
        for name, content in files.items():
            path = self.home / name.removeprefix("~/") if name.startswith("~/") else self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)

    def routes(self, **variables):
        environment = {**self.environment, **variables}
        self.credentials = Credentials(environment, self.notes.append)
        return ProjectRoutes(environment, self.credentials, self.notes.append)

    def npm(self, name="left-pad", source=None, *, lockfile="package-lock.json", **variables):
        release = Release(f"npm:{name}@1.0.0", "npm", name, "1.0.0", source=source)
        return self.routes(**variables).base(Wanted(release, str(self.folder / lockfile)))

    def python(self, name="requests", source=None, indexes=None, *, lockfile="requirements.txt", **variables):
        release = Release(f"pypi:{name}@1.0", "pypi", name, "1.0", source=source)
        return self.routes(**variables).base(Wanted(release, str(self.folder / lockfile), indexes))


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


@pytest.mark.parametrize("kind", ["git", "file", "link", "url"])
def test_only_registry_releases_are_asked_about(project, kind):
    for ecosystem in ("npm", "pypi"):
        release = Release("x", ecosystem, "x", "1", kind, source=f"{NPM}x/-/x-1.tgz")
        assert project.routes().base(Wanted(release, "package-lock.json")) is None


# -- npm -------------------------------------------------------------------------------------------------------------

MIRROR = "https://npm.corp.example/mirror/"
OWN = "https://npm.corp.example/own/"


@pytest.mark.parametrize(
    ("npmrc", "name", "source", "base"),
    [
        # nothing configured
        ("", "left-pad", None, PUBLIC),
        ("", "@corp/a", None, PUBLIC),
        ("", "left-pad", f"{NPM}left-pad/-/left-pad-1.0.0.tgz", PUBLIC),
        ("", "left-pad", f"{NPM.replace('https', 'http')}left-pad/-/left-pad-1.0.0.tgz", PUBLIC),
        # a mirror
        (f"registry={MIRROR}", "left-pad", None, MIRROR),
        (f"registry={MIRROR.rstrip('/')}", "left-pad", None, MIRROR),
        (f"registry={MIRROR}", "left-pad", f"{NPM}left-pad/-/left-pad-1.0.0.tgz", MIRROR),
        (f"registry={MIRROR}", "left-pad", f"{MIRROR}left-pad/-/left-pad-1.0.0.tgz", MIRROR),
        (f"registry={MIRROR}", "left-pad", f"{MIRROR}files/any/shape-1.0.0.tgz", MIRROR),
        # the lockfile names another
        ("", "left-pad", f"{OWN}left-pad/-/left-pad-1.0.0.tgz", OWN),
        (f"registry={MIRROR}", "left-pad", f"{OWN}left-pad/-/left-pad-1.0.0.tgz", OWN),
        ("", "@corp/a", f"{OWN}@corp/a/-/a-1.0.0.tgz", OWN),
        ("", "@corp/a", f"{OWN}@corp%2fa/-/a-1.0.0.tgz", OWN),
        ("", "@corp/a", f"{OWN}%40corp%2Fa/-/a-1.0.0.tgz", OWN),
        ("", "@corp/a", f"{OWN}@corp/a/-/@corp/a-1.0.0.tgz", OWN),
        ("", "a", "http://127.0.0.1:4873/a/-/a-1.0.0.tgz", "http://127.0.0.1:4873/"),
        ("", "a", "https://registry.npm.example/a/-/a-1.0.0.tgz", "https://registry.npm.example/"),
        ("", "a", f"{OWN}download/a/1.0.0/0123abcd", None),
        ("", "a", f"{OWN}b/-/a-1.0.0.tgz", None),
        ("", "a", "https://a.example/xa/-/a-1.0.0.tgz", None),
        ("", "a", "ftp://a.example/a/-/a-1.0.0.tgz", None),
        ("", "a", "a/-/a-1.0.0.tgz", None),
        ("", "a", "https://[/a/-/a-1.0.0.tgz", None),
        # a scope
        (f"@corp:registry={OWN}", "@corp/a", None, OWN),
        (f"@corp:registry={OWN}", "@Corp/a", None, OWN),
        (f"@Corp:registry={OWN}", "@corp/a", None, OWN),
        (f"@corp:registry={OWN}", "@corp/a", f"{NPM}@corp/a/-/a-1.0.0.tgz", OWN),
        (f"@corp:registry={OWN}", "@corp/a", f"{MIRROR}@corp/a/-/a-1.0.0.tgz", OWN),
        (f"@corp:registry={OWN}", "@corporation/a", None, PUBLIC),
        (f"@corp:registry={OWN}", "left-pad", None, PUBLIC),
        (f"@corp:registry={OWN}\nregistry={MIRROR}", "@other/a", None, MIRROR),
        # what cannot be understood
        ("registry=${UNSET}", "left-pad", None, None),
        ("registry=${UNSET}", "left-pad", f"{NPM}left-pad/-/left-pad-1.0.0.tgz", None),
        ("registry=${UNSET}", "left-pad", f"{OWN}left-pad/-/left-pad-1.0.0.tgz", OWN),
        ("registry=no address", "left-pad", None, None),
        ("@corp:registry=${UNSET}", "@corp/a", None, None),
        ("@corp:registry=${UNSET}", "@corp/a", f"{NPM}@corp/a/-/a-1.0.0.tgz", None),
        ("@corp:registry=file:///tmp/x", "@corp/a", None, None),
        # replace-registry-host
        (f"registry={MIRROR}\nreplace-registry-host=never", "a", f"{NPM}a/-/a-1.0.0.tgz", PUBLIC),
        (f"registry={MIRROR}\nreplace-registry-host=always", "a", f"{OWN}a/-/a-1.0.0.tgz", MIRROR),
        (f"registry={MIRROR}\nreplace-registry-host=other.example", "a", "https://other.example:8/a/-/a-1.tgz", MIRROR),
        (f"registry={MIRROR}\nreplace-registry-host=other.example", "a", f"{OWN}a/-/a-1.0.0.tgz", OWN),
    ],
)
def test_npm(project, npmrc, name, source, base):
    project.write({".npmrc": npmrc})
    assert project.npm(name, source) == (NPM if base is PUBLIC else base)


@pytest.mark.parametrize(
    ("files", "variables", "base"),
    [
        ({"~/.npmrc": f"registry={MIRROR}"}, {}, MIRROR),
        ({"~/.npmrc": f"registry={MIRROR}", ".npmrc": f"registry={OWN}"}, {}, OWN),
        ({".npmrc": f"registry={OWN}"}, {"npm_config_registry": MIRROR}, MIRROR),
        ({".npmrc": "registry=${WHERE}"}, {"WHERE": MIRROR}, MIRROR),
        ({".npmrc": "registry=${WHERE-https://d.example}"}, {}, "https://d.example/"),
        ({"~/.npmrc": f"registry={MIRROR}", ".npmrc": "registry=${WHERE?}"}, {}, MIRROR),
        ({"../.npmrc": f"registry={MIRROR}"}, {}, PUBLIC),
        ({".yarnrc.yml": f"npmRegistryServer: {OWN}"}, {}, PUBLIC),
    ],
)
def test_where_npm_s_registry_is_configured(project, files, variables, base):
    project.write(files)
    assert project.npm(**variables) == (NPM if base is PUBLIC else base)


def test_an_installed_tree_belongs_to_the_project_above(project):
    project.write({".npmrc": f"registry={OWN}"})
    assert project.npm(lockfile="node_modules/.package-lock.json") == OWN


@pytest.mark.parametrize(
    ("files", "name", "base"),
    [
        ({}, "left-pad", PUBLIC),
        ({".yarnrc.yml": f"npmRegistryServer: {OWN}"}, "left-pad", OWN),
        ({".yarnrc.yml": f"npmScopes:\n  corp:\n    npmRegistryServer: {OWN}"}, "@corp/a", OWN),
        ({".yarnrc.yml": f"npmScopes:\n  corp:\n    npmRegistryServer: {OWN}"}, "@other/a", PUBLIC),
        ({".yarnrc.yml": f"npmScopes: {{corp: {{npmRegistryServer: {OWN}}}}}"}, "@corp/a", None),
        ({".yarnrc": f'registry "{OWN}"'}, "left-pad", OWN),
        ({".npmrc": f"registry={OWN}"}, "left-pad", OWN),
        ({".npmrc": f"registry={OWN}", ".yarnrc.yml": f"npmRegistryServer: {MIRROR}"}, "left-pad", MIRROR),
    ],
)
def test_yarn(project, files, name, base):
    project.write(files)
    assert project.npm(name, lockfile="yarn.lock") == (NPM if base is PUBLIC else base)


def test_what_is_not_understood_is_said_once(project):
    project.write({".npmrc": "x" * (1 << 21)})
    routes = project.routes()
    for name in ("a", "b"):
        release = Release(f"npm:{name}@1", "npm", name, "1")
        assert routes.base(Wanted(release, str(project.folder / "package-lock.json"))) is None
    assert len(project.notes) == 1
    assert "no registry is asked about the packages of" in project.notes[0]


@pytest.mark.parametrize(
    ("npmrc", "header"),
    [
        ("//npm.corp.example/own/:_authToken=t0ken", "Bearer t0ken"),
        ("//npm.corp.example/:_authToken=t0ken", "Bearer t0ken"),
        ("//npm.corp.example/own/:_authToken=${TOKEN}", "Bearer from-variable"),
        ("//npm.corp.example/own/:_authToken=${UNSET}", None),
        ("//npm.corp.example/own/:_authToken=", None),
        ("//npm.corp.example/other/:_authToken=t0ken", None),
        (f"//npm.corp.example/:_auth={base64.b64encode(b'u:p').decode()}", "Basic dTpw"),
        ("//npm.corp.example/:_auth=%%%", None),
        (
            f"//npm.corp.example/:username=u\n//npm.corp.example/:_password={base64.b64encode(b'p').decode()}",
            "Basic dTpw",
        ),
        ("//npm.corp.example/:username=u\n//npm.corp.example/:_password=%", None),
        ("//npm.corp.example/:username=u", None),
        ("_authToken=t0ken\n_auth=dTpw", None),
    ],
)
def test_npm_s_credentials(project, npmrc, header):
    project.write({".npmrc": f"registry={OWN}\n{npmrc}"})
    assert project.npm(TOKEN="from-variable") == OWN
    assert project.credentials.header(f"{OWN}left-pad") == header
    assert project.credentials.header(f"{NPM}left-pad") is None


def test_credentials_in_npm_s_registry(project):
    project.write({".npmrc": f"registry={OWN.replace('//', '//u:p@')}"})
    assert project.npm() == OWN
    assert project.credentials.header(f"{OWN}left-pad") == "Basic dTpw"


SCOPES = st.sampled_from(["@corp", "@b", "@c"])
CHOICES = st.sampled_from([OWN, MIRROR, "${UNSET}", "no address", "file:///x"])
ARCHIVES = st.sampled_from([None, f"{NPM}{{0}}/-/x-1.tgz", f"{OWN}{{0}}/-/x-1.tgz", f"{MIRROR}some/x.tgz", "x"])


@given(
    st.dictionaries(SCOPES, CHOICES),
    st.none() | CHOICES,
    SCOPES,
    ARCHIVES,
    st.sampled_from(["npmjs", "never", "always"]),
)
def test_a_name_that_is_mapped_is_never_asked_about_in_public(scopes, registry, scope, archive, replaced):
    settings = {f"{name}:registry": url for name, url in scopes.items()}
    settings["replace-registry-host"] = replaced
    if registry:
        settings["registry"] = registry
    made = NpmRegistries(settings, Credentials({}, lambda text: None), lambda: NPM)
    name = f"{scope}/a"
    base = made.base(Release("x", "npm", name, "1", source=archive and archive.format(name)))
    if scope in scopes:
        assert base in (scopes[scope], None)
    if registry and replaced != "never":
        assert base != NPM


# -- Python ----------------------------------------------------------------------------------------------------------

A, B, C = (f"https://{name}.corp.example/simple/" for name in "abc")


@pytest.mark.parametrize(
    ("variables", "indexes", "base"),
    [
        ({}, None, PUBLIC),
        ({"PIP_INDEX_URL": A}, None, A),
        ({"PIP_INDEX_URL": A.rstrip("/")}, None, A),
        (
            {"PIP_INDEX_URL": "https://u:p@a.corp.example/root/dev/+simple/"},
            None,
            "https://a.corp.example/root/dev/+simple/",
        ),
        ({"UV_DEFAULT_INDEX": A}, None, A),
        ({"UV_INDEX_URL": A}, None, A),
        ({"PIP_INDEX_URL": A, "UV_INDEX_URL": A}, None, A),
        # which of several it is, nobody can know
        ({"PIP_EXTRA_INDEX_URL": B}, None, None),
        ({"PIP_INDEX_URL": A, "PIP_EXTRA_INDEX_URL": B}, None, None),
        ({"PIP_INDEX_URL": A, "PIP_EXTRA_INDEX_URL": A}, None, A),
        ({"UV_INDEX": B}, None, None),
        ({"UV_EXTRA_INDEX_URL": B}, None, None),
        ({"PIP_INDEX_URL": A, "UV_INDEX": B}, None, None),
        ({"PIP_INDEX_URL": A, "UV_DEFAULT_INDEX": B}, None, None),
        ({"PIP_INDEX_URL": A, "PIP_EXTRA_INDEX_URL": "${PRIVATE}"}, None, None),
        ({"PIP_INDEX_URL": A, "PIP_EXTRA_INDEX_URL": "https://${PRIVATE}/simple"}, None, None),
        ({"PIP_EXTRA_INDEX_URL": "svn+ssh://x.example/"}, None, None),
        # folders on this machine hold no names that could leak
        ({"PIP_EXTRA_INDEX_URL": "file:///opt/simple /opt/other"}, None, PUBLIC),
        ({"PIP_INDEX_URL": A, "PIP_EXTRA_INDEX_URL": "file:///opt/simple"}, None, A),
        ({"PIP_INDEX_URL": "file:///opt/simple"}, None, None),
        ({"PIP_NO_INDEX": "1"}, None, None),
        ({"UV_NO_INDEX": "1"}, None, None),
        ({"PIP_NO_INDEX": "1", "PIP_INDEX_URL": A}, None, None),
        ({"PIP_INDEX_URL": "${UNSET}"}, None, None),
        # what the file names
        ({}, (), None),
        ({}, (A,), A),
        ({"PIP_INDEX_URL": B}, (A,), A),
        ({"PIP_INDEX_URL": B, "PIP_EXTRA_INDEX_URL": C}, (A,), A),
        ({}, (A, B), None),
        ({}, (A, "file:///opt/simple"), A),
        ({}, ("", B), None),
        ({"PIP_INDEX_URL": B}, ("", B), B),
        ({}, ("", PYPI), PUBLIC),
        ({"PIP_INDEX_URL": A}, ("", B), None),
        ({}, (PYPI,), PUBLIC),
        ({}, ("${PRIVATE}",), None),
    ],
)
def test_python(project, variables, indexes, base):
    assert project.python(indexes=indexes, **variables) == (PYPI if base is PUBLIC else base)


@pytest.mark.parametrize(
    ("files", "source", "variables", "base"),
    [
        ("", PYPI, {}, PUBLIC),
        ("", PYPI.rstrip("/"), {}, PUBLIC),
        ("", A, {}, A),
        ("", "file:///opt/simple", {}, None),
        ("", "../simple", {}, None),
        ("", "http://[LOCALHOST]/simple", {}, None),
        ("", PYPI, {"UV_DEFAULT_INDEX": A}, A),
        ("", PYPI, {"UV_DEFAULT_INDEX": "file:///opt/simple"}, None),
        ("", PYPI, {"UV_INDEX": B}, PUBLIC),
        ("", B, {"UV_DEFAULT_INDEX": A}, B),
        ("", PYPI, {"PIP_INDEX_URL": A, "PIP_EXTRA_INDEX_URL": B}, PUBLIC),
        ("", PYPI, {"PIP_NO_INDEX": "1"}, PUBLIC),
        ("", PYPI, {"UV_NO_INDEX": "1"}, None),
        ("requests = { index = 'own' }", PYPI, {}, B),
        ("requests = { index = 'own' }", None, {}, B),
        ("requests = { index = 'own' }", A, {}, B),
        ("requests = { index = 'missing' }", PYPI, {}, None),
        ("requests = [{ index = 'own' }, { index = 'second' }]", B, {}, B),
        ("requests = [{ index = 'own' }, { index = 'second' }]", C, {}, C),
        ("requests = [{ index = 'own' }, { index = 'second' }]", PYPI, {}, None),
        ("other = { index = 'own' }", PYPI, {}, PUBLIC),
        ("other = { index = 'own' }", None, {}, PUBLIC),
    ],
)
def test_uv(project, files, source, variables, base):
    tables = "".join(
        f"[[tool.uv.index]]\nname = '{n}'\nurl = '{u}'\nexplicit = true\n" for n, u in (("own", B), ("second", C))
    )
    project.write({"pyproject.toml": f"{tables}[tool.uv.sources]\n{files}\n" if files else ""})
    found = project.python(source=source, lockfile="uv.lock", **variables)
    assert found == (PYPI if base is PUBLIC else base)


def test_python_s_files(project):
    project.write({"~/.config/pip/pip.conf": f"[global]\nindex-url = {A}\n"})
    assert project.python() == A
    project.write({"pyproject.toml": f"[tool.uv]\nextra-index-url = ['{B}']"})
    assert project.python() is None
    project.write({"pyproject.toml": "[tool.uv"})
    assert project.python() is None
    assert "not TOML" in project.notes[0]


def test_credentials_of_indexes(project):
    project.write({"pyproject.toml": f"[[tool.uv.index]]\nname = 'the-own.one'\nurl = '{B}'\nexplicit = true"})
    variables = {
        "PIP_INDEX_URL": A.replace("//", "//u:p@"), "UV_INDEX_THE_OWN_ONE_USERNAME": "u",
        "UV_INDEX_THE_OWN_ONE_PASSWORD": "p",
    }  # fmt: skip
    assert project.python(**variables) == A
    assert project.python(source=B, **variables) == B
    for url, header in ((A, "Basic dTpw"), (B, "Basic dTpw"), (C, None), (PYPI, None)):
        assert project.credentials.header(f"{url}requests/") == header


def test_a_name_without_variables_has_no_credentials(project):
    project.write({"pyproject.toml": f"[[tool.uv.index]]\nname = 'own'\nurl = '{B}'\nexplicit = true"})
    project.python()
    assert project.credentials.header(f"{B}requests/") is None


def test_configuration_is_read_once_for_each_folder(project, monkeypatch):
    from depfrag.fetch import npmrc, pip_config

    calls = []
    for module, name in ((npmrc, "settings"), (pip_config, "indexes")):
        original = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *given, f=original, n=name: (calls.append(n), f(*given))[1])
    routes = project.routes()
    for n in range(5):
        for ecosystem, lockfile in (("npm", "package-lock.json"), ("pypi", "requirements.txt"), ("pypi", "uv.lock")):
            routes.base(Wanted(Release(f"{n}", ecosystem, f"a{n}", "1"), str(project.folder / lockfile)))
    assert calls == ["settings", "indexes"]


# -- names that are no secret ----------------------------------------------------------------------------------------


def is_public(project, files, ecosystem, name, source, kind="registry"):
    """Whether a release may be named to anybody, where the project has these files."""
    addresses = {"{npm}": NPM, "{pypi}": PYPI, "{plain}": NPM.replace("https:", "http:")}

    def filled(text):
        for mark, url in addresses.items():
            text = text.replace(mark, url)
        return text

    project.write({path: filled(text) for path, text in files.items()})
    source = None if source is None else filled(source)
    release = Release("x", ecosystem, name, "1.0.0", kind, source=source)
    lockfile = "package-lock.json" if ecosystem == "npm" else "uv.lock"
    return project.routes().public(Wanted(release, str(project.folder / lockfile)))


CORP = "registry=https://npm.corp.example/"
SCOPE = "@s:registry=https://npm.corp.example/"


@pytest.mark.parametrize(
    ("npmrc", "name", "source", "public"),
    [
        ("", "left-pad", None, True),
        ("", "@s/a", "{npm}@s/a/-/a-1.0.0.tgz", True),
        ("registry={npm}", "left-pad", None, True),
        ("registry={plain}", "left-pad", None, True),
        (CORP, "left-pad", None, False),
        (CORP, "left-pad", "{npm}left-pad/-/left-pad-1.0.0.tgz", False),
        (SCOPE, "@s/a", "{npm}@s/a/-/a-1.0.0.tgz", False),
        (SCOPE, "left-pad", None, True),
        ("registry={npm}mirror/", "left-pad", None, False),
        ("registry=${NOWHERE}", "left-pad", None, False),
        ("", "left-pad", "https://npm.corp.example/left-pad/-/left-pad-1.0.0.tgz", False),
    ],
)
def test_npm_names_that_are_no_secret(project, npmrc, name, source, public):
    assert is_public(project, {".npmrc": npmrc}, "npm", name, source) is public


OWN_INDEX = "[[tool.uv.index]]\nname = 'own'\nurl = 'https://py.corp.example/simple'\nexplicit = true\n"


@pytest.mark.parametrize(
    ("pyproject", "source", "public"),
    [
        ("", None, True),
        ("", "{pypi}", True),
        ("[tool.uv]\nindex-url = '{pypi}'", None, True),
        ("[tool.uv]\nindex-url = 'https://py.corp.example/simple'", None, False),
        ("[tool.uv]\nindex-url = 'https://py.corp.example/simple'", "{pypi}", False),
        ("[tool.uv]\nextra-index-url = ['https://py.corp.example/simple']", None, False),
        (OWN_INDEX, "{pypi}", True),
        (OWN_INDEX + "[tool.uv.sources]\nrequests = {index = 'own'}", "{pypi}", False),
        ("", "https://py.corp.example/simple", False),
        ("[tool.uv", None, False),
    ],
)
def test_python_names_that_are_no_secret(project, pyproject, source, public):
    assert is_public(project, {"pyproject.toml": pyproject}, "pypi", "requests", source) is public


@pytest.mark.parametrize("kind", ["git", "file", "link", "url"])
def test_what_comes_from_no_registry_is_named_to_nobody(project, kind):
    for ecosystem in ("npm", "pypi"):
        assert is_public(project, {}, ecosystem, "a", None, kind) is False
