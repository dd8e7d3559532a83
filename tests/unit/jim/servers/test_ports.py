"""Ports: free or taken, listening or answering."""

import socket

import pytest

from jim.servers import ports
from jim.servers.errors import PortTakenError


def test_taken_port_is_named_with_the_option_to_choose_another():
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(PortTakenError) as raised:
            ports.ensure_free(ports.LOOPBACK, port, "--port")
    assert str(raised.value) == (
        f"cannot listen on 127.0.0.1:{port} (address already in use): choose another port with --port"
    )
    ports.ensure_free(ports.LOOPBACK, port, "--port")


def test_unknown_host_is_an_error_not_a_trace():
    with pytest.raises(PortTakenError, match=r"cannot listen on nowhere\.invalid:80 \(name or service not known\)"):
        ports.ensure_free("nowhere.invalid", 80, "--port")


def test_listening_is_not_yet_responding():
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        assert (ports.connects("0.0.0.0", port), ports.responds("0.0.0.0", port)) == (True, False)
    assert (ports.connects(ports.LOOPBACK, port), ports.responds(ports.LOOPBACK, port)) == (False, False)
