"""What is kept of a Python index's pages: nothing personal, whatever stands in them."""

from __future__ import annotations

import json

import pytest
from answers import JSON, MAIL
from hypothesis import given
from hypothesis import strategies as st
from registries import project_page, release_page

from depfrag.sources.pages import keep_json, keep_simple, read, version_of

MAIL_OF_ZOE = "zoe" + "@mail.example"


@pytest.mark.parametrize(
    ("file", "name", "version"),
    [
        ("six-1.16.0-py2.py3-none-any.whl", "six", "1.16.0"),
        ("numpy-2.0-1-cp311-cp311-linux_x86_64.whl", "numpy", "2.0"),
        ("broken.whl", "broken", None),
        ("ruamel.yaml.clib-0.2.8.tar.gz", "ruamel-yaml-clib", "0.2.8"),
        ("typing_extensions-4.15.0.tar.gz", "typing-extensions", "4.15.0"),
        ("backports-abc-0.5.zip", "backports-abc", "0.5"),
        ("a-1.0-1.tar.bz2", "a", "1.0-1"),
        ("other-1.0.tar.gz", "a", None),
        ("a-1.0.win32-py2.7.exe", "a", None),
        ("a-1.0.egg", "a", None),
        ("", "a", None),
    ],
)
def test_versions_in_names_of_files(file, name, version):
    assert version_of(file, name) == version


def test_nothing_personal_is_kept():
    info = {"author": MAIL_OF_ZOE, "author_email": MAIL_OF_ZOE, "yanked": True, "yanked_reason": f"ask {MAIL_OF_ZOE}",
            "requires_dist": [f"b @ git+ssh://{MAIL_OF_ZOE}/b"], "description": MAIL_OF_ZOE}  # fmt: skip
    page = release_page("a", "1.0", {"a-1.0.tar.gz": 1}, info=info)
    page["ownership"]["roles"].append({"role": "Owner", "user": MAIL_OF_ZOE})
    assert not MAIL.search(keep_json(json.dumps(page).encode()))
    page["ownership"] = {"roles": [], "organization": MAIL_OF_ZOE}
    page["urls"][0].update(yanked_reason=MAIL_OF_ZOE, url=f"https://{MAIL_OF_ZOE}/a", digests={"sha256": MAIL_OF_ZOE})
    assert not MAIL.search(keep_json(json.dumps(page).encode()))
    page = project_page(
        "a", {f"{MAIL_OF_ZOE}.tar.gz": 1}, **{"project-status": {"status": "archived", "reason": MAIL_OF_ZOE}}
    )
    page["files"][0]["yanked"] = MAIL_OF_ZOE
    page["files"][0]["url"] = "x"
    assert not MAIL.search(keep_simple(json.dumps(page).encode()))


@given(st.dictionaries(st.sampled_from(("urls", "ownership", "last_serial")), JSON), st.dictionaries(
    st.sampled_from(("name", "yanked", "yanked_reason", "requires_dist")), JSON))  # fmt: skip
def test_any_types_in_a_release_s_page_are_lived_with(more, info):
    page = release_page("a", "1.0", {"a-1.0.tar.gz": 1}, info=info) | more
    read(keep_json(json.dumps(page).encode()))


@given(st.lists(st.fixed_dictionaries({"user": JSON}) | JSON, max_size=3), JSON)
def test_any_types_among_those_who_can_publish_are_lived_with(roles, organization):
    told = {"ownership": {"roles": roles, "organization": organization}}
    read(keep_json(json.dumps(release_page("a", "1.0", {}, **told)).encode()))


@given(st.dictionaries(st.sampled_from(("meta", "project-status")), JSON), st.lists(JSON, max_size=3))
def test_any_types_in_a_project_s_page_are_lived_with(more, files):
    page = project_page("a", {}) | more | {"files": files}
    read(keep_simple(json.dumps(page).encode()))
