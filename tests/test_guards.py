"""What guards the tests themselves: no network but loopback, no setting of the machine."""

from __future__ import annotations

import os
import socket

import pytest


def test_only_loopback_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
    with socket.socket() as outwards:
        for reach in (
            lambda: outwards.connect(("192.0.2.1", 80)),
            lambda: outwards.connect_ex(("2001:db8::1", 80)),
            lambda: socket.getaddrinfo("registry.npm.example", 443),
        ):
            with pytest.raises(pytest.fail.Exception, match="a test tried to reach"):
                reach()


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1", b"127.0.0.1", None])
def test_loopback_has_several_names(host):
    assert socket.getaddrinfo(host, 80)


def test_no_setting_of_the_machine_is_left():
    assert not [name for name in os.environ if name.upper().startswith(("DEPFRAG_", "NPM_CONFIG_", "PIP_", "UV_"))]
    assert not os.path.exists(os.path.expanduser("~/.npmrc"))
    assert not os.environ.get("CI")
