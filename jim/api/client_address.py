"""The address a request came from, looking through trusted proxies only.

A proxy appends the address it saw to X-Forwarded-For, so the list is read from its end; the first address that is no
trusted proxy is the client. Anything further left is the client's own claim.
"""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.http import HttpRequest

from jim import conf

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def client_address(request: HttpRequest) -> str | None:
    """None when the server was reached without an address (a Unix socket without a trusted proxy's word)."""
    networks = _networks(conf.trusted_proxies())
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if networks else []
    address = _address(request.META.get("REMOTE_ADDR", ""))
    while forwarded and address is not None and any(address in network for network in networks):
        claimed = _address(forwarded.pop())
        if claimed is None:
            break
        address = claimed
    return str(address) if address else None


@lru_cache(maxsize=4)
def _networks(proxies: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(proxy, strict=False) for proxy in proxies)


def _address(text: str) -> Address | None:
    try:
        return ip_address(text.strip())
    except ValueError:
        return None
