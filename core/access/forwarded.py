"""Who a request came from: what a proxy says of it counts only where the proxy is trusted."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Networks = tuple[IPv4Network | IPv6Network, ...]


def address_of(peer: str, forwarded: Iterable[str], proxies: Networks) -> str | None:
    """The address of whoever asks: behind trusted proxies the last one that is none of theirs; None without a network.

    `peer` is the connection's other end, `forwarded` the lines of `X-Forwarded-For`. Only its end is worth anything:
    what stands before an untrusted address, that one may have written itself.
    """
    found = parsed(peer)
    named = ",".join(forwarded).split(",")
    while found is not None and trusted(found, proxies) and named:
        nearer = parsed(_without_port(named.pop().strip()))
        if nearer is None:
            break
        found = nearer
    return None if found is None else str(found)


def trusted(address: Address, proxies: Networks) -> bool:
    return any(address in network for network in proxies)


def parsed(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _without_port(text: str) -> str:
    """Some proxies write `192.0.2.7:4711` or `[2001:db8::7]:4711`."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
