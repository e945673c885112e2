"""Hosts, origins, and which addresses belong to the internet."""

from __future__ import annotations

import socket

import pytest

from depfrag.fetch import addresses


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Registry.npm.example/a", "registry.npm.example"),
        ("https://registry.npm.example:443/a", "registry.npm.example"),
        ("http://registry.npm.example:80/", "registry.npm.example"),
        ("http://registry.npm.example:443/", "registry.npm.example:443"),
        ("https://user:secret@registry.npm.example:8443", "registry.npm.example:8443"),
        ("http://[::1]:4873/a", "[::1]:4873"),
        ("http://[::1]/a", "[::1]"),
    ],
)
def test_host(url, host):
    assert addresses.host(url) == host
    assert addresses.origin(url) == f"{url.partition(':')[0]}://{host}"


@pytest.mark.parametrize(
    "url", ["", "a.example", "//a.example/", "ftp://a.example", "http:///a", "http://a:x/", "http://["]
)
def test_no_host(url):
    with pytest.raises(ValueError, match=r".+"):
        addresses.host(url)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.5.4", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "::1", "::", "fe80::1", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:10.0.0.1",
        "2002:a00:1::", "64:ff9b::a9fe:a9fe",
    ],
)  # fmt: skip
def test_addresses_of_machines_and_local_networks(address):
    assert not addresses.public(address)


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34", "64:ff9b::5db8:d822"]
)
def test_addresses_of_the_internet(address):
    assert addresses.public(address)


def test_names_are_looked_up(monkeypatch):
    assert "127.0.0.1" in addresses.resolve("localhost")
    assert addresses.internal("http://localhost:1/", addresses.resolve)
    assert not addresses.internal("http://a.example/", lambda name: ["93.184.216.34"])
    assert addresses.internal("http://a.example/", lambda name: ["93.184.216.34", "10.0.0.1"])

    def unknown(*_, **__):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    assert addresses.resolve("a.example") == []
    assert not addresses.internal("http://a.example/", addresses.resolve)
