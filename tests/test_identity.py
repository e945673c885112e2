"""Names, ids and addresses of releases."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packageurl import PackageURL
from strategies import texts

from depfrag.identity import purl, python_name, release_id, release_ids, without_credentials
from depfrag.model import Release


@pytest.mark.parametrize("name", ["Friendly-Bard", "friendly.bard", "FRIENDLY_.-bard", "friendly--bard"])
def test_python_names_are_one(name):
    assert python_name(name) == "friendly-bard"


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("https://user:word@host.example/a@b", "https://host.example/a@b"),
        ("https://user:w@rd@host.example/", "https://host.example/"),
        ("https://token@host.example", "https://host.example"),
        ("git+ssh://git@host.example/a.git#0f", "git+ssh://host.example/a.git#0f"),
        ("https://host.example/@scope/a.tgz", "https://host.example/@scope/a.tgz"),
        ("https://host.example?mail=a@b", "https://host.example?mail=a@b"),
        ("git@host.example:a/b.git", "git@host.example:a/b.git"),
        ("file:../a@1.tgz", "file:../a@1.tgz"),
        ("", ""),
    ],
)
def test_addresses_lose_their_credentials(address, plain):
    assert without_credentials(address) == plain


@pytest.mark.parametrize(
    "name",
    ["token", "access_token", "X-Amz-Security-Token", "client_secret", "password", "passwd", "pass", "pwd", "sig",
     "X-Amz-Signature", "X-Amz-Credential", "key", "api_key", "apikey", "Authorization"],
)  # fmt: skip
def test_what_a_query_gives_away_goes(name):
    assert without_credentials(f"https://h.example/a?b=1&{name}=w0rd#c") == f"https://h.example/a?b=1&{name}=#c"
    assert without_credentials(f"https://h.example/a?{name}=w0rd&b=1") == f"https://h.example/a?{name}=&b=1"


@pytest.mark.parametrize("name", ["rev", "ref", "subdirectory", "design", "monkeys"])
def test_other_parts_of_a_query_stay(name):
    assert without_credentials(f"https://h.example/a?{name}=1") == f"https://h.example/a?{name}=1"


@given(st.text(st.characters(exclude_characters="/?#")), st.text(st.characters(exclude_characters="/?#@")))
def test_no_part_of_a_password_stays(secret, host):
    assert without_credentials(f"https://{secret}@{host}/x") == f"https://{host}/x"


@pytest.mark.parametrize(
    ("kind", "version", "source", "expected"),
    [
        ("registry", "1.0.0", None, "npm:a@1.0.0"),
        ("registry", None, None, "npm:a@*"),
        ("file", "1.0.0", "../a", "npm:a@1.0.0"),
        ("git", "1.0.0", "git+https://host.example/a.git#0f3c", "npm:a@git+0f3c"),
        ("git", None, "https://host.example/a.git?rev=main#commit=0f3c", "npm:a@git+0f3c"),
        ("git", None, None, "npm:a@*"),
        ("url", None, None, "npm:a@*"),
    ],
)
def test_ids(kind, version, source, expected):
    assert release_id("npm", "a", version, kind, source) == expected


def test_ids_of_addresses_differ_and_ignore_credentials():
    def of(source):
        return release_id("npm", "a", "1", "url", source)

    assert of("https://h.example/1.tgz") != of("https://h.example/2.tgz")
    assert of("https://u:p@h.example/1.tgz") == of("https://h.example/1.tgz")
    assert of("\ud800").startswith("npm:a@url+")
    assert release_id("npm", "a", "1", "git", "git+https://h.example/a") != release_id("npm", "a", "1", "git", "git+x")


COMMIT = "00112233445566778899aabbccddeeff00112233"


@pytest.mark.parametrize(
    "source",
    [
        f"https://host.example/a/b/tar.gz/{COMMIT}",
        f"https://host.example/a/b/get/{COMMIT}.tar.gz",
        f"https://host.example/a/b/archive.tar.gz?ref={COMMIT}",
    ],
)
def test_commits_of_archives(source):
    assert release_id("npm", "a", "1", "git", source) == f"npm:a@git+{COMMIT}"
    assert release_id("npm", "a", "1", "git", source + "#v1") == "npm:a@git+v1"


def test_what_shares_an_id():
    def ids(*releases):
        return release_ids("npm", [("a", *release) for release in releases])

    assert ids(("1", "registry", "x"), ("1", "registry", "y")) == ["npm:a@1"] * 2
    assert ids(("1", "registry", "x"), ("1", "link", "y")) == ["npm:a@1", "npm:a@link+y"]
    assert ids((None, "registry", "x"), (None, "registry", "y")) == ["npm:a@*"] * 2
    assert ids((None, "link", "x"), (None, "link", "y"), (None, "link", "x")) == ["npm:a@*", "npm:a@link+y", "npm:a@*"]
    assert ids(("1", "git", "x#c"), ("2", "git", "y#c")) == ["npm:a@git+c", "npm:a@git+y#c"]


@pytest.mark.parametrize(
    ("ecosystem", "name", "version", "expected"),
    [
        ("npm", "left-pad", "1.3.0", "pkg:npm/left-pad@1.3.0"),
        ("npm", "@babel/core", "7.0.0", "pkg:npm/%40babel/core@7.0.0"),
        ("npm", "JSONStream", "1.0.0", "pkg:npm/JSONStream@1.0.0"),
        ("npm", "a", "1.0.0+build", "pkg:npm/a@1.0.0%2Bbuild"),
        ("pypi", "six", None, "pkg:pypi/six"),
        ("pypi", "six", "1!2.0", "pkg:pypi/six@1%212.0"),
        ("npm", "\ud800", "1", "pkg:npm/%ED%A0%80@1"),
    ],
)
def test_package_urls(ecosystem, name, version, expected):
    assert purl(Release("x", ecosystem, name, version)) == expected


def writable(characters):
    """Texts that packageurl-python neither trims nor splits, in the case that it writes."""
    return (texts() | st.text(min_size=1)).filter(
        lambda text: text.isprintable() and not set(text) & set(characters) and text == text.strip().lower()
    )


@given(st.none() | writable("/@"), writable("/@"), st.none() | writable("/"))
@example("babel", "code-frame", "7.0.0")
@example(None, "a~b", "1:2")
@example(None, "%41", "100%")
def test_package_urls_are_those_of_the_library(scope, name, version):
    namespace = f"@{scope}" if scope else None
    release = Release("x", "npm", f"{namespace}/{name}" if scope else name, version)
    # The library writes the digits of escapes in names in lower case.
    assert purl(release).lower() == PackageURL("npm", namespace, name, version).to_string().lower()


def test_copies_of_a_release_share_an_id_and_other_kinds_do_not():
    several = [
        ("a", "1", "registry", None), ("a", "1", "registry", "https://h.example"), ("a", "1", "file", "../a.tgz"),
        ("a", "1", "link", None), ("b", "1", "link", "b"),
    ]  # fmt: skip
    assert release_ids("npm", several) == ["npm:a@1", "npm:a@1", "npm:a@file+../a.tgz", "npm:a@link+*", "npm:b@1"]
