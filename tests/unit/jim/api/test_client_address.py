from typing import Any

import pytest
from django.test import RequestFactory

from jim.api.client_address import client_address

PROXIES = ("10.0.0.0/8", "192.0.2.1")


@pytest.mark.parametrize(
    ("remote", "forwarded", "proxies", "client"),
    [
        ("198.51.100.7", "", PROXIES, "198.51.100.7"),
        ("198.51.100.7", "203.0.113.9", PROXIES, "198.51.100.7"),
        ("10.1.2.3", "203.0.113.9", (), "10.1.2.3"),
        ("10.1.2.3", "203.0.113.9", PROXIES, "203.0.113.9"),
        ("10.1.2.3", "1.1.1.1, 203.0.113.9, 192.0.2.1", PROXIES, "203.0.113.9"),
        ("10.1.2.3", "10.9.9.9, 192.0.2.1", PROXIES, "10.9.9.9"),
        ("10.1.2.3", "nonsense", PROXIES, "10.1.2.3"),
        ("10.1.2.3", "2001:db8::1", PROXIES, "2001:db8::1"),
        ("", "", PROXIES, None),
    ],
    ids=[
        "no proxy",
        "untrusted proxy's word does not count",
        "no proxies configured",
        "one proxy",
        "chain is read from its end",
        "only proxies: the outermost",
        "garbage is not believed",
        "IPv6",
        "Unix socket",
    ],
)
def test_client_address(
    settings: Any, remote: str, forwarded: str, proxies: tuple[str, ...], client: str | None
) -> None:
    settings.JIM_TRUSTED_PROXIES = proxies
    request = RequestFactory().get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded})
    assert client_address(request) == client
