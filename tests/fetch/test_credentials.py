"""Who is sent what: credentials for the place that they are configured for, and for no other."""

from __future__ import annotations

import base64
import os
import stat
import sys

import pytest

from depfrag.fetch.credentials import Credentials, Login, pair, token

HOST = "https://registry.npm.example"


@pytest.fixture
def notes():
    return []


@pytest.fixture
def credentials(notes, tmp_path):
    return Credentials({"HOME": str(tmp_path)}, notes.append)


def basic(user, secret):
    return "Basic " + base64.b64encode(f"{user}:{secret}".encode()).decode()


@pytest.mark.parametrize(
    ("place", "url", "sent"),
    [
        ("//registry.npm.example/", f"{HOST}/left-pad", True),
        ("//registry.npm.example", f"{HOST}/left-pad", True),
        ("//REGISTRY.npm.example/", f"{HOST}/left-pad", True),
        ("//registry.npm.example/", "https://REGISTRY.NPM.EXAMPLE:443/left-pad", True),
        ("//registry.npm.example/team/", f"{HOST}/team/left-pad", True),
        ("//registry.npm.example/team", f"{HOST}/team/left-pad", True),
        ("//registry.npm.example/team/", f"{HOST}/left-pad", False),
        ("//registry.npm.example/team/", f"{HOST}/teams/left-pad", False),
        ("//registry.npm.example/Team/", f"{HOST}/team/left-pad", False),
        ("//registry.npm.example:8443/", f"{HOST}/left-pad", False),
        ("//registry.npm.example:8443/", f"{HOST}:8443/left-pad", True),
        ("//registry.npm.example/", "https://npm.example/left-pad", False),
        ("//registry.npm.example/", "https://registry.npm.example.evil.example/left-pad", False),
        ("//registry.npm.example/", "https://evil.registry.npm.example/left-pad", False),
        ("//registry.npm.example/", "https://registry.npm.example@evil.example/left-pad", False),
        ("//registry.npm.example/", "http://registry.npm.example/left-pad", False),
        ("//registry.npm.example/", "no address", False),
    ],
)
def test_places(credentials, place, url, sent):
    credentials.learn(place, token("t0ken"))
    assert credentials.header(url) == ("Bearer t0ken" if sent else None)
    assert bool(credentials.identity(url)) is sent


def test_the_longest_place_counts(credentials):
    credentials.learn("//registry.npm.example/", token("all"))
    credentials.learn("//registry.npm.example/team/", token("team"))
    assert credentials.header(f"{HOST}/team/a") == "Bearer team"
    assert credentials.header(f"{HOST}/a") == "Bearer all"


def test_the_first_that_is_learned_counts(credentials):
    credentials.learn("//registry.npm.example/", token("first"))
    credentials.learn("//registry.npm.example/", token("second"))
    assert credentials.header(f"{HOST}/a") == "Bearer first"


def test_an_address_that_is_configured_without_encryption(credentials):
    assert credentials.registry("http://user:s3cret@npm.corp.example:8080/r") == "http://npm.corp.example:8080/r/"
    assert credentials.header("http://npm.corp.example:8080/r/a") == basic("user", "s3cret")
    assert credentials.header("http://npm.corp.example/r/a") is None


@pytest.mark.parametrize(
    ("url", "clean", "header"),
    [
        ("https://u:p@npm.example/r/", "https://npm.example/r/", basic("u", "p")),
        ("https://u%40x:p%2F@NPM.example", "https://npm.example/", basic("u@x", "p/")),
        ("https://t0ken:@npm.example", "https://npm.example/", basic("t0ken", "")),
        ("https://t0ken@npm.example", "https://npm.example/", basic("t0ken", "")),
        ("https://npm.example/r?x=1#y", "https://npm.example/r/", None),
    ],
)
def test_credentials_in_addresses(credentials, url, clean, header):
    assert credentials.registry(url) == clean
    assert credentials.header(clean + "left-pad") == header


def test_credentials_of_an_index_count_for_its_host(credentials):
    assert credentials.index("https://u:p@pypi.corp.example/api/one/simple", None, configured=True) == (
        "https://pypi.corp.example/api/one/simple/"
    )
    credentials.index("https://v:q@pypi.corp.example/api/two/simple/", None, configured=True)
    for path, user in (("api/one/pypi/x/json", "u"), ("api/two/simple/x/", "v"), ("files/x.whl", "u")):
        assert credentials.header(f"https://pypi.corp.example/{path}") == basic(user, "p" if user == "u" else "q")
    assert credentials.header("https://files.corp.example/x.whl") is None


def test_an_index_that_a_lockfile_names_gets_nothing_unencrypted(credentials):
    credentials.index("https://u:p@pypi.corp.example/simple", None, configured=True)
    credentials.index("http://pypi.corp.example/simple", None, configured=False)
    assert credentials.header("http://pypi.corp.example/simple/x/") is None


@pytest.mark.parametrize("secret", ["a\nb", "a\x00", "a\r\nX-Evil: 1"])
def test_what_no_header_can_hold_is_not_used(credentials, notes, secret):
    credentials.learn("//registry.npm.example/", Login("user", secret))
    assert credentials.header(f"{HOST}/a") is None
    assert len(notes) == 1
    assert secret not in notes[0]


def test_pairs():
    assert pair(base64.b64encode(b"user:pass:word").decode()) == Login("user", "pass:word")
    assert pair(base64.b64encode(b"no colon").decode()) is None
    assert pair("not base64!") is None
    assert pair(base64.b64encode(b"\xff:\xff").decode()) is None


def test_identities_tell_accounts_apart_and_nothing_else(credentials):
    def identity(login):
        other = Credentials({}, print)
        other.learn("//a.example/", login)
        return other.identity("https://a.example/x")

    found = [
        identity(login) for login in (Login("ann", "1"), Login("ann", "2"), Login("ben", "1"), token("1"), token("2"))
    ]
    assert found[0] == found[1]
    assert len(set(found)) == 4
    assert all(len(f) == 16 for f in found)
    assert credentials.identity("https://a.example/x") == ""


def test_secrets_are_taken_out_of_texts(credentials):
    credentials.learn("//a.example/", Login("user", "s3cret"))
    credentials.learn("//b.example/", token("t0ken"))
    credentials.learn("//c.example/", Login("only-user", ""))
    text = f"I got {basic('user', 's3cret')} and s3cret and t0ken and only-user"
    assert credentials.redacted(text) == "I got Basic *** and *** and *** and ***"
    assert Credentials({}, print).redacted(text) == text


def test_an_answer_that_repeats_a_secret_is_noticed(credentials):
    credentials.learn("//a.example/", Login("user", "s3cret-s3cret"))
    credentials.learn("//b.example/", Login("user", "word"))
    assert credentials.repeated(b"you sent s3cret-s3cret")
    assert credentials.repeated(b"you sent", None, basic("user", "s3cret-s3cret"))
    assert not credentials.repeated(b"you sent", None, "word")
    assert not Credentials({}, print).repeated(b"you sent s3cret-s3cret")


# -- netrc -----------------------------------------------------------------------------------------------------------

NETRC = "machine pypi.corp.example login ann password s3cret\ndefault login anyone password planted\n"


def index(environment, notes, url="https://pypi.corp.example/simple"):
    made = Credentials(environment, notes.append)
    made.index(url, None, configured=False)
    return made.header("https://pypi.corp.example/simple/x/")


def test_netrc(tmp_path, notes):
    (tmp_path / "netrc").write_text(NETRC)
    environment = {"NETRC": str(tmp_path / "netrc"), "HOME": str(tmp_path / "none")}
    assert index(environment, notes) == basic("ann", "s3cret")
    assert index(environment, notes, "https://ann@pypi.corp.example/simple") == basic("ann", "s3cret")
    assert index(environment, notes, "https://ben@pypi.corp.example/simple") == basic("ben", "")
    assert index(environment, notes, "https://ben:b@pypi.corp.example/simple") == basic("ben", "b")


@pytest.mark.parametrize("name", [".netrc", "_netrc"])
def test_netrc_at_home(tmp_path, notes, name):
    (tmp_path / name).write_text(NETRC)
    assert index({"HOME": str(tmp_path)}, notes) == basic("ann", "s3cret")


def test_netrc_is_for_the_hosts_it_names(tmp_path):
    (tmp_path / ".netrc").write_text(NETRC)
    made = Credentials({"HOME": str(tmp_path)}, print)
    made.index("https://other.example/simple", None, configured=True)
    made.registry("https://pypi.corp.example/npm/")
    assert made.header("https://other.example/simple/x/") is None
    assert made.header("https://pypi.corp.example/npm/left-pad") is None


def test_a_netrc_that_cannot_be_read_is_said(tmp_path, notes):
    (tmp_path / ".netrc").write_text("machine a login planted-secret nonsense planted-secret")
    assert index({"HOME": str(tmp_path)}, notes) is None
    assert notes == [f"{tmp_path / '.netrc'} cannot be read as a netrc file: not used"]


def test_no_netrc(tmp_path, notes):
    assert index({"HOME": str(tmp_path)}, notes) is None
    assert notes == []


# -- keyring ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def keyring(tmp_path):
    """A command that answers for one service, and notes what it was asked."""
    if sys.platform == "win32":
        pytest.skip("a shell script")
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / "keyring"
    script.write_text(
        f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\n'
        '[ "$2" = pypi.corp.example ] && echo s3cret && exit 0\n[ "$2" = slow.example ] && exec sleep 60\nexit 1\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IEXEC)
    return lambda **more: {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path), **more}


@pytest.mark.parametrize("variable", ["PIP_KEYRING_PROVIDER", "UV_KEYRING_PROVIDER"])
def test_keyring(tmp_path, keyring, variable):
    made = Credentials(keyring(**{variable: "subprocess"}), print)
    made.index("https://ann@pypi.corp.example/simple", None, configured=True)
    assert made.identity("https://pypi.corp.example/simple/x/")
    assert not (tmp_path / "asked").exists()
    for _ in range(2):
        assert made.header("https://pypi.corp.example/simple/x/") == basic("ann", "s3cret")
    asked = (tmp_path / "asked").read_text().splitlines()
    assert asked == ["get https://pypi.corp.example/simple ann", "get pypi.corp.example ann"]
    assert made.redacted("s3cret") == "***"


@pytest.mark.parametrize(
    ("provider", "url"),
    [
        ("disabled", "https://ann@pypi.corp.example/simple"), ("subprocess", "https://ann@other.example/simple"),
        ("subprocess", "https://--help@pypi.corp.example/simple"),
    ],
)  # fmt: skip
def test_no_keyring(keyring, provider, url):
    made = Credentials(keyring(PIP_KEYRING_PROVIDER=provider), print)
    clean = made.index(url, None, configured=True)
    assert made.header(clean) == basic(url.partition("//")[2].partition("@")[0], "")


def test_a_keyring_that_hangs(keyring, monkeypatch):
    monkeypatch.setattr("depfrag.fetch.credentials._KEYRING_SECONDS", 0.2)
    made = Credentials(keyring(PIP_KEYRING_PROVIDER="subprocess"), print)
    made.index("https://ann@slow.example/simple", None, configured=True)
    assert made.header("https://slow.example/simple/") == basic("ann", "")


def test_a_keyring_that_is_not_installed(tmp_path):
    made = Credentials({"PATH": str(tmp_path), "UV_KEYRING_PROVIDER": "subprocess", "HOME": str(tmp_path)}, print)
    made.index("https://ann@pypi.corp.example/simple", None, configured=True)
    assert made.header("https://pypi.corp.example/x") == basic("ann", "")
