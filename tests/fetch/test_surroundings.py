"""Proxies and certificates that the machine names."""

from __future__ import annotations

import ssl

import pytest

from depfrag.fetch.surroundings import Surroundings

SAFE, PLAIN = "https://registry.npm.example/a", "http://registry.npm.example:8080/a"


@pytest.mark.parametrize(
    ("environment", "npm", "safe", "plain"),
    [
        ({}, {}, None, None),
        ({"HTTPS_PROXY": "http://p.example:1"}, {}, "http://p.example:1", None),
        ({"https_proxy": "p.example:1", "HTTPS_PROXY": "http://q.example"}, {}, "http://p.example:1", None),
        ({"http_proxy": "http://p.example"}, {}, None, "http://p.example"),
        ({"all_proxy": "http://p.example"}, {}, "http://p.example", "http://p.example"),
        (
            {"ALL_PROXY": "http://p.example", "HTTPS_PROXY": "http://q.example"},
            {},
            "http://q.example",
            "http://p.example",
        ),
        ({"HTTP_PROXY": "http://p.example", "REQUEST_METHOD": "GET"}, {}, None, None),
        ({"http_proxy": "http://p.example", "REQUEST_METHOD": "GET"}, {}, None, "http://p.example"),
        ({"all_proxy": "http://p.example", "no_proxy": "npm.example"}, {}, None, None),
        ({"all_proxy": "http://p.example", "NO_PROXY": "*"}, {}, None, None),
        ({"all_proxy": "http://p.example", "no_proxy": "registry.npm.example:8080"}, {}, "http://p.example", None),
        ({}, {"proxy": "http://n.example"}, "http://n.example", "http://n.example"),
        ({}, {"https-proxy": "http://n.example", "proxy": "http://m.example"}, "http://n.example", "http://m.example"),
        ({"https_proxy": "http://p.example"}, {"https-proxy": "http://n.example"}, "http://p.example", None),
        ({}, {"proxy": "http://n.example", "noproxy": "npm.example"}, None, None),
    ],
)
def test_proxies(environment, npm, safe, plain):
    surroundings = Surroundings(environment, npm)
    assert surroundings.proxies(SAFE) == ({"https": safe} if safe else {})
    assert surroundings.proxies(PLAIN) == ({"http": plain} if plain else {})


def test_certificates_come_with_requests():
    context = Surroundings({}, {}).context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] > 50


def test_a_folder_of_certificates(tmp_path):
    assert Surroundings({"REQUESTS_CA_BUNDLE": str(tmp_path)}, {}).context().cert_store_stats()["x509"] == 0


def test_a_file_of_certificates_that_is_not_there(tmp_path):
    missing = tmp_path / "none.pem"
    with pytest.raises(OSError, match=r"that SSL_CERT_FILE names \(.*none.pem\) cannot be used: No such file"):
        Surroundings({"SSL_CERT_FILE": str(missing)}, {"cafile": "other"}).context()
    missing.write_text("no certificate")
    with pytest.raises(OSError, match=r"that npm's cafile names \(.*none.pem\) cannot be used: holds no certificates"):
        Surroundings({}, {"cafile": str(missing)}).context()
